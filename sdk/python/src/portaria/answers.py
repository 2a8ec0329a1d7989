"""Reads what a server answers: the document of a success, or the error that its refusal stands for."""

from __future__ import annotations

from typing import Any

import httpx

from .errors import LoginRefused, OAuthError, PortariaError, ServerUnavailable

#: Beyond it a double is no whole number any more.
_LARGEST_NUMBER = 2**53


def document_of(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of a 200. Raises for everything else."""
    if response.status_code != 200:
        raise refusal_in(response)
    return _object_in(response) or _raise_unreadable(response)


def refusal_in(response: httpx.Response) -> PortariaError:
    has = _object_in(response) or {}
    host = response.request.url.host
    if response.status_code == 429 or response.status_code >= 500:
        return ServerUnavailable(f"{host} cannot answer now ({response.status_code}). Try again later.")
    error = has.get("error")
    code = error if isinstance(error, str) else "unexpected_answer"
    said = has.get("error_description")
    sentence = shown(said) or f"{host} answered {response.status_code} ({shown(code)})."
    if code == "access_denied":
        return LoginRefused(sentence)
    return OAuthError(code, sentence, response.status_code)


def error_code(response: httpx.Response) -> str | None:
    error = (_object_in(response) or {}).get("error")
    return error if isinstance(error, str) else None


def shown(said: Any) -> str:
    """What comes from outside, for a terminal, which it cannot steer. Empty for what is no text."""
    if not isinstance(said, str):
        return ""
    return "".join(letter if letter.isprintable() else " " for letter in said)[:500]


def number_in(value: Any) -> float | None:
    """What counts seconds in a document; None for what is no number, or none that a clock knows."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _LARGEST_NUMBER:
        return None
    return float(value)


def _object_in(response: httpx.Response) -> dict[str, Any] | None:
    try:
        has = response.json()
    except (ValueError, RecursionError):
        return None
    return has if isinstance(has, dict) else None


def _raise_unreadable(response: httpx.Response) -> dict[str, Any]:
    url = response.request.url
    raise OAuthError("unexpected_answer", f"{url.host} is no Portaria: {url.path} has no JSON.", 200)
