"""The ledger: what happened, for ever, and what follows from it now.

How it works, in four rules:

1. The event log is the truth. Each account's events are numbered from 1 without a gap, and no
   event is ever changed. Everything else is a projection: rows that can be made anew from the log.
2. Events and the rows they change are one transaction. A commit that returned is on the disk; one
   that failed has written nothing, and whoever called goes on from :meth:`Ledger.load`.
3. One process writes, through one connection. Reading never waits for it, nor it for reading: each
   read sees the state of one commit.
4. No answer needs the log to be read from its start.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select

from fxpaper.domain.deal import Deal
from fxpaper.domain.event import Recorded
from fxpaper.domain.order import Order
from fxpaper.domain.signal import ModelPolicy, SignalRecord, SignalStatus
from fxpaper.errors import ConfigurationError
from fxpaper.ledger import log, questions, schema, sqlite
from fxpaper.ledger.lock import locked
from fxpaper.ledger.projections import merged
from fxpaper.ledger.rebuilding import differences, rebuild
from fxpaper.ledger.records import Chain, Difference, LedgerState, ModelCount, Page
from fxpaper.ledger.tables import META
from fxpaper.ledger.writing import write

_EPOCH = "epoch"


def _random_epoch() -> str:
    return secrets.token_hex(8)


class Ledger:
    """The ledger in one SQLite file. One thread may write while others read.

    Every method that touches the file raises :class:`~fxpaper.errors.IntegrityError` when it is
    damaged and :class:`~fxpaper.errors.ConfigurationError` when disk or rights are in the way.

    Args:
        path: of the file; ``.lock``, ``-wal`` and ``-shm`` files appear beside it.
        read_only: look at a ledger without holding it, even while a daemon writes it.
        new_epoch: names a log that is just being made.

    Attributes:
        epoch: the name of this log, fixed when it was made; event numbers of another epoch mean
            nothing here.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        new_epoch: Callable[[], str] = _random_epoch,
    ) -> None:
        self.path = path
        self.epoch = ""
        self._read_only = read_only
        self._new_epoch = new_epoch
        self._held = ExitStack()
        self._writer: Engine | None = None
        self._reader: Engine | None = None
        self._writing = threading.Lock()
        self._snapshot = threading.local()
        self._file: tuple[int, int] | None = None

    def open(self) -> None:
        """Hold the ledger and make, check and migrate it as needed.

        Raises:
            IntegrityError: the file is damaged.
            ConfigurationError: it is in use, not writable, not a ledger, or of a newer fxpaper.
        """
        with ExitStack() as opening, sqlite.reachable(self.path), sqlite.explained(self.path):
            if self._read_only:
                self._open_to_read(opening)
            else:
                self._open_to_write(opening)
            self._held = opening.pop_all()

    def close(self) -> None:
        """Let go of the file; it may be opened again."""
        self._held.close()
        self._writer = self._reader = None

    def commit(self, events: Sequence[Recorded]) -> None:
        """Write events and the rows they change, all or none; on the disk when it returns.

        Raises:
            IntegrityError: a number does not continue its account's log, or events contradict
                what is known.
        """
        if not events:
            return
        lines, changes = log.lines(events), merged(events)
        with self._transaction() as connection:
            log.append(connection, events, lines)
            write(connection, changes)

    def rebuild(self) -> None:
        """Replace every projection by what the log says."""
        with self._transaction() as connection:
            rebuild(connection)

    def verify(self) -> list[Difference]:
        """Return every row that is not what the log says; reads the whole ledger."""
        with self._reading() as connection:
            return differences(connection)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let every question that this thread asks inside see the state of one commit."""
        with self._reading() as connection:
            outer = getattr(self._snapshot, "connection", None)
            self._snapshot.connection = connection
            try:
                yield
            finally:
                self._snapshot.connection = outer

    def load(self, account: str) -> LedgerState | None:
        """Return an account as it was last committed; None when there is none of that name."""
        with self._reading() as connection:
            return questions.state(connection, account)

    def account_ids(self) -> list[str]:
        """Return every account's id, by name."""
        with self._reading() as connection:
            return questions.account_ids(connection)

    def orders(self, account: str, limit: int, cursor: str | None = None) -> Page[Order]:
        """Return a page of orders, newest first.

        Raises:
            InputError: the limit or the cursor makes no sense; as for every page.
        """
        with self._reading() as connection:
            return questions.orders(connection, account, limit, cursor)

    def deals(self, account: str, limit: int, cursor: str | None = None) -> Page[Deal]:
        """Return a page of deals, newest first."""
        with self._reading() as connection:
            return questions.deals(connection, account, limit, cursor)

    def deals_of_position(self, account: str, position_id: str) -> list[Deal]:
        """Return the fills that opened and closed a position, oldest first."""
        with self._reading() as connection:
            return list(questions.deals_of_positions(connection, account, (position_id,)))

    def signals(
        self,
        account: str,
        limit: int,
        cursor: str | None = None,
        *,
        model: str | None = None,
        symbol: str | None = None,
        status: SignalStatus | None = None,
    ) -> Page[SignalRecord]:
        """Return a page of the journal, newest first, of one model, symbol or status if given."""
        given = {"model": model, "symbol": symbol, "status": status and status.value}
        filters = {column: value for column, value in given.items() if value is not None}
        with self._reading() as connection:
            return questions.signals(connection, account, limit, cursor, filters)

    def signal(self, account: str, id_: str) -> SignalRecord | None:
        """Return the signal of that id, else the newest unreadable one that was sent with it."""
        with self._reading() as connection:
            return questions.signal(connection, account, id_)

    def signals_named(self, account: str, ids: Collection[str]) -> dict[str, SignalRecord]:
        """Return those signals, readable or not, that are known among ``ids``, by id."""
        with self._reading() as connection:
            return questions.signals_named(connection, account, ids)

    def chain(self, account: str, id_: str) -> Chain | None:
        """Return a signal, found as by :meth:`signal`, with everything it led to."""
        with self._reading() as connection:
            return questions.chain(connection, account, id_)

    def policies(self, account: str) -> list[ModelPolicy]:
        """Return what each known model may do, by its name."""
        with self._reading() as connection:
            return questions.policies(connection, account)

    def model_counts(self, account: str) -> list[ModelCount]:
        """Count the signals of every model that sent one, by its name."""
        with self._reading() as connection:
            return questions.model_counts(connection, account)

    def events_since(self, account: str, seq: int, limit: int) -> list[Recorded]:
        """Return up to ``limit`` events that come after number ``seq``, oldest first."""
        with self._reading() as connection:
            return log.since(connection, account, seq, limit)

    def _open_to_write(self, opening: ExitStack) -> None:
        opening.enter_context(locked(self.path))
        sqlite.refuse_empty(self.path)
        writer, reader = sqlite.writer(self.path), sqlite.reader(self.path)
        opening.callback(writer.dispose)
        opening.callback(reader.dispose)
        if not self.path.exists():
            sqlite.write_ahead(writer)
        with writer.begin() as connection:
            sqlite.check(connection, self.path)
            schema.migrate(connection, self.path)
            epoch = _epoch_of(connection)
            if epoch is None:
                epoch = self._new_epoch()
                connection.execute(insert(META).values(name=_EPOCH, value=epoch))
        sqlite.write_ahead(writer)
        self.epoch, self._writer, self._reader = epoch, writer, reader
        self._file = _identity(self.path)

    def _open_to_read(self, opening: ExitStack) -> None:
        if not self.path.is_file():
            raise ConfigurationError(
                f"There is no ledger {self.path}. Start fxpaper run once, or name the directory "
                "it is in with --data-dir."
            )
        sqlite.refuse_empty(self.path)
        reader = sqlite.reader(self.path)
        opening.callback(reader.dispose)
        with reader.begin() as connection:
            schema.require_present(connection, self.path)
            self.epoch = _epoch_of(connection) or ""
        self._reader = reader

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._writer is None:
            raise ConfigurationError(
                f"The ledger {self.path} is not open for writing. Nothing was written."
            )
        with self._writing, sqlite.explained(self.path):
            if _identity(self.path) != self._file:
                raise ConfigurationError(
                    f"The ledger {self.path} was removed or replaced while fxpaper was using it. "
                    "Nothing was written. Put it back and start fxpaper again."
                )
            with self._writer.begin() as connection:
                yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        shared: Connection | None = getattr(self._snapshot, "connection", None)
        if shared is not None:
            with sqlite.explained(self.path):
                yield shared
            return
        if self._reader is None:
            raise ConfigurationError(f"The ledger {self.path} is not open.")
        with sqlite.explained(self.path), self._reader.begin() as connection:
            yield connection


def _epoch_of(connection: Connection) -> str | None:
    found: str | None = connection.scalar(select(META.c.value).where(META.c.name == _EPOCH))
    return found


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
