"""The plain JSON file of a program becomes a sealed one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pretend_platform import DAY, Platform, Time, tokens_of

from portaria.errors import StoreError
from portaria.token_stores import FileTokenStore
from portaria.upstream_tokens import UpstreamTokens


@pytest.mark.parametrize(
    ("fields", "ends_at"),
    [
        ({"expires_at": 1_900_000_000}, 1_900_000_000),
        ({"expires_at": 1_900_000_000_000}, 1_900_000_000),
        ({"expires_at": "2030-03-17T17:46:40Z"}, 1_900_000_000),
        ({"expires_in": 3600, "timestamp": 1_899_996_400}, 1_900_000_000),
        ({"expires_in": "3600"}, 1_800_003_600),
        ({}, None),
    ],
)
def test_takes_over_the_json_file_of_a_script(
    fields: dict[str, Any],
    ends_at: float | None,
    platform: Platform,
    store: FileTokenStore,
    moved: Time,
    tmp_path: Path,
) -> None:
    platform.refresh_token = "refresh-0"
    path = tmp_path / "token_storage.json"
    before = {"access_token": "access-0", "refresh_token": "refresh-0", "locationId": "location-7", **fields}
    path.write_text(json.dumps(before))
    os.utime(path, (1_800_000_000, 1_800_000_000))
    tokens = tokens_of(platform, store, moved)
    taken = tokens.import_json(path)
    assert taken.expires_at == ends_at
    assert tokens.access_token() == "access-0"
    assert taken.extra == {"locationId": "location-7"}
    moved.passed += 10 * 365 * DAY
    if ends_at is not None:
        assert tokens.access_token() == "access-1"
        assert tokens.import_json(path).access_token == "access-1", "the file is behind the store by now"


def test_takes_nothing_from_a_file_without_tokens(tokens: UpstreamTokens, tmp_path: Path) -> None:
    path = tmp_path / "token_storage.json"
    for text in ("", "[]", "{}", '{"access_token": null}'):
        path.write_text(text)
        with pytest.raises(StoreError):
            tokens.import_json(path, only_if_needed=False)
    with pytest.raises(StoreError):
        tokens.import_json(tmp_path / "none", only_if_needed=False)
    assert tokens.access_token() == "access-1"
