"""Device code (RFC 8628): the person signs in anywhere, on a telephone say, and the program asks until they have."""

from __future__ import annotations

from ..answers import document_of, error_code, shown
from ..credentials import Credentials
from ..errors import LoginExpired, WayUnavailable
from ..metadata import safe_url
from ..steps import Ask, Steps, call
from ..tokens import credentials_in
from .attempt import Attempt
from .pace import Pace

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def sign_in(attempt: Attempt) -> Steps[Credentials]:
    metadata, surroundings = attempt.metadata, attempt.surroundings
    if metadata.device_authorization_endpoint is None:
        raise WayUnavailable("The server has no device codes.")
    form = {"client_id": attempt.client_id, "scope": attempt.scope}
    request = Ask("POST", metadata.device_authorization_endpoint, form=form)
    has = document_of((yield from attempt.retry.ask(request, is_repeatable=True)))
    link = safe_url(has.get("verification_uri_complete") or has.get("verification_uri"))
    surroundings.say(f"Sign in on any device. The page has to show this code: {shown(has.get('user_code'))}")
    surroundings.say("Open this link:")
    yield from call(lambda: surroundings.show_link(link))
    surroundings.say("Waiting …")

    pace = Pace(attempt, has.get("interval"), has.get("expires_in"))
    form = {"grant_type": GRANT, "client_id": attempt.client_id, "device_code": str(has.get("device_code"))}
    while (yield from pace.wait()):
        response = yield from pace.ask(Ask("POST", metadata.token_endpoint, form=form))
        if response is None:
            continue
        if error_code(response) == "expired_token":
            break
        return credentials_in(document_of(response), metadata.issuer, attempt.client_id, attempt.now())
    raise LoginExpired("Nobody signed in with the code in time. Sign in again.")
