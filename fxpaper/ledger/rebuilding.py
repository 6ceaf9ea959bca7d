"""The projections made anew from the log, to compare them or to replace them."""

from __future__ import annotations

from sqlalchemy import Connection, Table, delete, func, select

from fxpaper.ledger import log
from fxpaper.ledger.merging import merged
from fxpaper.ledger.records import Difference
from fxpaper.ledger.sqlite import scratch
from fxpaper.ledger.tables import EVENTS, METADATA, PROJECTIONS
from fxpaper.ledger.writing import write

_EVENTS_AT_ONCE = 1_000

Cells = tuple[str | int | None, ...]


def rebuild(connection: Connection) -> None:
    """Replace every projection by what the log says, in the transaction of ``connection``."""
    for table in reversed(PROJECTIONS):
        connection.execute(delete(table))
    _replay(connection, connection)


def differences(connection: Connection) -> list[Difference]:
    """Return where the log has gaps and where the projections are not what it says."""
    found = _gaps(connection)
    engine = scratch()
    try:
        with engine.begin() as rebuilt:
            METADATA.create_all(rebuilt)
            _replay(connection, rebuilt)
            for table in PROJECTIONS:
                found += _compared(table, _rows(connection, table), _rows(rebuilt, table))
    finally:
        engine.dispose()
    return found


def _replay(source: Connection, target: Connection) -> None:
    for events in log.whole(source, _EVENTS_AT_ONCE):
        write(target, merged(events))


def _gaps(connection: Connection) -> list[Difference]:
    last, count = func.max(EVENTS.c.seq), func.count()
    wanted = select(EVENTS.c.account, last, count).group_by(EVENTS.c.account)
    return [
        Difference(EVENTS.name, (account,), (f"{count} events up to {last}",), None)
        for account, last, count in connection.execute(wanted.having(last != count))
    ]


def _rows(connection: Connection, table: Table) -> dict[Cells, Cells]:
    width = len(table.primary_key.columns)
    rows = connection.execute(select(*table.primary_key.columns, *table.columns))
    return {tuple(row[:width]): tuple(row[width:]) for row in rows}


def _compared(
    table: Table, stored: dict[Cells, Cells], rebuilt: dict[Cells, Cells]
) -> list[Difference]:
    return [
        Difference(table.name, key, stored.get(key), rebuilt.get(key))
        for key in sorted(stored.keys() | rebuilt.keys())
        if stored.get(key) != rebuilt.get(key)
    ]
