"""What comes after signing in: a living token, one refresh for everybody, signing out, and a server that is away."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from person import Person
from programs import Around, Program, change, expire, kept, program
from server import Server, free_port

from portaria import (
    FileStore,
    LoginRequired,
    MemoryStore,
    NotRevoked,
    Portaria,
    PortariaError,
    Retry,
    ServerUnavailable,
    UntrustedAnswer,
)
from portaria.credentials import Credentials


def signed_in(server: Server, person: Person) -> Program:
    portaria = program(server.issuer, person.approve)
    portaria.login("loopback")
    return portaria


def test_gives_the_same_token_while_it_lives_and_another_one_before_it_ends(
    server: Server, person: Person
) -> None:
    with signed_in(server, person) as portaria:
        first = portaria.token()
        assert portaria.token() == first
        now = time.time()
        change(portaria, replace(kept(portaria), obtained_at=now - 3_570, expires_at=now + 30))
        second = portaria.token()
        assert second != first
        assert server.whose(second) == person.email


def test_keeps_in_memory_where_no_folder_can_be_written(
    server: Server, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("portaria.session.default_folder", lambda: tmp_path / "file" / "folder")
    with signed_in(server, person) as portaria:
        expire(portaria)
        assert server.whose(portaria.token()) == person.email
        portaria.logout()


def test_many_threads_refresh_once(server: Server, person: Person) -> None:
    with signed_in(server, person) as portaria:
        expire(portaria)
        asked = server.count("POST /oauth/token")
        tokens: list[str] = []
        threads = [threading.Thread(target=lambda: tokens.append(portaria.token())) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(tokens) == 20
        assert len(set(tokens)) == 1
        assert server.count("POST /oauth/token") == asked + 1


def test_whoami_survives_a_token_that_died_early(server: Server, person: Person) -> None:
    with signed_in(server, person) as portaria:
        change(portaria, replace(kept(portaria), access_token="no token of this server"))
        assert portaria.whoami()["email"] == person.email


def test_says_that_somebody_has_to_sign_in_when_the_sign_in_was_ended(
    server: Server, stranger: Person
) -> None:
    with signed_in(server, stranger) as portaria:
        server.command("users", "sign-out", stranger.email)
        expire(portaria)
        with pytest.raises(LoginRequired, match="portaria-py login"):
            portaria.token()
        with pytest.raises(LoginRequired):
            portaria.whoami()
        assert portaria._session._store.load(portaria._session._key) is None


def test_says_that_nobody_has_signed_in(server: Server) -> None:
    with program(server.issuer, lambda link: None) as portaria, pytest.raises(LoginRequired):
        portaria.token()


def test_signing_out_ends_the_tokens_at_the_server(server: Server, person: Person) -> None:
    with signed_in(server, person) as portaria:
        token = portaria.token()
        portaria.logout()
        assert server.whose(token) is None
        with pytest.raises(LoginRequired):
            portaria.token()
        portaria.logout()


def test_signing_in_again_ends_the_sign_in_before_and_no_other(server: Server, person: Person) -> None:
    with signed_in(server, person) as portaria, signed_in(server, person) as another:
        first = portaria.token()
        portaria.login("loopback")
        assert server.whose(first) is None
        assert server.whose(portaria.token()) == person.email
        assert server.whose(another.token()) == person.email


def test_signing_out_works_without_the_server_and_says_that_it_did_not_hear(
    server: Server, person: Person
) -> None:
    with signed_in(server, person) as portaria:
        credentials = kept(portaria)
    away = Portaria(f"http://localhost:{free_port()}", store=MemoryStore(), retry=Retry(limit_seconds=0.1))
    with away:
        change(away, credentials)
        with pytest.raises(NotRevoked, match="did not hear"):
            away.logout()
        with pytest.raises(LoginRequired):
            away.token()


def test_a_token_that_lives_on_is_good_while_the_server_is_away() -> None:
    away = Portaria(f"http://localhost:{free_port()}", store=MemoryStore(), retry=Retry(limit_seconds=0.1))
    credentials = Credentials(
        issuer=away.issuer,
        client_id="cli",
        access_token="living",
        refresh_token="r",
        obtained_at=time.time() - 3_570,
        expires_at=time.time() + 30,
        scope="openid",
    )
    with away:
        change(away, credentials)
        assert away.token() == "living"
        expire(away)
        with pytest.raises(ServerUnavailable):
            away.token()


def test_says_that_the_server_does_not_answer() -> None:
    port = free_port()
    away = Portaria(f"http://localhost:{port}", store=MemoryStore(), retry=Retry(limit_seconds=0.1))
    with away, pytest.raises(ServerUnavailable, match=f"localhost:{port} does not answer"):
        away.login("device")


def test_says_that_the_address_leads_nowhere(server: Server) -> None:
    portaria = program(f"{server.issuer}/elsewhere", pytest.fail)
    with portaria, pytest.raises(UntrustedAnswer, match="Look at the address"):
        portaria.login("device")


def test_trusts_no_server_that_calls_itself_otherwise(server: Server) -> None:
    portaria = program(f"http://127.0.0.1:{server.port}", pytest.fail)
    with portaria, pytest.raises(UntrustedAnswer, match="localhost"):
        portaria.login("device")


@pytest.mark.parametrize(
    "address", ["http://login.example.com", "ftp://localhost", "login.example.com", "http://"]
)
def test_speaks_to_nobody_without_https(address: str) -> None:
    with pytest.raises(UntrustedAnswer, match="https"):
        Portaria(address)


def test_wants_to_know_which_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTARIA_ISSUER", raising=False)
    with pytest.raises(PortariaError, match="PORTARIA_ISSUER"):
        Portaria()
    monkeypatch.setenv("PORTARIA_ISSUER", "https://login.example.com/")
    with Portaria() as portaria:
        assert portaria.issuer == "https://login.example.com"


def test_goes_on_to_the_next_way_when_one_does_not_work_here(server: Server, person: Person) -> None:
    class NoBrowser(Around):
        def open_browser(self, url: str) -> bool:
            return False

    around = NoBrowser(person.approve_device, ["loopback", "device"])
    with Program(server.issuer, store=MemoryStore(), surroundings=around) as portaria:
        portaria.login()
        assert portaria.whoami()["email"] == person.email


def test_another_process_finds_the_file(server: Server, person: Person, tmp_path: Path) -> None:
    around = Around(person.approve)
    with Program(server.issuer, store=FileStore(tmp_path), surroundings=around) as portaria:
        portaria.login("loopback")
    with Portaria(server.issuer, store=FileStore(tmp_path)) as another:
        assert another.whoami()["email"] == person.email
