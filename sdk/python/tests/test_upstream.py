"""Tokens of another platform: exchanged once, refreshed once, never lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import httpx
import pytest
from pretend_platform import CLIENT_ID, CLIENT_SECRET, DAY, Failure, Platform, Time, tokens_of

from portaria.errors import AuthorizationNeeded, OAuthError, PortariaError, ServerUnavailable, StoreError
from portaria.sealer import Sealer
from portaria.token_set import TokenSet
from portaria.token_stores import FileTokenStore
from portaria.upstream_tokens import AsyncUpstreamTokens, UpstreamTokens


def test_takes_the_code_to_the_platform_with_everything_it_wants(
    platform: Platform, store: FileTokenStore, moved: Time
) -> None:
    tokens = tokens_of(
        platform, store, moved, redirect_uri="https://a.example/back", more={"user_type": "Location"}
    )
    with pytest.raises(AuthorizationNeeded, match="no tokens"):
        tokens.access_token()
    given = tokens.exchange_code("a-code", code_verifier="v" * 43)
    assert platform.asked == [
        {
            "grant_type": "authorization_code",
            "code": "a-code",
            "code_verifier": "v" * 43,
            "redirect_uri": "https://a.example/back",
            "user_type": "Location",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
    ]
    assert given.extra == {"locationId": "location-7", "userType": "Location"}
    assert tokens.access_token() == "access-1"
    assert store.load("crm") == given


def test_exchanges_a_code_that_lies_around_only_when_it_is_needed(
    platform: Platform, tokens: UpstreamTokens, store: FileTokenStore, moved: Time
) -> None:
    platform.code = "a-second-code"
    again = tokens_of(platform, store, moved)
    assert again.exchange_code("a-code", only_if_needed=True).access_token == "access-1"
    platform.revoke()
    moved.passed += 2 * DAY
    with pytest.raises(AuthorizationNeeded):
        again.access_token()
    assert again.exchange_code("a-second-code", only_if_needed=True).access_token == "access-2"
    with pytest.raises(AuthorizationNeeded, match="does not accept"):
        tokens.exchange_code("a-second-code")
    assert tokens.access_token() == "access-2", "a code that came too late spoils nothing"


def test_refreshes_before_the_end_and_keeps_what_the_answer_leaves_out(
    platform: Platform, tokens: UpstreamTokens, store: FileTokenStore, moved: Time
) -> None:
    moved.passed += DAY - 120
    assert tokens.access_token() == "access-1"
    moved.passed += 90
    assert tokens.access_token() == "access-2"
    assert platform.asked[-1]["refresh_token"] == "refresh-1"
    stored = store.load("crm")
    assert stored is not None
    assert (stored.refresh_token, stored.extra["locationId"]) == ("refresh-2", "location-7")
    platform.is_rotating = False
    for number in (3, 4):
        moved.passed += DAY
        assert tokens.access_token() == f"access-{number}"
        assert platform.asked[-1]["refresh_token"] == "refresh-2"


def test_sends_the_secret_and_more_in_the_header_where_the_platform_wants_it_there(
    platform: Platform, store: FileTokenStore, moved: Time
) -> None:
    tokens = tokens_of(platform, store, moved, client_auth="basic", headers={"Version": "2026-11-21"})
    assert tokens.exchange_code("a-code").access_token == "access-1"
    assert not {"client_id", "client_secret"} & set(platform.asked[0])
    assert platform.version == "2026-11-21"


def test_waits_as_long_as_the_platform_says_and_tries_again(
    platform: Platform, tokens: UpstreamTokens, moved: Time
) -> None:
    moved.passed += DAY
    platform.failures = [
        Failure(429, {"retry-after": "7"}),
        Failure(500),
        Failure(200, body="<html>oh</html>"),
    ]
    with pytest.raises(OAuthError, match="unexpected_answer"):
        tokens.access_token()
    assert len(moved.pauses) == 2
    assert 7 <= moved.pauses[0] <= 7.25
    moved.passed += 6
    assert tokens.access_token() == "access-2"


def test_lets_a_token_serve_to_its_end_while_the_platform_is_down(
    platform: Platform, tokens: UpstreamTokens, store: FileTokenStore, moved: Time
) -> None:
    another = tokens_of(platform, store, moved)
    moved.passed += DAY - 55
    platform.failures = [Failure(503, {"retry-after": "3600"})]
    assert [another.access_token() for _ in range(5)] == ["access-1"] * 5
    assert platform.refreshes() == 1, "one try for all of them"
    moved.passed += 60
    platform.failures = [Failure(503, {"retry-after": "3600"})]
    for _ in range(2):
        with pytest.raises(ServerUnavailable, match="answers 503"):
            another.access_token()
    assert platform.refreshes() == 2
    moved.passed += 6
    assert another.access_token() == "access-2"


def test_asks_to_be_authorized_again_once_the_platform_ends_it(
    platform: Platform, tokens: UpstreamTokens, store: FileTokenStore, moved: Time
) -> None:
    platform.revoke()
    moved.passed += DAY
    for _ in range(3):
        with pytest.raises(AuthorizationNeeded, match="authorize it again"):
            tokens.access_token()
    assert platform.refreshes() == 1, "what was refused is not sent again"
    stored = store.load("crm")
    assert stored is not None
    assert stored.extra["locationId"] == "location-7"


def test_keeps_its_tokens_when_its_own_secret_is_wrong(
    platform: Platform, tokens: UpstreamTokens, store: FileTokenStore, moved: Time
) -> None:
    moved.passed += DAY
    before = store.load("crm")
    wrong = tokens_of(platform, store, moved, client_secret="another")
    for _ in range(3):
        with pytest.raises(OAuthError, match=r"invalid_client.*Wrong secret") as caught:
            wrong.access_token()
    assert "refresh-1" not in str(caught.value)
    assert store.load("crm") == before
    assert platform.refreshes() == 1
    assert tokens.access_token() == "access-2"


def test_takes_what_somebody_faster_stored_after_the_lock_was_lost(
    platform: Platform, tokens: UpstreamTokens, sealer: Sealer, moved: Time, tmp_path: Path
) -> None:
    class Elsewhere(FileTokenStore):
        """Its lock holds nobody back, as when the connection that held it is gone."""

        def load(self, key: str) -> TokenSet | None:
            seen = super().load(key)
            if platform.refreshes() == 0 and seen is not None and seen.refresh_token == "refresh-1":
                tokens.access_token()
            return seen

    moved.passed += DAY
    late = tokens_of(platform, Elsewhere(tmp_path / "tokens", sealer), moved)
    assert late.access_token() == "access-2"
    assert tokens.access_token() == "access-2"


def test_keeps_the_successor_in_memory_while_the_store_does_not_take_it(
    platform: Platform,
    tokens: UpstreamTokens,
    store: FileTokenStore,
    moved: Time,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(key: str, tokens: TokenSet) -> None:
        if platform.refreshes() > 0:
            raise StoreError("The disk is full by now.")

    moved.passed += DAY
    with monkeypatch.context() as patch:
        patch.setattr(store, "save", full)
        assert tokens.access_token() == "access-2"
        stored = store.load("crm")
        assert stored is not None
        assert stored.refresh_token == "refresh-1"
    moved.passed += DAY
    assert tokens.access_token() == "access-3", "with the successor that only this process knew"
    assert [form.get("refresh_token") for form in platform.asked] == [None, "refresh-1", "refresh-2"]
    assert store.load("crm") == tokens.current()


def test_refreshes_once_for_many_threads_and_for_many_tasks(
    platform: Platform, tokens: UpstreamTokens, moved: Time
) -> None:
    moved.passed += DAY
    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(lambda _: tokens.access_token(), range(40))) == {"access-2"}
    moved.passed += DAY
    got: list[str] = []

    async def ask() -> None:
        got.append(await AsyncUpstreamTokens(tokens).access_token())

    async def everybody() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(60):
                group.start_soon(ask)

    anyio.run(everybody)
    assert got == ["access-3"] * 60
    assert platform.refreshes() == 2


def test_adds_the_token_to_calls_and_refreshes_once_after_a_401(
    platform: Platform, tokens: UpstreamTokens
) -> None:
    with httpx.Client(auth=tokens.auth, base_url=platform.url) as http:
        assert http.get("/contacts").json() == {"contacts": ["Ana"]}
        platform.access_token = "taken back"
        assert http.get("/contacts").json() == {"contacts": ["Ana"]}
    assert platform.refreshes() == 1


async def test_does_so_in_an_event_loop_too(platform: Platform, tokens: UpstreamTokens) -> None:
    auth = AsyncUpstreamTokens(tokens).auth
    platform.access_token = "taken back"
    async with httpx.AsyncClient(auth=auth, base_url=platform.url) as http:
        assert (await http.get("/contacts")).json() == {"contacts": ["Ana"]}
    assert platform.refreshes() == 1


def test_forgets(tokens: UpstreamTokens, store: FileTokenStore) -> None:
    tokens.forget()
    assert store.load("crm") is None
    with pytest.raises(AuthorizationNeeded):
        tokens.access_token()


def test_reads_its_credentials_from_the_environment(
    platform: Platform, store: FileTokenStore, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{CLIENT_SECRET}\n")
    environment = {
        "CRM_CLIENT_ID": CLIENT_ID,
        "CRM_CLIENT_SECRET_FILE": str(secret),
        "CRM_REDIRECT_URI": "https://a.example/back",
    }
    options = {"store": store, "token_url": platform.token_url}
    tokens = UpstreamTokens.from_environment("CRM", "crm", environment=environment, **options)
    tokens.exchange_code("a-code")
    assert platform.asked[0]["redirect_uri"] == "https://a.example/back"
    with pytest.raises(PortariaError, match="Set CRM_CLIENT_ID"):
        UpstreamTokens.from_environment("CRM", "crm", environment={}, **options)


def test_sends_no_secret_over_a_line_without_tls(store: FileTokenStore) -> None:
    with pytest.raises(PortariaError, match="https://"):
        UpstreamTokens("crm", store=store, token_url="http://platform.example.com/token", client_id="a")
