"""Every quote that was passed on, kept in a Parquet file for each UTC day.

Theory of operation. Parquet is written whole, so the present day grows as a CSV file, a line for
each quote, written every second; what a crash can cost is that second. When the day, or the
process, ends the lines go into the day's Parquet file and the CSV file is removed; lines that an
earlier process left behind do so at the start. A time is when the quote was received, because that
is when it was traded on: ``fxpaper replay`` takes the files as they are. The provider's own time,
its name and the evidence stand beside it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
import structlog

from fxpaper.clock import Clock
from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Quote
from fxpaper.whole_file import replace_whole

log = structlog.get_logger(__name__)

RECORDINGS = "recordings"
_DAY_NS = 86_400 * NS_PER_SECOND
_SCHEMA = pa.schema(
    [
        ("timestamp", pa.timestamp("ns", "UTC")),
        ("symbol", pa.string()),
        ("bid", pa.float64()),
        ("ask", pa.float64()),
        ("quoted_at", pa.timestamp("ns", "UTC")),
        ("source", pa.string()),
        ("grade", pa.string()),
        ("spread", pa.string()),
    ]
)
_HEADER = ",".join(_SCHEMA.names) + "\n"


class Recorder:
    """Keeps quotes.

    Args:
        directory: of the files; made when it is needed.
        instruments: give the decimals of prices.
        clock: of the market.
    """

    def __init__(
        self, directory: Path, instruments: Mapping[str, Instrument], clock: Clock
    ) -> None:
        self._directory = directory
        self._digits = {name: one.digits for name, one in instruments.items()}
        self._clock = clock
        self._lines: list[tuple[Instant, str]] = []
        self._latest: Instant = 0

    def note(self, quote: Quote) -> None:
        """Take a quote; times of a file never fall."""
        at = self._latest = max(self._latest, quote.received_at)
        digits, evidence = self._digits[quote.symbol], quote.evidence
        bid, ask = (f"{price / 10**digits:.{digits}f}" for price in (quote.bid, quote.ask))
        fields = (
            format_instant(at),
            quote.symbol,
            bid,
            ask,
            format_instant(quote.quoted_at),
            evidence.source,
            evidence.grade,
            evidence.spread,
        )
        self._lines.append((at, ",".join(fields) + "\n"))

    async def run(self) -> None:
        """Write until cancelled; then close the day's file."""
        try:
            await asyncio.to_thread(self.fold)
            while True:
                await asyncio.sleep(1)
                await asyncio.to_thread(self.write)
        finally:
            self.write()
            self.fold()

    def write(self) -> None:
        """Append what was noted; a day that is over becomes its Parquet file.

        A disk that refuses is logged; the quotes are tried again the next time.
        """
        lines, self._lines = self._lines, []
        try:
            while lines:
                day = lines[0][0] // _DAY_NS
                of_day = [text for at, text in lines if at // _DAY_NS == day]
                self._append(day, of_day)
                lines = lines[len(of_day) :]
        except OSError as problem:
            self._lines = lines + self._lines
            log.warning("quotes_not_recorded", problem=str(problem), waiting=len(self._lines))
            return
        self.fold(before=self._clock.now() // _DAY_NS)

    def fold(self, before: int | None = None) -> None:
        """Move finished lines into Parquet files.

        Args:
            before: only of days before this one, counted from 1970; None for all.
        """
        for path in sorted(self._directory.glob("*.csv")):
            if before is not None and path.stem >= _name(before):
                continue
            try:
                _fold(path)
            except (OSError, pa.ArrowException) as problem:
                log.warning("recording_not_folded", path=str(path), problem=str(problem))

    def _append(self, day: int, lines: list[str]) -> None:
        path = self._directory / f"{_name(day)}.csv"
        self._directory.mkdir(parents=True, exist_ok=True)
        fresh = not path.exists()
        with path.open("a", encoding="utf-8") as file:
            file.write((_HEADER if fresh else "") + "".join(lines))
            file.flush()
            os.fsync(file.fileno())


def _name(day: int) -> str:
    return format_instant(day * _DAY_NS)[:10]


def _fold(path: Path) -> None:
    """Append a CSV file's whole lines to the Parquet file of its day, and remove it."""
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    target = path.with_suffix(".parquet")
    table = pa_csv.read_csv(
        pa.BufferReader(whole),
        convert_options=pa_csv.ConvertOptions(column_types=_SCHEMA),
    ).cast(_SCHEMA)
    if target.exists():
        earlier = pa_parquet.read_table(target, schema=_SCHEMA)
        table = earlier if _holds(earlier, table) else pa.concat_tables([earlier, table])
    replace_whole(target, lambda beside: pa_parquet.write_table(table, beside, compression="zstd"))
    path.unlink()


def _holds(earlier: pa.Table, later: pa.Table) -> bool:
    """Tell whether an earlier fold was done but for removing its lines."""
    rows = later.num_rows
    last = earlier.slice(max(0, earlier.num_rows - rows))
    return bool(last.equals(later))
