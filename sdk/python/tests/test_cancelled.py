"""A task that is cancelled while its refresh is on the way: the server has used the refresh token up by then."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import anyio
import httpx
import pytest

from portaria import AsyncPortaria, MemoryStore
from portaria.credentials import Credentials

ISSUER = "http://localhost:1"
METADATA = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"}
TOKENS = {"access_token": "three", "refresh_token": "four", "token_type": "Bearer", "expires_in": 3600}


class Program:
    """Signed in, with a token that has ended. The server takes its time with the next one."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        old = Credentials(ISSUER, "cli", "one", "two", 0, time.time() - 1, "read")
        self.store.save(f"{ISSUER} cli", old.to_json())
        self.asked = 0
        http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        self.portaria = AsyncPortaria(ISSUER, store=self.store, http=http)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/token":
            return httpx.Response(200, json=METADATA)
        self.asked += 1
        await anyio.sleep(0.2)
        return httpx.Response(200, json=TOKENS)

    def kept(self) -> str | None:
        text = self.store.load(f"{ISSUER} cli")
        credentials = Credentials.from_json(text) if text else None
        return credentials.refresh_token if credentials else None


@pytest.mark.anyio
async def test_keeps_what_the_server_has_answered(anyio_backend: Any) -> None:
    program = Program()
    with anyio.move_on_after(0.1):
        await program.portaria.token()
    assert program.kept() == "four"
    assert await program.portaria.token() == "three"
    assert program.asked == 1


def test_also_when_asyncio_cancels_it() -> None:
    program = Program()

    async def story() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(program.portaria.token(), 0.1)
        assert program.kept() == "four"
        assert await program.portaria.token() == "three"

    asyncio.run(story())
    assert program.asked == 1
