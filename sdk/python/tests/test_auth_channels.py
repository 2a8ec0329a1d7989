"""What becomes of messages when the line is bad, with a pretend server that answers as it likes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from typing import Any, Callable

import pytest
from server import free_port
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from portaria.auth_client import AuthClient
from portaria.errors import UntrustedAnswer

Message = dict[str, Any]
Behaviour = Callable[[ServerConnection, Message], Awaitable[None]]
TOKENS = {"ok": True, "access_token": "a", "refresh_token": "r", "expires_in": 60}


@pytest.fixture
def anyio_backend() -> str:
    """What WebSockets need."""
    return "asyncio"


class Pretend:
    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.connections = 0
        self.open: list[ServerConnection] = []
        self.behave: Behaviour = self.answer
        self.address = ""

    async def serve(self, connection: ServerConnection) -> None:
        self.connections += 1
        self.open.append(connection)
        async for text in connection:
            message = json.loads(text)
            self.heard.append(message)
            await self.behave(connection, message)

    async def answer(self, connection: ServerConnection, message: Message) -> None:
        action = message["payload"]["action"]
        await connection.send(
            json.dumps({"type": "auth", "id": message["id"], "payload": {"action": action, **TOKENS}})
        )

    async def hang_up(self, connection: ServerConnection, message: Message) -> None:
        self.behave = self.answer
        await connection.close(1012, "restarting")


@pytest.fixture
async def pretend() -> AsyncIterator[Pretend]:
    pretend = Pretend()
    async with serve(pretend.serve, "127.0.0.1", 0) as server:
        pretend.address = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield pretend


async def test_gives_each_question_its_own_answer_whatever_their_order(pretend: Pretend) -> None:
    kept: list[tuple[ServerConnection, Message]] = []

    async def answer_last_first(connection: ServerConnection, message: Message) -> None:
        kept.append((connection, message))
        if len(kept) < 3:
            return
        await connection.send("no message at all")
        await connection.send(json.dumps({"type": "auth", "id": "nobody's", "payload": {"ok": False}}))
        for waiting, question in reversed(kept):
            token = f"token for {question['payload']['email']}"
            payload = {"ok": True, "token": token}
            await waiting.send(json.dumps({"type": "auth", "id": question["id"], "payload": payload}))

    pretend.behave = answer_last_first
    async with AuthClient(pretend.address, "app") as client:
        got = await asyncio.gather(*(client.request_password_reset(f"{n}@example.com") for n in range(3)))
    assert got == [(True, f"token for {n}@example.com") for n in range(3)]
    assert pretend.connections == 1
    assert {"type", "id", "payload"} == set(pretend.heard[0])
    assert pretend.heard[0]["payload"]["client_id"] == "app"
    assert "client_secret" not in pretend.heard[0]["payload"]


async def test_opens_again_what_was_closed_while_nothing_was_said(pretend: Pretend) -> None:
    async with AuthClient(pretend.address, "app") as client:
        assert await client.login("ana", "a password")
        await pretend.open[0].close(1001, "idle")
        assert await client.login("ana", "a password")
    assert (pretend.connections, len(pretend.heard)) == (2, 2)


@pytest.mark.parametrize("code", [1001, 4401])
async def test_says_again_what_crossed_the_end_of_the_line(pretend: Pretend, code: int) -> None:
    async def leave(connection: ServerConnection, message: Message) -> None:
        pretend.behave = pretend.answer
        await connection.close(code, "signed out")

    pretend.behave = leave
    async with AuthClient(pretend.address, "app") as client:
        assert await client.login("ana", "a password")
    assert pretend.connections == 2


async def test_refreshes_again_after_the_line_broke_but_sends_no_password_twice(pretend: Pretend) -> None:
    async with AuthClient(pretend.address, "app") as client:
        pretend.behave = pretend.hang_up
        assert not await client.login("ana", "a password")
        assert client.last_error is not None
        assert client.last_error.code == "connection_lost"
        assert "restarting" in str(client.last_error)
        assert await client.login("ana", "a password")
        assert client.last_error is None
        pretend.behave = pretend.hang_up
        assert await client.refresh_tokens()
    assert [heard["payload"]["action"] for heard in pretend.heard] == ["login", "login", "refresh", "refresh"]


async def test_takes_nothing_of_one_person_for_another(pretend: Pretend) -> None:
    anas: list[Message] = []
    is_asked = asyncio.Event()

    async def answer_bob_first(connection: ServerConnection, message: Message) -> None:
        if message["payload"]["action"] == "refresh":
            anas.append(message)
            is_asked.set()
            return
        payload = {"ok": True, "access_token": "bob's", "expires_in": 60}
        await connection.send(json.dumps({"type": "auth", "id": message["id"], "payload": payload}))
        await pretend.answer(connection, anas[0])

    async with AuthClient(pretend.address, "app") as client:
        assert await client.login("ana", "a password")
        pretend.behave = answer_bob_first
        refreshing = asyncio.create_task(client.refresh_tokens())
        await is_asked.wait()
        assert await client.login("bob", "a password")
        assert await refreshing
        assert client.access_token == "bob's"
        assert client.refresh_token is None, "Bob got none, and Ana's is not his"


async def test_does_not_wait_for_ever(pretend: Pretend) -> None:
    async def say_nothing(connection: ServerConnection, message: Message) -> None:
        pass

    pretend.behave = say_nothing
    async with AuthClient(pretend.address, "app", timeout_seconds=0.05) as client:
        assert await client.request_password_reset("ana@example.com") == (False, None)
        assert client.last_error is not None
        assert client.last_error.code == "timeout"


async def test_says_no_when_nobody_is_there() -> None:
    for address in ("ws://127.0.0.1:9", "http://127.0.0.1:9"):
        async with AuthClient(address, "app") as client:
            assert not await client.login("ana", "a password")
            assert client.last_error is not None
            assert client.last_error.code == "temporarily_unavailable"


@pytest.mark.parametrize(
    ("status", "code", "wait"), [(503, "temporarily_unavailable", 60), (404, "unexpected_answer", None)]
)
async def test_tells_a_server_that_is_busy_from_one_that_is_another(
    status: int, code: str, wait: float | None
) -> None:
    def answer(connection: ServerConnection, request: Request) -> Response:
        return Response(status, "", Headers({"Retry-After": "60", "Content-Length": "0"}))

    async with serve(Pretend().serve, "127.0.0.1", 0, process_request=answer) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with AuthClient(f"ws://127.0.0.1:{port}", "app") as client:
            assert not await client.login("ana", "a password")
            assert client.last_error is not None
            assert (client.last_error.code, client.last_error.retry_after_seconds) == (code, wait)


async def test_gives_up_at_once_when_it_should_wait_for_long(pretend: Pretend) -> None:
    async def refuse(connection: ServerConnection, message: Message) -> None:
        payload = {"ok": False, "error": "temporarily_unavailable", "error_description": "x\x1b[2J"}
        answer = {"type": "auth", "id": message["id"], "payload": {**payload, "retry_after": 900}}
        await connection.send(json.dumps(answer))

    async with AuthClient(pretend.address, "app") as client:
        assert await client.login("ana", "a password")
        pretend.behave = refuse
        assert not await client.refresh_tokens()
        assert client.last_error is not None
        assert client.last_error.retry_after_seconds == 900
        assert str(client.last_error) == "x [2J", "nothing that would steer a terminal"
        assert client.refresh_token == "r", "it may work later"


def test_goes_on_in_another_event_loop() -> None:
    pretend, port = Pretend(), free_port()
    client = AuthClient(f"ws://127.0.0.1:{port}", "app")

    async def sign_in() -> bool:
        async with serve(pretend.serve, "127.0.0.1", port):
            return await client.login("ana", "a password")

    assert asyncio.run(sign_in())
    assert asyncio.run(sign_in())
    assert pretend.connections == 2


def test_sends_no_password_over_a_line_without_tls() -> None:
    for address in ("ws://login.example.com", "http://login.example.com", "login.example.com", "ftp://a"):
        with pytest.raises(UntrustedAnswer):
            AuthClient(address, "app")
