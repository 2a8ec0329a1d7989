"""Asking again after 429, 5xx and a broken connection: exponential back-off, full jitter, for a bounded time.

``Retry-After`` (RFC 9110 §10.2.3, seconds or a date) is obeyed; when it asks for more time than there is, we
give up at once.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Callable

import httpx

from .errors import ServerUnavailable
from .steps import Ask, Steps, ask, pause

#: The request cannot have been acted on: it never left, or the server says that it did not take it.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NOT_TAKEN = (429, 503)


@dataclass(frozen=True)
class Retry:
    """``limit_seconds`` bounds all tries together, not the wait for one answer."""

    limit_seconds: float = 20.0
    first_seconds: float = 0.25
    longest_seconds: float = 8.0
    ticks: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    between: Callable[[float, float], float] = random.uniform

    def ask(self, request: Ask, *, is_repeatable: bool) -> Steps[httpx.Response]:
        """Answers with whatever the server said last; raises ``ServerUnavailable`` when it said nothing.

        A request that is not repeatable is asked again only when it cannot have been acted on.
        """
        end = self.ticks() + self.limit_seconds
        tries = 0
        while True:
            response: httpx.Response | None = None
            try:
                response = yield from ask(request)
                failure: httpx.TransportError | None = None
            except httpx.TransportError as error:
                failure = error
            if response is not None and not _is_worth_another(response, is_repeatable):
                return response
            ceiling = min(self.longest_seconds, self.first_seconds * 2**tries)
            wait = self.between(0, ceiling)
            if response is not None:
                wait += retry_after(response, self.now())
            is_lost = failure is not None and not (is_repeatable or isinstance(failure, _UNSENT))
            if is_lost or self.ticks() + wait > end:
                if response is not None:
                    return response
                raise ServerUnavailable(f"{_host_of(request)} does not answer. Try again later.") from failure
            tries += 1
            yield from pause(wait)


def retry_after(response: httpx.Response, now: float) -> float:
    """Seconds; 0 when the header is missing or says nothing that can be read."""
    text: str = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _is_worth_another(response: httpx.Response, is_repeatable: bool) -> bool:
    if response.status_code in _NOT_TAKEN:
        return True
    return is_repeatable and response.status_code >= 500


def _host_of(request: Ask) -> str:
    return httpx.URL(request.url).netloc.decode("ascii")
