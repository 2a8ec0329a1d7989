"""The real server in a process of its own, with a database, a folder and a port of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[3]
_BROUGHT_NODE = ROOT / "node_modules" / ".bin" / "node"
NODE = str(_BROUGHT_NODE) if _BROUGHT_NODE.exists() else shutil.which("node") or "node"
PROGRAM = [NODE, str(ROOT / "bin" / "portaria.js")]
READY_WITHIN_SECONDS = 60
STOPPED_WITHIN_SECONDS = 20
LOGGED_WITHIN_SECONDS = 5


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Server:
    """``issuer`` is its address. ``command`` is the command line beside it."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portaria-test-python-"))
        self.port = free_port()
        self.issuer = f"http://localhost:{self.port}"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        self.settings = {
            **kept,
            "DATA_DIR": str(self.folder / "data"),
            "PORT": str(self.port),
            "LOG_LEVEL": "info",
            **(settings or {}),
        }
        self._log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([*PROGRAM, "start"], env=self.settings, stdout=log, stderr=log)
        end = time.monotonic() + READY_WITHIN_SECONDS
        while "Portaria is ready" not in self.said():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server did not start:\n{self.said()}")
            time.sleep(0.05)

    def said(self) -> str:
        """All that it has printed: its log, with a line for each request."""
        return self._log.read_text()

    def count(self, request: str) -> int:
        """How many of these requests it has answered so far, such as ``POST /oauth/token``."""
        last = httpx.get(f"{self.issuer}/oauth/token").headers["x-request-id"]
        # The log is written a moment later than the answer.
        end = time.monotonic() + LOGGED_WITHIN_SECONDS
        while last not in self.said():
            assert time.monotonic() < end, "the request does not come up in the log"
            time.sleep(0.01)
        return self.said().count(f'"msg":"{request} ')

    def whose(self, token: str) -> str | None:
        """The address of the person whose token it is; None when it is dead."""
        answer = httpx.get(f"{self.issuer}/api/verify", headers={"authorization": f"Bearer {token}"})
        return str(answer.json()["email"]) if answer.status_code == 200 else None

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *words: str, said: str = "") -> Any:
        """The document that a command prints with ``--json``."""
        done = subprocess.run(
            [*PROGRAM, *words, "--json"],
            env=self.settings,
            input=said,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout)
