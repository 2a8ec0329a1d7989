"""The package as such: its version, its types and style, and a wheel that works where nothing else is."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

from server import ROOT

PACKAGE = Path(__file__).resolve().parents[1]


def run(*words: str, cwd: Path = PACKAGE) -> str:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_has_the_version_of_the_server() -> None:
    version = json.loads((ROOT / "package.json").read_text())["version"]
    assert f'\nversion = "{version}"\n' in (PACKAGE / "pyproject.toml").read_text()


def test_comes_with_the_licence() -> None:
    assert (PACKAGE / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_is_clean() -> None:
    run(sys.executable, "-m", "ruff", "check")
    run(sys.executable, "-m", "ruff", "format", "--check")


def test_has_types() -> None:
    run(sys.executable, "-m", "mypy")


def test_builds_a_wheel_that_is_imported_elsewhere(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), str(PACKAGE))
    assert len(list(tmp_path.glob("*.tar.gz"))) == 1
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=False)
    python = str(tmp_path / "venv" / "bin" / "python")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", str(wheel), cwd=tmp_path)
    where = run(python, "-c", "import portaria; print(portaria.__file__)", cwd=tmp_path)
    assert str(tmp_path) in where
    command = str(tmp_path / "venv" / "bin" / "portaria-py")
    assert "exit codes" in run(command, "--help", cwd=tmp_path)
