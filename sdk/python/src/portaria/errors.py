"""What can go wrong, one class for each thing that a program may want to do about it.

Every error has a stable ``code`` (RFC 6749's where it has one) and a sentence for people, which is its text.
"""

from __future__ import annotations


class PortariaError(Exception):
    """The root of them all."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class LoginRequired(PortariaError):
    """Nobody is signed in, or not any more: call ``login()``."""

    def __init__(self, sentence: str) -> None:
        super().__init__("login_required", sentence)


class LoginRefused(PortariaError):
    """The person, or the server on purpose, said no. No other way is tried."""

    def __init__(self, sentence: str) -> None:
        super().__init__("access_denied", sentence)


class LoginExpired(PortariaError):
    """Nobody finished the sign-in in time."""

    def __init__(self, sentence: str) -> None:
        super().__init__("expired_token", sentence)


class WayUnavailable(PortariaError):
    """This way of signing in does not work here; another one may."""

    def __init__(self, sentence: str) -> None:
        super().__init__("way_unavailable", sentence)


class LoginFailed(PortariaError):
    """None of the ways of signing in works here; its text says why not, one by one."""

    def __init__(self, sentence: str) -> None:
        super().__init__("login_failed", sentence)


class UntrustedAnswer(PortariaError):
    """The answer is not from whom it has to be: another issuer, or an address without TLS."""

    def __init__(self, sentence: str) -> None:
        super().__init__("untrusted_answer", sentence)


class ServerUnavailable(PortariaError):
    """The server could not be reached, or could not answer, for as long as we tried."""

    def __init__(self, sentence: str) -> None:
        super().__init__("temporarily_unavailable", sentence)


class NotRevoked(PortariaError):
    """Signed out here, but the server did not hear of it."""

    def __init__(self, sentence: str) -> None:
        super().__init__("not_revoked", sentence)


class OAuthError(PortariaError):
    """A refusal in the words of RFC 6749 §5.2 that none of the others stands for."""

    def __init__(self, code: str, sentence: str, status: int) -> None:
        super().__init__(code, sentence)
        self.status = status


class StoreError(PortariaError):
    """A token store cannot be used: out of reach, or sealed with another key. Nothing in it was changed."""

    def __init__(self, sentence: str) -> None:
        super().__init__("store_error", sentence)


class StoreBusy(StoreError):
    """Somebody else holds the lock for too long."""

    def __init__(self, key: str, seconds: float) -> None:
        super().__init__(f"Somebody else has been busy with the tokens of {key!r} for {seconds:g} seconds.")


class AuthorizationNeeded(PortariaError):
    """Another platform gave us nothing yet, or takes it back: its owner has to authorize us (again)."""

    def __init__(self, sentence: str) -> None:
        super().__init__("authorization_needed", sentence)


class AuthRefused(PortariaError):
    """Why a call of ``AuthClient`` answered with a no.

    ``retry_after_seconds``: how long to wait, if somebody said.
    """

    def __init__(self, code: str, sentence: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(code, sentence)
        self.retry_after_seconds = retry_after_seconds

    @property
    def is_passing(self) -> bool:
        """The same may work in a moment."""
        return self.code in ("temporarily_unavailable", "timeout", "connection_lost", "server_error")
