"""The two doors of the package: ``Portaria`` for ordinary programs, ``AsyncPortaria`` for asyncio and trio.

Both do the same; what they do is in ``session``.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from types import TracebackType
from typing import Any, Generic, TypeVar

import httpx

from .auth import AsyncBearer, Bearer
from .credentials import CredentialStore, default_store, remember_issuer
from .errors import PortariaError
from .login import Way
from .metadata import issuer_of
from .retry import Retry
from .session import Session
from .steps import Steps, call, run, run_async
from .surroundings import Surroundings

T = TypeVar("T")
P = TypeVar("P", bound="Portaria")
A = TypeVar("A", bound="AsyncPortaria")
Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)

DEFAULT_CLIENT_ID = "cli"
DEFAULT_SCOPE = "openid profile email offline_access"
_TIMEOUT_SECONDS = 10.0


class _Door(Generic[Http]):
    """``issuer`` is the server's address; without it PORTARIA_ISSUER counts.

    ``http`` is a client of your own, with your proxies and certificates; it stays yours to close.
    """

    def __init__(
        self,
        issuer: str | None = None,
        *,
        client_id: str = DEFAULT_CLIENT_ID,
        scope: str = DEFAULT_SCOPE,
        store: CredentialStore | None = None,
        surroundings: Surroundings | None = None,
        retry: Retry | None = None,
        http: Http | None = None,
    ) -> None:
        named = issuer or os.environ.get("PORTARIA_ISSUER")
        if not named:
            raise PortariaError("no_issuer", "Say which server: name its address, or set PORTARIA_ISSUER.")
        self.issuer = issuer_of(named)
        self._session = Session(
            self.issuer,
            client_id,
            scope,
            store or default_store(),
            surroundings or Surroundings(),
            retry or Retry(),
        )
        self._is_shared = store is None
        self._is_ours = http is None
        self._http: Http = http if http is not None else self._make_http()

    def _login(self, way: Way | None) -> Steps[None]:
        yield from self._session.login(way)
        # What is kept elsewhere portaria-py would not find.
        if self._is_shared:
            yield from call(lambda: remember_issuer(self.issuer))

    def _make_http(self) -> Http:
        raise NotImplementedError


class Portaria(_Door[httpx.Client]):
    __doc__ = f"Signs a person in. {_Door.__doc__}"

    def login(self, way: Way | None = None) -> None:
        """Waits for the person. Raises LoginRefused when they say no, LoginExpired when nobody comes.

        Without ``way`` it takes the best one that works here.
        """
        self._run(self._login(way))

    def token(self) -> str:
        """A living access token, renewed when it has to be. Raises LoginRequired when nobody is signed in."""
        return self._run(self._session.token())

    def renew(self, rejected: str) -> str | None:
        """Another token than this one, which a service has refused; None when it has no successor."""
        return self._run(self._session.renewed(rejected))

    def whoami(self) -> dict[str, Any]:
        """The person: ``id``, ``name``, ``email`` and so on."""
        return self._run(self._session.whoami())

    def logout(self) -> None:
        """Gives the tokens back and forgets them. Raises NotRevoked when the server did not hear of it."""
        self._run(self._session.logout())

    @property
    def auth(self) -> httpx.Auth:
        """For calls to your own services: ``httpx.get(url, auth=portaria.auth)``."""
        return Bearer(self.token, self.renew)

    def close(self) -> None:
        if self._is_ours:
            self._http.close()

    def __enter__(self: P) -> P:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make_http(self) -> httpx.Client:
        return httpx.Client(timeout=_TIMEOUT_SECONDS, headers=_headers())

    def _run(self, steps: Steps[T]) -> T:
        return run(steps, self._http)


class AsyncPortaria(_Door[httpx.AsyncClient]):
    __doc__ = f"``Portaria``, to be awaited. {_Door.__doc__}"

    async def login(self, way: Way | None = None) -> None:
        await self._run(self._login(way))

    async def token(self) -> str:
        return await self._run(self._session.token())

    async def renew(self, rejected: str) -> str | None:
        return await self._run(self._session.renewed(rejected))

    async def whoami(self) -> dict[str, Any]:
        return await self._run(self._session.whoami())

    async def logout(self) -> None:
        await self._run(self._session.logout())

    @property
    def auth(self) -> httpx.Auth:
        return AsyncBearer(self.token, self.renew)

    async def aclose(self) -> None:
        if self._is_ours:
            await self._http.aclose()

    async def __aenter__(self: A) -> A:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _make_http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, headers=_headers())

    async def _run(self, steps: Steps[T]) -> T:
        return await run_async(steps, self._http)


def _headers() -> dict[str, str]:
    return {"user-agent": f"portaria-python/{version('portaria')}"}
