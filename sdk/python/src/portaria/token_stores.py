"""Where a service keeps the tokens of other platforms: what a store can do, and the store that is a folder.

A store holds sealed token sets by name and lends a lock for each name, which is free when its holder dies.
What is done under the lock (refresh once, store the successor before letting go) is left to
``upstream_tokens``.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from .errors import StoreBusy, StoreError
from .private_files import FileLock, write_whole
from .sealer import Sealer
from .token_set import TokenSet

__all__ = ["FileTokenStore", "TokenStore", "reseal"]

_ASK_AGAIN_SECONDS = 0.03


class TokenStore(Protocol):
    """``key`` is a name of your choice, like ``gohighlevel/location-7``. It is stored in the clear."""

    def load(self, key: str) -> TokenSet | None: ...

    def save(self, key: str, tokens: TokenSet) -> None: ...

    def delete(self, key: str) -> None: ...

    def list_keys(self) -> list[str]: ...

    def lock(self, key: str) -> AbstractContextManager[None]:
        """One holder at a time, over all processes and threads. Raises StoreBusy when it takes too long."""
        ...


def reseal(store: TokenStore) -> int:
    """Seals everything with the newest key; the older ones may go then. Returns how many sets there were."""
    resealed = 0
    for key in store.list_keys():
        with store.lock(key):
            tokens = store.load(key)
            if tokens is not None:
                store.save(key, tokens)
                resealed += 1
    return resealed


class FileTokenStore:
    """A folder (0700) with a sealed JSON file (0600) for each name, for the processes of one machine."""

    def __init__(self, folder: str | Path, sealer: Sealer, *, lock_timeout_seconds: float = 90) -> None:
        self._folder = Path(folder)
        self._sealer = sealer
        self._lock_timeout = lock_timeout_seconds

    def load(self, key: str) -> TokenSet | None:
        stored = _read(self._path(key))
        return None if stored is None else TokenSet.from_json(self._sealer.open(stored["tokens_sealed"], key))

    def save(self, key: str, tokens: TokenSet) -> None:
        path = self._path(key)
        text = json.dumps({"key": key, "tokens_sealed": self._sealer.seal(tokens.to_json(), key)})
        try:
            write_whole(path, text)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}.") from error

    def delete(self, key: str) -> None:
        path = self._path(key)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{path} cannot be deleted: {error.strerror}.") from error

    def list_keys(self) -> list[str]:
        files = [_read(path) for path in sorted(self._folder.glob("*.json"))]
        return [file["key"] for file in files if file is not None]

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        path = self._path(key).with_suffix(".lock")
        lock, end = FileLock(path), time.monotonic() + self._lock_timeout
        try:
            while not lock.try_acquire():
                if time.monotonic() > end:
                    raise StoreBusy(key, self._lock_timeout)
                time.sleep(_ASK_AGAIN_SECONDS)
        except OSError as error:
            raise StoreError(f"{path} cannot be used: {error.strerror}.") from error
        try:
            yield
        finally:
            lock.release()

    def _path(self, key: str) -> Path:
        # Readable, and still one file for each name where the disk takes `A` for `a` or knows no slashes.
        readable = re.sub(r"[^A-Za-z0-9_-]+", "-", key)[:40].strip("-")
        return self._folder / f"{readable}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"


def _read(path: Path) -> dict[str, str] | None:
    try:
        file = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(file[name]) for name in ("key", "tokens_sealed")}
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is not a file of this store any more. It was left as it is.") from error
