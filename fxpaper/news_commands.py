"""``fxpaper news``: which events are coming, and when they hold signals back."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fxpaper.clock import SystemClock
from fxpaper.config import Settings, default_data_dir
from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.errors import ConfigurationError
from fxpaper.from_settings import book_of, wanted_symbols
from fxpaper.options import AsJson, Config, DataDir
from fxpaper.printing import Reported, err, out, print_json, table
from fxpaper.signals.news import Calendar, NewsEvent, NewsRules
from fxpaper.signals.pauses import news_rules
from fxpaper.starting import plan_of
from fxpaper.worker.news_file import calendar_at

_DAY = 86_400 * NS_PER_SECOND
_COLUMNS = ("time", "currency", "impact", "title", "from", "until", "symbols")


def news(
    days: Annotated[int, typer.Option(min=1, max=366, help="How far to look ahead.")] = 7,
    model: Annotated[
        str, typer.Option(help="By whose rules; by those for every model when left out.")
    ] = "",
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """List the news ahead that hold signals in the configured symbols back, and when."""
    plan = plan_of(data_dir or default_data_dir(), config, None)
    now = SystemClock().now()
    with Reported():
        calendar = calendar_of(plan.settings)
        if calendar is None:
            raise ConfigurationError(
                "No calendar of news is set; name one with news_file in the settings."
            )
        instruments = plan.profile.instruments
        watched = [instruments[name] for name in wanted_symbols(plan.settings, plan.profile)]
    book = book_of(plan.settings)
    rules = {one.symbol: news_rules(book.of(model, one.symbol)) for one in watched}
    rows = [
        row
        for event in calendar.after(now - _DAY)
        if event.at <= now + days * _DAY
        for row in _rows(event, watched, rules, now)
    ]
    if as_json:
        print_json(rows)
        return
    shown = [{**row, "symbols": " ".join(row["symbols"])} for row in rows]
    table(f"News of the next {days} days", shown, _COLUMNS)
    _tell(calendar, rows, now)


def calendar_of(settings: Settings) -> Calendar | None:
    """Return the configured calendar of news; None where none is.

    Raises:
        InputError: its file cannot be read; names the line.
    """
    if settings.news_file is None:
        return None
    return calendar_at(settings.news_file, settings.news_zone)


def _rows(
    event: NewsEvent, watched: list[Instrument], rules: dict[str, NewsRules], now: Instant
) -> list[dict[str, Any]]:
    """Return an event once for each window that it makes, with the symbols of that window."""
    held: dict[tuple[Instant, Instant], list[str]] = {}
    for one in watched:
        by = rules[one.symbol]
        begins, ends = event.at - by.before_ns, event.at + by.after_ns
        if event.concerns(one) and event.impact >= by.impact and begins < ends and ends > now:
            held.setdefault((begins, ends), []).append(one.symbol)
    return [
        {
            "time": format_instant(event.at),
            "currency": event.currency,
            "impact": event.impact.name.lower(),
            "title": event.title,
            "from": format_instant(begins),
            "until": format_instant(ends),
            "symbols": symbols,
        }
        for (begins, ends), symbols in held.items()
    ]


def _tell(calendar: Calendar, rows: list[dict[str, Any]], now: Instant) -> None:
    """Say what the table does not show."""
    ends = calendar.ends_at
    if ends is None or ends < now:
        last = "it has none" if ends is None else f"its last one was {format_instant(ends)}"
        err.print(f"The calendar has no event ahead: {last}.")
    elif not rows:
        out.print("No event ahead holds a signal in the configured symbols back.")
    if calendar.untimed:
        err.print(f"{calendar.untimed} events have no time; they hold nothing back.")
