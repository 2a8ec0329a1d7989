"""Picks the way of signing in: the named one, or the best that works here.

A way that does not work leads to the next one; what a person has refused is not asked again in another way.
"""

from __future__ import annotations

from typing import Callable, Literal, get_args

from .credentials import Credentials
from .errors import LoginFailed, OAuthError, PortariaError, WayUnavailable
from .steps import Steps
from .ways import device, loopback, paste, polling
from .ways.attempt import Attempt

Way = Literal["loopback", "device", "polling", "paste"]
WAYS: tuple[Way, ...] = get_args(Way)

_SIGN_IN: dict[str, Callable[[Attempt], Steps[Credentials]]] = {
    "loopback": loopback.sign_in,
    "device": device.sign_in,
    "polling": polling.sign_in,
    "paste": paste.sign_in,
}


def sign_in(attempt: Attempt, way: str | None = None) -> Steps[Credentials]:
    if way is not None:
        if way not in _SIGN_IN:
            raise ValueError(f"no such way of signing in: {way!r} (there are {', '.join(_SIGN_IN)})")
        return (yield from _SIGN_IN[way](attempt))
    failures: list[str] = []
    last: PortariaError | None = None
    for name in attempt.surroundings.ways():
        try:
            return (yield from _SIGN_IN[name](attempt))
        except (WayUnavailable, OAuthError) as error:
            failures.append(f"{name}: {str(error).rstrip('.')}")
            last = error
    raise LoginFailed(f"No way of signing in works here. {'; '.join(failures)}.") from last
