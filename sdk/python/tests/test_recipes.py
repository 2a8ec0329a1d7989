"""The recipes of the README, each run as it stands there, with the addresses of this machine."""

from __future__ import annotations

import builtins
import re
from pathlib import Path
from typing import Any

import anyio
import pytest
from conftest import PASSWORD
from person import Person
from pretend_platform import CLIENT_ID, CLIENT_SECRET, Platform
from server import Server

from portaria import AuthClient, LoginRequired, Portaria, Surroundings, credentials, steps
from portaria.sealer import Sealer

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()
RECIPES = dict(re.findall(r"<!-- recipe: (\w+) -->\n```python\n(.*?)```", README, re.DOTALL))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What people are told, at a terminal of a machine that is new, and where nobody waits."""
    said: list[str] = []
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(credentials, "has_keyring", lambda: False)
    monkeypatch.setattr(Surroundings, "say", lambda self, text: said.append(text))
    monkeypatch.setattr(
        Portaria, "_run", lambda self, work: steps.run(work, self._http, lambda seconds: None)
    )
    return said


def run(name: str, *changes: tuple[str, str]) -> dict[str, Any]:
    recipe = RECIPES[name]
    for written, here in changes:
        assert written in recipe
        recipe = recipe.replace(written, here)
    namespace: dict[str, Any] = {}
    exec(recipe, namespace)  # noqa: S102
    return namespace


def test_a_pasted_token(
    server: Server,
    person: Person,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pasted: list[str] = []

    def paste(self: Surroundings, question: str) -> str:
        pasted.append(person.make_token())
        return pasted[0]

    monkeypatch.setattr(Surroundings, "ask_secret", paste)
    recipe = run("paste")
    for _ in range(2):
        with recipe["start"](server.issuer) as portaria:
            assert portaria.token() == pasted[0]
    assert len(pasted) == 1, "the second start finds the token of the first"
    assert any(f"{server.issuer}/cli" in text for text in said)
    assert "Signed in as A Person." in capsys.readouterr().out
    with recipe["start"](server.issuer) as portaria:
        recipe["leave"](portaria)
        with pytest.raises(LoginRequired):
            portaria.token()


def test_name_and_password(
    server: Server, stranger: Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.command(*["clients", "create", "--id", "game", "--public", "--first-party", "--password-login"])
    address = server.issuer.replace("http", "ws", 1)
    recipe = run("password", ("wss://login.example.com", address))
    monkeypatch.setattr(builtins, "input", lambda question: pytest.fail("nobody is asked for anything"))

    async def everything() -> None:
        async with AuthClient(address, "game") as client:
            assert not await recipe["sign_in"](client, stranger.email, "a wrong password")
            assert await recipe["forgot_password"](client, stranger.email, f"new {PASSWORD}")
        await recipe["play"](stranger.email, f"new {PASSWORD}")

    anyio.run(everything)
    printed = capsys.readouterr().out
    assert "Name and password do not belong together." in printed
    assert "and then the next." in printed


@pytest.fixture
def service(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "crm"
    secret.write_text(CLIENT_SECRET)
    key = tmp_path / "store-key"
    key.write_text(Sealer.new_secret())
    for name, value in {
        "DATABASE_URL": database,
        "PORTARIA_STORE_KEY_FILE": str(key),
        "CRM_CLIENT_ID": CLIENT_ID,
        "CRM_CLIENT_SECRET_FILE": str(secret),
        "CRM_AUTHORIZATION_CODE": "a-code",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("service")
def test_tokens_of_another_platform(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        run("upstream", ("https://crm.example.com", platform.url))
    assert capsys.readouterr().out == "location-7 {'contacts': ['Ana']}\n" * 2
    assert [form["grant_type"] for form in platform.asked] == ["authorization_code"]
    assert platform.asked[0]["user_type"] == "Location"


def test_who_came(
    server: Server,
    person: Person,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def visit(self: Surroundings, link: str) -> None:
        person.approve_terminal(link, said[0].split()[-1])

    monkeypatch.setattr(Surroundings, "show_link", visit)
    run("polling", ("https://login.example.com", server.issuer))["auth"].portaria.close()
    assert re.fullmatch(rf"A Person \({person.email}\), free: [0-9a-f-]{{36}}\n", capsys.readouterr().out)


def test_there_is_one_for_each() -> None:
    assert list(RECIPES) == ["paste", "password", "upstream", "polling"]
