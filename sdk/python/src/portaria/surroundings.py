"""What a program has around it: a person, a terminal, a browser. And which ways of signing in fit that.

Nothing here knows what a sign-in is. Subclass it to speak to people in a window of your own.
"""

from __future__ import annotations

import getpass
import io
import os
import platform
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import segno

#: The person sits elsewhere: a browser that opens here is not before their eyes, and loopback is not their machine.
_ELSEWHERE = (
    "SSH_CONNECTION",
    "SSH_CLIENT",
    "SSH_TTY",
    "CODESPACES",
    "GITPOD_WORKSPACE_ID",
    "REMOTE_CONTAINERS",
    "CLOUD_SHELL",
    "KUBERNETES_SERVICE_HOST",
    "container",
    "CI",
)
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")
#: They would take the terminal, in which the program speaks.
_TEXT_BROWSERS = ("www-browser", "links", "elinks", "lynx", "w3m", "browsh")
_WITH_A_SCREEN = ("darwin", "win32", "cygwin")


class Surroundings:
    def __init__(self, environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> None:
        self._environment = environment
        self._system = system

    def ways(self) -> list[str]:
        """The ways of signing in that are worth trying here, best first."""
        ways = ["device", "polling"]
        if self.has_browser():
            ways.insert(0, "loopback")
        if self.has_terminal():
            ways.append("paste")
        return ways

    def has_browser(self) -> bool:
        """One that opens here and shows itself to the person."""
        has = self._environment
        if any(has.get(name) for name in _ELSEWHERE) or any(Path(mark).exists() for mark in _CONTAINER_MARKS):
            return False
        has_screen = self._system in _WITH_A_SCREEN or has.get("DISPLAY") or has.get("WAYLAND_DISPLAY")
        if not has_screen:
            return False
        try:
            browser = webbrowser.get()
        except webbrowser.Error:
            return False
        return Path(str(getattr(browser, "name", ""))).name not in _TEXT_BROWSERS

    def has_terminal(self) -> bool:
        """One at which somebody can type."""
        return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)

    def say(self, text: str) -> None:
        """To the person. Not on standard output, which may be a file or another program."""
        if sys.stderr is not None:
            print(text, file=sys.stderr, flush=True)

    def ask_secret(self, question: str) -> str:
        """What the person types or pastes, without showing it."""
        return getpass.getpass(question)

    def open_browser(self, url: str) -> bool:
        try:
            return webbrowser.open(url)
        except (webbrowser.Error, OSError):
            return False

    def show_link(self, url: str) -> None:
        """To be opened anywhere: on a telephone too, which reads the picture."""
        if self.has_browser():
            self.open_browser(url)
        picture = qr_picture(url) if _is_terminal(sys.stderr) else ""
        self.say(f"\n  {url}\n\n{picture}")

    def program_name(self) -> str:
        """By which the person knows this program on the server's pages."""
        path = Path(sys.argv[0] if sys.argv else "")
        name = path.parent.name if path.name == "__main__.py" else path.stem
        return name[:60] if name not in ("", "-c", "-m") else "Python"

    def device_name(self) -> str:
        """By which the person knows this machine on the server's pages."""
        return platform.node()[:60] or "Python"


def _is_terminal(stream: TextIO | None) -> bool:
    """A program with windows alone has no streams at all on some systems."""
    return stream is not None and stream.isatty()


def qr_picture(url: str, encoding: str | None = None) -> str:
    """Empty where the terminal could not show it, or a picture not hold it."""
    written = io.StringIO()
    try:
        segno.make(url, error="l", micro=False).terminal(written, border=2, compact=True)
        written.getvalue().encode(encoding or sys.stderr.encoding or "ascii")
    except (UnicodeEncodeError, segno.DataOverflowError):
        return ""
    # White on black whatever the terminal's colours: not every telephone reads it the other way round.
    lines = [f"  \x1b[97;40m{line}\x1b[0m\n" for line in written.getvalue().splitlines()]
    return "".join(lines)
