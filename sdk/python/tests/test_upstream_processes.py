"""Tokens of another platform in many processes: one refreshes, also when one of them dies of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from herd import open_store
from pretend_platform import Failure, Platform, Time, tokens_of

from portaria.sealer import Sealer
from portaria.token_set import TokenSet
from portaria.token_stores import TokenStore

SECRET = Sealer.new_secret()


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_refreshes_once_for_twenty_processes(
    kind: str, platform: Platform, moved: Time, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = str(tmp_path / "tokens") if kind == "file" else str(request.getfixturevalue("database"))
    store = open_store(kind, place, Sealer(SECRET))
    tokens_of(platform, store, moved).exchange_code("a-code")
    expire(store)
    platform.failures = [Failure(500)]
    got = run_herd(20, kind, place, platform).communicate(timeout=40)[0].splitlines()
    assert got == ["access-2"] * 20
    assert platform.refreshes() == 2, "the second one because the first was answered with 500"


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_goes_on_after_the_process_that_refreshes_is_killed(
    kind: str, platform: Platform, moved: Time, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = str(tmp_path / "tokens") if kind == "file" else str(request.getfixturevalue("database"))
    store = open_store(kind, place, Sealer(SECRET))
    tokens = tokens_of(platform, store, moved)
    tokens.exchange_code("a-code")
    expire(store)
    platform.came.acquire()
    platform.answers.clear()
    victim = run_herd(1, kind, place, platform)
    assert platform.came.acquire(timeout=20)
    victim.kill()
    victim.communicate(timeout=20)
    # What the dead one asked for did not happen; the next one asks for it again.
    platform.failures = [Failure(503)]
    platform.answers.set()
    while len(platform.asked) == 1:
        time.sleep(0.01)
    assert tokens_of(platform, store, moved).access_token() == "access-2"


def expire(store: TokenStore) -> None:
    """What is stored has been too old for a while."""
    stored = store.load("crm")
    assert stored is not None
    store.save("crm", TokenSet(stored.access_token, stored.refresh_token, expires_at=time.time() - 60))


def run_herd(count: int, kind: str, place: str, platform: Platform) -> subprocess.Popen[str]:
    words = [
        sys.executable,
        str(Path(__file__).parent / "herd.py"),
        str(count),
        kind,
        place,
        platform.token_url,
    ]
    return subprocess.Popen(
        words, env={**os.environ, "PORTARIA_STORE_KEY": SECRET}, stdout=subprocess.PIPE, text=True
    )
