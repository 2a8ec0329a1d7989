"""Sign people in to a Portaria server. Start with :class:`Portaria` or :class:`AsyncPortaria`."""

from __future__ import annotations

from .errors import (
    LoginExpired,
    LoginRefused,
    LoginRequired,
    NotRevoked,
    OAuthError,
    PortariaError,
    ServerUnavailable,
    UntrustedAnswer,
    WayUnavailable,
)

__all__ = [
    "LoginExpired",
    "LoginRefused",
    "LoginRequired",
    "NotRevoked",
    "OAuthError",
    "PortariaError",
    "ServerUnavailable",
    "UntrustedAnswer",
    "WayUnavailable",
]
