"""The files that recordings come in, cut into tables of text or numbers with their place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from fxpaper.errors import InputError

COLUMNS = ("timestamp", "bid", "ask")
SYMBOL = "symbol"
_BLOCK_BYTES = 8_000_000


class Table(msgspec.Struct, frozen=True):
    """Some rows of a file.

    Args:
        columns: Arrow arrays by column name, lower case.
        first_row: number of rows of the file before these.
        lines: whether the file has lines, else it has rows.
        fraction: of the file that is read with this table.
    """

    columns: dict[str, Any]
    first_row: int
    lines: bool
    fraction: float


def read_tables(path: Path) -> Iterator[Table]:
    """Yield a file's rows in tables.

    Raises:
        InputError: it is not there, not readable, or not what its name says.
    """
    readers = {".csv": _read_csv, ".parquet": _read_parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path} is neither .csv nor .parquet; convert it to one of them.")
    try:
        size = path.stat().st_size
        if size == 0:
            raise InputError(f"{path} is empty; it needs a header {','.join(COLUMNS)}.")
        yield from reader(path, size)
    except OSError as problem:
        raise InputError(f"{path} cannot be read: {problem.strerror or problem}.") from None


def table_of_frame(frame: pd.DataFrame, name: Path) -> Table:
    """Return the rows of a data frame; its index counts as the time where it has no such column.

    Raises:
        InputError: a column is missing or has values of several kinds.
    """
    if "timestamp" not in {str(column).lower() for column in frame.columns}:
        frame = frame.rename_axis("timestamp").reset_index()
    try:
        batch = pa.Table.from_pandas(frame, preserve_index=False).combine_chunks()
    except (pa.ArrowInvalid, pa.ArrowTypeError) as problem:
        raise InputError(f"{name} cannot be read: {str(problem).splitlines()[0]}") from None
    names = [str(column).strip().lower() for column in batch.column_names]
    _check_names(name, names)
    columns = {key: value.combine_chunks() for key, value in _named(names, batch).items()}
    return Table(columns, 0, lines=False, fraction=1.0)


def place(table: Table, path: Path, row: int) -> str:
    """Return where a row of a table is, e.g. ``ticks.csv line 14``."""
    number = table.first_row + row
    if not table.lines:
        return f"{path} row {number + 1}"
    return f"{path} line {_line_of_row(path, number)}"


def _read_csv(path: Path, size: int) -> Iterator[Table]:
    torn: list[str] = []

    def keep_torn(row: Any) -> str:  # noqa: ANN401 - Arrow names no type for it
        torn.append(row.text)
        return "error"

    try:
        names = _csv_names(path)
        with pa_csv.open_csv(
            path,
            read_options=pa_csv.ReadOptions(
                use_threads=False, block_size=_BLOCK_BYTES, column_names=names, skip_rows=1
            ),
            parse_options=pa_csv.ParseOptions(invalid_row_handler=keep_torn),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        ) as reader:
            rows, read = 0, 0
            for batch in reader:
                read += batch.nbytes
                yield Table(_named(names, batch), rows, lines=True, fraction=min(1.0, read / size))
                rows += batch.num_rows
    except (UnicodeDecodeError, pa.ArrowInvalid) as problem:
        raise _unreadable_csv(path, torn, problem) from None


def _csv_names(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig") as file:
        header = file.readline()
    names = [name.strip().strip('"').lower() for name in header.split(",")]
    _check_names(path, names)
    return names


def _check_names(path: Path, names: list[str]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise InputError(
            f'{path} has no column "{missing[0]}", only {", ".join(names)[:200]}. '
            f"Name the columns {','.join(COLUMNS)} and, with several instruments, {SYMBOL}."
        )


def _unreadable_csv(path: Path, torn: list[str], problem: Exception) -> InputError:
    if torn:
        line = _line_of_text(path, torn[0])
        return InputError(
            f'{path} line {line}: "{torn[0][:120]}" has not as many values as the header. '
            f"Complete or remove the line."
        )
    if isinstance(problem, UnicodeDecodeError) or "UTF8" in str(problem):
        return InputError(f"{path} line {_line_not_utf8(path)}: not UTF-8. Save it as UTF-8.")
    if "Empty CSV" in str(problem):
        return InputError(f"{path} has no quotes, only a header.")
    return InputError(f"{path} cannot be read as CSV: {str(problem).splitlines()[0]}.")


def _read_parquet(path: Path, size: int) -> Iterator[Table]:
    del size
    try:
        with pa_parquet.ParquetFile(path) as file:
            names = [name.strip().lower() for name in file.schema_arrow.names]
            _check_names(path, names)
            rows, total = 0, max(1, file.metadata.num_rows)
            for batch in file.iter_batches(batch_size=262_144):
                fraction = (rows + batch.num_rows) / total
                yield Table(_named(names, batch), rows, lines=False, fraction=fraction)
                rows += batch.num_rows
    except pa.ArrowInvalid as problem:
        raise InputError(
            f"{path} cannot be read as Parquet: {str(problem).splitlines()[0]}"
        ) from None


def _named(names: list[str], batch: Any) -> dict[str, Any]:  # noqa: ANN401 - Arrow has no types
    wanted = (*COLUMNS, SYMBOL)
    return {name: batch.column(names.index(name)) for name in wanted if name in names}


def _line_of_row(path: Path, row: int) -> int:
    """Return the line that a row stands on; Arrow does not count empty lines."""
    seen = -1
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            seen += bool(line.strip(b"\r\n"))
            if seen == row + 1:
                return number
    return row + 2


def _line_of_text(path: Path, text: str) -> int:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.rstrip(b"\r\n") == text.encode():
                return number
    return 1


def _line_not_utf8(path: Path) -> int:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1
