"""What a sign-in leaves on this machine, and where it is kept: the keyring of the operating system, else a file.

Who may change it, and when, is left to ``session``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import keyring
import keyring.backend
import keyring.errors
import platformdirs

from .errors import PortariaError, StoreError
from .private_files import ThreadLock, write_whole

SERVICE = "portaria"
#: Backends that keep nothing, keep it in the clear, or ask for a password of their own at the terminal.
_NO_KEYRINGS = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")


@dataclass(frozen=True)
class Credentials:
    """Times are seconds since 1970. ``expires_at`` is None for a token of which we do not know."""

    issuer: str
    client_id: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    obtained_at: float
    expires_at: float | None
    scope: str

    def to_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Credentials | None:
        """None for what another version, or somebody else, has left there."""
        try:
            has: dict[str, Any] = json.loads(text)
            return Credentials(
                issuer=str(has["issuer"]),
                client_id=str(has["client_id"]),
                access_token=str(has["access_token"]),
                refresh_token=None if has["refresh_token"] is None else str(has["refresh_token"]),
                obtained_at=float(has["obtained_at"]),
                expires_at=None if has["expires_at"] is None else float(has["expires_at"]),
                scope=str(has["scope"]),
            )
        except (ValueError, TypeError, KeyError):
            return None


class CredentialStore(Protocol):
    """Keeps one text for each key. Write your own to keep it elsewhere."""

    def load(self, key: str) -> str | None: ...

    def save(self, key: str, secret: str) -> None: ...

    def delete(self, key: str) -> None: ...


class MemoryStore:
    """For as long as the program runs. Touches no disk, whose lock would be of no use either."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}
        self.lock = ThreadLock()

    def load(self, key: str) -> str | None:
        return self._secrets.get(key)

    def save(self, key: str, secret: str) -> None:
        self._secrets[key] = secret

    def delete(self, key: str) -> None:
        self._secrets.pop(key, None)


class FileStore:
    """A file of mode 0600 for each key, in a folder of mode 0700."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or default_folder()

    def load(self, key: str) -> str | None:
        path = self._path(key)
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(path, "read", error) from error

    def save(self, key: str, secret: str) -> None:
        path = self._path(key)
        try:
            write_whole(path, secret)
        except OSError as error:
            raise _unusable(path, "written", error) from error

    def delete(self, key: str) -> None:
        path = self._path(key)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _unusable(path, "deleted", error) from error

    def _path(self, key: str) -> Path:
        return self._folder / f"{name_for(key)}.json"


class KeyringStore:
    """Raises ``keyring.errors.KeyringError`` when the keyring does not open."""

    def load(self, key: str) -> str | None:
        return keyring.get_password(SERVICE, key)

    def save(self, key: str, secret: str) -> None:
        keyring.set_password(SERVICE, key, secret)

    def delete(self, key: str) -> None:
        with suppress(keyring.errors.PasswordDeleteError):
            keyring.delete_password(SERVICE, key)


class KeyringElseFileStore:
    """The keyring; where it does not take something (locked, too small), the file.

    What is in the file is the newer one: it is there only when the keyring did not take it. Keyrings raise what they
    like: an error of the bus that they are asked over, of their own library for a value that is too long.
    """

    def __init__(self, file: FileStore) -> None:
        self._keyring = KeyringStore()
        self._file = file

    def load(self, key: str) -> str | None:
        kept = self._file.load(key)
        if kept is not None:
            return kept
        try:
            return self._keyring.load(key)
        except Exception as error:
            raise _closed(error) from error

    def save(self, key: str, secret: str) -> None:
        try:
            self._keyring.save(key, secret)
        except Exception:
            self._file.save(key, secret)
        else:
            self._file.delete(key)

    def delete(self, key: str) -> None:
        self._file.delete(key)
        try:
            self._keyring.delete(key)
        except Exception as error:
            raise _closed(error) from error


def _closed(error: Exception) -> PortariaError:
    return PortariaError("keyring_locked", f"The keyring does not open: {error}")


def _unusable(path: Path, what: str, error: OSError) -> StoreError:
    return StoreError(f"{path} cannot be {what}: {error.strerror}.")


def default_store() -> CredentialStore:
    return KeyringElseFileStore(FileStore()) if has_keyring() else FileStore()


def has_keyring() -> bool:
    """False where the only backends would keep a secret in the clear, or not at all."""
    backend = keyring.get_keyring()
    # The chainer stands for several, and takes the first one.
    backends: Iterable[Any] = getattr(backend, "backends", [backend])
    first = next(iter(backends), None)
    return first is not None and not type(first).__module__.startswith(_NO_KEYRINGS)


def default_folder() -> Path:
    return platformdirs.user_data_path("portaria-python", appauthor=False)


def remember_issuer(issuer: str) -> None:
    """For ``portaria-py``, which speaks to the server where somebody signed in last."""
    # It is a convenience: a sign-in does not fail for it.
    with suppress(OSError):
        write_whole(_last_issuer_file(), issuer)


def last_issuer() -> str | None:
    with suppress(OSError):
        return _last_issuer_file().read_text(encoding="utf-8").strip() or None
    return None


def _last_issuer_file() -> Path:
    return default_folder() / "last-issuer"


def name_for(key: str) -> str:
    """A file name that says nothing and fits every disk."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
