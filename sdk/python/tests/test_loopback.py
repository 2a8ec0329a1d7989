"""Sign-in in the browser of this machine: who comes back, from whom, and with what."""

from __future__ import annotations

import httpx
import pytest
from person import Page, Person
from programs import program
from server import Server

from portaria import LoginExpired, LoginRefused, UntrustedAnswer
from portaria.ways import loopback


def test_signs_in_and_the_browser_says_so(server: Server, person: Person) -> None:
    pages: list[Page] = []
    with program(server.issuer, lambda link: pages.append(person.approve(link))) as portaria:
        portaria.login("loopback")
        who = portaria.whoami()
    assert who["email"] == person.email
    assert [page.status for page in pages] == [200]
    assert "You can close this window" in pages[0].text


def test_takes_only_what_carries_its_state_and_only_once(server: Server, person: Person) -> None:
    statuses: list[int] = []

    def visit(link: str) -> None:
        callback = httpx.URL(link).params["redirect_uri"]
        for query in ("", "?code=stolen", "?code=stolen&state=made-up", "?state=a&state=b"):
            statuses.append(httpx.get(f"{callback}{query}").status_code)
        statuses.append(httpx.get(callback.replace("/callback", "/")).status_code)
        page = person.approve(link)
        statuses.append(page.status)
        statuses.append(httpx.get(page.url).status_code)

    with program(server.issuer, visit) as portaria:
        portaria.login("loopback")
        assert portaria.whoami()["email"] == person.email
    assert statuses == [400, 400, 400, 400, 404, 200, 400]


@pytest.mark.parametrize("iss", ["&iss=https://other.example.com", ""])
def test_sends_nothing_to_anybody_when_another_server_answers(server: Server, iss: str) -> None:
    """RFC 9207 §2.4: the wrong issuer, and none where the server promises one."""

    def visit(link: str) -> None:
        asked = httpx.URL(link).params
        httpx.get(f"{asked['redirect_uri']}?code=of-the-other&state={asked['state']}{iss}")

    with program(server.issuer, visit) as portaria, pytest.raises(UntrustedAnswer):
        portaria.login("loopback")


def test_asks_in_no_other_way_after_a_refusal(server: Server, person: Person) -> None:
    with program(
        server.issuer, lambda link: person.approve(link, "deny"), ["loopback", "device"]
    ) as portaria:
        with pytest.raises(LoginRefused):
            portaria.login()
        assert len(portaria.links) == 1


def test_asks_for_a_proof_key_and_an_exact_address(server: Server, person: Person) -> None:
    with program(server.issuer, person.approve) as portaria:
        portaria.login("loopback")
        asked = httpx.URL(portaria.links[0]).params
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert asked["redirect_uri"].startswith("http://127.0.0.1:")


def test_does_not_wait_for_ever(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "PATIENCE_SECONDS", 0.1)
    with program(server.issuer, lambda link: None) as portaria, pytest.raises(LoginExpired):
        portaria.login("loopback")


def test_frees_its_port_when_the_person_interrupts(server: Server) -> None:
    def interrupt(link: str) -> None:
        raise KeyboardInterrupt

    with program(server.issuer, interrupt) as portaria:
        with pytest.raises(KeyboardInterrupt):
            portaria.login("loopback")
        callback = httpx.URL(portaria.links[0]).params["redirect_uri"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(callback)


def test_speaks_to_the_person_in_their_language(server: Server, person: Person) -> None:
    person.http.headers["accept-language"] = "ko-KR,ko;q=0.9,en;q=0.8"
    pages: list[Page] = []
    with program(server.issuer, lambda link: pages.append(person.approve(link))) as portaria:
        portaria.login("loopback")
    assert "이 창을 닫아도 됩니다" in pages[0].text
