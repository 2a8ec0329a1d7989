"""Who is signed in at one server with this program, as steps: signing in, a living token, who it is, signing out.

Of many processes, threads and tasks that find the token expired one asks the server, under a lock that is free when
its holder ends; the others take what it got. Where credentials are kept is left to ``credentials``.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, TypeVar

import httpx

from .answers import document_of
from .credentials import Credentials, CredentialStore, MemoryStore, default_folder, name_for
from .errors import LoginRequired, NotRevoked, OAuthError, PortariaError, ServerUnavailable
from .login import sign_in
from .metadata import Metadata, discover
from .private_files import FileLock
from .retry import Retry
from .steps import Ask, Steps, call, whole
from .surroundings import Surroundings
from .tokens import refresh, revoke
from .ways import polling
from .ways.attempt import Attempt

T = TypeVar("T")

#: A token is renewed so long before it ends; of one that lives shortly, in the last tenth of its life.
_EARLY_SECONDS = 60.0
_EARLY_PART = 0.1
#: About a minute: longer than a holder needs that asks the server for as long as it may.
_LOCK_TRIES = 2_000
#: A person who signs in or out is not kept waiting for a server that is not there; a script may be.
_PATIENCE_SECONDS = 3.0

_SIGN_IN_AGAIN = "The sign-in has ended. Sign in again: call login(), or run portaria-py login."


class Session:
    def __init__(
        self,
        issuer: str,
        client_id: str,
        scope: str,
        store: CredentialStore,
        surroundings: Surroundings,
        retry: Retry,
        *,
        folder: Path | None = None,
        now: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._scope = scope
        self._store = store
        self._surroundings = surroundings
        self._retry = retry
        self._now = now
        self._ticks = ticks
        self._key = f"{issuer} {client_id}"
        self._lock_path = (folder or default_folder()) / f"{name_for(self._key)}.lock"
        self._metadata: Metadata | None = None
        self._known: Credentials | None = None

    def login(self, way: str | None = None) -> Steps[None]:
        attempt = yield from self._begin()
        credentials = yield from sign_in(attempt, way)
        yield from self._locked(lambda: self._replace_by(credentials))

    def login_by_polling(self) -> Steps[dict[str, Any]]:
        """With what the server answers about the person, instead of asking for it afterwards."""
        attempt = yield from self._begin()
        answer = yield from polling.wait_for_person(attempt)
        credentials = polling.credentials_of(attempt, answer)
        yield from self._locked(lambda: self._replace_by(credentials))
        return answer

    def _begin(self) -> Steps[Attempt]:
        metadata = yield from self._discover(self._impatient())
        return Attempt(
            metadata, self._client_id, self._scope, self._surroundings, self._retry, self._ticks, self._now
        )

    def token(self) -> Steps[str]:
        known = self._known or (yield from self._load())
        if known is not None and self._is_fresh(known):
            return known.access_token
        return (yield from self._locked(self._renew_old))

    def renewed(self, rejected: str) -> Steps[str | None]:
        """Another token than one that was refused somewhere, whatever its age; None for one that has no successor."""
        return (yield from self._locked(lambda: self._renew_rejected(rejected)))

    def whoami(self) -> Steps[dict[str, Any]]:
        token = yield from self.token()
        response = yield from self._ask_about(token)
        if response.status_code == 401:
            renewed = yield from self.renewed(token)
            if renewed is not None:
                response = yield from self._ask_about(renewed)
        if response.status_code == 401:
            raise LoginRequired(_SIGN_IN_AGAIN)
        return document_of(response)

    def _nobody(self) -> LoginRequired:
        return LoginRequired(
            f"Nobody is signed in at {self.issuer} with the client {self._client_id}. "
            "Sign in first: call login(), or run portaria-py login."
        )

    def _ask_about(self, token: str) -> Steps[httpx.Response]:
        request = Ask("GET", f"{self.issuer}/api/user", headers={"authorization": f"Bearer {token}"})
        return (yield from self._retry.ask(request, is_repeatable=True))

    def logout(self) -> Steps[None]:
        """Raises NotRevoked when the server did not hear of it; what was here is gone all the same."""
        yield from self._locked(self._end)

    def _discover(self, retry: Retry) -> Steps[Metadata]:
        if self._metadata is None:
            self._metadata = yield from discover(self.issuer, retry)
        return self._metadata

    def _impatient(self) -> Retry:
        return replace(self._retry, limit_seconds=min(_PATIENCE_SECONDS, self._retry.limit_seconds))

    def _load(self) -> Steps[Credentials | None]:
        text = yield from call(lambda: self._store.load(self._key))
        self._known = Credentials.from_json(text) if text is not None else None
        return self._known

    def _keep(self, credentials: Credentials) -> Steps[None]:
        yield from call(lambda: self._store.save(self._key, credentials.to_json()))
        self._known = credentials

    def _replace_by(self, credentials: Credentials) -> Steps[None]:
        """The sign-in before this one ends: it would live on at the server, and nobody could end it from here."""
        before: Credentials | None = None
        # A keyring that does not open is no reason to lose the new one: it goes into the file then.
        with suppress(PortariaError):
            before = yield from self._load()
        yield from self._keep(credentials)
        # A pasted token is the person's own, who may use it elsewhere.
        if before is None or before.refresh_token is None:
            return
        with suppress(PortariaError):
            metadata = yield from self._discover(self._impatient())
            yield from revoke(metadata, before, self._impatient())

    def _forget(self) -> Steps[None]:
        self._known = None
        yield from call(lambda: self._store.delete(self._key))

    def _is_fresh(self, credentials: Credentials) -> bool:
        if credentials.expires_at is None:
            return True
        lifetime = credentials.expires_at - credentials.obtained_at
        early = min(_EARLY_SECONDS, lifetime * _EARLY_PART) if credentials.refresh_token else 0
        return self._now() < credentials.expires_at - early

    def _locked(self, steps: Callable[[], Steps[T]]) -> Steps[T]:
        lock = self._store.lock if isinstance(self._store, MemoryStore) else FileLock(self._lock_path)
        try:
            is_held = yield from lock.acquire(_LOCK_TRIES)
        except OSError as error:
            raise PortariaError("no_lock", f"{self._lock_path} cannot be used: {error.strerror}.") from error
        if not is_held:
            raise PortariaError(
                "busy", "Another process has been renewing the sign-in for too long. Try again."
            )
        try:
            return (yield from steps())
        finally:
            lock.release()

    def _renew_old(self) -> Steps[str]:
        credentials = yield from self._load()
        if credentials is None:
            raise self._nobody()
        # Somebody else may have been faster.
        if self._is_fresh(credentials):
            return credentials.access_token
        try:
            return (yield from self._renew(credentials))
        except ServerUnavailable:
            if credentials.expires_at is not None and self._now() < credentials.expires_at:
                return credentials.access_token
            raise

    def _renew_rejected(self, rejected: str) -> Steps[str | None]:
        credentials = yield from self._load()
        if credentials is None:
            raise self._nobody()
        if credentials.access_token != rejected:
            return credentials.access_token
        return (yield from self._renew(credentials)) if credentials.refresh_token else None

    def _renew(self, credentials: Credentials) -> Steps[str]:
        if credentials.refresh_token is None:
            raise LoginRequired(_SIGN_IN_AGAIN)
        metadata = yield from self._discover(self._retry)
        # What could not be kept is not asked for: the server takes the old one back for the new one.
        yield from call(lambda: self._store.save(self._key, credentials.to_json()))
        try:
            renewed = yield from whole(self._refresh(metadata, credentials))
        except OAuthError as error:
            if error.code != "invalid_grant":
                raise
            yield from self._forget()
            raise LoginRequired(_SIGN_IN_AGAIN) from error
        return renewed.access_token

    def _refresh(self, metadata: Metadata, credentials: Credentials) -> Steps[Credentials]:
        renewed = yield from refresh(metadata, credentials, self._retry, self._now)
        yield from self._keep(renewed)
        return renewed

    def _end(self) -> Steps[None]:
        credentials = yield from self._load()
        if credentials is None:
            return
        failure: PortariaError | None = None
        try:
            metadata = yield from self._discover(self._impatient())
            yield from revoke(metadata, credentials, self._impatient())
        except PortariaError as error:
            failure = error
        yield from self._forget()
        if failure is not None:
            raise NotRevoked(
                f"You are signed out here, but the server did not hear of it: {failure} "
                f"End the access of this program at {self.issuer}/account."
            ) from failure
