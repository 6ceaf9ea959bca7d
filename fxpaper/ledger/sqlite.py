"""SQLite: how the ledger's file is reached, checked, and what its faults mean.

Durability: write-ahead log with ``synchronous=FULL``, so a commit that returned has been synced
(https://sqlite.org/pragma.html#pragma_synchronous). A transaction starts with ``BEGIN IMMEDIATE``
to write and ``BEGIN`` to read; Python's own transaction control is off, because it starts none
before a ``SELECT``, and several reads of one answer must see one state.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError

from fxpaper.errors import ConfigurationError, FxpaperError, IntegrityError

_BUSY_SECONDS = 5.0
_WRITER = ("synchronous=FULL", "foreign_keys=ON")
_READER = ("query_only=ON",)


def writer(path: Path) -> Engine:
    """Return an engine with the one connection that writes to ``path``; makes a missing file."""

    def connect() -> sqlite3.Connection:
        return _connection(path, "rwc", _WRITER)

    return _engine(connect, "BEGIN IMMEDIATE", pool_size=1)


def reader(path: Path) -> Engine:
    """Return an engine whose connections read ``path`` and cannot change it."""

    def connect() -> sqlite3.Connection:
        return _connection(path, "ro", _READER)

    return _engine(connect, "BEGIN", pool_size=4)


def scratch() -> Engine:
    """Return an engine with one connection to an empty database that vanishes with it."""
    return _engine(lambda: sqlite3.connect("", isolation_level=None), "BEGIN", pool_size=1)


def write_ahead(engine: Engine) -> None:
    """Switch the file to the write-ahead log, which it remembers; not possible in a transaction."""
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")


def refuse_empty(path: Path) -> None:
    """Refuse a file that SQLite would take for a new database.

    Raises:
        IntegrityError: the file exists and has no bytes.
    """
    if path.exists() and path.stat().st_size == 0:
        raise IntegrityError(
            f"The ledger {path} is empty (0 bytes), so what was in it is lost. Restore a backup; "
            "if there never was anything in it, delete the file and start again."
        )


def check(connection: Connection, path: Path) -> None:
    """Let SQLite look over the whole file (``PRAGMA quick_check``).

    Raises:
        IntegrityError: it found damage.
    """
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise _damaged(path, str(found).splitlines()[-1])


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn faults of the database into those of fxpaper.

    Raises:
        IntegrityError: the file is damaged, or what was to be written contradicts it.
        ConfigurationError: the disk, the rights or another program are in the way.
    """
    try:
        yield
    except DBAPIError as error:
        raise _explanation(path, error.orig) from error
    except sqlite3.Error as error:
        raise _explanation(path, error) from error


@contextmanager
def reachable(path: Path) -> Iterator[None]:
    """Turn faults of the file system into those of fxpaper.

    Raises:
        ConfigurationError: the directory does not exist, is not writable or is none.
    """
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"The ledger {path} cannot be used: {error.strerror or error}. Its directory must "
            "exist and be writable; choose another one with --data-dir."
        ) from error


def _explanation(path: Path, error: BaseException | None) -> FxpaperError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_CORRUPT:
        return _damaged(path, str(error))
    if code == sqlite3.SQLITE_CONSTRAINT:
        return IntegrityError(
            f"What was to be written contradicts the ledger {path} ({error}). Nothing was written."
        )
    reason = _IN_THE_WAY.get(code)
    if reason is not None:
        return ConfigurationError(f"{reason.format(path=path)} Nothing was written. ({error})")
    return IntegrityError(
        f"The ledger {path} is not as fxpaper left it ({error}). Nothing was written. "
        "Restore a backup, or start an empty ledger with --data-dir."
    )


_RIGHTS = (
    "The ledger {path} cannot be opened for this. Its directory must exist and be writable by "
    "this user; choose another one with --data-dir."
)

_IN_THE_WAY = {
    sqlite3.SQLITE_NOTADB: (
        "{path} is not a database. If it was the ledger, restore a backup; if it is something "
        "else, choose another directory with --data-dir."
    ),
    sqlite3.SQLITE_FULL: "No space is left for the ledger {path}. Free some and try again.",
    sqlite3.SQLITE_IOERR: "The disk failed to read or write the ledger {path}. Check the disk.",
    sqlite3.SQLITE_BUSY: (
        "Another program holds the ledger {path} locked. Close it there and try again."
    ),
    sqlite3.SQLITE_READONLY: _RIGHTS,
    sqlite3.SQLITE_CANTOPEN: _RIGHTS,
    sqlite3.SQLITE_PERM: _RIGHTS,
}


def _damaged(path: Path, reason: str) -> IntegrityError:
    return IntegrityError(
        f"The ledger {path} is damaged ({reason}). Stop fxpaper, keep a copy of the file and "
        "restore a backup; or start an empty ledger with --data-dir."
    )


def _connection(path: Path, mode: str, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _engine(connect: Callable[[], sqlite3.Connection], begin: str, pool_size: int) -> Engine:
    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=pool_size, max_overflow=-1
    )

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
