"""A token that the person copies from the server's page and pastes here (a personal token, ``ptr_pat_…``).

A typing mistake is told before the server is asked; what the server does not know is not kept.
"""

from __future__ import annotations

import re
import zlib

import httpx

from ..answers import document_of, number_in, refusal_in
from ..credentials import Credentials
from ..errors import LoginRefused, WayUnavailable
from ..steps import Ask, Steps, call
from .attempt import Attempt

_TRIES = 3
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TOKEN = re.compile(r"ptr_pat_[0-9A-Za-z]{43}[0-9A-Za-z]{6}", re.ASCII)
_CHECKSUM_LENGTH = 6


def sign_in(attempt: Attempt) -> Steps[Credentials]:
    issuer, surroundings = attempt.metadata.issuer, attempt.surroundings
    link = str(httpx.URL(f"{issuer}/cli", params={"name": surroundings.program_name()}))
    surroundings.say("Sign in on any device and copy the token that you get there. Open this link:")
    yield from call(lambda: surroundings.show_link(link))
    for _ in range(_TRIES):
        try:
            pasted = yield from call(lambda: surroundings.ask_secret("Paste the token (it is not shown): "))
        except (EOFError, OSError) as error:
            raise WayUnavailable("There is no terminal to paste a token at.") from error
        token = pasted.strip()
        if not is_well_formed(token):
            surroundings.say(
                "This is no token of yours, or a part of it is missing. Copy it again as a whole."
            )
            continue
        request = Ask("GET", f"{issuer}/api/verify", headers={"authorization": f"Bearer {token}"})
        response = yield from attempt.retry.ask(request, is_repeatable=True)
        if response.status_code == 401:
            surroundings.say("The server does not know this token, or not any more. Make a new one there.")
            continue
        if response.status_code != 200:
            raise refusal_in(response)
        has = document_of(response)
        return Credentials(
            issuer=issuer,
            client_id=str(has.get("client_id")),
            access_token=token,
            refresh_token=None,
            obtained_at=attempt.now(),
            expires_at=number_in(has.get("exp")),
            scope=str(has.get("scope") or ""),
        )
    raise LoginRefused("No token was taken. Sign in again.")


def is_well_formed(token: str) -> bool:
    """The prefix, the length and the checksum are right: the server may know it."""
    if not _TOKEN.fullmatch(token):
        return False
    return _checksum_of(token[:-_CHECKSUM_LENGTH]) == token[-_CHECKSUM_LENGTH:]


def _checksum_of(text: str) -> str:
    rest = zlib.crc32(text.encode())
    checksum = ""
    while len(checksum) < _CHECKSUM_LENGTH:
        rest, digit = divmod(rest, len(_LETTERS))
        checksum = _LETTERS[digit] + checksum
    return checksum
