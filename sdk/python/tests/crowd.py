"""Processes that are all signed in as the same person and want the token at one moment. Prints what each got.

``python crowd.py COUNT ISSUER FOLDER``. It forks after loading everything, so that twenty are as quick as one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from portaria import FileStore, Portaria


def fork_at_once(count: int, ask: Callable[[], str]) -> None:
    """Each prints what it was answered, and the last of them is the end of this process too."""
    start, go = os.pipe()
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            os.close(go)
            os.read(start, 1)
            # One write: lines of several processes do not mix.
            os.write(1, f"{ask()}\n".encode())
            os._exit(0)
        children.append(child)
    os.close(go)
    ends = [os.waitpid(child, 0)[1] for child in children]
    sys.exit(any(ends))


def main(count: int, issuer: str, folder: Path) -> None:
    def ask() -> str:
        with Portaria(issuer, store=FileStore(folder)) as portaria:
            return portaria.token()

    fork_at_once(count, ask)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
