"""The command at a real terminal: what the person sees there, and what they do not."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import sys
import time
from pathlib import Path

from person import Person
from server import Server

PATIENCE_SECONDS = 30


class Terminal:
    """``portaria-py`` in a pseudo-terminal, with a home of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.seen = ""
        settings = {
            **os.environ,
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22",
            "PYTHONIOENCODING": "utf-8",
        }
        command = [sys.executable, "-m", "portaria.command", *words]
        self._pid, self._handle = pty.fork()
        if self._pid == 0:
            os.execve(sys.executable, command, settings)  # noqa: S606

    def see(self, pattern: str) -> re.Match[str]:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = re.search(pattern, self.seen)
            if found:
                return found
            assert time.monotonic() < end, self.seen
            if select.select([self._handle], [], [], 1)[0]:
                read = os.read(self._handle, 65_536)
                self.seen += read.decode(errors="replace")

    def type(self, text: str) -> None:
        os.write(self._handle, text.encode())

    def exit_code(self) -> int:
        with contextlib.suppress(OSError):
            while True:
                self.seen += os.read(self._handle, 65_536).decode(errors="replace")
        os.close(self._handle)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


def test_shows_a_picture_and_takes_a_token_that_it_does_not_show(
    server: Server, person: Person, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path, "login", "--way", "paste", "--issuer", server.issuer)
    link = terminal.see(r"(http://localhost\S+)").group(1)
    # A corner of every such picture.
    terminal.see("██ ▄▄▄▄▄ █")
    terminal.see("Paste the token")
    token = person.make_token(link)
    terminal.type(f"{token}\n")
    terminal.see(re.escape(person.email))
    assert terminal.exit_code() == 0
    assert token not in terminal.seen


def test_can_be_interrupted(server: Server, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "login", "--issuer", server.issuer)
    terminal.see("Waiting")
    terminal.type("\x03")
    terminal.see("interrupted")
    assert terminal.exit_code() == 130
