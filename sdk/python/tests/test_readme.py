"""The README is run, not only read: the blocks of its start, in order, in one program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import anyio
import pytest
from person import Person
from server import Server

from portaria import Surroundings, credentials

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"<!-- run -->\n```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, person: Person) -> None:
    """A desktop whose person does what the browser shows, with a home that nobody has signed in at."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(credentials, "has_keyring", lambda: False)
    monkeypatch.setattr(Surroundings, "ways", lambda self: ["loopback"])
    monkeypatch.setattr(Surroundings, "open_browser", lambda self, url: bool(person.approve(url)))


@pytest.mark.usefixtures("machine")
def test_its_blocks_run(server: Server, person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(BLOCKS) >= 3
    namespace: dict[str, Any] = {}
    for block in BLOCKS:
        exec(block.replace("http://localhost:3000", server.issuer), namespace)  # noqa: S102
    anyio.run(namespace["main"])
    printed = capsys.readouterr().out
    assert printed.startswith("Hello A Person, you are ")
    assert printed.count(person.email) == 2
    namespace["portaria"].close()
