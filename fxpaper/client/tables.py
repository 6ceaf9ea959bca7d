"""What answers look like: objects as small tables, lists of them as tables and data frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin

import msgspec
import pandas as pd

_PLAIN = {str, int, bool, Decimal, datetime, NoneType}
_ROWS_SHOWN = 50


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Anything a daemon tells: money, lots and prices are decimals, times are aware."""

    def _repr_html_(self) -> str:
        """Show what is known of it, one field per row."""
        named = ((name, getattr(self, name)) for name in plain_fields(type(self)))
        return _table((), [(name, value) for name, value in named if value is not None])


TT = TypeVar("TT", bound=Told)


class Rows(tuple[TT, ...]):  # noqa: SLOT001 - a tuple cannot have more slots
    """A list of one kind of objects, in the daemon's order; it cannot be changed.

    Args:
        kind: of what; also an empty list has its columns.
        items: the objects.
    """

    kind: type[TT]

    def __new__(cls, kind: type[TT], items: Iterable[TT]) -> Rows[TT]:
        """Make a list."""
        made = super().__new__(cls, items)
        made.kind = kind
        return made

    def frame(self) -> pd.DataFrame:
        """Return a data frame with a column for each plain field.

        Decimals become floats, for charts and statistics; the objects keep them exact.
        """
        columns = plain_fields(self.kind)
        return pd.DataFrame(
            {
                name: _column(parts, [getattr(one, name) for one in self])
                for name, parts in columns.items()
            }
        )

    def __str__(self) -> str:
        """Return a line for each."""
        return "\n".join(str(one) for one in self)

    def _repr_html_(self) -> str:
        columns = list(plain_fields(self.kind))
        shown = self[:_ROWS_SHOWN]
        table = _table(columns, [[getattr(one, name) for name in columns] for one in shown])
        left = len(self) - len(shown)
        return f"{table}<p>and {left} more</p>" if left else table


def plain_fields(kind: type[Told]) -> dict[str, tuple[Any, ...]]:
    """Return the fields that fit into a cell, with the types that each may have."""
    found = {}
    for field in msgspec.structs.fields(kind):
        parts = get_args(field.type) if get_origin(field.type) is UnionType else (field.type,)
        if _PLAIN.issuperset(parts):
            found[field.name] = parts
    return found


def _column(parts: tuple[Any, ...], values: Sequence[Any]) -> pd.Series[Any]:
    if Decimal in parts:
        return pd.Series([None if one is None else float(one) for one in values], dtype="float64")
    if datetime in parts:
        return pd.Series(pd.to_datetime(list(values), utc=True).astype("datetime64[us, UTC]"))
    return pd.Series(list(values), dtype="object" if str in parts else None)


def _table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>" for row in rows
    )
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return escape(f"{value:%Y-%m-%d %H:%M:%S}")
    return "" if value is None else escape(str(value))
