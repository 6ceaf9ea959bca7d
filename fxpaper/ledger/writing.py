"""Row changes become statements: one for all rows of a table that change alike."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Connection, Delete, Table, Update, bindparam, delete, insert, update

from fxpaper.errors import IntegrityError
from fxpaper.ledger.changes import Cell, Change, Write
from fxpaper.ledger.tables import PROJECTIONS

Row = dict[str, Cell]

_KEYS = {table.name: tuple(table.primary_key.columns.keys()) for table in PROJECTIONS}
_RANK = {table.name: rank for rank, table in enumerate(PROJECTIONS)}


def write(connection: Connection, changes: Iterable[Change]) -> None:
    """Apply changes of different rows; an account comes before what belongs to it.

    Raises:
        IntegrityError: a row that should change does not exist.
    """
    groups: dict[tuple[int, Write, tuple[str, ...]], list[Change]] = {}
    for change in changes:
        alike = (_RANK[change.table.name], change.write, tuple(change.cells))
        groups.setdefault(alike, []).append(change)
    for (rank, kind, columns), alike_changes in sorted(groups.items(), key=_rank_of):
        table = PROJECTIONS[rank]
        if kind is Write.UPDATE:
            _change(connection, table, columns, alike_changes)
            continue
        if kind is Write.REPLACE:
            connection.execute(_removal(table), [_where(change) for change in alike_changes])
        connection.execute(insert(table), [_row(change) for change in alike_changes])


def _rank_of(group: tuple[tuple[int, Write, tuple[str, ...]], list[Change]]) -> int:
    return group[0][0]


def _change(
    connection: Connection, table: Table, columns: tuple[str, ...], changes: list[Change]
) -> None:
    rows = [_where(change) | change.cells for change in changes]
    found = connection.execute(_update(table, columns), rows).rowcount
    if found != len(rows):
        raise IntegrityError(
            f"{len(rows)} rows of {table.name} were to change and {found} of them exist: an event "
            "speaks of something that was never recorded. Nothing was written."
        )


def _row(change: Change) -> Row:
    return dict(zip(_KEYS[change.table.name], change.key, strict=True)) | change.cells


def _where(change: Change) -> Row:
    return dict(zip(map(_parameter, _KEYS[change.table.name]), change.key, strict=True))


def _parameter(key: str) -> str:
    return f"key_{key}"


@cache
def _update(table: Table, columns: tuple[str, ...]) -> Update:
    statement = update(table).values({column: bindparam(column) for column in columns})
    for key in _KEYS[table.name]:
        statement = statement.where(table.c[key] == bindparam(_parameter(key)))
    return statement


@cache
def _removal(table: Table) -> Delete:
    statement = delete(table)
    for key in _KEYS[table.name]:
        statement = statement.where(table.c[key] == bindparam(_parameter(key)))
    return statement
