"""Everything is written once, as steps: generators that yield what they need from the world, and get it back.

``run`` serves them in the thread that calls, ``run_async`` in an event loop (asyncio or trio).
Nothing here knows OAuth.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Generator, Mapping
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


@dataclass(frozen=True)
class Whole:
    """Steps that are not left in the middle: a task that is cancelled meanwhile ends when they have."""

    steps: Steps[Any]


Effect = Union[Ask, Pause, Call, Whole]
Steps = Generator[Effect, Any, T]


def ask(request: Ask) -> Steps[httpx.Response]:
    """Raises ``httpx.TransportError`` when no answer came."""
    return cast(httpx.Response, (yield request))


def pause(seconds: float) -> Steps[None]:
    yield Pause(seconds)


def call(function: Callable[[], T]) -> Steps[T]:
    return cast(T, (yield Call(function)))


def whole(steps: Steps[T]) -> Steps[T]:
    return cast(T, (yield Whole(steps)))


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
        if isinstance(effect, Whole):
            return run(effect.steps, http, sleep, ticks)
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
        if isinstance(effect, Whole):
            return await _to_its_end(run_async(effect.steps, http))
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


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    with anyio.CancelScope(shield=True):
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return await work
        # asyncio cancels tasks in a way of its own as well, which no scope holds off.
        task = asyncio.ensure_future(work)
        cancelled: asyncio.CancelledError | None = None
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is None:
            return task.result()
        if not task.cancelled():
            # Heard, so that asyncio does not complain that nobody did.
            task.exception()
        raise cancelled
    raise AssertionError("not reached")


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
