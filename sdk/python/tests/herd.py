"""Processes of a service that all want the token at the same moment. Prints what each of them got.

``python herd.py COUNT STORE PLACE TOKEN_URL``: STORE is ``file`` or ``postgres``. The key of the store is
in the environment. It forks after loading everything, so that twenty are as quick as one.
"""

from __future__ import annotations

import sys

from crowd import fork_at_once
from pretend_platform import CLIENT_ID, CLIENT_SECRET

from portaria.postgres_token_store import PostgresTokenStore
from portaria.sealer import Sealer
from portaria.token_stores import FileTokenStore, TokenStore
from portaria.upstream_tokens import UpstreamTokens


def open_store(kind: str, place: str, sealer: Sealer) -> TokenStore:
    if kind == "file":
        return FileTokenStore(place, sealer, lock_timeout_seconds=30)
    return PostgresTokenStore(place, sealer, lock_timeout_seconds=30)


def main(count: int, kind: str, place: str, token_url: str) -> None:
    if count == 1:
        print(ask(kind, place, token_url))
        return
    fork_at_once(count, lambda: ask(kind, place, token_url))


def ask(kind: str, place: str, token_url: str) -> str:
    store = open_store(kind, place, Sealer.from_environment())
    tokens = UpstreamTokens(
        "crm", store=store, token_url=token_url, client_id=CLIENT_ID, client_secret=CLIENT_SECRET
    )
    return tokens.access_token()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4])
