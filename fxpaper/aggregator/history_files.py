"""Fetched bars as Parquet files, one for each month, and which stretches of time they cover.

``history/SOURCE/SYMBOL/INTERVAL/2026-11.parquet`` has ``timestamp,open,high,low,close`` of bids,
and ``covered.json`` beside it the stretches that were fetched, whether or not they had bars.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import Instant, format_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.errors import InputError
from fxpaper.whole_file import replace_whole, write_whole

_COVERED = "covered.json"
_PRICES = ("open", "high", "low", "close")
_SCHEMA = pa.schema(
    [("timestamp", pa.timestamp("ns", "UTC")), *((name, pa.float64()) for name in _PRICES)]
)

Stretch = tuple[Instant, Instant]


class BarFiles:
    """The files of one symbol and interval from one source.

    Args:
        directory: of all history.
        source: name of the source.
        instrument: whose bars.
        interval: of the bars.
    """

    def __init__(self, directory: Path, source: str, instrument: Instrument, interval: str) -> None:
        self._folder = directory / source / instrument.symbol / interval
        self._source = source
        self._instrument = instrument
        self._interval = interval

    def missing(self, begins: Instant, ends: Instant) -> list[Stretch]:
        """Return what of a stretch has not been fetched, oldest first."""
        found, at = list[Stretch](), begins
        for first, last in self._covered():
            if last <= at or first >= ends:
                continue
            if first > at:
                found.append((at, first))
            at = max(at, last)
        if at < ends:
            found.append((at, ends))
        return found

    def add(self, bars: Iterable[Bar], covers: Stretch) -> None:
        """Keep bars that were fetched for a stretch.

        Raises:
            InputError: a file cannot be written.
        """
        months: dict[str, dict[Instant, Bar]] = {}
        for bar in bars:
            months.setdefault(format_instant(bar.opened_at)[:7], {})[bar.opened_at] = bar
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for month, fresh in months.items():
                known = {bar.opened_at: bar for bar in self._read(month)}
                self._write(month, [bar for _, bar in sorted((known | fresh).items())])
            merged = _merged([*self._covered(), covers])
            write_whole(self._folder / _COVERED, msgspec.json.encode(merged))
        except OSError as problem:
            raise InputError(f"{self._folder} cannot be written: {problem.strerror}.") from None

    def bars(self, begins: Instant, ends: Instant) -> list[Bar]:
        """Return the kept bars that open in a stretch, oldest first.

        Raises:
            InputError: a file is damaged.
        """
        first, last = format_instant(begins)[:7], format_instant(ends)[:7]
        months = sorted(path.stem for path in self._folder.glob("*.parquet"))
        return [
            bar
            for month in months
            if first <= month <= last
            for bar in self._read(month)
            if begins <= bar.opened_at < ends
        ]

    def _read(self, month: str) -> list[Bar]:
        path = self._folder / f"{month}.parquet"
        if not path.exists():
            return []
        try:
            table = pa_parquet.read_table(path, schema=_SCHEMA)
        except (OSError, pa.ArrowException) as problem:
            raise InputError(
                f"{path} is damaged ({str(problem).splitlines()[0]}). Delete its folder "
                f"{self._folder}; the bars are fetched anew."
            ) from None
        times = table.column("timestamp").cast(pa.int64()).to_pylist()
        columns = [table.column(name).to_pylist() for name in _PRICES]
        return [self._bar(at, prices) for at, *prices in zip(times, *columns, strict=True)]

    def _bar(self, at: Instant, prices: Sequence[float]) -> Bar:
        opened, high, low, close = (self._instrument.nearest_points(one) for one in prices)
        return Bar(
            self._instrument.symbol,
            self._interval,
            at,
            opened,
            high,
            low,
            close,
            0,
            closed=True,
            source=self._source,
        )

    def _write(self, month: str, bars: Sequence[Bar]) -> None:
        price = self._instrument.price
        columns = [
            pa.array([bar.opened_at for bar in bars], pa.timestamp("ns", "UTC")),
            *(
                pa.array([float(price(getattr(bar, name))) for bar in bars], pa.float64())
                for name in _PRICES
            ),
        ]
        table = pa.Table.from_arrays(columns, schema=_SCHEMA)
        path = self._folder / f"{month}.parquet"
        replace_whole(path, lambda beside: pa_parquet.write_table(table, beside))

    def _covered(self) -> list[Stretch]:
        try:
            body = (self._folder / _COVERED).read_bytes()
            return sorted(msgspec.json.decode(body, type=list[Stretch]))
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            return []


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for begins, ends in sorted(stretches):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(ends, merged[-1][1]))
        else:
            merged.append((begins, ends))
    return merged
