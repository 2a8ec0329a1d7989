"""Encryption of what a token store keeps: AES-256-GCM envelopes ``v1.<key id>.<nonce>.<ciphertext and tag>``.

Seals with the first key of its list and opens what any of them sealed, so that a key can be replaced while
services run. The context (the name that the tokens have in the store) is authenticated: an envelope that
was moved to another name does not open.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence

from .environment import read_secret
from .errors import StoreError

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
except ImportError as error:  # pragma: no cover
    raise ImportError("Token stores need more: pip install 'portaria[store]'") from error

__all__ = ["Sealer"]

_NONCE_BYTES = 12
_SHORTEST_SECRET = 32


class Sealer:
    """``secrets``: newest first, each of 32 characters or more; a string may hold several, separated by
    commas."""

    def __init__(self, secrets: str | Sequence[str]) -> None:
        listed = secrets.split(",") if isinstance(secrets, str) else list(secrets)
        listed = [secret.strip() for secret in listed if secret.strip()]
        if not listed or any(len(secret) < _SHORTEST_SECRET for secret in listed):
            raise StoreError(
                f"The key of the token store has to have {_SHORTEST_SECRET} characters or more. "
                "Make one with: python -c 'from portaria.sealer import Sealer; print(Sealer.new_secret())'"
            )
        keys = [
            HKDF(SHA256(), 32, None, b"portaria/token-store").derive(secret.encode()) for secret in listed
        ]
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self._newest = _key_id(keys[0])

    @classmethod
    def from_environment(cls, name: str = "PORTARIA_STORE_KEY") -> Sealer:
        """From the variable of this name, or from the file that ``<name>_FILE`` names."""
        return cls(read_secret(name))

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)

    def seal(self, clear: str, context: str) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        body = self._ciphers[self._newest].encrypt(nonce, clear.encode(), context.encode())
        return f"v1.{self._newest}.{_encode(nonce)}.{_encode(body)}"

    def open(self, envelope: str, context: str) -> str:
        """Raises StoreError when no listed key sealed it, or it was changed, or belongs to another
        context."""
        parts = envelope.split(".")
        if len(parts) != 4 or parts[0] != "v1":
            raise StoreError(f"The tokens of {context!r} are not sealed in a way that this version knows.")
        cipher = self._ciphers.get(parts[1])
        if cipher is None:
            raise StoreError(
                f"The tokens of {context!r} are sealed with a key ({parts[1]}) that is not listed. "
                "Add that key behind the newest; nothing was changed."
            )
        try:
            return cipher.decrypt(_decode(parts[2]), _decode(parts[3]), context.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise StoreError(
                f"The tokens of {context!r} were changed by somebody else, or moved from another name."
            ) from error


def _key_id(key: bytes) -> str:
    return _encode(hashlib.sha256(key).digest())[:8]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
