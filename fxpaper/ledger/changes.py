"""Row changes: what an event asks of a table."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from sqlalchemy import Table

Cell = str | int | None


class Write(Enum):
    """How a row changes."""

    INSERT = "insert"
    """It must not exist yet."""
    UPDATE = "update"
    """It must exist."""
    REPLACE = "replace"
    """It may exist."""


class Change(NamedTuple):
    """One row's change.

    Args:
        write: how it changes.
        table: where.
        key: values of the table's primary key.
        cells: new values by column; an insert and a replacement give every other column.
    """

    write: Write
    table: Table
    key: tuple[str | int, ...]
    cells: dict[str, Cell]
