"""Programs that sign people in, as the tests write them: waits are noted instead of waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from portaria import MemoryStore, Portaria, Surroundings
from portaria.credentials import Credentials
from portaria.steps import Steps, run

T = TypeVar("T")

#: Long enough for another thread or process to go on.
_MOMENT_SECONDS = 0.02


class Around(Surroundings):
    """A person beside the program: ``visit`` is what they do with the link that they are shown."""

    def __init__(self, visit: Callable[[str], object], ways: list[str] | None = None) -> None:
        super().__init__({})
        self.visit = visit
        self.said: list[str] = []
        self.links: list[str] = []
        self.pastes: list[str] = []
        self._ways = ways

    def ways(self) -> list[str]:
        return self._ways if self._ways is not None else super().ways()

    def say(self, text: str) -> None:
        self.said.append(text)

    def open_browser(self, url: str) -> bool:
        self.show_link(url)
        return True

    def show_link(self, url: str) -> None:
        self.links.append(url)
        self.visit(url)

    def ask_secret(self, question: str) -> str:
        return self.pastes.pop(0)


class Program(Portaria):
    """Keeps credentials in memory, unless told otherwise, and sleeps no longer than a moment."""

    slept: list[float]

    @property
    def links(self) -> list[str]:
        return self._around.links

    @property
    def said(self) -> list[str]:
        return self._around.said

    @property
    def _around(self) -> Around:
        around = self._session._surroundings
        assert isinstance(around, Around)
        return around

    def _run(self, steps: Steps[T]) -> T:
        self.slept = []
        return run(steps, self._http, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        time.sleep(min(seconds, _MOMENT_SECONDS))


def program(issuer: str, visit: Callable[[str], object], ways: list[str] | None = None) -> Program:
    return Program(issuer, store=MemoryStore(), surroundings=Around(visit, ways))


def kept(portaria: Portaria) -> Credentials:
    text = portaria._session._store.load(portaria._session._key)
    assert text is not None
    credentials = Credentials.from_json(text)
    assert credentials is not None
    return credentials


def change(portaria: Portaria, credentials: Credentials) -> None:
    portaria._session._store.save(portaria._session._key, credentials.to_json())
    portaria._session._known = None


def expire(portaria: Portaria) -> None:
    change(portaria, replace(kept(portaria), expires_at=time.time() - 1))
