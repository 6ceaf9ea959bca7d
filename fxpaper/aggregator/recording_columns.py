"""Columns of a recording, from text or numbers to points and nanoseconds, checked row by row.

Whole columns are converted and checked at once. Only when something is wrong is the first wrong
row looked for, with the slow and exact parsers, to say where it is.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fxpaper.aggregator.recording_files import SYMBOL, Table, place
from fxpaper.domain.instant import format_instant, parse_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.errors import InputError

_NOISE = 1e-6
"""How far a price may be from a whole point: float noise, never a real decimal."""
_LAST_INSTANT = 2**63 - 1


class Columns(msgspec.Struct, frozen=True):
    """Converted rows; see :class:`fxpaper.aggregator.recording.Recording`."""

    symbol: npt.NDArray[np.int16]
    bid: npt.NDArray[np.int64]
    ask: npt.NDArray[np.int64]
    quoted_at: npt.NDArray[np.int64]


class Origin:
    """What is known about a file before it is read.

    Args:
        path: of the file.
        instruments: the known ones.
        symbol: asked for, or None.

    Attributes:
        symbols: those met so far, in the order of their numbers.
    """

    def __init__(
        self, path: Path, instruments: Mapping[str, Instrument], symbol: str | None
    ) -> None:
        self.path = path
        self.instruments = instruments
        self.only = None if symbol is None else self.known(symbol, "--symbol")
        self.symbols: list[str] = []

    def number(self, symbol: str) -> int:
        """Return the number of a canonical symbol."""
        if symbol not in self.symbols:
            self.symbols.append(symbol)
        return self.symbols.index(symbol)

    def known(self, text: str, where: str) -> str:
        """Return the canonical symbol that a text means.

        Raises:
            InputError: no instrument has that name.
        """
        name = re.sub(r"[/_\s]", "", text).upper()
        if name in self.instruments:
            return name
        close = difflib.get_close_matches(name, self.instruments, n=3)
        near = ", ".join(close or sorted(self.instruments)[:5])
        raise InputError(f'{where}: unknown symbol "{text}". Known and close: {near}.')

    def of_whole_file(self) -> str:
        """Return the symbol of a file that does not name it in a column.

        Raises:
            InputError: its name does not tell it either.
        """
        if self.only is not None:
            return self.only
        for word in re.split(r"[^A-Za-z]+", self.path.stem):
            if word.upper() in self.instruments:
                return word.upper()
        raise InputError(
            f'{self.path} has no column "{SYMBOL}" and its name tells no instrument. '
            f"Say which it is: --symbol EURUSD."
        )


def parse_columns(table: Table, origin: Origin) -> Columns:
    """Convert and check the rows of a table.

    Raises:
        InputError: names the first wrong row, its value and what would be right.
    """
    path = origin.path
    numbers = _symbol_numbers(table, origin)
    quoted_at = _instants(table, path)
    digits = np.array([origin.instruments[name].digits for name in origin.symbols])
    scale = np.power(10.0, digits)[numbers]
    bid = _points(table, "bid", scale, origin)
    ask = _points(table, "ask", scale, origin)
    crossed = np.flatnonzero(ask < bid)
    if len(crossed):
        row = int(crossed[0])
        texts = [table.columns[name][row].as_py() for name in ("ask", "bid")]
        raise InputError(
            f"{place(table, path, row)}: the ask {texts[0]} is below the bid {texts[1]}. "
            f"An ask is at or above its bid; are the columns swapped?"
        )
    columns = Columns(numbers.astype(np.int16), bid, ask, quoted_at)
    return columns if origin.only is None else _only(columns, origin)


def check_order(before: Columns | None, columns: Columns, table: Table, origin: Origin) -> None:
    """Check that times never fall.

    Raises:
        InputError: names the first row that is earlier than the one before it.
    """
    at = columns.quoted_at
    if before is not None and len(at):
        at = np.concatenate([before.quoted_at[-1:], at])
    falling = np.flatnonzero(np.diff(at) < 0)
    if len(falling):
        row = int(falling[0])
        earlier, later = int(at[row + 1]), int(at[row])
        in_table = row + 1 - (len(at) - len(columns.quoted_at))
        where = place(table, origin.path, in_table) if origin.only is None else str(origin.path)
        raise InputError(
            f"{where}: {format_instant(earlier)} is earlier than the quote before it, "
            f"{format_instant(later)}. Sort the file by time."
        )


def _only(columns: Columns, origin: Origin) -> Columns:
    """Keep the rows of the symbol that was asked for."""
    kept = columns.symbol == origin.number(origin.only or "")
    return Columns(*(getattr(columns, name)[kept] for name in Columns.__struct_fields__))


def _symbol_numbers(table: Table, origin: Origin) -> npt.NDArray[np.int64]:
    column = table.columns.get(SYMBOL)
    rows = len(table.columns["bid"])
    if column is None:
        return np.full(rows, origin.number(origin.of_whole_file()), dtype=np.int64)
    encoded = pc.dictionary_encode(column.cast(pa.string()))
    numbers = []
    indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    for index, text in enumerate(encoded.dictionary.to_pylist()):
        row = int(np.argmax(indices == index))
        numbers.append(origin.number(origin.known(text, place(table, origin.path, row))))
    if encoded.null_count:
        row = int(np.argmax(indices < 0))
        raise InputError(f"{place(table, origin.path, row)}: there is no symbol; write its name.")
    numbered: npt.NDArray[np.int64] = np.array(numbers, dtype=np.int64)[indices]
    return numbered


def _instants(table: Table, path: Path) -> npt.NDArray[np.int64]:
    column = table.columns["timestamp"]
    if pa.types.is_timestamp(column.type) and column.type.tz is None:
        raise InputError(
            f'{path}: the times of column "timestamp" have no time zone; store them as UTC.'
        )
    moments = _cast(column, pa.timestamp("ns", tz="UTC"))
    if moments is None:
        return np.array(_slowly(table, "timestamp", path, _instant), dtype=np.int64)
    instants: npt.NDArray[np.int64] = moments.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return instants


def _points(
    table: Table, name: str, scale: npt.NDArray[np.float64], origin: Origin
) -> npt.NDArray[np.int64]:
    column = table.columns[name]
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    numbers = _cast(pc.utf8_trim_whitespace(column) if text else column, pa.float64())
    if numbers is None:
        prices = np.array(_slowly(table, name, origin.path, _price), dtype=np.float64)
    else:
        prices = numbers.to_numpy(zero_copy_only=False)
    scaled = prices * scale
    with np.errstate(invalid="ignore"):
        points = np.rint(scaled)
        wrong = ~(np.abs(scaled - points) <= _NOISE * np.maximum(1.0, np.abs(scaled) * 1e-9))
        wrong |= ~np.isfinite(scaled) | (points <= 0) | (points >= 2**53)
    if wrong.any():
        raise _wrong_price(table, name, int(np.argmax(wrong)), origin, scale)
    whole: npt.NDArray[np.int64] = points.astype(np.int64)
    return whole


def _cast(column: Any, wanted: Any) -> Any:  # noqa: ANN401 - Arrow has no types
    """Return a column as another type, or None when a value of it cannot be."""
    try:
        return None if column.null_count else column.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _wrong_price(
    table: Table, name: str, row: int, origin: Origin, scale: npt.NDArray[np.float64]
) -> InputError:
    value = table.columns[name][row].as_py()
    where = place(table, origin.path, row)
    price = Decimal(str(value).strip())
    if not price.is_finite() or price <= 0:
        return InputError(f"{where}: {name} {value} is not a price; it must be above zero.")
    digits = round(float(np.log10(scale[row])))
    return InputError(
        f"{where}: {name} {value} has more decimals than its instrument is quoted with "
        f"({digits}). Round it, or correct the instrument's digits or the symbol."
    )


def _slowly(table: Table, name: str, path: Path, parse: Callable[[object], float]) -> list[float]:
    """Convert a column value by value; the first that cannot be converted is the one to name."""
    converted = []
    for row, value in enumerate(table.columns[name].to_pylist()):
        try:
            converted.append(parse(value))
        except (ValueError, InvalidOperation) as problem:
            why = str(problem) if isinstance(problem, ValueError) else ""
            raise InputError(
                f"{place(table, path, row)}: {why or _not_a_price(name, value)}."
            ) from None
    return converted


def _not_a_price(name: str, value: object) -> str:
    return f'{name} "{"" if value is None else value}" is not a price; write one like 1.08250'


def _instant(value: Any) -> int:  # noqa: ANN401 - whatever a file has
    instant = parse_instant("" if value is None else str(value))
    if abs(instant) > _LAST_INSTANT:
        raise ValueError(f'"{value}" is outside 1678–2261')
    return instant


def _price(value: Any) -> float:  # noqa: ANN401 - whatever a file has
    return float(Decimal("" if value is None else str(value).strip()))
