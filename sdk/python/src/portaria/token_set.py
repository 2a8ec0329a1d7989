"""The tokens that a token endpoint gave out, with everything else that it said.

The end is a point in time here, never a number of seconds: it means the same after a night in a store.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

__all__ = ["TokenSet"]

_OWN = ("access_token", "refresh_token", "token_type", "scope", "expires_in")


@dataclass(frozen=True)
class TokenSet:
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    #: Seconds since 1970; None: nobody said.
    expires_at: float | None = None
    token_type: str = "Bearer"  # noqa: S105
    scope: str | None = None
    #: Fields beyond the standard's: ``locationId``, ``userType``, ``id_token``, …
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_answer(
        cls,
        answer: Mapping[str, Any],
        *,
        now: float,
        before: TokenSet | None = None,
    ) -> TokenSet:
        """``before``: the set that was refreshed; what the answer does not mention stays (RFC 6749 §6)."""
        fresh = cls(
            access_token=str(answer["access_token"]),
            refresh_token=_text(answer.get("refresh_token")),
            expires_at=_expiry(answer.get("expires_in"), now),
            token_type=_text(answer.get("token_type")) or "Bearer",
            scope=_text(answer.get("scope")),
            extra={name: value for name, value in answer.items() if name not in _OWN},
        )
        if before is None:
            return fresh
        return replace(
            fresh,
            refresh_token=fresh.refresh_token or before.refresh_token,
            scope=fresh.scope or before.scope,
            extra={**before.extra, **fresh.extra},
        )

    def is_fresh(self, now: float, ahead_seconds: float = 0) -> bool:
        return bool(self.access_token) and (self.expires_at is None or now < self.expires_at - ahead_seconds)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> TokenSet:
        return cls(**json.loads(text))


def _expiry(expires_in: Any, now: float) -> float | None:
    try:
        return now + float(expires_in)
    except (TypeError, ValueError, OverflowError):
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
