"""What every token store has to do, said once and asked of each; then what only one of them can get wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Callable

import psycopg
import pytest
from herd import open_store

from portaria.environment import read_secret
from portaria.errors import PortariaError, StoreBusy, StoreError
from portaria.postgres_token_store import PostgresTokenStore
from portaria.sealer import Sealer
from portaria.token_set import TokenSet
from portaria.token_stores import FileTokenStore, TokenStore, reseal

TOKENS = TokenSet(
    "access-1", "refresh-1", expires_at=1767225600.5, scope="read", extra={"locationId": "7", "é": [1]}
)
HOLD = """
import sys, time
from herd import open_store
from portaria.sealer import Sealer
with open_store(sys.argv[1], sys.argv[2], Sealer.from_environment()).lock("crm"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["file", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "tokens") if kind == "file" else str(request.getfixturevalue("database"))


@pytest.fixture
def secret() -> str:
    return Sealer.new_secret()


@pytest.fixture
def store(kind: str, place: str, secret: str) -> TokenStore:
    return open_store(kind, place, Sealer(secret))


@pytest.fixture
def stored(kind: str, place: str) -> Callable[[], str]:
    """Everything that lies there, as somebody with a copy of the disk would see it."""

    def read() -> str:
        if kind == "file":
            return "\n".join(path.read_text() for path in Path(place).glob("*.json"))
        with psycopg.connect(place) as connection:
            return str(connection.execute("select * from portaria_tokens").fetchall())

    return read


def test_gives_back_what_it_was_given(store: TokenStore) -> None:
    assert store.load("crm") is None
    store.save("crm", TOKENS)
    store.save("crm/é ü", TokenSet("another"))
    assert store.load("crm") == TOKENS
    assert store.load("crm/é ü") == TokenSet("another")
    assert sorted(store.list_keys()) == ["crm", "crm/é ü"]
    store.delete("crm")
    store.delete("crm")
    assert store.load("crm") is None
    assert store.list_keys() == ["crm/é ü"]


def test_holds_no_token_in_the_clear(store: TokenStore, stored: Callable[[], str]) -> None:
    store.save("crm", TOKENS)
    assert "crm" in stored()
    assert not any(secret in stored() for secret in ("access-1", "refresh-1", "locationId"))
    assert "access-1" not in repr(TOKENS)
    assert "refresh-1" not in repr(TOKENS)


def test_says_so_when_the_key_is_another_and_loses_nothing(
    store: TokenStore, kind: str, place: str, stored: Callable[[], str]
) -> None:
    store.save("crm", TOKENS)
    before = stored()
    with pytest.raises(StoreError, match=r"a key .* that is not listed"):
        open_store(kind, place, Sealer(Sealer.new_secret())).load("crm")
    assert stored() == before
    assert store.load("crm") == TOKENS


def test_takes_a_new_key_while_the_old_one_is_listed(
    store: TokenStore, kind: str, place: str, secret: str
) -> None:
    store.save("crm", TOKENS)
    store.save("mail", TOKENS)
    newer = Sealer.new_secret()
    both = open_store(kind, place, Sealer(f"{newer}, {secret}"))
    assert both.load("crm") == TOKENS
    assert reseal(both) == 2
    assert open_store(kind, place, Sealer(newer)).load("crm") == TOKENS
    with pytest.raises(StoreError):
        store.load("crm")


def test_lets_one_in_at_a_time(store: TokenStore, kind: str, place: str, secret: str) -> None:
    inside, most = 0, 0

    def come_in() -> None:
        nonlocal inside, most
        for _ in range(3):
            with open_store(kind, place, Sealer(secret)).lock("crm"):
                inside += 1
                most = max(most, inside)
                threading.Event().wait(0.005)
                inside -= 1

    threads = [threading.Thread(target=come_in) for _ in range(5)]
    with store.lock("mail"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == 1


def test_is_free_again_when_whoever_holds_the_lock_is_killed(kind: str, place: str, secret: str) -> None:
    environment = {**os.environ, "PORTARIA_STORE_KEY": secret, "PYTHONPATH": str(Path(__file__).parent)}
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, kind, place], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    with holder, holder.stdout:
        assert holder.stdout.readline() == "held\n"
        impatient = (FileTokenStore if kind == "file" else PostgresTokenStore)(
            place, Sealer(secret), lock_timeout_seconds=0.1
        )
        with pytest.raises(StoreBusy), impatient.lock("crm"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with open_store(kind, place, Sealer(secret)).lock("crm"):
            pass


def test_writes_files_that_nobody_else_reads(tmp_path: Path, secret: str) -> None:
    store = FileTokenStore(tmp_path / "a" / "tokens", Sealer(secret))
    store.save("A", TOKENS)
    store.save("a", TokenSet("small"))
    with store.lock("a"):
        pass
    folder = tmp_path / "a" / "tokens"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    names = [path.name.lower() for path in folder.glob("*.json")]
    assert len(set(names)) == 2, "two names are two files, also where the disk takes A for a"
    assert not list(folder.glob("*.tmp"))


def test_leaves_a_file_alone_that_it_cannot_read(tmp_path: Path, secret: str) -> None:
    store = FileTokenStore(tmp_path, Sealer(secret))
    store.save("crm", TOKENS)
    (path,) = tmp_path.glob("*.json")
    path.write_text(path.read_text()[:40])
    with pytest.raises(StoreError, match="left as it is"):
        store.load("crm")
    assert path.exists()


def test_notices_a_file_that_was_put_in_the_place_of_another(tmp_path: Path, secret: str) -> None:
    store = FileTokenStore(tmp_path, Sealer(secret))
    store.save("mine", TOKENS)
    (mine,) = tmp_path.glob("mine-*.json")
    store.save("yours", TokenSet("yours"))
    (yours,) = tmp_path.glob("yours-*.json")
    yours.write_text(mine.read_text())
    with pytest.raises(StoreError, match="moved from another name"):
        store.load("yours")


def test_says_what_to_do_where_the_table_is_missing(database: str, secret: str) -> None:
    store = PostgresTokenStore(database, Sealer(secret), table="public.elsewhere")
    with pytest.raises(StoreError, match=r"create_table\(\)"):
        store.load("crm")
    assert store.table_sql().startswith('create table if not exists "public"."elsewhere" (')
    store.create_table()
    store.create_table()
    store.save("crm", TOKENS)
    assert store.load("crm") == TOKENS


def test_says_so_when_the_database_is_away(tmp_path: Path, secret: str) -> None:
    store = PostgresTokenStore(f"host={tmp_path} dbname=x", Sealer(secret))
    with pytest.raises(StoreError, match="cannot be used"):
        store.load("crm")
    with pytest.raises(StoreError, match="cannot be used"), store.lock("crm"):
        pass


def test_reads_secrets_from_the_environment_or_from_files(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("from a file\n")
    assert read_secret("KEY", {"KEY": "from here"}) == "from here"
    assert read_secret("KEY", {"KEY_FILE": str(path)}) == "from a file"
    for environment, complaint in [
        ({}, "Set KEY, or KEY_FILE"),
        ({"KEY": "a", "KEY_FILE": str(path)}, "both set"),
        ({"KEY_FILE": str(tmp_path / "none")}, "cannot be read"),
    ]:
        with pytest.raises(PortariaError, match=complaint):
            read_secret("KEY", environment)
    with pytest.raises(StoreError, match="32 characters"):
        Sealer("short")


def test_seals_each_time_differently(secret: str) -> None:
    sealer = Sealer(secret)
    assert sealer.seal("x", "c") != sealer.seal("x", "c")
    version, key_id, nonce, body = sealer.seal("x", "c").split(".")
    cut = f"{version}.{key_id}.{nonce}"
    for envelope in (cut, "{}", f"{cut}.{body[:-2]}", json.dumps("v1")):
        with pytest.raises(StoreError):
            sealer.open(envelope, "c")
