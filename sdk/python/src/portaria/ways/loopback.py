"""Sign-in in the browser of this machine, which comes back to a port of this program (RFC 8252 §7.3).

The code is worth nothing without the verifier (RFC 7636); an answer that is not to our question is not taken, and
one of another server ends the sign-in (RFC 9207).
"""

from __future__ import annotations

import hmac

import httpx

from ..answers import shown
from ..credentials import Credentials
from ..errors import LoginExpired, LoginRefused, OAuthError, UntrustedAnswer, WayUnavailable
from ..steps import Steps, call, pause
from ..tokens import change_code
from .attempt import Attempt, challenge_for, new_secret
from .loopback_listener import CALLBACK_PATH, Listener

#: So long a person may take.
PATIENCE_SECONDS = 300.0
_LOOK_AGAIN_SECONDS = 0.05


def sign_in(attempt: Attempt) -> Steps[Credentials]:
    metadata, surroundings = attempt.metadata, attempt.surroundings
    if metadata.authorization_endpoint is None:
        raise WayUnavailable("The server has no sign-in for browsers.")
    state, verifier = new_secret(), new_secret()
    try:
        listener = Listener(
            lambda query: hmac.compare_digest(query.get("state", "").encode(), state.encode())
        )
    except OSError as error:
        raise WayUnavailable(
            f"No port of this machine is free to come back to ({error.strerror})."
        ) from error
    try:
        redirect_uri = f"http://127.0.0.1:{listener.port}{CALLBACK_PATH}"
        query = {
            "response_type": "code",
            "client_id": attempt.client_id,
            "redirect_uri": redirect_uri,
            "scope": attempt.scope,
            "state": state,
            "code_challenge": challenge_for(verifier),
            "code_challenge_method": "S256",
        }
        link = str(httpx.URL(metadata.authorization_endpoint).copy_merge_params(query))
        if not (yield from call(lambda: surroundings.open_browser(link))):
            raise WayUnavailable("No browser opens here. The other ways need none.")
        surroundings.say(
            f"Sign in in your browser. If none has opened, open this link on this machine:\n\n  {link}\n"
        )
        end = attempt.ticks() + PATIENCE_SECONDS
        while listener.answer is None:
            if attempt.ticks() > end:
                raise LoginExpired("Nobody came back from the browser. Sign in again.")
            yield from pause(_LOOK_AGAIN_SECONDS)
        code = _code_in(listener.answer, attempt)
    finally:
        listener.close()
    form = {
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        "client_id": attempt.client_id,
    }
    return (yield from change_code(metadata, form, attempt.retry, attempt.now))


def _code_in(answer: dict[str, str], attempt: Attempt) -> str:
    metadata = attempt.metadata
    iss = answer.get("iss")
    if (iss is not None or metadata.names_itself) and iss != metadata.issuer:
        raise UntrustedAnswer(
            f"The answer came from {shown(iss)}, and not from {metadata.issuer}. Nothing was sent there."
        )
    error = answer.get("error")
    if error == "access_denied":
        raise LoginRefused(shown(answer.get("error_description")) or "The sign-in was refused.")
    if error is not None:
        raise OAuthError(shown(error), shown(answer.get("error_description")) or shown(error), 400)
    if not answer.get("code"):
        raise OAuthError("unexpected_answer", "The browser came back without a code.", 400)
    return answer["code"]
