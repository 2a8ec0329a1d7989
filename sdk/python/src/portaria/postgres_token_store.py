"""The token store that is a table in PostgreSQL, for processes on any number of machines.

The lock is an advisory one in a transaction of its own: it works behind a pooler in transaction mode, and
is free again when its holder dies. What is stored is committed at once on another connection, whatever
becomes of the lock. Needs ``portaria[postgres]``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import StoreBusy, StoreError
from .sealer import Sealer
from .token_set import TokenSet

try:
    import psycopg
    from psycopg import sql
except ImportError as error:  # pragma: no cover
    raise ImportError("A token store in PostgreSQL needs more: pip install 'portaria[postgres]'") from error

__all__ = ["PostgresTokenStore"]

_TABLE = """create table if not exists {} (
  key text primary key,
  tokens_sealed text not null,
  updated_at timestamptz not null default now()
)"""


class PostgresTokenStore:
    """``conninfo``: ``postgresql://…`` or libpq's ``host=… dbname=…``.

    Each operation opens a connection of its own; a refresh, which is rare, holds two.
    """

    def __init__(
        self,
        conninfo: str,
        sealer: Sealer,
        *,
        table: str = "portaria_tokens",
        lock_timeout_seconds: float = 90,
        connect_timeout_seconds: int = 5,
    ) -> None:
        try:
            psycopg.conninfo.conninfo_to_dict(conninfo)
        except psycopg.ProgrammingError:
            # Its own message repeats the password.
            raise StoreError(
                "The address of the token store's database is not understood: write postgresql://user@host/database."
            ) from None
        self._conninfo = conninfo
        self._sealer = sealer
        self._table = sql.Identifier(*table.split("."))
        self._table_name = table
        self._lock_timeout = lock_timeout_seconds
        self._connect_timeout = connect_timeout_seconds

    def table_sql(self) -> str:
        """The statement of ``create_table``, for those whose tables are made by migrations."""
        return sql.SQL(_TABLE).format(self._table).as_string(None)

    def create_table(self) -> None:
        """Does nothing when the table is there."""
        with self._connection() as connection:
            # Two that make one table at the same time would collide in the catalogue.
            connection.execute("select pg_advisory_xact_lock(%s)", [self._lock_number("create table")])
            connection.execute(sql.SQL(_TABLE).format(self._table))

    def load(self, key: str) -> TokenSet | None:
        with self._connection() as connection:
            query = sql.SQL("select tokens_sealed from {} where key = %s").format(self._table)
            row = connection.execute(query, [key]).fetchone()
        return None if row is None else TokenSet.from_json(self._sealer.open(str(row[0]), key))

    def save(self, key: str, tokens: TokenSet) -> None:
        statement = sql.SQL(
            "insert into {} (key, tokens_sealed) values (%s, %s) "
            "on conflict (key) do update set tokens_sealed = excluded.tokens_sealed, updated_at = now()"
        ).format(self._table)
        with self._connection() as connection:
            connection.execute(statement, [key, self._sealer.seal(tokens.to_json(), key)])

    def delete(self, key: str) -> None:
        with self._connection() as connection:
            connection.execute(sql.SQL("delete from {} where key = %s").format(self._table), [key])

    def list_keys(self) -> list[str]:
        with self._connection() as connection:
            rows = connection.execute(
                sql.SQL("select key from {} order by key").format(self._table)
            ).fetchall()
        return [str(row[0]) for row in rows]

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        with _store_errors():
            connection = self._connect()
        try:
            with _store_errors():
                self._take_lock(connection, key)
            yield
        finally:
            # Ends the transaction, and with it the lock, in whatever state the connection is.
            connection.close()

    def _take_lock(self, connection: psycopg.Connection[tuple[object, ...]], key: str) -> None:
        milliseconds = str(int(self._lock_timeout * 1000))
        # A holder whose machine is cut off says nothing any more: its lock ends with the patience of the
        # others.
        connection.execute(
            "select set_config('idle_in_transaction_session_timeout', %s, true)", [milliseconds]
        )
        connection.execute("select set_config('lock_timeout', %s, true)", [milliseconds])
        try:
            connection.execute("select pg_advisory_xact_lock(%s)", [self._lock_number(key)])
        except psycopg.errors.LockNotAvailable as error:
            raise StoreBusy(key, self._lock_timeout) from error

    def _lock_number(self, key: str) -> int:
        digest = hashlib.sha256(f"portaria {self._table_name} {key}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        with _store_errors(), self._connect() as connection:
            yield connection

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        # Statements that a pooler would have to remember are never prepared.
        return psycopg.connect(self._conninfo, connect_timeout=self._connect_timeout, prepare_threshold=None)


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UndefinedTable as error:
        raise StoreError("The table of the token store is missing. Call create_table() once.") from error
    except psycopg.Error as error:
        raise StoreError(f"The token store cannot be used: {error}".strip()) from error
