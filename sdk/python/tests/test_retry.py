"""Asking again, with a pretend server that fails first and a clock that is moved."""

from __future__ import annotations

from typing import Callable

import httpx
import pytest

from portaria.errors import ServerUnavailable
from portaria.retry import Retry
from portaria.steps import Ask, run

REQUEST = Ask("GET", "https://login.example.com/api/user")
Answer = Callable[[httpx.Request], httpx.Response]


class Story:
    """Answers in turn, the last one for ever; keeps every pause."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = answers
        self.asked = 0
        self.pauses: list[float] = []
        self.time = 1_700_000_000.0

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds

    def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return answer(request)

    def ask(self, *, is_repeatable: bool = True, limit_seconds: float = 20) -> httpx.Response:
        retry = Retry(
            limit_seconds=limit_seconds,
            ticks=lambda: self.time,
            now=lambda: self.time,
            between=lambda low, high: high,
        )
        with httpx.Client(transport=httpx.MockTransport(self._answer)) as http:
            return run(retry.ask(REQUEST, is_repeatable=is_repeatable), http, self._sleep)


def says(status: int, **headers: str) -> Answer:
    return lambda request: httpx.Response(
        status, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def breaks(kind: type[httpx.TransportError]) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise kind("no")

    return answer


def test_waits_twice_as_long_each_time_until_it_is_answered() -> None:
    story = Story(says(500), says(502), says(503), says(200))
    assert story.ask().status_code == 200
    assert story.pauses == [0.25, 0.5, 1.0]


def test_does_not_ask_again_after_a_refusal() -> None:
    story = Story(says(400), says(200))
    assert story.ask().status_code == 400
    assert story.asked == 1


def test_waits_as_long_as_retry_after_says_in_seconds_and_as_a_date() -> None:
    story = Story(
        says(429, retry_after="3"), says(503, retry_after="Tue, 14 Nov 2023 22:13:30 GMT"), says(200)
    )
    assert story.ask().status_code == 200
    # The clock stands at 22:13:20, and has moved by the first pause.
    assert story.pauses == [3.25, pytest.approx(10 - 3.25 + 0.5)]


@pytest.mark.parametrize("nonsense", ["soon", "-3", "", "Tue, 99 Nov 2023 22:13:30 GMT", "1e9", "٣"])
def test_takes_a_retry_after_that_cannot_be_read_for_none(nonsense: str) -> None:
    story = Story(
        lambda request: httpx.Response(503, headers=[(b"retry-after", nonsense.encode())]), says(200)
    )
    assert story.ask().status_code == 200
    assert story.pauses == [0.25]


def test_gives_up_at_once_when_it_is_told_to_wait_longer_than_it_has() -> None:
    story = Story(says(429, retry_after="3600"))
    assert story.ask().status_code == 429
    assert story.pauses == []


def test_gives_up_after_its_time_with_the_last_answer() -> None:
    story = Story(says(503))
    assert story.ask(limit_seconds=5).status_code == 503
    assert sum(story.pauses) <= 5


def test_names_the_server_that_never_answered() -> None:
    story = Story(breaks(httpx.ConnectError))
    with pytest.raises(ServerUnavailable, match=r"login\.example\.com"):
        story.ask()
    assert story.asked > 3


def test_does_not_repeat_what_may_have_been_acted_on() -> None:
    story = Story(breaks(httpx.ReadTimeout), says(200))
    with pytest.raises(ServerUnavailable):
        story.ask(is_repeatable=False)
    assert story.asked == 1
    story = Story(says(500), says(200))
    assert story.ask(is_repeatable=False).status_code == 500


def test_repeats_everything_that_was_not_taken() -> None:
    story = Story(breaks(httpx.ConnectError), says(429), says(503), says(200))
    assert story.ask(is_repeatable=False).status_code == 200
    assert story.asked == 4
