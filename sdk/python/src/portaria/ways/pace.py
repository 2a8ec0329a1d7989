"""How often a waiting program asks: never faster than it was told, ever more rarely while nobody answers."""

from __future__ import annotations

from typing import Any

import httpx

from ..answers import error_code, number_in
from ..retry import retry_after
from ..steps import Ask, Steps, ask, pause
from .attempt import Attempt

#: RFC 8628 §3.2 and §3.5.
_DEFAULT_INTERVAL = 5.0
_SLOWER_BY = 5.0
_LONGEST_INTERVAL = 60.0
_DEFAULT_LIFETIME = 600.0


class Pace:
    def __init__(self, attempt: Attempt, interval: Any, expires_in: Any) -> None:
        self._attempt = attempt
        self._interval = min(number_in(interval) or _DEFAULT_INTERVAL, _LONGEST_INTERVAL)
        self._at_least = 0.0
        self._end = attempt.ticks() + (number_in(expires_in) or _DEFAULT_LIFETIME)

    def wait(self) -> Steps[bool]:
        """Until it is time to ask. False when there is no time left."""
        seconds = max(self._interval, self._at_least)
        if self._attempt.ticks() + seconds > self._end:
            return False
        yield from pause(seconds)
        return True

    def ask(self, request: Ask) -> Steps[httpx.Response | None]:
        """None when the server cannot say yet: the wait goes on."""
        self._at_least = 0.0
        try:
            response = yield from ask(request)
        except httpx.TransportError:
            # RFC 8628 §3.5: ever more rarely.
            self._interval = min(self._interval * 2, _LONGEST_INTERVAL)
            return None
        code = error_code(response)
        if code == "slow_down":
            self._interval = min(self._interval + _SLOWER_BY, _LONGEST_INTERVAL)
        if response.status_code == 429 or response.status_code >= 500:
            self._at_least = retry_after(response, self._attempt.now())
            return None
        return None if code in ("slow_down", "authorization_pending") else response
