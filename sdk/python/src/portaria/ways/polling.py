"""A polling session: the person opens a link, signs in, and types the four letters that only this terminal shows.

The program asks until they have, and gets tokens because it alone has the verifier (RFC 7636).
"""

from __future__ import annotations

from typing import Any

from ..answers import document_of, shown
from ..credentials import Credentials
from ..errors import LoginExpired, LoginRefused, OAuthError, WayUnavailable
from ..metadata import safe_url
from ..steps import Ask, Steps, call
from ..tokens import credentials_in
from .attempt import Attempt, challenge_for, new_secret
from .pace import Pace

_EXPIRED = "Nobody finished the sign-in in time. Sign in again."


def sign_in(attempt: Attempt) -> Steps[Credentials]:
    return credentials_of(attempt, (yield from wait_for_person(attempt)))


def credentials_of(attempt: Attempt, answer: dict[str, Any]) -> Credentials:
    token = answer.get("token")
    if not isinstance(token, dict):
        raise OAuthError("unexpected_answer", "The server answered without tokens.", 200)
    return credentials_in(token, attempt.metadata.issuer, attempt.client_id, attempt.now())


def wait_for_person(attempt: Attempt) -> Steps[dict[str, Any]]:
    """What the server answers once they are done: who they are, and the tokens."""
    issuer, surroundings = attempt.metadata.issuer, attempt.surroundings
    verifier = new_secret()
    wanted = {
        "client_id": attempt.client_id,
        "scope": attempt.scope,
        "code_challenge": challenge_for(verifier),
        "device_name": surroundings.device_name(),
    }
    create = Ask("POST", f"{issuer}/api/auth/create-session", json=wanted)
    response = yield from attempt.retry.ask(create, is_repeatable=True)
    if response.status_code == 404:
        raise WayUnavailable("The server has no polling sessions.")
    has = document_of(response)
    link = safe_url(has.get("loginUrl"))
    surroundings.say(f"Sign in on any device. The page asks for these letters: {shown(has.get('userCode'))}")
    surroundings.say("Open this link:")
    yield from call(lambda: surroundings.show_link(link))
    surroundings.say("Waiting …")

    pace = Pace(attempt, has.get("interval"), has.get("expiresIn"))
    proof = {"session": str(has.get("sessionId")), "code_verifier": verifier}
    while (yield from pace.wait()):
        outcome = yield from pace.ask(Ask("POST", f"{issuer}/api/auth/get-session", json=proof))
        if outcome is None:
            continue
        if outcome.status_code in (404, 410):
            break
        answer = document_of(outcome)
        if answer.get("status") == "denied":
            raise LoginRefused("The sign-in was refused.")
        if answer.get("status") == "completed":
            return answer
    raise LoginExpired(_EXPIRED)
