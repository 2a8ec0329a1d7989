"""For programs that want to know who is at the browser, as a dictionary, and were written to open a link and ask.

The steps are those of ``login("polling")``: the person types the letters that only this program shows, and nobody
else can read the outcome.
"""

from __future__ import annotations

from typing import Any

from .client import AsyncPortaria, Portaria
from .credentials import MemoryStore
from .errors import OAuthError

__all__ = ["AsyncPollingLogin", "PollingLogin"]

_FIELDS = ("uid", "email", "name", "photoUrl", "tier")


class PollingLogin:
    """``base_url`` is the server's address; without it PORTARIA_ISSUER counts.

    After ``login`` the tokens are in ``portaria`` (``.token()``, ``.auth``, ``.logout()``), in memory only; name one
    of your own to keep them elsewhere, or for another client.
    """

    def __init__(self, base_url: str | None = None, *, portaria: Portaria | None = None) -> None:
        self.portaria = portaria or Portaria(base_url, store=MemoryStore())

    def login(self) -> dict[str, Any]:
        """``uid``, ``email``, ``name``, ``photoUrl`` and ``tier`` of the person.

        Raises LoginExpired when nobody finishes in time, LoginRefused when they say no, ServerUnavailable.
        """
        return _user_in(self.portaria._run(self.portaria._session.login_by_polling()))


class AsyncPollingLogin:
    """``PollingLogin``, to be awaited."""

    def __init__(self, base_url: str | None = None, *, portaria: AsyncPortaria | None = None) -> None:
        self.portaria = portaria or AsyncPortaria(base_url, store=MemoryStore())

    async def login(self) -> dict[str, Any]:
        return _user_in(await self.portaria._run(self.portaria._session.login_by_polling()))


def _user_in(answer: dict[str, Any]) -> dict[str, Any]:
    user = answer.get("user")
    if not isinstance(user, dict) or not user.get("uid"):
        raise OAuthError("unexpected_answer", "The server answered without a person.", 200)
    return {name: user.get(name) for name in _FIELDS}
