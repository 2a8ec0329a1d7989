"""Sign-in by device code: how it asks, how long, and what ends it."""

from __future__ import annotations

import httpx
import pytest
from person import Person
from programs import Around, program
from server import Server

from portaria import LoginExpired, LoginRefused, MemoryStore, Retry
from portaria.session import Session
from portaria.steps import run
from portaria.surroundings import qr_picture


def test_signs_in(server: Server, person: Person) -> None:
    with program(server.issuer, person.approve_device) as portaria:
        portaria.login("device")
        assert portaria.slept[:1] == [5]
        assert portaria.whoami()["email"] == person.email
        code = httpx.URL(portaria.links[0]).params["user_code"]
        assert any(code in said for said in portaria.said)


def test_tells_when_the_person_refuses(server: Server, person: Person) -> None:
    portaria = program(server.issuer, lambda link: person.approve_device(link, "deny"))
    with portaria, pytest.raises(LoginRefused):
        portaria.login("device")


class Watch:
    """A clock that sleeping moves."""

    def __init__(self, patience: int = 1_000) -> None:
        self.time = 0.0
        self.slept: list[float] = []
        self.patience = patience

    def ticks(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        if len(self.slept) >= self.patience:
            raise KeyboardInterrupt

    def wait_for_nobody(self, issuer: str, answer: httpx.MockTransport | None = None) -> None:
        session = Session(
            issuer, "cli", "openid", MemoryStore(), Around(lambda link: None), Retry(), ticks=self.ticks
        )
        with httpx.Client(transport=answer) as http:
            run(session.login("device"), http, self.sleep)


def test_asks_ever_more_rarely_when_it_is_told_to(server: Server) -> None:
    """RFC 8628 §3.5. No time passes for the server, so that every question after the first one is too early."""
    watch = Watch(patience=5)
    with pytest.raises(KeyboardInterrupt):
        watch.wait_for_nobody(server.issuer)
    assert watch.slept == [5, 5, 10, 15, 20]


def test_ends_when_the_code_does(server: Server) -> None:
    watch = Watch()
    with pytest.raises(LoginExpired):
        watch.wait_for_nobody(server.issuer)
    assert 500 < watch.time <= 600


def test_goes_on_asking_ever_more_rarely_while_the_server_is_away() -> None:
    answers = Outage()
    watch = Watch()
    with pytest.raises(LoginExpired):
        watch.wait_for_nobody("https://login.example.com", httpx.MockTransport(answers))
    # Two timeouts, one 503 that names its time, a wait, the end.
    assert watch.slept == [5, 10, 20, 30, 20]


class Outage:
    """A server that is away twice while somebody waits, then busy, then back; at last the code has expired."""

    def __init__(self) -> None:
        self.polls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        base = "https://login.example.com"
        if "well-known" in request.url.path:
            endpoints = {"token_endpoint": f"{base}/token", "device_authorization_endpoint": f"{base}/device"}
            return httpx.Response(200, json={"issuer": base, **endpoints})
        if request.url.path == "/device":
            codes = {"device_code": "d", "user_code": "u", "verification_uri": f"{base}/device"}
            return httpx.Response(200, json={**codes, "expires_in": 600})
        self.polls += 1
        if self.polls <= 2:
            raise httpx.ReadTimeout("too slow")
        if self.polls == 3:
            return httpx.Response(503, headers={"retry-after": "30"})
        error = "authorization_pending" if self.polls == 4 else "expired_token"
        return httpx.Response(400, json={"error": error})


def test_draws_a_picture_that_any_terminal_shows_alike() -> None:
    picture = qr_picture("https://login.example.com/device?user_code=WDJB-MJHT", "utf-8")
    lines = picture.splitlines()
    assert 12 < len(lines) < 30
    assert all(line.startswith("  \x1b[97;40m") and line.endswith("\x1b[0m") for line in lines)
    assert qr_picture("https://login.example.com/device", "ascii") == ""
