"""The outbox: what is still to be told, in a file that survives whatever ends the process.

Beside the alerts it keeps up to which event of the log alerts have been made, and both change in
one transaction. So after a crash the log's newer events are looked at again and none is missed; an
alert leaves the file only after it was sent, so it is told at least once, and twice only where the
process ended between the two. ``synchronous=NORMAL`` is enough: what a power cut takes back, it
takes back together with the number, and it is made again of the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from fxpaper.domain.alert import AlertKind, Tone
from fxpaper.domain.instant import Instant
from fxpaper.errors import ConfigurationError
from fxpaper.worker.alert_rules import AlertRule, Bundle, Group, Routed

FILE = "alerts.db"
LINES = 5
"""How many texts a message shows."""

_TABLES = """
CREATE TABLE IF NOT EXISTS seen (
    epoch TEXT NOT NULL, account TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (epoch, account));
CREATE TABLE IF NOT EXISTS waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, rule INTEGER NOT NULL,
    at INTEGER NOT NULL, kind TEXT NOT NULL, tone TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS waiting_target ON waiting (target, rule, id);
CREATE INDEX IF NOT EXISTS waiting_at ON waiting (at);
CREATE TABLE IF NOT EXISTS groups (
    target TEXT NOT NULL, rule INTEGER NOT NULL, told_at INTEGER NOT NULL,
    failures INTEGER NOT NULL, retry_at INTEGER NOT NULL, PRIMARY KEY (target, rule));
"""
_SUMMED = """
SELECT count(*), max(id), min(at), group_concat(DISTINCT kind), group_concat(DISTINCT tone)
FROM waiting WHERE target = ? AND rule = ?
"""


class AlertOutbox:
    """One process's outbox; every call but the first from one thread at a time.

    Every method raises :class:`sqlite3.Error` when the file cannot be read or written.

    Args:
        directory: where its file is.
        name: of the file.
    """

    def __init__(self, directory: Path, name: str = FILE) -> None:
        self._path = directory / name
        self._file: sqlite3.Connection | None = None

    def open(self) -> None:
        """Make or open the file.

        Raises:
            ConfigurationError: it cannot be used.
        """
        try:
            file = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=NORMAL")
            file.executescript(_TABLES)
        except sqlite3.Error as problem:
            raise ConfigurationError(
                f"The alerts that wait to be sent, {self._path}, cannot be read: {problem}. "
                "Move the file away; the ledger does not need it."
            ) from None
        self._file = file

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def seen(self, epoch: str, account: str, first: int) -> int:
        """Return up to which event alerts have been made; ``first`` where none ever was."""
        with self._open:
            self._open.execute(
                "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (epoch, account, first)
            )
        wanted = "SELECT seq FROM seen WHERE epoch = ? AND account = ?"
        found: int = self._open.execute(wanted, (epoch, account)).fetchone()[0]
        return found

    def put(
        self, alerts: Iterable[Routed], at: Instant, seen: tuple[str, str, int] | None = None
    ) -> None:
        """Keep alerts, and with them up to which event they are, all or none.

        Args:
            alerts: in order.
            at: when they are put there, nanoseconds UTC of the machine.
            seen: name of the log, account, number of the event; None where no event made them.
        """
        rows = [
            (one.target, one.rule, at, one.alert.kind, one.alert.tone, one.alert.text)
            for one in alerts
        ]
        file = self._open
        file.execute("BEGIN")
        with file:
            file.executemany(
                "INSERT INTO waiting (target, rule, at, kind, tone, text) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
            if seen is not None:
                file.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", seen)

    def next(
        self, target: str, rules: Sequence[AlertRule], now: Instant
    ) -> Bundle | Instant | None:
        """Return what is to be told a target now, or when something is, or None: nothing waits."""
        dues: list[Instant] = []
        for group in self._groups(target):
            every = rules[group.rule].every_ns if 0 <= group.rule < len(rules) else 0
            due_at = group.due_at(every)
            if due_at <= now:
                return self._bundle(group)
            dues.append(due_at)
        return min(dues, default=None)

    def told(self, bundle: Bundle, now: Instant) -> None:
        """Forget what was told."""
        self._end(bundle, (now, 0, 0))

    def failed(self, bundle: Bundle, retry_at: Instant) -> None:
        """Keep what could not be told for another attempt."""
        group = bundle.group
        row = (group.target, group.rule, group.told_at, group.failures + 1, retry_at)
        with self._open:
            self._open.execute("INSERT OR REPLACE INTO groups VALUES (?, ?, ?, ?, ?)", row)

    def give_up(self, bundle: Bundle) -> None:
        """Forget what could not be told however often it was tried."""
        self._end(bundle, (bundle.group.told_at, 0, 0))

    def expire(self, before: Instant) -> dict[str, int]:
        """Forget what has waited since before an instant; returns how much, by target."""
        counted = "SELECT target, count(*) FROM waiting WHERE at < ? GROUP BY target"
        found = dict(self._open.execute(counted, (before,)).fetchall())
        if found:
            with self._open:
                self._open.execute("DELETE FROM waiting WHERE at < ?", (before,))
        return found

    def strangers(self, targets: Iterable[str]) -> dict[str, int]:
        """Forget what waits for targets that are no more; returns how much, by target."""
        known = set(targets)
        counted = "SELECT target, count(*) FROM waiting GROUP BY target"
        rows = self._open.execute(counted).fetchall()
        found = {target: count for target, count in rows if target not in known}
        with self._open:
            for target in found:
                self._open.execute("DELETE FROM waiting WHERE target = ?", (target,))
        return found

    @property
    def _open(self) -> sqlite3.Connection:
        if self._file is None:
            raise sqlite3.ProgrammingError("the outbox is closed")
        return self._file

    def _groups(self, target: str) -> list[Group]:
        wanted = (
            "SELECT waiting.rule, coalesce(told_at, 0), coalesce(failures, 0), "
            "coalesce(retry_at, 0) FROM (SELECT DISTINCT target, rule FROM waiting "
            "WHERE target = ?) AS waiting LEFT JOIN groups USING (target, rule) "
            "ORDER BY waiting.rule"
        )
        rows = self._open.execute(wanted, (target,)).fetchall()
        return [
            Group(target=target, rule=rule, told_at=told, failures=failures, retry_at=retry)
            for rule, told, failures, retry in rows
        ]

    def _bundle(self, group: Group) -> Bundle:
        place = (group.target, group.rule)
        count, last, first_at, kinds, tones = self._open.execute(_SUMMED, place).fetchone()
        texts = "SELECT text FROM waiting WHERE target = ? AND rule = ? ORDER BY id LIMIT ?"
        lines = self._open.execute(texts, (*place, LINES)).fetchall()
        return Bundle(
            group=group,
            last_id=last,
            count=count,
            first_at=first_at,
            kinds=tuple(AlertKind(one) for one in sorted(kinds.split(","))),
            tones=tuple(Tone(one) for one in sorted(tones.split(","))),
            lines=tuple(text for (text,) in lines),
        )

    def _end(self, bundle: Bundle, state: tuple[Instant, int, Instant]) -> None:
        place = (bundle.group.target, bundle.group.rule)
        self._open.execute("BEGIN")
        with self._open:
            self._open.execute(
                "DELETE FROM waiting WHERE target = ? AND rule = ? AND id <= ?",
                (*place, bundle.last_id),
            )
            self._open.execute(
                "INSERT OR REPLACE INTO groups VALUES (?, ?, ?, ?, ?)", (*place, *state)
            )
