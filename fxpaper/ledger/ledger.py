"""The ledger: what happened, for ever, and what follows from it now.

How it works, in four rules:

1. The event log is the truth. Each account's events are numbered from 1 without a gap, and no
   event is ever changed. Everything else is a projection: rows that can be made anew from the log.
2. Events and the rows they change are one transaction. A commit that returned is on the disk; one
   that failed has written nothing, and whoever called goes on from :meth:`Ledger.load`.
3. One process writes, through one connection. Reading never waits for it, nor it for reading: each
   read sees the state of one commit.
4. No answer needs the log to be read from its start; what limits count is read from the day's.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select

from fxpaper.domain.account import shadow_of
from fxpaper.domain.deal import Deal
from fxpaper.domain.event import Recorded
from fxpaper.domain.order import Order
from fxpaper.domain.outcome import Outcome
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.signal import ModelPolicy, SignalRecord, SignalStatus
from fxpaper.errors import ConfigurationError
from fxpaper.ledger import log, outcomes, questions, schema
from fxpaper.ledger.merging import merged
from fxpaper.ledger.postgres import SCHEMES, PostgresStore
from fxpaper.ledger.rebuilding import differences, rebuild
from fxpaper.ledger.records import AlertRow, Chain, Difference, LedgerState, ModelCount, Page, Twins
from fxpaper.ledger.sqlite_store import SqliteStore
from fxpaper.ledger.store import Store
from fxpaper.ledger.tables import META
from fxpaper.ledger.writing import write

_EPOCH = "epoch"


def _random_epoch() -> str:
    return secrets.token_hex(8)


class Ledger:
    """The ledger in one database. One thread may write while others read.

    Every method that touches it raises :class:`~fxpaper.errors.IntegrityError` when it is damaged,
    :class:`~fxpaper.errors.ConfigurationError` when disk, rights or another process are in the way
    and :class:`~fxpaper.errors.TransientError` when a server cannot be reached.

    Args:
        where: path of a SQLite file, or URL of a PostgreSQL database.
        read_only: look at a ledger without holding it, even while a daemon writes it.
        new_epoch: names a log that is just being made.

    Attributes:
        where: as it was given.
        epoch: the name of this log, fixed when it was made; event numbers of another epoch mean
            nothing here.
    """

    def __init__(
        self,
        where: Path | str,
        *,
        read_only: bool = False,
        new_epoch: Callable[[], str] = _random_epoch,
    ) -> None:
        self.where = where
        self._store = store_at(where)
        self.epoch = ""
        self._read_only = read_only
        self._new_epoch = new_epoch
        self._held = ExitStack()
        self._writer: Engine | None = None
        self._reader: Engine | None = None
        self._writing = threading.Lock()
        self._snapshot = threading.local()

    def open(self) -> None:
        """Hold the ledger and make, check and migrate it as needed.

        Raises:
            IntegrityError: the file is damaged.
            ConfigurationError: it is in use, not writable, not a ledger, or of a newer fxpaper.
        """
        with ExitStack() as opening, self._store.explained():
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

    def price_alerts(self, account: str, limit: int, cursor: str | None = None) -> Page[AlertRow]:
        """Return a page of price alerts, newest first."""
        with self._reading() as connection:
            return questions.price_alerts(connection, account, limit, cursor)

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

    def stated(self, account: str, signal_ids: Collection[str | None]) -> dict[str, Decimal]:
        """Return the confidence of those signals, by id."""
        with self._reading() as connection:
            return outcomes.stated(connection, account, signal_ids)

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

    def outcomes(
        self, account: str, *, model: str | None = None, symbol: str | None = None
    ) -> list[Outcome]:
        """Return what models' closed positions came to since the last reset, oldest first."""
        with self._reading() as connection:
            return outcomes.outcomes(connection, account, model, symbol)

    def refusals_by_code(
        self, account: str, model: str, symbol: str | None = None
    ) -> dict[RefusalCode, int]:
        """Count a model's refused signals by reason, the most frequent first."""
        with self._reading() as connection:
            return outcomes.refusals_by_code(connection, account, model, symbol)

    def signals_by_status(
        self, account: str, model: str, symbol: str | None = None
    ) -> dict[SignalStatus, int]:
        """Count a model's signals by what became of them; every status is there."""
        with self._reading() as connection:
            return outcomes.signals_by_status(connection, account, model, symbol)

    def twins(self, account: str, limit: int) -> list[Twins]:
        """Return a live account's newest positions with what its shadow did, newest first."""
        with self._reading() as connection:
            return questions.twins(connection, account, shadow_of(account), limit)

    def events_since(self, account: str, seq: int, limit: int) -> list[Recorded]:
        """Return up to ``limit`` events that come after number ``seq``, oldest first."""
        with self._reading() as connection:
            return log.since(connection, account, seq, limit)

    def _open_to_write(self, opening: ExitStack) -> None:
        doors = self._store.open_to_write(opening)
        with self._store.explained(), doors.writer.begin() as connection:
            self._store.check(connection)
            schema.migrate(connection, self._store.name)
            epoch = _epoch_of(connection)
            if epoch is None:
                epoch = self._new_epoch()
                connection.execute(insert(META).values(name=_EPOCH, value=epoch))
        self._store.opened(doors)
        self.epoch, self._writer, self._reader = epoch, doors.writer, doors.reader

    def _open_to_read(self, opening: ExitStack) -> None:
        reader = self._store.open_to_read(opening)
        with reader.begin() as connection:
            schema.require_present(connection, self._store.name)
            self.epoch = _epoch_of(connection) or ""
        self._reader = reader

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._writer is None:
            raise ConfigurationError(
                f"The ledger {self._store.name} is not open for writing. Nothing was written."
            )
        with self._writing, self._store.explained(), self._writer.begin() as connection:
            self._store.require_held(connection)
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        shared: Connection | None = getattr(self._snapshot, "connection", None)
        if shared is not None:
            with self._store.explained():
                yield shared
            return
        if self._reader is None:
            raise ConfigurationError(f"The ledger {self._store.name} is not open.")
        with self._store.explained(), self._reader.begin() as connection:
            yield connection


def store_at(where: Path | str) -> Store:
    """Return what holds the ledger at a path or at the URL of a PostgreSQL database."""
    if isinstance(where, str) and where.partition("://")[0] in SCHEMES:
        return PostgresStore(where)
    return SqliteStore(Path(where))


def _epoch_of(connection: Connection) -> str | None:
    found: str | None = connection.scalar(select(META.c.value).where(META.c.name == _EPOCH))
    return found
