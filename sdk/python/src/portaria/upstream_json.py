"""Reads the plain JSON file in which a program kept its tokens so far, for a sealed store to take them over.

Such files differ in how they say when a token ends: as a point in time in seconds, milliseconds or as a
date, or in seconds since a point in time that the file names, or since the file was written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from .errors import StoreError
from .token_set import TokenSet

__all__ = ["read_json"]

_ENDS = ("expires_at", "expiresAt", "expiry", "expires")
_BEGINNINGS = ("created_at", "createdAt", "obtained_at", "issued_at", "saved_at", "updated_at", "timestamp")
_LENGTHS = ("expires_in", "expiresIn")
_RENAMED = {"accessToken": "access_token", "refreshToken": "refresh_token", "tokenType": "token_type"}
#: More seconds than this since 1970 are milliseconds.
_MOST_SECONDS = 1e11


def read_json(path: Path) -> TokenSet:
    """Raises StoreError when there are no tokens in it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        written_at = path.stat().st_mtime
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(content, dict):
        raise StoreError(f"{path} has to hold one JSON object with the tokens.")
    fields = {_RENAMED.get(str(name), str(name)): value for name, value in content.items()}
    if not isinstance(fields.get("access_token"), str) or not fields["access_token"]:
        raise StoreError(f"{path} has no access_token. Nothing was taken over.")
    times = {name: fields.pop(name, None) for name in (*_ENDS, *_BEGINNINGS, *_LENGTHS)}
    return replace(TokenSet.from_answer(fields, now=written_at), expires_at=_end(times, written_at))


def _end(times: Mapping[str, Any], written_at: float) -> float | None:
    for name in _ENDS:
        end = _moment(times[name])
        if end is not None:
            return end
    for name in _LENGTHS:
        length = _number(times[name])
        if length is not None:
            beginnings = [
                moment for moment in map(_moment, (times[name] for name in _BEGINNINGS)) if moment is not None
            ]
            return (beginnings[0] if beginnings else written_at) + length
    return None


def _moment(value: Any) -> float | None:
    number = _number(value)
    if number is not None:
        return number / 1000 if number > _MOST_SECONDS else number
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    # Programs that write no zone mean the clock on their wall.
    return (moment if moment.tzinfo else moment.astimezone()).timestamp()


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
