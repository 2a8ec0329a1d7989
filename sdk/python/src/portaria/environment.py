"""Reads secrets: each from its variable, or from the file that ``<variable>_FILE`` names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .errors import PortariaError

__all__ = ["find_secret", "read_secret"]


def find_secret(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """None when neither variable is there; empty counts as absent."""
    value, path = environment.get(name), environment.get(f"{name}_FILE")
    if value and path:
        raise PortariaError("wrong_setting", f"{name} and {name}_FILE are both set. Keep one.")
    if not path:
        return value or None
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n") or None
    except OSError as error:
        raise PortariaError(
            "wrong_setting", f"{name}_FILE names {path}, which cannot be read: {error.strerror}."
        ) from error


def read_secret(name: str, environment: Mapping[str, str] = os.environ) -> str:
    value = find_secret(name, environment)
    if value is None:
        raise PortariaError(
            "wrong_setting", f"Set {name}, or {name}_FILE to the path of a file that holds it."
        )
    return value
