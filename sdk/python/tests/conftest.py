"""What every test may ask for: the running server, and people who have an account there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from person import Person
from pretend_platform import Platform, Time, tokens_of
from psycopg import sql
from server import Server

from portaria.postgres_token_store import PostgresTokenStore
from portaria.sealer import Sealer
from portaria.token_stores import FileTokenStore
from portaria.upstream_tokens import UpstreamTokens

PASSWORD = "a password of the tests that is long enough"
_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is left in the folder of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def account(server: Server) -> str:
    return add_account(server, "person")


@pytest.fixture
def person(server: Server, account: str) -> Iterator[Person]:
    """Somebody with an account, at a browser that has not been here yet."""
    person = Person(server.issuer, account, PASSWORD)
    yield person
    person.close()


@pytest.fixture
def stranger(server: Server) -> Iterator[Person]:
    """Somebody else, for what ends everything that they have."""
    person = Person(server.issuer, add_account(server, "stranger"), PASSWORD)
    yield person
    person.close()


def add_account(server: Server, name: str) -> str:
    """Its address."""
    username = f"{name}-{next(_numbers)}"
    email = f"{username}@example.com"
    words = f"users create --verified --email {email} --username {username} --password -".split()
    server.command(*words, "--name", "A Person", said=PASSWORD)
    return email


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """An empty database with the table of the token stores, in the PostgreSQL that the server brought."""
    cluster = f"host={server.folder / 'data' / 'postgres' / 'run'} user=portaria"
    name = f"service_{next(_numbers)}"
    with psycopg.connect(f"{cluster} dbname=postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    PostgresTokenStore(f"{cluster} dbname={name}", Sealer(Sealer.new_secret())).create_table()
    yield f"{cluster} dbname={name}"
    with psycopg.connect(f"{cluster} dbname=postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = Platform()
    yield platform
    platform.close()


@pytest.fixture
def moved() -> Time:
    return Time()


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(Sealer.new_secret())


@pytest.fixture
def store(tmp_path: Path, sealer: Sealer) -> FileTokenStore:
    return FileTokenStore(tmp_path / "tokens", sealer)


@pytest.fixture
def tokens(platform: Platform, store: FileTokenStore, moved: Time) -> UpstreamTokens:
    """Of a service that was authorized."""
    tokens = tokens_of(platform, store, moved)
    tokens.exchange_code("a-code")
    return tokens


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)
