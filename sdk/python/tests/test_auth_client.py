"""The five calls, against the real server, over a WebSocket and over HTTP."""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
import struct
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from conftest import PASSWORD
from person import Person
from server import Server

from portaria.auth_client import AuthClient

CLIENT = "a-terminal"
NEW_PASSWORD = "another password that is long enough"


@pytest.fixture
def anyio_backend() -> str:
    """What WebSockets need."""
    return "asyncio"


@pytest.fixture(scope="session")
def address(server: Server) -> str:
    server.command(
        *f"clients create --id {CLIENT} --public --first-party --password-login --grant refresh_token".split()
    )
    return server.issuer


@pytest.fixture(params=["ws", "http"])
async def client(request: pytest.FixtureRequest, address: str) -> AsyncIterator[AuthClient]:
    async with AuthClient(address.replace("http", request.param, 1), CLIENT) as client:
        yield client


def is_alive(server: Server, token: str | None) -> bool:
    answer = httpx.get(f"{server.issuer}/api/verify", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


def code_of(client: AuthClient) -> str:
    assert client.last_error is not None
    assert str(client.last_error), "a sentence for people"
    return client.last_error.code


async def test_signs_in_refreshes_and_signs_out(client: AuthClient, server: Server, person: Person) -> None:
    assert await client.login(person.email, PASSWORD) is True
    first, first_refresh = client.access_token, client.refresh_token
    assert first is not None
    assert first.count(".") == 2, "a JWT"
    assert client.expires_at is not None
    assert is_alive(server, first)
    assert await client.refresh_tokens() is True
    assert client.access_token != first
    assert client.refresh_token != first_refresh
    last = client.access_token
    assert await client.logout() is True
    assert (client.access_token, client.refresh_token) == (None, None)
    assert not is_alive(server, last)
    assert not is_alive(server, first)
    assert await client.logout() is True, "it is as it should be already"
    assert await client.refresh_tokens() is False
    assert code_of(client) == "login_required"


async def test_says_no_and_why(client: AuthClient, address: str, person: Person) -> None:
    assert await client.login(person.email, "a wrong password") is False
    assert code_of(client) == "invalid_grant"
    assert client.access_token is None
    async with AuthClient(address, "cli") as another:
        assert await another.login(person.email, PASSWORD) is False
        assert code_of(another) == "unauthorized_client"
    assert await client.login(person.email, PASSWORD) is True
    assert client.last_error is None


async def test_asks_for_the_second_factor(client: AuthClient, stranger: Person) -> None:
    recovery_codes = await asyncio.to_thread(set_up_second_factor, stranger)
    assert await client.login(stranger.email, PASSWORD) is False
    assert code_of(client) == "mfa_required"
    assert await client.login(stranger.email, PASSWORD, otp="000000") is False
    assert code_of(client) == "invalid_grant"
    assert await client.login(stranger.email, PASSWORD, otp=recovery_codes[0]) is True


def set_up_second_factor(person: Person) -> list[str]:
    page = person.sign_in(person.get("/account/second-factor/set-up"))
    secret = re.search(r'<code id="secret">([^<]+)<', page.html)
    assert secret
    codes = person.submit(page, {"code": code_now(secret[1].replace(" ", ""))}, "/set-up")
    return re.findall(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>", codes.html)


def code_now(secret: str) -> str:
    """RFC 6238, as an authenticator app shows it."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time() // 30)), "sha1")
    (number,) = struct.unpack_from(">I", digest, digest[-1] & 15)
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


async def test_drops_tokens_that_the_server_has_ended(
    client: AuthClient, server: Server, stranger: Person
) -> None:
    assert await client.login(stranger.email, PASSWORD), client.last_error
    await asyncio.to_thread(server.command, "users", "sign-out", stranger.email)
    assert await client.refresh_tokens() is False
    assert code_of(client) == "invalid_grant"
    assert client.refresh_token is None


async def test_resets_a_forgotten_password(client: AuthClient, server: Server, stranger: Person) -> None:
    assert await client.login(stranger.email, PASSWORD), client.last_error
    before = client.access_token
    success, token = await client.request_password_reset(stranger.email)
    assert success
    assert token, "the server runs on this machine and has no mail"
    assert await client.reset_password(token, "short") is False
    assert code_of(client) == "invalid_request"
    assert await client.reset_password(token, NEW_PASSWORD) is True
    assert not is_alive(server, before)
    assert await client.reset_password(token, NEW_PASSWORD) is False
    assert code_of(client) == "invalid_grant"
    assert await client.login(stranger.email, PASSWORD) is False
    assert await client.login(stranger.email, NEW_PASSWORD) is True
    assert await client.request_password_reset("nobody@example.com") == (True, None)


async def test_refreshes_once_for_several_that_ask_at_once(client: AuthClient, person: Person) -> None:
    assert await client.login(person.email, PASSWORD), client.last_error
    before = client.refresh_token
    assert await asyncio.gather(*(client.refresh_tokens() for _ in range(10))) == [True] * 10
    after = client.refresh_token
    assert after != before
    assert await client.refresh_tokens()
    assert client.refresh_token != after
