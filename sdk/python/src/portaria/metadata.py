"""Where a server's endpoints are (RFC 8414), and whether its addresses may be trusted with secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from .answers import document_of
from .errors import UntrustedAnswer
from .retry import Retry
from .steps import Ask, Steps

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Metadata:
    """An endpoint is None when the server does not have it."""

    issuer: str
    token_endpoint: str
    authorization_endpoint: str | None
    device_authorization_endpoint: str | None
    revocation_endpoint: str | None
    names_itself: bool
    """Every authorization response carries ``iss`` (RFC 9207)."""


def is_safe(url: str) -> bool:
    """TLS, or this very machine."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        return False
    return parsed.scheme == "https" or (parsed.scheme == "http" and parsed.host in _LOOPBACK)


def safe_url(url: Any) -> str:
    if isinstance(url, str) and url.isprintable() and is_safe(url):
        return url
    raise UntrustedAnswer(
        f"{str(url)[:200]!r} is no address to trust: it has to begin with https:// (http:// only on this very machine)."
    )


def issuer_of(address: str) -> str:
    """As people type it: a slash at the end does not matter."""
    return safe_url(address.strip().rstrip("/"))


def discover(issuer: str, retry: Retry) -> Steps[Metadata]:
    url = httpx.URL(issuer)
    # RFC 8414 §3.1: what the issuer has as path comes last.
    path = f"/.well-known/oauth-authorization-server{url.path.rstrip('/')}"
    response = yield from retry.ask(Ask("GET", str(url.copy_with(path=path))), is_repeatable=True)
    if response.status_code == 404:
        raise UntrustedAnswer(f"There is no server to sign in at {issuer}. Look at the address.")
    has = document_of(response)
    if has.get("issuer") != issuer:
        raise UntrustedAnswer(
            f"{issuer} calls itself {str(has.get('issuer'))[:200]!r}. Use the address that it calls itself by."
        )

    def optional(name: str) -> str | None:
        return safe_url(has[name]) if has.get(name) is not None else None

    return Metadata(
        issuer=issuer,
        token_endpoint=safe_url(has.get("token_endpoint")),
        authorization_endpoint=optional("authorization_endpoint"),
        device_authorization_endpoint=optional("device_authorization_endpoint"),
        revocation_endpoint=optional("revocation_endpoint"),
        names_itself=has.get("authorization_response_iss_parameter_supported") is True,
    )
