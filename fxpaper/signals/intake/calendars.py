"""Files of scheduled news, told apart by what they begin with.

Ours, which the script for MetaTrader 5 writes too; times name their zone::

    time,currency,impact,title
    2026-11-06T13:30:00Z,USD,high,Non-Farm Payrolls

The weekly export of Forex Factory as CSV, whose times name no zone and whose day is in the middle
of its date::

    Title,Country,Date,Time,Impact,Forecast,Previous,URL
    Non-Farm Employment Change,USD,11-06-2026,1:30pm,High,110K,85K,https://…

The same as JSON::

    [{"title": "Non-Farm Employment Change", "country": "USD", "impact": "High",
      "date": "2026-11-06T08:30:00-05:00", "forecast": "110K", "previous": "85K"}]

A title may have commas without being quoted. Holidays and what has no impact hold nothing back; so
do events without a time ("All Day", "Tentative"), which are counted.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from fxpaper.domain.instant import NS_PER_SECOND, Instant, parse_instant
from fxpaper.errors import InputError
from fxpaper.signals.news import EVERY_CURRENCY, Calendar, Impact, NewsEvent

_OURS = {"time", "currency", "impact", "title"}
_WEEKLY = {"title", "country", "date", "time", "impact"}
_WEEKLY_JSON = ("title", "country", "date", "impact")
_IMPACTS = {
    "high": Impact.HIGH,
    "medium": Impact.MEDIUM,
    "low": Impact.LOW,
    "none": Impact.NONE,
    "holiday": Impact.NONE,
    "non-economic": Impact.NONE,
}
_CURRENCY = re.compile(r"[A-Z]{3}")
_NO_TIME = {"", "all day", "tentative", "day 1", "day 2", "day 3"}
_CLOCKS = ("%m-%d-%Y %I:%M%p", "%m-%d-%Y %H:%M")

Row = Mapping[str, str]
Timed = Callable[[Row], Instant | None]


def read_calendar(content: bytes, name: str, zone: str | None) -> Calendar:
    """Return the news of a file.

    Args:
        content: of the file.
        name: of the file, for messages.
        zone: of times that name none; None where nobody has said it.

    Raises:
        InputError: it cannot be read; names the line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise InputError(f"{name} line {line} is not UTF-8.") from None
    if text.lstrip().startswith("["):
        return _calendar(_json_rows(text, name), _told_time)
    columns, rows = _csv_rows(text, name)
    if columns >= _OURS and "date" not in columns:
        return _calendar(rows, lambda row: parse_instant(row["time"]))
    if columns >= _WEEKLY:
        if zone is None:
            raise InputError(
                f"{name} is a weekly export whose times name no zone; set news_zone, e.g. UTC or "
                "America/New_York, to the one that it was made in."
            )
        clock = ZoneInfo(zone)
        return _calendar(rows, lambda row: _clock_time(row, clock))
    raise InputError(
        f"{name} line 1 does not begin a calendar of news. Known are files whose first line is "
        "time,currency,impact,title, and weekly exports: Title,Country,Date,Time,Impact,… as CSV, "
        "or JSON."
    )


def _calendar(rows: Iterator[tuple[str, Row]], timed: Timed) -> Calendar:
    """Return the events of rows, each with the place that messages name."""
    events, untimed = list[NewsEvent](), 0
    for place, row in rows:
        try:
            impact, at = _impact(row["impact"]), timed(row)
            if at is not None:
                currency = _currency(row.get("currency") or row.get("country", ""))
                events.append(NewsEvent(at, currency, impact, row["title"].strip()))
            elif impact > Impact.NONE:
                untimed += 1
        except ValueError as problem:
            raise InputError(f"{place}: {problem}.") from None
    return Calendar(events, untimed)


def _csv_rows(text: str, name: str) -> tuple[set[str], Iterator[tuple[str, Row]]]:
    """Return the names of a table's columns, and its rows."""
    lines = _lines(text, name)
    _, first = next(lines, ("", []))
    header = [column.strip().lower() for column in first]

    def rows() -> Iterator[tuple[str, Row]]:
        for place, cells in lines:
            whole = _title_in_one(cells, header)
            if len(whole) < len(header):
                raise InputError(
                    f"{place} has {len(whole)} fields; the first line names {len(header)}."
                )
            yield place, dict(zip(header, whole, strict=True))

    return set(header), rows()


def _lines(text: str, name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the cells of each line that has any, with its place."""
    lines = csv.reader(text.splitlines())
    try:
        for cells in lines:
            if any(cell.strip() for cell in cells):
                yield f"{name} line {lines.line_num}", cells
    except csv.Error as problem:
        raise InputError(f"{name} line {lines.line_num}: {problem}.") from None


def _title_in_one(cells: list[str], header: list[str]) -> list[str]:
    """Put together a title that has commas and no quotes."""
    surplus = len(cells) - len(header)
    if surplus <= 0:
        return cells
    first = header.index("title")
    title = ",".join(cells[first : first + surplus + 1])
    return [*cells[:first], title, *cells[first + surplus + 1 :]]


def _json_rows(text: str, name: str) -> Iterator[tuple[str, Row]]:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError) as problem:
        line = getattr(problem, "lineno", 1)
        raise InputError(f"{name} line {line} is not JSON: {problem}.") from None
    for number, item in enumerate(items, start=1):
        place = f"{name} event {number}"
        wrong = [key for key in _WEEKLY_JSON if not isinstance(_member(item, key), str)]
        if wrong:
            raise InputError(f'{place} has no text "{wrong[0]}".')
        yield place, {key: item[key] for key in _WEEKLY_JSON}


def _member(item: object, key: str) -> object:
    return item.get(key) if isinstance(item, dict) else None


def _told_time(row: Row) -> Instant | None:
    return parse_instant(row["date"]) if row["date"].strip() else None


def _clock_time(row: Row, zone: ZoneInfo) -> Instant | None:
    """Return the instant of a date, month first, and a time such as 1:30pm; None without a time."""
    if row["time"].strip().lower() in _NO_TIME:
        return None
    written = f"{row['date'].strip()} {row['time'].strip()}"
    for clock in _CLOCKS:
        try:
            local = datetime.strptime(written, clock).replace(tzinfo=zone)
        except ValueError:
            continue
        return int(local.timestamp()) * NS_PER_SECOND
    raise ValueError(f'"{written}" is not a date and time like 11-06-2026 1:30pm')


def _impact(said: str) -> Impact:
    found = _IMPACTS.get(said.strip().lower())
    if found is None:
        raise ValueError(f'impact "{said.strip()}" is none of high, medium, low, none')
    return found


def _currency(said: str) -> str:
    currency = said.strip().upper()
    if currency != EVERY_CURRENCY and not _CURRENCY.fullmatch(currency):
        raise ValueError(f'"{said.strip()}" is not a currency like USD, or ALL')
    return currency
