"""Sign-in with name and password for programs that were allowed to ask for them (``--password-login``).

Five calls that answer with a yes or a no; why it was a no is in ``last_error``. How messages travel, and
what becomes of them when the line breaks, is left to ``auth_channels``.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Callable

import anyio

from .answers import number_in, shown
from .auth_channels import Channel, HttpChannel, SocketChannel
from .errors import AuthRefused, UntrustedAnswer
from .metadata import safe_url

__all__ = ["AuthClient"]

#: These may arrive twice: the server has the same successor ready for a while, and what has ended has ended.
_REPEATABLE = ("refresh", "logout")
_PAUSES_SECONDS = (0.3, 1.0, 3.0)
_LONGEST_PAUSE_SECONDS = 10.0


class AuthClient:
    """``address``: ``wss://login.example.com`` talks over a WebSocket, ``https://…`` over HTTP. Use it with
    ``async with``, or call ``close()``.

    After ``login`` the tokens are in ``access_token``, ``refresh_token`` and ``expires_at`` (seconds since
    1970). They are kept in memory only.
    """

    def __init__(
        self,
        address: str,
        client_id: str,
        client_secret: str | None = None,
        *,
        timeout_seconds: float = 20,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.access_token: str | None = None
        self.refresh_token: str | None = None
        self.expires_at: float | None = None
        self.scope: str | None = None
        #: Why the last call answered with a no: its ``code``, its text, and how long to wait. None after a
        #: yes.
        self.last_error: AuthRefused | None = None
        self._credentials = {"client_id": client_id, "client_secret": client_secret}
        self._now = now
        self._channel = _channel_to(address, timeout_seconds)
        self._refreshing = anyio.Lock()

    async def login(
        self, username: str, password: str, *, otp: str | None = None, scope: str | None = None
    ) -> bool:
        """``username`` may be an e-mail address. ``otp``: for an account with a second factor
        (``last_error.code`` is ``"mfa_required"`` then)."""
        answer = await self._ask("login", username=username, password=password, otp=otp, scope=scope)
        return answer is not None and self._take(answer)

    async def logout(self) -> bool:
        """Ends both tokens at the server. When that fails they are kept, so that it can be tried again."""
        tokens = {"refresh_token": self.refresh_token, "access_token": self.access_token}
        if any(tokens.values()) and await self._ask("logout", **tokens) is None:
            return False
        self.last_error = None
        self._drop()
        return True

    async def refresh_tokens(self) -> bool:
        """Several calls at once are one refresh. When the server refuses for good, the tokens are dropped."""
        used = self.refresh_token
        async with self._refreshing:
            if self.refresh_token is not None and self.refresh_token != used:
                return True
            if self.refresh_token is None:
                self.last_error = AuthRefused("login_required", "Nobody is signed in: call login().")
                return False
            used = self.refresh_token
            answer = await self._ask("refresh", refresh_token=used)
            if self.refresh_token != used:
                # Somebody has signed in or out meanwhile, and that counts.
                return self.access_token is not None
            if answer is not None:
                return self._take(answer, before=used)
            if self.last_error is not None and self.last_error.code == "invalid_grant":
                self._drop()
            return False

    async def request_password_reset(self, email: str) -> tuple[bool, str | None]:
        """The second is the token, where the server tells it: only to itself, on a machine without mail.
        All others find it in their mailbox. The first says nothing of whether there is such an account."""
        answer = await self._ask("request_password_reset", email=email)
        if answer is None:
            return False, None
        token = answer.get("token")
        return True, token if isinstance(token, str) else None

    async def reset_password(self, token: str, new_password: str) -> bool:
        """Signs the person out everywhere; call ``login`` afterwards."""
        return await self._ask("reset_password", token=token, new_password=new_password) is not None

    async def close(self) -> None:
        """Signs nobody out."""
        await self._channel.close()

    async def __aenter__(self) -> AuthClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, action: str, **fields: str | None) -> Mapping[str, Any] | None:
        given = {**self._credentials, **fields}
        payload = {"action": action, **{name: value for name, value in given.items() if value is not None}}
        pauses = iter(_PAUSES_SECONDS if action in _REPEATABLE else ())
        while True:
            try:
                answer = await self._channel.say(payload)
                refusal = _refusal_in(answer)
            except AuthRefused as error:
                refusal = error
            self.last_error = refusal
            if refusal is None:
                return answer
            pause = next(pauses, None)
            wait = (refusal.retry_after_seconds or 0) + random.uniform(0, pause or 0)  # noqa: S311
            if pause is None or not refusal.is_passing or wait > _LONGEST_PAUSE_SECONDS:
                return None
            await anyio.sleep(wait)

    def _take(self, answer: Mapping[str, Any], before: str | None = None) -> bool:
        """``before``: the refresh token that goes on where the answer has none."""
        access_token, expires_in = answer.get("access_token"), number_in(answer.get("expires_in"))
        if not isinstance(access_token, str) or not access_token:
            self.last_error = AuthRefused("unexpected_answer", "The server answered without an access token.")
            return False
        self.access_token = access_token
        self.refresh_token = answer.get("refresh_token") or before
        self.expires_at = self._now() + expires_in if expires_in is not None else None
        self.scope = answer.get("scope")
        return True

    def _drop(self) -> None:
        self.access_token = self.refresh_token = self.expires_at = self.scope = None


def _channel_to(address: str, timeout_seconds: float) -> Channel:
    scheme, _, rest = address.strip().rstrip("/").partition("://")
    if scheme not in ("ws", "wss", "http", "https"):
        raise UntrustedAnswer(f"{address!r} is no address: it begins with wss:// or https://.")
    # A password goes there: TLS, or this very machine.
    origin = safe_url(f"{scheme.replace('ws', 'http')}://{rest}")
    if scheme.startswith("ws"):
        return SocketChannel(f"{scheme}://{rest}/api/auth/ws", timeout_seconds)
    return HttpChannel(f"{origin}/api/auth", timeout_seconds)


def _refusal_in(answer: Mapping[str, Any]) -> AuthRefused | None:
    if answer.get("ok") is True:
        return None
    code = shown(answer.get("error")) or "unexpected_answer"
    sentence = shown(answer.get("error_description")) or "The server refused without a reason."
    return AuthRefused(code, sentence, number_in(answer.get("retry_after")))
