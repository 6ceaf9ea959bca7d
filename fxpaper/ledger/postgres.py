"""A ledger in a PostgreSQL database.

One process writes: it holds an advisory lock of the session for as long as it lives, so a second
one is refused while the first is alive. A connection can be lost without its process noticing, so
the holder also leaves a token in the database, which every transaction checks with a row lock
before it writes: whoever was taken over writes nothing more (a fencing token).

Durability is the server's ``synchronous_commit``, which is switched on for every transaction that
writes. A read is a transaction of its own that sees the state of one commit (``REPEATABLE READ``).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, create_engine, delete, insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from fxpaper.errors import ConfigurationError, FxpaperError, IntegrityError, TransientError
from fxpaper.ledger.store import Doors
from fxpaper.ledger.tables import META

SCHEMES = ("postgresql", "postgres")
_LOCK = 0x66787061
"""The advisory lock's number: the letters ``fxpa``."""
_WRITER = "writer"
_CONSTRAINT_CLASS = "23"
_CONNECT_SECONDS = 10
_PATIENCE = "3s"
_LOCK_NOT_AVAILABLE = "55P03"


class PostgresStore:
    """A database.

    Args:
        url: ``postgresql://user:password@host/database``.
    """

    def __init__(self, url: str) -> None:
        self._url = "postgresql+psycopg" + url[url.index("://") :]
        found = urlsplit(url)
        self._shown = f"{found.hostname or 'localhost'}{found.path}"
        self._token = secrets.token_hex(8)

    @property
    def name(self) -> str:
        """Host and database, without the password."""
        return self._shown

    def open_to_write(self, opening: ExitStack) -> Doors:
        """Hold the database for this process alone."""
        with self.explained():
            holder = self._engine(pool_size=1)
            opening.callback(holder.dispose)
            session = opening.enter_context(holder.connect())
            self._hold(session)
        doors = Doors(self._engine(pool_size=1), self._reader())
        for door in doors:
            opening.callback(door.dispose)
        return doors

    def open_to_read(self, opening: ExitStack) -> Engine:
        """Look at the database."""
        reader = self._reader()
        opening.callback(reader.dispose)
        return reader

    def check(self, connection: Connection) -> None:
        """Ask nothing more: the server checks its own pages."""
        del connection

    def opened(self, doors: Doors) -> None:
        """Leave this process's token."""
        with self.explained(), doors.writer.begin() as connection:
            connection.execute(delete(META).where(META.c.name == _WRITER))
            connection.execute(insert(META).values(name=_WRITER, value=self._token))

    def require_held(self, connection: Connection) -> None:
        """Refuse to write after another process has taken over."""
        connection.execute(text("SET LOCAL synchronous_commit = on"))
        wanted = select(META.c.value).where(META.c.name == _WRITER).with_for_update()
        if connection.scalar(wanted) != self._token:
            raise ConfigurationError(
                f"Another fxpaper has taken over the database {self._shown}. Nothing was written. "
                "Stop this one."
            )

    def explained(self) -> AbstractContextManager[None]:
        """Explain the server's faults."""
        return _explained(self._shown)

    def _hold(self, session: Connection) -> None:
        """Take the lock; the server may need a moment to see that a killed holder is gone."""
        session.execute(text(f"SET lock_timeout = '{_PATIENCE}'"))
        try:
            session.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            raise ConfigurationError(
                f"Another fxpaper is using the database {self._shown}. Stop it, or give this one a "
                "database of its own."
            ) from None
        session.commit()

    def _engine(self, pool_size: int) -> Engine:
        try:
            return create_engine(
                self._url,
                pool_size=pool_size,
                max_overflow=0,
                pool_pre_ping=True,
                connect_args={"connect_timeout": _CONNECT_SECONDS},
            )
        except ModuleNotFoundError:
            raise ConfigurationError(
                "A ledger in PostgreSQL needs a driver. Install it with: pip install "
                "'fxpaper[postgres]'"
            ) from None

    def _reader(self) -> Engine:
        return self._engine(pool_size=4).execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise _explanation(name, error) from error


def _explanation(name: str, error: SQLAlchemyError) -> FxpaperError:
    original = getattr(error, "orig", None) or error
    said = str(original).strip().splitlines()[0] if str(original).strip() else repr(original)
    state = str(getattr(original, "sqlstate", None) or "")
    if state.startswith(_CONSTRAINT_CLASS):
        return IntegrityError(
            f"What was to be written contradicts the ledger {name} ({said}). Nothing was written."
        )
    if isinstance(error, OperationalError) or getattr(error, "connection_invalidated", False):
        return TransientError(
            f"The database {name} cannot be reached or has ended the connection ({said}). Nothing "
            "was written; it is tried again."
        )
    if isinstance(error, DBAPIError):
        return IntegrityError(
            f"The ledger {name} is not as fxpaper left it ({said}). Nothing was written."
        )
    return ConfigurationError(f"The database {name} cannot be used ({said}).")
