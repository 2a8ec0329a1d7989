"""The tokens that another platform gave to a service: a code exchanged once, then refreshed for ever.

Many processes may use one store: one of them refreshes, the others get its result. The successor is stored
before the lock is let go, since the platform has forgotten the predecessor by then. Keeping tokens is left
to the store.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx

from .auth import AsyncBearer, Bearer
from .clock import REAL_CLOCK, Clock
from .environment import find_secret, read_secret
from .errors import AuthorizationNeeded, OAuthError, ServerUnavailable, StoreError
from .token_set import TokenSet
from .token_stores import TokenStore
from .upstream_endpoint import ClientAuth, UpstreamEndpoint
from .upstream_json import read_json

__all__ = ["AsyncUpstreamTokens", "UpstreamTokens"]

#: A store that is away for a moment must not cost the successor, which nobody else has.
_SAVE_PAUSES_SECONDS = (0.2, 1.0, 3.0)
#: After a failure everybody who asks hears the same for so long, instead of trying one after the other.
_FAILURE_SECONDS = 5.0


@dataclass(frozen=True)
class _Failure:
    error: OAuthError | ServerUnavailable | StoreError
    until_ticks: float


@dataclass(frozen=True)
class _Unsaved:
    """What the store would not take yet; it belongs in the place of the set with this refresh token."""

    tokens: TokenSet
    instead_of: str | None


class UpstreamTokens:
    """One set of tokens; ``key`` is its name in the store. Threads may share an object, processes have
    their own.

    ``client_auth``: how the platform wants the secret, ``"post"`` (in the form) or ``"basic"`` (in the
    header). ``more`` and ``headers``: what else it wants in each token request, as fields and as headers.
    ``ahead_seconds``: an access token is refreshed so long before its end.
    """

    def __init__(
        self,
        key: str,
        *,
        store: TokenStore,
        token_url: str,
        client_id: str,
        client_secret: str | None = None,
        client_auth: ClientAuth = "post",
        redirect_uri: str | None = None,
        more: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        ahead_seconds: float = 60,
        http: httpx.Client | None = None,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        self.key = key
        self._store = store
        self._endpoint = UpstreamEndpoint(
            token_url,
            client_id,
            client_secret,
            client_auth=client_auth,
            more=more or {},
            headers=headers or {},
            http=http,
            clock=clock,
        )
        self._redirect_uri = redirect_uri
        self._ahead = ahead_seconds
        self._clock = clock
        self._threads = threading.Lock()
        self._held: TokenSet | None = None
        self._unsaved: _Unsaved | None = None
        self._failure: _Failure | None = None

    @classmethod
    def from_environment(
        cls, prefix: str, key: str, *, environment: Mapping[str, str] = os.environ, **options: Any
    ) -> UpstreamTokens:
        """Reads ``<prefix>_CLIENT_ID`` and ``_CLIENT_SECRET`` (or ``…_FILE``) and
        ``<prefix>_REDIRECT_URI``."""
        return cls(
            key,
            client_id=read_secret(f"{prefix}_CLIENT_ID", environment),
            client_secret=find_secret(f"{prefix}_CLIENT_SECRET", environment),
            redirect_uri=environment.get(f"{prefix}_REDIRECT_URI") or None,
            **options,
        )

    @property
    def auth(self) -> httpx.Auth:
        """For ``httpx.Client(auth=…)``: adds the token to each call; a 401 leads to one refresh."""
        return Bearer(self.access_token, lambda rejected: self.access_token(rejected=rejected))

    def access_token(self, *, rejected: str | None = None) -> str:
        """``rejected``: the access token that the platform refused although its time was not over.

        Raises AuthorizationNeeded when there is nothing to refresh with; ServerUnavailable, StoreError,
        OAuthError.
        """
        return self.current(rejected=rejected).access_token

    def current(self, *, rejected: str | None = None) -> TokenSet:
        """As ``access_token``, with everything that the platform said (``.extra["locationId"]``)."""
        held = self.in_memory(rejected=rejected)
        if held is not None:
            return held
        with self._threads:
            return self.in_memory(rejected=rejected) or self._looked_up(rejected)

    def in_memory(self, *, rejected: str | None = None) -> TokenSet | None:
        """What ``current`` would answer without asking anybody."""
        held = self._held
        return held if held is not None and self._serves(held, rejected) else None

    def exchange_code(
        self, code: str, *, code_verifier: str | None = None, only_if_needed: bool = False
    ) -> TokenSet:
        """Takes the authorization code to the platform and stores what comes back.

        ``only_if_needed``: leaves the code alone when the store has tokens that still work, so that every
        process can call this at every start.
        """
        with self._threads, self._store.lock(self.key):
            stored = self._store.load(self.key)
            if only_if_needed and stored is not None and self._is_of_use(stored):
                return self._hold(stored)
            now = self._clock.now()
            fields = {"code": code, "redirect_uri": self._redirect_uri, "code_verifier": code_verifier}
            answer = self._endpoint.ask(
                "authorization_code", **{name: value for name, value in fields.items() if value is not None}
            )
            return self._keep(TokenSet.from_answer(answer, now=now), instead_of=stored)

    def import_json(self, path: str | Path, *, only_if_needed: bool = True) -> TokenSet:
        """Takes over the plain JSON file in which a program kept its tokens. Delete the file afterwards:
        the first refresh uses its refresh token up."""
        with self._threads, self._store.lock(self.key):
            stored = self._store.load(self.key)
            if only_if_needed and stored is not None and self._is_of_use(stored):
                return self._hold(stored)
            return self._keep(read_json(Path(path)), instead_of=stored)

    def forget(self) -> None:
        """Deletes the tokens here. The platform is not told."""
        with self._threads, self._store.lock(self.key):
            self._held = self._unsaved = self._failure = None
            self._store.delete(self.key)

    def _looked_up(self, rejected: str | None) -> TokenSet:
        if self._failure is not None and self._clock.ticks() < self._failure.until_ticks:
            return self._despite(self._failure.error, rejected)
        self._failure = None
        try:
            stored = self._store.load(self.key)
            if stored is not None and self._unsaved is None:
                self._held = stored
                if self._serves(stored, rejected):
                    return self._hold(stored)
            with self._store.lock(self.key):
                return self._refreshed(rejected)
        except (OAuthError, ServerUnavailable, StoreError) as error:
            self._failure = _Failure(error, self._clock.ticks() + _FAILURE_SECONDS)
            return self._despite(error, rejected)

    def _refreshed(self, rejected: str | None) -> TokenSet:
        """Only under the lock."""
        stored = self._store.load(self.key)
        if self._unsaved is not None:
            if (stored and stored.refresh_token) == self._unsaved.instead_of:
                stored = self._save(self._unsaved.tokens)
            self._unsaved = None
        if stored is None:
            raise AuthorizationNeeded(
                f"There are no tokens of {self.key!r} yet: authorize it, and exchange the code."
            )
        if self._serves(stored, rejected):
            return self._hold(stored)
        if stored.refresh_token is None:
            raise AuthorizationNeeded(
                f"The tokens of {self.key!r} cannot be refreshed any more: authorize it again."
            )
        self._held = stored
        # A store that takes nothing says so now, and not when the platform has forgotten the predecessor.
        self._store.save(self.key, stored)
        now = self._clock.now()
        try:
            answer = self._endpoint.ask("refresh_token", refresh_token=stored.refresh_token)
        except AuthorizationNeeded:
            return self._after_refusal(stored)
        return self._keep(TokenSet.from_answer(answer, now=now, before=stored), instead_of=stored)

    def _after_refusal(self, refused: TokenSet) -> TokenSet:
        # Had we lost the lock on the way, somebody else was faster, and theirs is the one that works.
        stored = self._store.load(self.key)
        if stored is not None and stored.refresh_token not in (None, refused.refresh_token):
            return self._hold(stored)
        # What was refused is not sent again; what else is known of the account (`extra`) stays.
        self._hold(self._save(replace(refused, refresh_token=None)))
        raise AuthorizationNeeded(
            f"The platform ended the authorization of {self.key!r}: authorize it again."
        )

    def _keep(self, tokens: TokenSet, *, instead_of: TokenSet | None) -> TokenSet:
        self._unsaved = _Unsaved(tokens, instead_of.refresh_token if instead_of else None)
        self._hold(tokens)
        self._save(tokens)
        self._unsaved = None
        return tokens

    def _save(self, tokens: TokenSet) -> TokenSet:
        for seconds in _SAVE_PAUSES_SECONDS:
            try:
                self._store.save(self.key, tokens)
            except StoreError:
                self._clock.sleep(seconds)
            else:
                return tokens
        self._store.save(self.key, tokens)
        return tokens

    def _hold(self, tokens: TokenSet) -> TokenSet:
        self._held, self._failure = tokens, None
        return tokens

    def _serves(self, tokens: TokenSet, rejected: str | None) -> bool:
        return tokens.access_token != rejected and tokens.is_fresh(self._clock.now(), self._ahead)

    def _is_of_use(self, tokens: TokenSet) -> bool:
        return tokens.refresh_token is not None or tokens.is_fresh(self._clock.now())

    def _despite(self, error: OAuthError | ServerUnavailable | StoreError, rejected: str | None) -> TokenSet:
        """The token that is about to end serves until then."""
        held = self._held
        if held is not None and held.access_token != rejected and held.is_fresh(self._clock.now()):
            return held
        raise error


class AsyncUpstreamTokens:
    """The same for an event loop. Work runs in threads, and cancelling waits for its end: no successor is
    lost."""

    def __init__(self, tokens: UpstreamTokens) -> None:
        self._tokens = tokens

    @property
    def auth(self) -> httpx.Auth:
        return AsyncBearer(self.access_token, lambda rejected: self.access_token(rejected=rejected))

    async def access_token(self, *, rejected: str | None = None) -> str:
        return (await self.current(rejected=rejected)).access_token

    async def current(self, *, rejected: str | None = None) -> TokenSet:
        held = self._tokens.in_memory(rejected=rejected)
        if held is not None:
            return held
        return await anyio.to_thread.run_sync(lambda: self._tokens.current(rejected=rejected))

    async def exchange_code(
        self, code: str, *, code_verifier: str | None = None, only_if_needed: bool = False
    ) -> TokenSet:
        return await anyio.to_thread.run_sync(
            lambda: self._tokens.exchange_code(
                code, code_verifier=code_verifier, only_if_needed=only_if_needed
            )
        )

    async def import_json(self, path: str | Path, *, only_if_needed: bool = True) -> TokenSet:
        return await anyio.to_thread.run_sync(
            lambda: self._tokens.import_json(path, only_if_needed=only_if_needed)
        )

    async def forget(self) -> None:
        await anyio.to_thread.run_sync(self._tokens.forget)
