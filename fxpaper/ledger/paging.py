"""Lists in parts, newest first, that stay true while rows are added."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, Row, Select, Table

from fxpaper.errors import InputError

_CURSOR = re.compile(r"before-(\d{1,18})", re.ASCII)


def part(
    connection: Connection, wanted: Select[Any], table: Table, limit: int, cursor: str | None
) -> tuple[list[Row[Any]], str | None]:
    """Return up to ``limit`` rows, newest first, and the cursor of what follows.

    Args:
        connection: to read with.
        wanted: which rows; its first column is ``seq``.
        table: where they are.
        limit: at least 1.
        cursor: where the part before ended; None for the newest.

    Raises:
        InputError: the limit or the cursor makes no sense.
    """
    if limit < 1:
        raise InputError(f"limit {limit} is too small; ask for 1 or more.")
    if cursor is not None:
        match = _CURSOR.fullmatch(cursor)
        if match is None:
            raise InputError(
                f'Unknown cursor "{cursor}". Send the "next" of the page before, unchanged.'
            )
        wanted = wanted.where(table.c.seq < int(match[1]))
    found = connection.execute(wanted.order_by(table.c.seq.desc()).limit(limit + 1))
    rows = list(found)
    if len(rows) <= limit:
        return rows, None
    rows.pop()
    return rows, f"before-{rows[-1].seq}"
