"""Everything is written once, as steps: generators that yield what they need from the world, and get it back.

``run`` serves them in the thread that calls, ``run_async`` in an event loop (asyncio or trio).
Nothing here knows OAuth.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, TypeVar, Union, cast

import anyio
import anyio.to_thread
import httpx

from .whole_answers import ask_whole, ask_whole_async

T = TypeVar("T")


@dataclass(frozen=True)
class Ask:
    """One HTTP request. ``form`` and ``json`` are alternatives."""

    method: str
    url: str
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    params: Mapping[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Call:
    """Something that may block: a keyring that asks for its password, a person who types."""

    function: Callable[[], Any]


Effect = Union[Ask, Pause, Call]
Steps = Generator[Effect, Any, T]


def ask(request: Ask) -> Steps[httpx.Response]:
    """Raises ``httpx.TransportError`` when no answer came."""
    return cast(httpx.Response, (yield request))


def pause(seconds: float) -> Steps[None]:
    yield Pause(seconds)


def call(function: Callable[[], T]) -> Steps[T]:
    return cast(T, (yield Call(function)))


def run(
    steps: Steps[T],
    http: httpx.Client,
    sleep: Callable[[float], None] = time.sleep,
    ticks: Callable[[], float] = time.monotonic,
) -> T:
    def answer(effect: Effect) -> Any:
        if isinstance(effect, Ask):
            return ask_whole(http, ticks, **_request(effect))
        if isinstance(effect, Pause):
            return sleep(effect.seconds)
        return effect.function()

    try:
        effect = next(steps)
        while True:
            try:
                result = answer(effect)
            except BaseException as error:  # the steps clean up after Ctrl-C as well
                effect = steps.throw(error)
            else:
                effect = steps.send(result)
    except StopIteration as end:
        return cast(T, end.value)


async def run_async(steps: Steps[T], http: httpx.AsyncClient) -> T:
    async def answer(effect: Effect) -> Any:
        if isinstance(effect, Ask):
            return await ask_whole_async(http, **_request(effect))
        if isinstance(effect, Pause):
            return await anyio.sleep(effect.seconds)
        return await anyio.to_thread.run_sync(effect.function, abandon_on_cancel=True)

    try:
        effect = next(steps)
        while True:
            try:
                result = await answer(effect)
            except BaseException as error:  # after a cancelled task as well
                effect = steps.throw(error)
            else:
                effect = steps.send(result)
    except StopIteration as end:
        return cast(T, end.value)


def _request(request: Ask) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        "data": request.form,
        "json": request.json,
        "params": request.params,
        "headers": {"accept": "application/json", **request.headers},
        # A redirect would carry tokens to wherever it points.
        "follow_redirects": False,
        "auth": None,
    }
