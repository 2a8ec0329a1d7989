"""Calls to one's own services: the token goes along, and one refusal leads to one refresh."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio
import anyio.from_thread
import httpx
import pytest
from person import Person
from programs import Around, program
from server import Server

from portaria import AsyncPortaria, LoginRequired, MemoryStore, Portaria, UntrustedAnswer


class Service:
    """A service of somebody's own on loopback, which refuses the tokens that it is told to."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.seen: list[tuple[str, bytes]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                token = self.headers.get("authorization", "").removeprefix("Bearer ")
                service.seen.append((token, self.rfile.read(int(self.headers.get("content-length", 0)))))
                self.send_response(401 if token in service.refused or "*" in service.refused else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/things"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.close()


@pytest.fixture
def portaria(server: Server, person: Person) -> Iterator[Portaria]:
    with program(server.issuer, person.approve) as portaria:
        portaria.login("loopback")
        yield portaria


def test_the_token_goes_along(portaria: Portaria, service: Service) -> None:
    assert httpx.post(service.url, content=b"body", auth=portaria.auth).status_code == 200
    assert service.seen == [(portaria.token(), b"body")]


def test_one_refusal_leads_to_one_refresh_and_the_same_request(
    portaria: Portaria, service: Service, server: Server
) -> None:
    first = portaria.token()
    service.refused = {first}
    asked = server.count("POST /oauth/token")
    assert httpx.post(service.url, content=b"body", auth=portaria.auth).status_code == 200
    assert service.seen == [(first, b"body"), (portaria.token(), b"body")]
    assert server.count("POST /oauth/token") == asked + 1


def test_a_service_that_refuses_everybody_is_asked_twice(portaria: Portaria, service: Service) -> None:
    service.refused = {"*"}
    assert httpx.post(service.url, auth=portaria.auth).status_code == 401
    assert len(service.seen) == 2


def test_a_body_that_is_gone_is_not_sent_again(portaria: Portaria, service: Service) -> None:
    service.refused = {"*"}
    headers = {"content-length": "4"}
    answer = httpx.post(service.url, content=iter([b"body"]), headers=headers, auth=portaria.auth)
    assert answer.status_code == 401
    assert len(service.seen) == 1


def test_no_token_goes_out_without_https(portaria: Portaria) -> None:
    with pytest.raises(UntrustedAnswer, match="https"):
        httpx.get("http://api.example.com/things", auth=portaria.auth)


def test_says_that_nobody_is_signed_in(server: Server, service: Service) -> None:
    with Portaria(server.issuer, store=MemoryStore()) as nobody, pytest.raises(LoginRequired):
        httpx.post(service.url, auth=nobody.auth)
    assert service.seen == []


@pytest.mark.anyio
async def test_all_of_it_can_be_awaited(server: Server, person: Person, service: Service) -> None:
    around = Around(person.approve)
    async with AsyncPortaria(server.issuer, store=MemoryStore(), surroundings=around) as portaria:
        await portaria.login("loopback")
        assert (await portaria.whoami())["email"] == person.email
        first = await portaria.token()
        service.refused = {first}
        async with httpx.AsyncClient(auth=portaria.auth) as http:
            assert (await http.post(service.url, content=b"body")).status_code == 200
        assert [body for _, body in service.seen] == [b"body", b"body"]
        await portaria.logout()
        with pytest.raises(LoginRequired):
            await portaria.token()


@pytest.mark.anyio
async def test_many_tasks_refresh_once(server: Server, person: Person, portaria: Portaria) -> None:
    store = MemoryStore()
    async with AsyncPortaria(server.issuer, store=store) as awaited:
        session, of = awaited._session, portaria._session
        store.save(session._key, of._store.load(of._key) or "")
        rejected = await awaited.token()
        asked = server.count("POST /oauth/token")
        tokens: list[str | None] = []

        async def renew() -> None:
            tokens.append(await awaited.renew(rejected))

        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(renew)
        assert len(tokens) == 20
        assert len({*tokens, rejected}) == 2
        assert server.count("POST /oauth/token") == asked + 1


@pytest.mark.anyio
async def test_a_task_that_is_cancelled_leaves_no_lock_and_no_port(server: Server) -> None:
    scope = anyio.CancelScope()
    links: list[str] = []

    def visit(link: str) -> None:
        links.append(link)
        anyio.from_thread.run_sync(scope.cancel)

    async with AsyncPortaria(server.issuer, store=MemoryStore(), surroundings=Around(visit)) as portaria:
        with scope:
            await portaria.login("loopback")
        assert scope.cancelled_caught
        callback = httpx.URL(links[0])
        async with httpx.AsyncClient() as http:
            with pytest.raises(httpx.ConnectError):
                await http.get(callback.params["redirect_uri"])
