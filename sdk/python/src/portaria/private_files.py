"""Files that are their owner's alone, written whole or not at all, and locks between processes, or between threads.

What is in them is left to whoever writes them. A lock between processes is the operating system's: it is free when
its holder ends, however that happens.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

from .steps import Pause

_ASK_AGAIN_SECONDS = 0.03
#: A link would make a file wherever somebody else wants one.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


def make_folder(path: Path) -> None:
    """Readable by nobody else, if we make it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_whole(path: Path, text: str) -> None:
    """On the disk when it returns; also after a power cut there is the old file or the new one."""
    make_folder(path.parent)
    # mkstemp makes files of mode 0600.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name != "nt":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class Lock:
    """One holder at a time."""

    def try_acquire(self) -> bool:
        raise NotImplementedError

    def acquire(self, tries: int) -> Generator[Pause, None, bool]:
        """As steps: waits without holding up an event loop. False when it was not free in all these tries."""
        for _ in range(tries):
            if self.try_acquire():
                return True
            yield Pause(_ASK_AGAIN_SECONDS)
        return False

    def release(self) -> None:
        raise NotImplementedError


class ThreadLock(Lock):
    """Among the threads and tasks of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def try_acquire(self) -> bool:
        return self._lock.acquire(blocking=False)

    def release(self) -> None:
        self._lock.release()


class FileLock(Lock):
    """One holder at a time over all processes and threads that make one for the same path.

    The file stays when the lock is let go: whoever deleted it would let a third one in beside the second.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def try_acquire(self) -> bool:
        make_folder(self._path.parent)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
        try:
            _lock(handle)
        except BaseException as error:
            os.close(handle)
            if isinstance(error, OSError) and error.errno in _HELD:
                return False
            raise
        self._handle = handle
        return True

    def release(self) -> None:
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        with suppress(OSError):
            _unlock(handle)
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
