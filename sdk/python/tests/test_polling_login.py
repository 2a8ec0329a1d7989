"""The class for programs that open a link, ask until it is done, and want to know who it was."""

from __future__ import annotations

import anyio
import pytest
from person import Person
from programs import Around, program
from server import Server

from portaria import AsyncPortaria, LoginExpired, LoginRefused, MemoryStore
from portaria.polling_login import AsyncPollingLogin, PollingLogin


def whose(
    server: Server, person: Person, decision: str = "allow", letters: str | None = None
) -> PollingLogin:
    def visit(link: str) -> None:
        for _ in range(3 if letters else 1):
            person.approve_terminal(link, letters or portaria.said[0].split()[-1], decision)

    portaria = program(server.issuer, visit)
    return PollingLogin(portaria=portaria)


def test_tells_who_signed_in(server: Server, person: Person) -> None:
    login = whose(server, person)
    user = login.login()
    with login.portaria as portaria:
        known = portaria.whoami()
        assert user == {
            "uid": known["uid"],
            "email": person.email,
            "name": known["name"],
            "photoUrl": known["picture"],
            "tier": "free",
        }
        assert portaria.token()


def test_raises_when_the_person_refuses_or_guesses(server: Server, person: Person) -> None:
    for decision, letters, error in [("deny", None, LoginRefused), ("allow", "XXXX", LoginExpired)]:
        login = whose(server, person, decision, letters)
        with login.portaria, pytest.raises(error):
            login.login()


async def test_can_be_awaited(server: Server, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_wait(seconds: float) -> None:
        pass

    def visit(link: str) -> None:
        person.approve_terminal(link, around.said[0].split()[-1])

    around = Around(visit)
    monkeypatch.setattr(anyio, "sleep", no_wait)
    async with AsyncPortaria(server.issuer, store=MemoryStore(), surroundings=around) as portaria:
        user = await AsyncPollingLogin(portaria=portaria).login()
    assert user["email"] == person.email


def test_takes_the_address_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTARIA_ISSUER", "https://login.example.com/")
    assert PollingLogin().portaria.issuer == "https://login.example.com"
    assert PollingLogin("https://other.example.com").portaria.issuer == "https://other.example.com"
