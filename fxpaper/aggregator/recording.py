"""Recorded quotes: files of bid and ask as CSV or Parquet.

A file has the columns ``timestamp``, ``bid``, ``ask`` and, with several instruments, ``symbol``.
Times are RFC 3339 with their zone; a Parquet file may have timestamps with a zone instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from fxpaper.aggregator.recording_columns import Columns, Origin, check_order, parse_columns
from fxpaper.aggregator.recording_files import COLUMNS, Table, read_tables, table_of_frame
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import InputError

RECORDED = Evidence("recorded", Transport.FILE, Spread.REAL, Grade.A)
_CHUNK = 4096


class Recording(msgspec.Struct, frozen=True):
    """Quotes in the order of their time.

    Args:
        name: of the file.
        symbols: canonical symbols that occur in it.
        symbol: of each quote, as an index into ``symbols``.
        bid: in points.
        ask: in points.
        quoted_at: nanoseconds UTC, never falling.
    """

    name: str
    symbols: tuple[str, ...]
    symbol: npt.NDArray[np.int16]
    bid: npt.NDArray[np.int64]
    ask: npt.NDArray[np.int64]
    quoted_at: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of quotes."""
        return len(self.quoted_at)

    def __iter__(self) -> Iterator[Quote]:
        """Yield every quote; each is received at the instant it was quoted."""
        return self.since(0)

    def since(self, index: int) -> Iterator[Quote]:
        """Yield the quotes from the one at ``index`` on."""
        for start in range(index, len(self), _CHUNK):
            part = slice(start, start + _CHUNK)
            for number, bid, ask, at in zip(
                self.symbol[part].tolist(),
                self.bid[part].tolist(),
                self.ask[part].tolist(),
                self.quoted_at[part].tolist(),
                strict=True,
            ):
                yield Quote(self.symbols[number], bid, ask, at, at, RECORDED)

    @property
    def started_at(self) -> Instant:
        """When the first quote was made, nanoseconds UTC."""
        return int(self.quoted_at[0])

    @property
    def ended_at(self) -> Instant:
        """When the last quote was made, nanoseconds UTC."""
        return int(self.quoted_at[-1])


def read_recording(
    path: Path,
    instruments: Mapping[str, Instrument],
    symbol: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> Recording:
    """Read a file of recorded quotes.

    Args:
        path: ends in ``.csv`` or ``.parquet``.
        instruments: the known ones, by canonical symbol.
        symbol: of every quote when the file has no column ``symbol``; of those to take when it
            has one. Without it the file's name may tell: ``usdjpy-ticks.csv`` is USDJPY.
        progress: is told the fraction that has been read.

    Raises:
        InputError: the file, or a line of it, cannot be read; says where, what and what would
            be right.
    """
    origin = Origin(path, instruments, symbol)
    return _joined(read_tables(path), origin, progress)


def recording_of_frame(
    frame: pd.DataFrame,
    instruments: Mapping[str, Instrument],
    symbol: str | None = None,
    name: str = "data frame",
) -> Recording:
    """Return the quotes of a data frame, checked as a file would be.

    Args:
        frame: columns ``bid``, ``ask``, with several instruments ``symbol``, and ``timestamp``
            with a time zone, which may be the index instead.
        instruments: the known ones, by canonical symbol.
        symbol: of every quote when there is no such column; of those to take when there is one.
        name: to call it by in messages.

    Raises:
        InputError: the frame, or a row of it, cannot be read.
    """
    origin = Origin(Path(name), instruments, symbol)
    return _joined([table_of_frame(frame, origin.path)], origin, None)


def _joined(
    tables: Iterable[Table], origin: Origin, progress: Callable[[float], None] | None
) -> Recording:
    parts: list[Columns] = []
    for table in tables:
        columns = parse_columns(table, origin)
        check_order(parts[-1] if parts else None, columns, table, origin)
        if len(columns.quoted_at):
            parts.append(columns)
        if progress is not None:
            progress(table.fraction)
    if not parts:
        wanted = f" of {origin.only}" if origin.only is not None else ""
        raise InputError(
            f"{origin.path} has no quotes{wanted}; it needs rows under the columns "
            f"{', '.join(COLUMNS)}."
        )
    return Recording(
        name=origin.path.name,
        symbols=tuple(origin.symbols),
        symbol=np.concatenate([part.symbol for part in parts]),
        bid=np.concatenate([part.bid for part in parts]),
        ask=np.concatenate([part.ask for part in parts]),
        quoted_at=np.concatenate([part.quoted_at for part in parts]),
    )
