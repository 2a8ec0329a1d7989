"""Sign-in by polling session and by a pasted token: the two ways that need nothing but a link."""

from __future__ import annotations

import httpx
import pytest
from person import Person
from programs import Around, Program, program
from server import Server

from portaria import LoginExpired, LoginRefused, LoginRequired, MemoryStore, WayUnavailable
from portaria.ways.paste import is_well_formed


def polling(server: Server, person: Person, decision: str = "allow", letters: str | None = None) -> Program:
    """A program whose person does all that it says."""

    def visit(link: str) -> None:
        shown = portaria.said[0].split()[-1]
        person.approve_terminal(link, letters or shown, decision)

    portaria = program(server.issuer, visit)
    return portaria


def test_signs_in_by_polling(server: Server, person: Person) -> None:
    with polling(server, person) as portaria:
        portaria.login("polling")
        assert portaria.slept == [5]
        assert portaria.whoami()["email"] == person.email
        token = portaria.token()
        assert portaria.renew(token) not in (None, token)


def test_tells_when_the_person_refuses_the_polling_session(server: Server, person: Person) -> None:
    with polling(server, person, decision="deny") as portaria, pytest.raises(LoginRefused):
        portaria.login("polling")


def test_gives_up_when_the_letters_were_guessed_at(server: Server, person: Person) -> None:
    def visit(link: str) -> None:
        for _ in range(3):
            person.approve_terminal(link, "XXXX")

    with program(server.issuer, visit) as portaria, pytest.raises(LoginExpired):
        portaria.login("polling")


def test_goes_on_to_paste_where_there_are_no_polling_sessions(person: Person, server: Server) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "create-session" in request.url.path:
            return httpx.Response(404, json={"error": "not_found"})
        with httpx.Client() as http:
            return http.send(request)

    around = Around(lambda link: around.pastes.append(person.make_token(link)), ["polling", "paste"])
    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        portaria = Program(server.issuer, store=MemoryStore(), surroundings=around, http=http)
        portaria.login()
        assert portaria.whoami()["email"] == person.email


def pasting(server: Server, *pastes: str) -> Program:
    around = Around(lambda link: None)
    around.pastes = list(pastes)
    return Program(server.issuer, store=MemoryStore(), surroundings=around)


def test_takes_a_pasted_token_after_two_mistakes(
    server: Server, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["/home/ana/backup.py"])

    def visit(link: str) -> None:
        assert httpx.URL(link).params["name"] == "backup"
        token = person.make_token(link)
        around.pastes = [token[:-1], "", f"  {token}\n"]

    around = Around(visit)
    with Program(server.issuer, store=MemoryStore(), surroundings=around) as portaria:
        portaria.login("paste")
        token = portaria.token()
        assert token.startswith("ptr_pat_")
        assert portaria.whoami()["email"] == person.email
        assert portaria.renew(token) is None
        assert not any(token in said for said in portaria.said)
    assert is_well_formed(token)
    # Other letters, another checksum.
    assert not is_well_formed("ptr_pat_" + "0" * 43 + token[-6:])


def test_asks_the_server_only_for_what_can_be_a_token(server: Server) -> None:
    asked: list[str] = []
    around = Around(lambda link: None)
    around.pastes = ["hello", "ptr_pat_" + "x" * 49, "ptr_svc_" + "x" * 49]
    hooks = {"request": [lambda request: asked.append(request.url.path)]}
    with httpx.Client(event_hooks=hooks) as http, pytest.raises(LoginRefused):
        Program(server.issuer, store=MemoryStore(), surroundings=around, http=http).login("paste")
    assert asked == ["/.well-known/oauth-authorization-server"]


def test_signing_out_ends_a_pasted_token_as_well(server: Server, person: Person) -> None:
    token = person.make_token()
    with pasting(server, token, token, token, token) as portaria:
        portaria.login("paste")
        portaria.logout()
        with pytest.raises(LoginRequired):
            portaria.token()
        with pytest.raises(LoginRefused):
            portaria.login("paste")


def test_needs_somebody_who_types(server: Server) -> None:
    class Alone(Around):
        def ask_secret(self, question: str) -> str:
            raise EOFError

    around = Alone(lambda link: None)
    portaria = Program(server.issuer, store=MemoryStore(), surroundings=around)
    with portaria, pytest.raises(WayUnavailable):
        portaria.login("paste")
