"""What every test may ask for: the running server, and people who have an account there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from person import Person
from server import Server

PASSWORD = "a password of the tests that is long enough"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def person(server: Server) -> Iterator[Person]:
    """Somebody new, with a browser of their own."""
    number = next(_numbers)
    email = f"person-{number}@example.com"
    server.command(
        *f"users create --verified --email {email} --username person-{number}".split(),
        "--name",
        "A Person",
        "--password",
        PASSWORD,
    )
    person = Person(server.issuer, email, PASSWORD)
    yield person
    person.close()


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)
