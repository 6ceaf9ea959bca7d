"""``fxpaper history``: bars of the past, fetched once, kept, and written where they are wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import pandas as pd
import typer
from rich.markup import escape
from rich.progress import Progress

from fxpaper import asking
from fxpaper.aggregator.budget import Budget
from fxpaper.aggregator.history import HISTORY, History
from fxpaper.aggregator.registry import Setup, plans
from fxpaper.aggregator.store import open_store
from fxpaper.clock import SystemClock
from fxpaper.config import default_data_dir
from fxpaper.configured_sources import sources_of
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant, parse_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.engine.sessions import forex_is_open
from fxpaper.errors import InputError, RateLimitedError
from fxpaper.options import Config, DataDir
from fxpaper.plan import Plan
from fxpaper.printing import Reported, err, out
from fxpaper.starting import plan_of
from fxpaper.web import views

history_app = typer.Typer(help="Bars of the past.", no_args_is_help=True)

_PAGE = 3000
_LONGEST_WAIT_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class _Wanted:
    instrument: Instrument
    interval: str
    begins: Instant
    ends: Instant


@history_app.command("get")
def fetch_bars(
    symbol: Annotated[str, typer.Argument(help="E.g. EURUSD.")],
    interval: Annotated[str, typer.Argument(help=", ".join(INTERVALS))] = "1h",
    begins: Annotated[
        str, typer.Option("--from", help="A day or an instant: 2026-01-31, 2026-01-31T12:00:00Z.")
    ] = "",
    ends: Annotated[str, typer.Option("--to", help="The same; now when left out.")] = "",
    save: Annotated[
        Path | None, typer.Option("--out", help="A .csv or .parquet file, as replay --bars takes.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Fetch bars of bids from the first source that has them; what is there already is kept."""
    plan = plan_of(data_dir or default_data_dir(), config, None)
    with Reported():
        wanted = _wanted(plan, symbol.upper(), interval, begins, ends)
        if save is not None and save.suffix not in {".csv", ".parquet"}:
            raise InputError(f"{save} is neither .csv nor .parquet.")
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task(f"{wanted.instrument.symbol} {interval}", total=1.0)

            def done(part: float) -> None:
                progress.update(task, completed=part)

            if asking.is_running(plan.data_dir, None):
                rows = _from_daemon(asking.Daemon(plan.data_dir, None), wanted, done)
                origin = "the running daemon"
            else:
                bars, origin = asyncio.run(_from_sources(plan, wanted, done))
                digits = wanted.instrument.digits
                rows = [views.bar(bar, digits).model_dump(mode="json") for bar in bars]
        if save is not None:
            _save(rows, save)
    if not rows:
        out.print(f"{origin} has no bars there; were markets open?")
        raise typer.Exit(1)
    first, last = rows[0]["opened_at"], rows[-1]["opened_at"]
    where = save or plan.data_dir / HISTORY
    out.print(
        escape(f"{len(rows):,} bars from {origin}, {first} to {last}; in {where}."), soft_wrap=True
    )


def _wanted(plan: Plan, symbol: str, interval: str, begins: str, ends: str) -> _Wanted:
    instrument = plan.profile.instruments.get(symbol)
    if instrument is None:
        raise InputError(f'There is no instrument "{symbol}" in the broker profile.')
    if interval not in INTERVALS:
        raise InputError(f'Unknown interval "{interval}". Known: {", ".join(INTERVALS)}.')
    if not begins:
        raise InputError("Say from when: --from 2026-01-31.")
    now = SystemClock().now()
    stretch = _instant("--from", begins), _instant("--to", ends) if ends else now
    if stretch[0] >= min(stretch[1], now):
        raise InputError(f"The stretch from {begins} to {ends or 'now'} is empty.")
    return _Wanted(instrument, interval, *stretch)


def _instant(option: str, text: str) -> Instant:
    day = len(text) == len("2026-01-31")
    try:
        return parse_instant(f"{text}T00:00:00Z" if day else text)
    except ValueError as problem:
        raise InputError(f"{option}: {problem}.") from None


async def _from_sources(
    plan: Plan, wanted: _Wanted, done: Callable[[float], None]
) -> tuple[list[Bar], str]:
    """Fetch in this process, waiting out a spent minute."""
    clock = SystemClock()
    plan.data_dir.mkdir(parents=True, exist_ok=True)
    store = await open_store(plan.settings.redis_url, plan.data_dir)
    budget = Budget(store, plans())
    sources = sources_of(
        plan.settings, Setup(instruments=plan.profile.instruments, clock=clock, budget=budget)
    )
    history = History(plan.data_dir / HISTORY, sources, clock, forex_is_open)
    stretch = (wanted.begins, wanted.ends)
    try:
        name = history.source_name(wanted.instrument)
        while True:
            try:
                return await history.bars(wanted.instrument, wanted.interval, stretch, done), name
            except RateLimitedError as problem:
                wait = (problem.retry_at - clock.now()) / NS_PER_SECOND
                if wait > _LONGEST_WAIT_SECONDS:
                    raise
                err.print(f"[dim]{escape(str(problem))}[/]", soft_wrap=True)
                await asyncio.sleep(max(0.0, wait))
    finally:
        for source in sources:
            await source.close()
        await store.close()


def _from_daemon(
    daemon: asking.Daemon, wanted: _Wanted, done: Callable[[float], None]
) -> list[dict[str, Any]]:
    """Let the running daemon fetch, so that its plan is spent by one process only."""
    rows: list[dict[str, Any]] = []
    at, length = wanted.begins, INTERVALS[wanted.interval] * NS_PER_SECOND
    while at < wanted.ends:
        query = {
            "symbol": wanted.instrument.symbol,
            "interval": wanted.interval,
            "from": format_instant(at),
            "to": format_instant(wanted.ends),
            "limit": str(_PAGE),
        }
        page = daemon.ask("GET", f"/bars?{urlencode(query)}").body["items"]
        rows += page
        if len(page) < _PAGE:
            break
        at = parse_instant(page[-1]["opened_at"]) + length
        done((at - wanted.begins) / (wanted.ends - wanted.begins))
    return rows


def _save(rows: Sequence[dict[str, Any]], path: Path) -> None:
    columns = ("open", "high", "low", "close")
    frame = pd.DataFrame(
        {
            "timestamp": [row["opened_at"] for row in rows],
            "symbol": [row["symbol"] for row in rows],
            **{name: [row[name] for row in rows] for name in columns},
        }
    )
    try:
        if path.suffix == ".csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)
    except OSError as problem:
        raise InputError(f"{path} cannot be written: {problem.strerror}.") from None
