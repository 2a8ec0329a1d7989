"""Sign people in to a Portaria server. Start with :class:`Portaria` or :class:`AsyncPortaria`."""

from __future__ import annotations

from .auth_client import AuthClient
from .client import AsyncPortaria, Portaria
from .credentials import CredentialStore, FileStore, KeyringStore, MemoryStore
from .errors import (
    AuthorizationNeeded,
    AuthRefused,
    LoginExpired,
    LoginFailed,
    LoginRefused,
    LoginRequired,
    NotRevoked,
    OAuthError,
    PortariaError,
    ServerUnavailable,
    StoreBusy,
    StoreError,
    UntrustedAnswer,
    WayUnavailable,
)
from .polling_login import AsyncPollingLogin, PollingLogin
from .retry import Retry
from .surroundings import Surroundings

__all__ = [
    "AsyncPollingLogin",
    "AsyncPortaria",
    "AuthClient",
    "AuthRefused",
    "AuthorizationNeeded",
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
    "PollingLogin",
    "Portaria",
    "PortariaError",
    "Retry",
    "ServerUnavailable",
    "StoreBusy",
    "StoreError",
    "Surroundings",
    "UntrustedAnswer",
    "WayUnavailable",
]
