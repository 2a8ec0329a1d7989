"""Sign people in to a Portaria server. Start with :class:`Portaria` or :class:`AsyncPortaria`."""

from __future__ import annotations

from .client import AsyncPortaria, Portaria
from .credentials import CredentialStore, FileStore, KeyringStore, MemoryStore
from .errors import (
    LoginExpired,
    LoginFailed,
    LoginRefused,
    LoginRequired,
    NotRevoked,
    OAuthError,
    PortariaError,
    ServerUnavailable,
    UntrustedAnswer,
    WayUnavailable,
)
from .retry import Retry
from .surroundings import Surroundings

__all__ = [
    "AsyncPortaria",
    "CredentialStore",
    "FileStore",
    "KeyringStore",
    "LoginExpired",
    "LoginFailed",
    "LoginRefused",
    "LoginRequired",
    "MemoryStore",
    "NotRevoked",
    "OAuthError",
    "Portaria",
    "PortariaError",
    "Retry",
    "ServerUnavailable",
    "Surroundings",
    "UntrustedAnswer",
    "WayUnavailable",
]
