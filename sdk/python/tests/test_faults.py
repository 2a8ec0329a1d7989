"""A machine that does not take what it is given: full disks, keyrings that fail, links that lead elsewhere."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from person import Person
from pretend_platform import Platform, Time, tokens_of
from programs import Around, Program, expire, kept
from server import Server, free_port
from test_credentials import MemoryKeyring, ring

from portaria import FileStore, PortariaError, StoreError
from portaria.credentials import KeyringElseFileStore
from portaria.postgres_token_store import PostgresTokenStore
from portaria.private_files import FileLock
from portaria.sealer import Sealer
from portaria.token_stores import FileTokenStore

__all__ = ["ring"]


@contextmanager
def full_disk() -> Iterator[None]:
    """No file takes a single byte; new names are still possible."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_token_that_could_not_be_kept_is_not_asked_for(
    server: Server, person: Person, tmp_path: Path
) -> None:
    around = Around(person.approve)
    with Program(server.issuer, store=FileStore(tmp_path), surroundings=around) as portaria:
        portaria.login("loopback")
        expire(portaria)
        before, asked = kept(portaria), server.count("POST /oauth/token")
        with full_disk(), pytest.raises(StoreError, match="cannot be written"):
            portaria.token()
        assert server.count("POST /oauth/token") == asked
        assert kept(portaria) == before
        assert server.whose(portaria.token()) == person.email
        assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


def test_nor_is_one_of_another_platform(platform: Platform, store: FileTokenStore, moved: Time) -> None:
    tokens = tokens_of(platform, store, moved)
    tokens.exchange_code("a-code")
    assert platform.refreshes() == 0
    moved.passed += 1_000_000
    asked = platform.refreshes()
    with full_disk(), pytest.raises(StoreError):
        tokens.access_token()
    assert platform.refreshes() == asked


@pytest.mark.parametrize("fault", [RuntimeError("the session bus is gone"), OSError(errno.EPIPE, "gone")])
def test_a_keyring_that_fails_in_its_own_way_is_a_keyring_that_does_not_open(
    ring: MemoryKeyring, tmp_path: Path, fault: Exception
) -> None:
    store = KeyringElseFileStore(FileStore(tmp_path))
    store.save("key", "secret")
    ring.fault = fault
    with pytest.raises(PortariaError, match="keyring does not open"):
        store.load("key")
    with pytest.raises(PortariaError, match="keyring does not open"):
        store.delete("key")


def test_a_file_that_is_none_says_so(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.save("key", "secret")
    file = next(tmp_path.iterdir())
    file.write_bytes(b"\xff\xfe")
    assert store.load("key") == "\ufffd\ufffd"
    file.unlink()
    file.mkdir()
    with pytest.raises(StoreError, match="cannot be read"):
        store.load("key")
    with pytest.raises(StoreError, match="cannot be written"):
        store.save("key", "secret")
    with pytest.raises(StoreError, match="cannot be deleted"):
        store.delete("key")


def test_the_command_has_a_sentence_for_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    command = [sys.executable, "-m", "portaria.command", "token"]
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PORTARIA_ISSUER": f"http://localhost:{free_port()}",
    }
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("portaria-py: ")
    assert "Traceback" not in done.stderr


def test_a_lock_does_not_follow_a_link_that_somebody_laid(tmp_path: Path) -> None:
    target = tmp_path / "somebody-elses"
    (tmp_path / "lock").symlink_to(target)
    with pytest.raises(OSError, match="symbolic link"):
        FileLock(tmp_path / "lock").try_acquire()
    assert not target.exists()


@pytest.mark.parametrize(
    "conninfo",
    ["postgresql//me:tulip@db/tokens", "postgresql://me:tulip@[db/tokens", "host=db password='tulip"],
)
def test_an_address_of_a_database_that_is_wrong_is_not_repeated(conninfo: str) -> None:
    with pytest.raises(StoreError, match="not understood") as caught:
        PostgresTokenStore(conninfo, Sealer(Sealer.new_secret()))
    assert "tulip" not in "".join(traceback.format_exception(caught.type, caught.value, caught.tb))
