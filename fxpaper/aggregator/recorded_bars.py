"""Recorded bars, from CSV and Parquet files.

Columns are ``timestamp,open,high,low,close`` and, of several instruments, ``symbol``;
``spread``, in points, may be among them. Prices are bids; a time is a bar's opening, with its zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pandas as pd

from fxpaper.aggregator.recording_columns import Origin
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.instant import NS_PER_SECOND, format_instant, parse_instant
from fxpaper.domain.instrument import Instrument, Points
from fxpaper.errors import InputError

_CLOCK_CHANGE = 3600 * NS_PER_SECOND
"""A day that ends by local clocks may be this much shorter."""
COLUMNS = ("timestamp", "open", "high", "low", "close")


def read_bars(
    path: Path, instruments: Mapping[str, Instrument], interval: str, symbol: str | None = None
) -> list[Bar]:
    """Read a file of bars, oldest first.

    Args:
        path: of a CSV or Parquet file.
        instruments: the known ones, by canonical symbol.
        interval: of every bar, one of :data:`fxpaper.domain.bar.INTERVALS`.
        symbol: of every bar when the file has no such column and its name does not tell.

    Raises:
        InputError: the file, or a line of it, cannot be read; says where, what and what would
            be right.
    """
    if interval not in INTERVALS:
        raise InputError(f'Unknown interval "{interval}". Known: {", ".join(INTERVALS)}.')
    frame = _frame(path)
    origin, found = Origin(path, instruments, symbol), list[Bar]()
    latest: dict[str, Bar] = {}
    for number, row in enumerate(frame.to_dict("records"), start=2):
        where, texts = f"{path} line {number}", {str(k): str(v) for k, v in row.items()}
        named = texts.get("symbol")
        name = origin.of_whole_file() if named is None else origin.known(named, where)
        bar = _bar(texts, instruments[name], interval, where)
        if found and bar.opened_at < found[-1].opened_at:
            raise InputError(
                f"{where}: {format_instant(bar.opened_at)} is earlier than the bar before it. "
                "Sort the file by time."
            )
        _follows(latest.get(name), bar, where)
        latest[name] = bar
        found.append(bar)
    if not found:
        raise InputError(f"{path} has no bars, only a header.")
    return found


def _follows(before: Bar | None, bar: Bar, where: str) -> None:
    length = INTERVALS[bar.interval] * NS_PER_SECOND
    if bar.interval == "1d":
        length -= _CLOCK_CHANGE
    if before is not None and bar.opened_at < before.opened_at + length:
        raise InputError(
            f"{where}: this bar of {bar.symbol} opens before the one that opened at "
            f"{format_instant(before.opened_at)} has ended. Each must be {bar.interval} long; "
            "is the interval right?"
        )


def _frame(path: Path) -> pd.DataFrame:
    try:
        if path.suffix.lower() == ".parquet":
            frame = pd.read_parquet(path).astype(str)
        else:
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as problem:
        said = getattr(problem, "strerror", None) or str(problem).splitlines()[0]
        raise InputError(f"{path} cannot be read: {said}.") from None
    frame.columns = pd.Index([str(name).strip().lower() for name in frame.columns])
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise InputError(f'{path} has no column "{missing[0]}"; it needs {",".join(COLUMNS)}.')
    return frame


def _bar(row: Mapping[str, str], instrument: Instrument, interval: str, where: str) -> Bar:
    try:
        opened_at = parse_instant(row["timestamp"])
    except ValueError as problem:
        raise InputError(f"{where}: {problem}.") from None
    opens, high, low, close = (_points(row, name, instrument, where) for name in COLUMNS[1:])
    if not low <= min(opens, close) <= max(opens, close) <= high:
        raise InputError(
            f"{where}: open {row['open']} and close {row['close']} do not lie between low "
            f"{row['low']} and high {row['high']}."
        )
    return Bar(
        symbol=instrument.symbol,
        interval=interval,
        opened_at=opened_at,
        open=opens,
        high=high,
        low=low,
        close=close,
        quotes=0,
        closed=True,
        source="bars",
        spread=_spread(row.get("spread", ""), where),
    )


def _spread(text: str, where: str) -> Points | None:
    if not text.strip():
        return None
    try:
        spread = Decimal(text.strip())
    except InvalidOperation:
        spread = Decimal(-1)
    if spread < 0 or spread != int(spread):
        raise InputError(f'{where}: spread "{text[:40]}" is not a whole number of points.')
    return Points(spread)


def _points(row: Mapping[str, str], name: str, instrument: Instrument, where: str) -> Points:
    try:
        return instrument.points(Decimal(row[name].strip()))
    except (InvalidOperation, ValueError):
        raise InputError(
            f'{where}: {name} "{row[name][:40]}" is not a price of {instrument.symbol} with at '
            f"most {instrument.digits} decimals."
        ) from None
