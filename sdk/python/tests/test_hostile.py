"""A server that means ill, or is broken: it fills no memory, holds up nobody for ever, and steers no terminal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Callable

import httpx
import pytest
from programs import Around, Program, kept

from portaria import (
    AsyncPortaria,
    AuthClient,
    MemoryStore,
    OAuthError,
    PortariaError,
    Retry,
    ServerUnavailable,
)
from portaria.credentials import Credentials
from portaria.steps import Ask, run
from portaria.surroundings import qr_picture
from portaria.whole_answers import LARGEST_ANSWER_BYTES, LONGEST_ANSWER_SECONDS

ISSUER = "http://localhost:1"
METADATA = {
    "issuer": ISSUER,
    "token_endpoint": f"{ISSUER}/token",
    "device_authorization_endpoint": f"{ISSUER}/device",
}
DEVICE = {
    "device_code": "a-device-code",
    "user_code": "WDJB-MJHT",
    "verification_uri": f"{ISSUER}/page",
    "expires_in": 600,
    "interval": 5,
}
TOKENS = {"access_token": "one", "refresh_token": "two", "token_type": "Bearer", "expires_in": 3600}
ORDER = "\x1b]0;mine\x07"


def answering(**bodies: Any) -> httpx.MockTransport:
    """By the last part of the path."""

    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rsplit("/", 1)[-1].replace("-", "_")
        body = bodies.get(name, METADATA)
        return body if isinstance(body, httpx.Response) else httpx.Response(200, json=body)

    return httpx.MockTransport(answer)


def program(**bodies: Any) -> Program:
    http = httpx.Client(transport=answering(**{"device": DEVICE, "token": TOKENS, **bodies}))
    around = Around(lambda link: None, ["device"])
    return Program(ISSUER, store=MemoryStore(), surroundings=around, http=http)


class Endless:
    """A body without an end; ``sent`` says how much of it was taken."""

    def __init__(self) -> None:
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.sent += 65_536
            yield b" " * 65_536

    async def awaited(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


def once() -> Retry:
    return Retry(limit_seconds=0)


def test_an_answer_without_an_end_is_not_read_to_its_end() -> None:
    body = Endless()
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body)))
    with pytest.raises(ServerUnavailable):
        run(once().ask(Ask("GET", ISSUER), is_repeatable=True), http)
    assert body.sent <= LARGEST_ANSWER_BYTES + 65_536


def test_nor_by_programs_that_await_it() -> None:
    body = Endless()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body.awaited()))
    http = httpx.AsyncClient(transport=transport)
    portaria = AsyncPortaria(ISSUER, store=MemoryStore(), retry=once(), http=http)
    with pytest.raises(ServerUnavailable):
        asyncio.run(portaria.login("device"))
    assert body.sent <= LARGEST_ANSWER_BYTES + 65_536


def test_an_answer_that_comes_letter_by_letter_is_given_up() -> None:
    time = 0.0

    def letters() -> Iterator[bytes]:
        nonlocal time
        while True:
            time += 9
            yield b" "

    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=letters())))
    with pytest.raises(ServerUnavailable):
        run(once().ask(Ask("GET", ISSUER), is_repeatable=True), http, ticks=lambda: time)
    assert time <= LONGEST_ANSWER_SECONDS + 9


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 100_000, "\xff", "7", "null"])
def test_what_is_no_document_is_a_refusal(text: str) -> None:
    portaria = program(device=httpx.Response(200, content=text.encode("latin-1")))
    with pytest.raises(OAuthError, match="no JSON"):
        portaria.login("device")


@pytest.mark.parametrize("token", [f"one{ORDER}", "one\r\nx-more: 1", "one two", "\u202eone", "é"])
def test_a_token_that_is_more_than_a_token_is_not_kept(token: str) -> None:
    portaria = program(token={**TOKENS, "access_token": token})
    with pytest.raises(OAuthError, match="without an access token"):
        portaria.login("device")


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1e999", "NaN", "-1", "true", '"3600"', "[]"])
def test_numbers_that_are_none_are_as_if_nobody_had_said_them(number: str) -> None:
    def with_number(fields: dict[str, Any], *names: str) -> httpx.Response:
        text = json.dumps({**fields, **dict.fromkeys(names, "here")})
        return httpx.Response(200, content=text.replace('"here"', number).encode())

    portaria = program(
        device=with_number(DEVICE, "interval", "expires_in"), token=with_number(TOKENS, "expires_in")
    )
    portaria.login("device")
    assert kept(portaria).expires_at is None
    assert portaria.slept == [5.0]


def test_a_code_steers_no_terminal() -> None:
    portaria = program(device={**DEVICE, "user_code": f"WDJB{ORDER}"})
    portaria.login("device")
    assert not any("\x1b" in said for said in portaria.said)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "--new-window",
        "http://example.com/",
        f"https://a/{ORDER}",
    ],
)
def test_shows_and_opens_nothing_but_pages_of_the_web(link: str) -> None:
    portaria = program(device={**DEVICE, "verification_uri_complete": link})
    with pytest.raises(PortariaError, match="no address to trust"):
        portaria.login("device")
    assert portaria.links == []


def test_draws_no_picture_of_what_no_picture_holds() -> None:
    assert qr_picture(f"https://example.com/{'x' * 9000}", "utf-8") == ""


def test_what_is_printed_of_an_object_has_no_secrets_in_it() -> None:
    credentials = Credentials(ISSUER, "cli", "secret-one", "secret-two", 0, None, "read")
    request = Ask("POST", ISSUER, form={"a": "secret-3"}, json={"a": "secret-4"}, headers={"a": "secret-5"})
    assert "secret" not in f"{credentials!r} {request!r}"


@pytest.fixture
def redirecting() -> Iterator[Callable[[str], str]]:
    """The address of a server that sends everybody elsewhere."""
    servers = []

    def start(target: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.send_response(307)
                self.send_header("location", target)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, args=(0.01,)).start()
        return f"127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_password_does_not_follow_a_redirect(redirecting: Callable[[str], str]) -> None:
    from websockets.asyncio.server import ServerConnection, serve

    heard: list[object] = []

    async def listen(connection: ServerConnection) -> None:
        heard.append(await connection.recv())

    async def story() -> None:
        async with serve(listen, "127.0.0.1", 0) as thief:
            port = next(iter(thief.sockets)).getsockname()[1]
            address = redirecting(f"ws://localhost:{port}/api/auth/ws")
            async with AuthClient(f"ws://{address}", "desk", timeout_seconds=2) as auth:
                assert not await auth.login("ana", "secret")
                assert auth.last_error is not None
                assert auth.last_error.code == "unexpected_answer"

    asyncio.run(story())
    assert heard == []


def test_an_answer_by_json_login_without_an_end_is_not_read_to_its_end() -> None:
    body = Endless()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                for chunk in body:
                    self.wfile.write(chunk)
            except OSError:
                pass

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,)).start()

    async def story() -> None:
        async with AuthClient(f"http://127.0.0.1:{server.server_address[1]}", "desk") as auth:
            assert not await auth.login("ana", "secret")

    try:
        asyncio.run(story())
    finally:
        server.shutdown()
        server.server_close()
    # Some of it waits in the network.
    assert body.sent < LARGEST_ANSWER_BYTES + 64 * 1024 * 1024
