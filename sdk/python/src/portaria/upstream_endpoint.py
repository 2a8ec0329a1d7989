"""Another platform's token endpoint: what is sent there, what is an answer, and which refusals are final."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote_plus

import httpx

from .answers import shown
from .clock import Clock
from .errors import AuthorizationNeeded, OAuthError, PortariaError, ServerUnavailable
from .metadata import is_safe
from .retry import Retry
from .steps import Ask, run

__all__ = ["ClientAuth", "UpstreamEndpoint"]

ClientAuth = Literal["post", "basic"]

#: What platforms call a code or a refresh token that is used up or taken back; the last two are GitHub's.
_USED_UP = ("invalid_grant", "bad_refresh_token", "bad_verification_code")
#: For one answer, and for all tries together: both are over before a store takes the lock from a silent
#: holder.
_TIMEOUT_SECONDS = 15.0
_LIMIT_SECONDS = 30.0


class UpstreamEndpoint:
    """``client_auth``: ``"post"`` sends the secret in the form, ``"basic"`` in the header (RFC 6749
    §2.3.1)."""

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str | None,
        *,
        client_auth: ClientAuth,
        more: Mapping[str, str],
        headers: Mapping[str, str],
        http: httpx.Client | None,
        clock: Clock,
    ) -> None:
        if not is_safe(url):
            raise PortariaError(
                "wrong_setting", f"{url} does not begin with https://, and secrets are sent there."
            )
        self._url = url
        self._client_id = client_id
        self._client_secret = client_secret
        self._client_auth = client_auth
        self._more = dict(more)
        self._own_headers = dict(headers)
        self._http = http
        self._clock = clock
        self._retry = Retry(limit_seconds=_LIMIT_SECONDS, ticks=clock.ticks, now=clock.now)

    def ask(self, grant_type: str, **fields: str) -> dict[str, Any]:
        """Raises AuthorizationNeeded when the code or the refresh token is used up, ServerUnavailable when
        the platform could not say, OAuthError for any other refusal."""
        request = Ask("POST", self._url, form=self._form(grant_type, fields), headers=self._headers())
        # Asked again whatever happened: without an answer the code or the refresh token is lost in any case.
        steps = self._retry.ask(request, is_repeatable=True)
        if self._http is not None:
            return self._read(run(steps, self._http, self._clock.sleep))
        with httpx.Client(timeout=_TIMEOUT_SECONDS) as http:
            return self._read(run(steps, http, self._clock.sleep))

    def _form(self, grant_type: str, fields: Mapping[str, str]) -> dict[str, str]:
        form = {**self._more, "grant_type": grant_type, **fields}
        if self._client_auth == "post" or not self._client_secret:
            form["client_id"] = self._client_id
            if self._client_secret:
                form["client_secret"] = self._client_secret
        return form

    def _headers(self) -> dict[str, str]:
        if self._client_auth == "post" or not self._client_secret:
            return self._own_headers
        pair = f"{quote_plus(self._client_id)}:{quote_plus(self._client_secret)}"
        return {**self._own_headers, "authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        host, status = httpx.URL(self._url).host, response.status_code
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            answer = {}
        error = answer.get("error")
        if error in _USED_UP:
            raise AuthorizationNeeded(f"{host} does not accept what we have any more: authorize it again.")
        if status == 429 or status >= 500:
            raise ServerUnavailable(f"{host} answers {status}. Try again later.")
        if (
            status == 200
            and error is None
            and isinstance(answer.get("access_token"), str)
            and answer["access_token"]
        ):
            return answer
        code = shown(error) or "unexpected_answer"
        said = shown(answer.get("error_description"))
        raise OAuthError(code, f"{host} refused with {code} (status {status}). {said}".rstrip(), status)
