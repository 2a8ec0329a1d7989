"""The token endpoint and its neighbour: what asks for tokens, and what gives them back (RFC 6749, RFC 7009)."""

from __future__ import annotations

import re
from typing import Any, Callable

import httpx

from .answers import document_of, number_in, refusal_in
from .credentials import Credentials
from .errors import OAuthError
from .metadata import Metadata
from .retry import Retry
from .steps import Ask, Steps

#: RFC 6750 §2.1. It goes into headers, and is printed.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)


def credentials_in(
    has: dict[str, Any], issuer: str, client_id: str, now: float, before: Credentials | None = None
) -> Credentials:
    """From an answer by RFC 6749 §5.1. ``before``: what it leaves out stays as it was (§6)."""
    access_token = has.get("access_token")
    if not isinstance(access_token, str) or not _TOKEN.fullmatch(access_token):
        raise OAuthError("unexpected_answer", "The server answered without an access token.", 200)
    if str(has.get("token_type")).lower() != "bearer":
        raise OAuthError("unexpected_answer", "The server answered with a token that is no bearer.", 200)
    refresh_token = has.get("refresh_token") or (before.refresh_token if before else None)
    expires_in = number_in(has.get("expires_in"))
    return Credentials(
        issuer=issuer,
        client_id=client_id,
        access_token=access_token,
        refresh_token=str(refresh_token) if refresh_token else None,
        obtained_at=now,
        expires_at=now + expires_in if expires_in is not None else None,
        scope=str(has.get("scope") or (before.scope if before else "")),
    )


def change_code(
    metadata: Metadata, form: dict[str, str], retry: Retry, now: Callable[[], float]
) -> Steps[Credentials]:
    """An authorization code is for once: a lost answer is not asked for again."""
    request = Ask("POST", metadata.token_endpoint, form={"grant_type": "authorization_code", **form})
    response = yield from retry.ask(request, is_repeatable=False)
    return credentials_in(document_of(response), metadata.issuer, form["client_id"], now())


def refresh(
    metadata: Metadata, credentials: Credentials, retry: Retry, now: Callable[[], float]
) -> Steps[Credentials]:
    """Asked again when the answer is lost: for half a minute the server has the same one ready."""
    form = {
        "grant_type": "refresh_token",
        "client_id": credentials.client_id,
        "refresh_token": credentials.refresh_token or "",
    }
    request = Ask("POST", metadata.token_endpoint, form=form)
    response = yield from retry.ask(request, is_repeatable=True)
    return credentials_in(
        document_of(response), metadata.issuer, credentials.client_id, now(), before=credentials
    )


def revoke(metadata: Metadata, credentials: Credentials, retry: Retry) -> Steps[None]:
    if metadata.revocation_endpoint is None:
        raise OAuthError("unsupported", "The server has no way to take tokens back.", 200)
    form = {
        "client_id": credentials.client_id,
        "token": credentials.refresh_token or credentials.access_token,
        "token_type_hint": "refresh_token" if credentials.refresh_token else "access_token",
    }
    response: httpx.Response = yield from retry.ask(
        Ask("POST", metadata.revocation_endpoint, form=form), is_repeatable=True
    )
    if response.status_code != 200:
        raise refusal_in(response)
