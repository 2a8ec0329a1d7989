"""The two ways that messages of ``AuthClient`` travel: a WebSocket that carries many at once, and HTTP.

Each message comes back as the payload of its answer, a refusal too; AuthRefused is raised where no answer
came.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from .answers import shown
from .errors import AuthRefused
from .whole_answers import ask_whole_async

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

__all__ = ["Channel", "HttpChannel", "SocketChannel"]

_LARGEST_ANSWER_BYTES = 65_536
#: With these the server leaves when nothing is being answered: idle, shutting down, the person signed out elsewhere.
#: What was on its way then did not reach anybody.
_UNHEARD = (1000, 1001, 4401)


class _NotHeard(Exception):
    """The message was not acted on, and may be sent again."""


class Channel(Protocol):
    async def say(self, payload: Mapping[str, Any]) -> Mapping[str, Any]: ...

    async def close(self) -> None: ...


class HttpChannel:
    def __init__(self, url: str, timeout_seconds: float) -> None:
        self._url = url
        # Nothing is kept open from one message to the next, which may come from another event loop.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.AsyncClient(timeout=timeout_seconds, limits=limits)

    async def say(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            message = {"type": "auth", "payload": payload}
            response = await ask_whole_async(self._http, method="POST", url=self._url, json=message)
        except httpx.TimeoutException as error:
            raise _timed_out(self._url) from error
        except httpx.TransportError as error:
            raise _unreachable(self._url) from error
        answer = _payload_in(response.content)
        if answer is None:
            raise _without_message(self._url, response.status_code, response.headers.get("retry-after"))
        return answer

    async def close(self) -> None:
        await self._http.aclose()


class SocketChannel:
    """Opens when something is to be said, and again after the line broke. Needs ``portaria[websocket]`` and
    asyncio."""

    def __init__(self, url: str, timeout_seconds: float) -> None:
        if find_spec("websockets") is None:
            raise ImportError("A WebSocket needs more: pip install 'portaria[websocket]'")
        self._url = url
        self._timeout = timeout_seconds
        self._line: _Line | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening: asyncio.Lock
        self._numbers = itertools.count(1)

    async def say(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        from websockets.exceptions import ConnectionClosed

        message_id = str(next(self._numbers))
        text = json.dumps({"type": "auth", "id": message_id, "payload": payload})
        for is_last in (False, True):
            line = await self._open()
            answer = line.expect(message_id)
            try:
                await line.connection.send(text)
                return await asyncio.wait_for(answer, self._timeout)
            except ConnectionClosed as error:
                # Between the look whether it is open and the message.
                if is_last or error.rcvd is None or error.rcvd.code not in _UNHEARD:
                    raise _lost(error.rcvd.reason if error.rcvd else None) from error
            except _NotHeard as error:
                if is_last:
                    raise _unreachable(self._url) from error
            except asyncio.TimeoutError as error:
                raise _timed_out(self._url) from error
            finally:
                line.forget(message_id)
        raise AssertionError("not reached")

    async def close(self) -> None:
        if self._line is not None:
            line, self._line = self._line, None
            await line.close()

    async def _open(self) -> _Line:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # What belonged to the event loop of the last time ended with it.
            self._loop, self._opening, self._line = loop, asyncio.Lock(), None
        async with self._opening:
            if self._line is None or not self._line.is_open:
                self._line = _Line(await self._connect(), loop)
            return self._line

    async def _connect(self) -> ClientConnection:
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidStatus

        class _Directly(connect):
            def process_redirect(self, exc: Exception) -> Exception:
                # The password would go to wherever it points.
                return exc

        try:
            return await _Directly(self._url, open_timeout=self._timeout, max_size=_LARGEST_ANSWER_BYTES)
        except InvalidStatus as error:
            answered = error.response
            raise _without_message(
                self._url, answered.status_code, answered.headers.get("retry-after")
            ) from error
        except (OSError, InvalidHandshake, asyncio.TimeoutError, EOFError) as error:
            raise _unreachable(self._url) from error


class _Line:
    """One connection, and whoever waits for an answer on it."""

    def __init__(self, connection: ClientConnection, loop: asyncio.AbstractEventLoop) -> None:
        self.connection = connection
        self._loop = loop
        self._waiting: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._reader = loop.create_task(self._read())

    @property
    def is_open(self) -> bool:
        from websockets.protocol import State

        return self.connection.state is State.OPEN and not self._reader.done()

    def expect(self, message_id: str) -> asyncio.Future[Mapping[str, Any]]:
        answer: asyncio.Future[Mapping[str, Any]] = self._loop.create_future()
        self._waiting[message_id] = answer
        return answer

    def forget(self, message_id: str) -> None:
        answer = self._waiting.pop(message_id)
        if answer.done() and not answer.cancelled():
            # Heard, so that asyncio does not complain that nobody did.
            answer.exception()

    async def close(self) -> None:
        await self.connection.close()
        with suppress(asyncio.CancelledError):
            await self._reader

    async def _read(self) -> None:
        from websockets.exceptions import ConnectionClosed

        with suppress(ConnectionClosed):
            async for text in self.connection:
                self._hand_over(text)
        code, reason = self.connection.close_code, self.connection.close_reason
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(_NotHeard() if code in _UNHEARD else _lost(reason))

    def _hand_over(self, text: str | bytes) -> None:
        """What nobody waits for any more is thrown away."""
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return
        waiting = self._waiting.get(str(message.get("id"))) if isinstance(message, dict) else None
        payload = _payload_in(text)
        if waiting is not None and payload is not None and not waiting.done():
            waiting.set_result(payload)


def _payload_in(text: str | bytes) -> Mapping[str, Any] | None:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    payload = message.get("payload") if isinstance(message, dict) and message.get("type") == "auth" else None
    return payload if isinstance(payload, dict) else None


def _without_message(url: str, status: int, retry_after: str | None) -> AuthRefused:
    """Whoever answered is not who was asked: a proxy, or another server."""
    if status != 429 and status < 500:
        return AuthRefused("unexpected_answer", f"{_host_of(url)} answered {status}, and no message.")
    refusal = _unreachable(url)
    is_number = retry_after is not None and retry_after.isascii() and retry_after.isdigit()
    refusal.retry_after_seconds = float(retry_after) if retry_after is not None and is_number else None
    return refusal


def _host_of(url: str) -> str:
    return httpx.URL(url).netloc.decode("ascii")


def _unreachable(url: str) -> AuthRefused:
    return AuthRefused("temporarily_unavailable", f"{_host_of(url)} does not answer. Try again later.")


def _timed_out(url: str) -> AuthRefused:
    return AuthRefused("timeout", f"{_host_of(url)} did not answer in time. Try again later.")


def _lost(reason: str | None) -> AuthRefused:
    said = f" ({shown(reason)})" if reason else ""
    return AuthRefused("connection_lost", f"The line broke before the answer came{said}. Try again.")
