"""Puts the living token on calls to other services, and renews it once when one of them answers 401.

Where the token comes from is left to whoever makes these.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Generator
from typing import Callable

import httpx

from .errors import UntrustedAnswer
from .metadata import is_safe


class Bearer(httpx.Auth):
    def __init__(self, token: Callable[[], str], renew: Callable[[str], str | None]) -> None:
        self._token = token
        self._renew = renew

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._token()
        response = yield _with_token(request, token)
        if _is_worth_another(request, response):
            renewed = self._renew(token)
            if renewed is not None:
                yield _with_token(request, renewed)


class AsyncBearer(httpx.Auth):
    def __init__(
        self, token: Callable[[], Awaitable[str]], renew: Callable[[str], Awaitable[str | None]]
    ) -> None:
        self._token = token
        self._renew = renew

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._token()
        response = yield _with_token(request, token)
        if _is_worth_another(request, response):
            renewed = await self._renew(token)
            if renewed is not None:
                yield _with_token(request, renewed)


def _with_token(request: httpx.Request, token: str) -> httpx.Request:
    if not is_safe(str(request.url)):
        raise UntrustedAnswer(f"A token is not sent to {request.url.host} without https.")
    request.headers["authorization"] = f"Bearer {token}"
    return request


def _is_worth_another(request: httpx.Request, response: httpx.Response) -> bool:
    """A body that was read from a stream is gone."""
    return response.status_code == 401 and isinstance(request.stream, httpx.ByteStream)
