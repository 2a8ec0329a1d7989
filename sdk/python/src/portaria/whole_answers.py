"""Asks over HTTP and reads the answer to its end, or gives it up: whoever answers without an end fills no memory, and
holds up nobody. What is given up counts as an answer that did not come (``httpx.TransportError``).
"""

from __future__ import annotations

import time
from typing import Any, Callable

import httpx

LARGEST_ANSWER_BYTES = 1_048_576
#: For its body; that it begins is left to the timeouts of the client.
LONGEST_ANSWER_SECONDS = 30.0
#: They tell of the body as it travelled.
_OF_THE_WAY = (b"content-encoding", b"content-length", b"transfer-encoding")


def ask_whole(
    http: httpx.Client, ticks: Callable[[], float] = time.monotonic, **request: Any
) -> httpx.Response:
    with http.stream(**request) as response:
        body = _Body(response, ticks)
        try:
            for chunk in response.iter_bytes():
                body.add(chunk)
        except httpx.DecodingError as error:
            raise httpx.ReadError(str(error), request=response.request) from error
    return body.whole()


async def ask_whole_async(http: httpx.AsyncClient, **request: Any) -> httpx.Response:
    async with http.stream(**request) as response:
        body = _Body(response, time.monotonic)
        try:
            async for chunk in response.aiter_bytes():
                body.add(chunk)
        except httpx.DecodingError as error:
            raise httpx.ReadError(str(error), request=response.request) from error
    return body.whole()


class _Body:
    def __init__(self, response: httpx.Response, ticks: Callable[[], float]) -> None:
        self._response = response
        self._ticks = ticks
        self._end = ticks() + LONGEST_ANSWER_SECONDS
        self._read = bytearray()

    def add(self, chunk: bytes) -> None:
        self._read += chunk
        if len(self._read) > LARGEST_ANSWER_BYTES:
            raise httpx.ReadError("The answer is too large.", request=self._response.request)
        if self._ticks() > self._end:
            raise httpx.ReadTimeout("The answer does not end.", request=self._response.request)

    def whole(self) -> httpx.Response:
        headers = [
            (name, value) for name, value in self._response.headers.raw if name.lower() not in _OF_THE_WAY
        ]
        return httpx.Response(
            self._response.status_code,
            headers=headers,
            content=bytes(self._read),
            request=self._response.request,
        )
