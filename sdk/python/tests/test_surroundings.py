"""Which ways of signing in fit which surroundings."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest

from portaria import Surroundings, surroundings

SCREEN = {"DISPLAY": ":0"}


@pytest.fixture(autouse=True)
def desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a browser that is no container, whatever runs the tests."""
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.BackgroundBrowser("firefox"))
    monkeypatch.setattr(surroundings, "_CONTAINER_MARKS", ())


def ways(environment: dict[str, str], system: str = "linux") -> list[str]:
    return [way for way in Surroundings(environment, system).ways() if way != "paste"]


@pytest.mark.parametrize(
    ("environment", "system"),
    [(SCREEN, "linux"), ({"WAYLAND_DISPLAY": "wayland-0"}, "linux"), ({}, "darwin"), ({}, "win32")],
)
def test_takes_the_browser_where_there_is_one(environment: dict[str, str], system: str) -> None:
    assert ways(environment, system) == ["loopback", "device", "polling"]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {**SCREEN, "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"},
        {**SCREEN, "CODESPACES": "true"},
        {**SCREEN, "container": "podman"},
        {**SCREEN, "CI": "true"},
    ],
)
def test_takes_a_code_where_the_person_sits_elsewhere(environment: dict[str, str]) -> None:
    assert ways(environment) == ["device", "polling"]


def test_takes_a_code_in_a_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".dockerenv").touch()
    monkeypatch.setattr(surroundings, "_CONTAINER_MARKS", (str(tmp_path / ".dockerenv"),))
    assert ways(SCREEN) == ["device", "polling"]


@pytest.mark.parametrize("name", ["w3m", "/usr/bin/lynx", "www-browser"])
def test_does_not_give_the_terminal_to_a_browser(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser(name))
    assert ways(SCREEN) == ["device", "polling"]


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        ("/usr/local/bin/backup", "backup"),
        ("tools/nightly.py", "nightly"),
        ("/home/ana/app/__main__.py", "app"),
        ("-c", "Python"),
        ("", "Python"),
    ],
)
def test_calls_the_program_by_its_name(monkeypatch: pytest.MonkeyPatch, argument: str, name: str) -> None:
    monkeypatch.setattr("sys.argv", [argument])
    assert Surroundings({}).program_name() == name


def test_takes_a_code_where_no_browser_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", none)
    assert ways(SCREEN) == ["device", "polling"]


def test_asks_nobody_to_paste_where_nobody_types() -> None:
    assert "paste" not in Surroundings({}, "linux").ways()
