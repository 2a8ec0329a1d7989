"""The command ``portaria-py`` in a process of its own, as a shell script runs it."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from person import Person
from server import Server, free_port

from portaria import session
from portaria.command import main

COMMAND = [sys.executable, "-m", "portaria.command"]


class Shell:
    """A home of its own, without keyring, browser and terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder / "data"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *words], env=self.settings, capture_output=True, text=True, check=False, timeout=60
        )

    def login(
        self, person: Person, *words: str, command: Sequence[str] = (*COMMAND, "login")
    ) -> tuple[int, str, str]:
        """The person does what it says on standard error."""
        process = subprocess.Popen(
            [*command, *words],
            env=self.settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stderr is not None
            assert process.stdout is not None
            said = ""
            for line in process.stderr:
                said += line
                link = re.match(r"\s+(http\S+)", line)
                if link:
                    threading.Thread(target=person.approve_device, args=(link.group(1),)).start()
            return process.wait(), process.stdout.read(), said


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_script_signs_in_uses_the_token_and_signs_out(shell: Shell, server: Server, person: Person) -> None:
    code, out, said = shell.login(person, "--issuer", server.issuer, "--way", "device", "--json")
    assert code == 0, said
    assert json.loads(out)["email"] == person.email

    token = shell.run("token")
    assert token.stderr == ""
    assert re.fullmatch(r"\S+\n", token.stdout)
    assert server.whose(token.stdout.strip()) == person.email
    assert json.loads(shell.run("token", "--json").stdout) == {"access_token": token.stdout.strip()}
    assert person.email in shell.run("whoami").stdout

    kept = [path for path in (shell.folder / "data").rglob("*") if path.suffix == ".json"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600]
    assert [stat.S_IMODE(path.parent.stat().st_mode) for path in kept] == [0o700]

    out_again = shell.run("logout")
    assert (out_again.returncode, out_again.stdout) == (0, "Signed out.\n")
    assert shell.run("token").returncode == 3


def test_says_what_to_do_when_nobody_is_signed_in(shell: Shell, server: Server) -> None:
    done = shell.run("token", "--issuer", server.issuer)
    assert (done.returncode, done.stdout) == (3, "")
    assert "portaria-py login" in done.stderr
    assert f"at {server.issuer} with the client cli" in done.stderr
    done = shell.run("whoami", "--issuer", server.issuer, "--json")
    assert json.loads(done.stderr)["error"] == "login_required"


def test_wants_to_know_which_server(shell: Shell) -> None:
    done = shell.run("token")
    assert done.returncode == 2
    assert "--issuer" in done.stderr


def test_goes_on_where_a_program_has_signed_in(shell: Shell, server: Server, person: Person) -> None:
    program = shell.folder / "program.py"
    program.write_text(f"from portaria import Portaria\nPortaria({server.issuer!r}).login('device')\n")
    code, _, said = shell.login(person, command=[sys.executable, str(program)])
    assert code == 0, said
    assert person.email in shell.run("whoami").stdout


def test_explains_itself(shell: Shell) -> None:
    assert "exit codes" in shell.run("--help").stdout
    assert "--way" in shell.run("login", "--help").stdout
    assert shell.run("login", "--way", "pigeon").returncode == 2


def test_has_an_exit_code_for_a_server_that_is_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(session, "_PATIENCE_SECONDS", 0.1)
    assert main(["login", "--issuer", f"http://localhost:{free_port()}"]) == 5
    assert "does not answer" in capsys.readouterr().err


def test_is_interrupted_quietly(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: object, url: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("portaria.surroundings.Surroundings.show_link", interrupt)
    assert main(["login", "--issuer", server.issuer, "--way", "device"]) == 130
