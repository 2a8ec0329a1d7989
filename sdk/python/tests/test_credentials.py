"""Where credentials are kept: a keyring that is one, else a file that is nobody else's."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from portaria import FileStore, MemoryStore, PortariaError
from portaria.credentials import Credentials, KeyringElseFileStore, default_store, has_keyring
from portaria.private_files import write_whole


class MemoryKeyring(keyring.backend.KeyringBackend):
    """Made known to the library as any other backend is. ``fault``: what it raises instead of working."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.fault: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        self._fail()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._fail()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._fail()
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("not there")

    def _fail(self) -> None:
        if self.fault:
            raise self.fault


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    ring = MemoryKeyring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture
def store(ring: MemoryKeyring, tmp_path: Path) -> KeyringElseFileStore:
    return KeyringElseFileStore(FileStore(tmp_path))


def test_keeps_them_in_the_keyring_and_nowhere_else(
    ring: MemoryKeyring, store: KeyringElseFileStore, tmp_path: Path
) -> None:
    store.save("key", "secret")
    assert list(ring.kept.values()) == ["secret"]
    assert list(tmp_path.iterdir()) == []
    assert store.load("key") == "secret"
    store.delete("key")
    store.delete("key")
    assert store.load("key") is None
    assert ring.kept == {}


def test_keeps_in_a_file_what_the_keyring_does_not_take_and_finds_the_newer_one(
    ring: MemoryKeyring, store: KeyringElseFileStore
) -> None:
    store.save("key", "old")
    ring.fault = OSError("the value is too long")
    store.save("key", "new")
    ring.fault = None
    assert store.load("key") == "new"
    store.save("key", "newest")
    assert store.load("key") == "newest"
    store.delete("key")
    assert store.load("key") is None


def test_says_that_the_keyring_is_locked_and_not_that_nobody_is_signed_in(
    ring: MemoryKeyring, store: KeyringElseFileStore
) -> None:
    store.save("key", "secret")
    ring.fault = keyring.errors.KeyringLocked("locked")
    with pytest.raises(PortariaError, match="keyring does not open"):
        store.load("key")
    with pytest.raises(PortariaError, match="keyring does not open"):
        store.delete("key")


def test_takes_what_keeps_nothing_for_no_keyring(ring: MemoryKeyring) -> None:
    assert has_keyring()
    assert isinstance(default_store(), KeyringElseFileStore)
    for module in (keyring.backends.fail, keyring.backends.null):
        keyring.set_keyring(module.Keyring())
        assert not has_keyring()
        assert isinstance(default_store(), FileStore)


def test_takes_a_backend_that_writes_in_the_clear_for_no_keyring(ring: MemoryKeyring) -> None:
    plain = type("PlaintextKeyring", (MemoryKeyring,), {"__module__": "keyrings.alt.file"})
    keyring.set_keyring(plain())
    assert not has_keyring()


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "new" / "folder")
    store.save("key", "secret")
    (file,) = (tmp_path / "new" / "folder").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert store.load("key") == "secret"
    assert store.load("another") is None


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    write_whole(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(file, "new \ud800")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("left", ["", "{", "[]", "null", '{"issuer": "x"}', '{"access_token": 1}'])
def test_what_cannot_be_read_counts_as_nothing(left: str) -> None:
    assert Credentials.from_json(left) is None


def test_reads_what_it_wrote() -> None:
    credentials = Credentials("https://login.example.com", "cli", "a", None, 1.0, None, "openid")
    store = MemoryStore()
    store.save("key", credentials.to_json())
    assert Credentials.from_json(store.load("key") or "") == credentials
