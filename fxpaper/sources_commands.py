"""``fxpaper sources``: how they are doing, what they will do, and whether a key works."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from fxpaper.aggregator.budget import Budget
from fxpaper.aggregator.plan_of_day import Expected, expectations
from fxpaper.aggregator.registry import Setup, SourceSpec, known_sources, plans, spec_of
from fxpaper.aggregator.source import Finding
from fxpaper.aggregator.store import open_store
from fxpaper.clock import SystemClock
from fxpaper.config import default_data_dir
from fxpaper.domain.quote import Quote
from fxpaper.errors import ConfigurationError, FxpaperError
from fxpaper.from_settings import wanted_symbols
from fxpaper.keys import find_keys, forget_key, keep_key
from fxpaper.options import AsJson, Config, DataDir, Port, daemon_of
from fxpaper.plan import Plan
from fxpaper.printing import Reported, err, out, print_json, table
from fxpaper.starting import plan_of
from fxpaper.web import views

sources_app = typer.Typer(help="Price sources: state, plan, keys.", invoke_without_command=True)

_REFRESH_SECONDS = 1.0
_LIVE_COLUMNS = (
    "source",
    "state",
    "grade",
    "age",
    "symbols",
    "budget",
    "switches",
    "refused",
    "note",
)


@sources_app.callback()
def sources(
    context: typer.Context,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
    once: Annotated[bool, typer.Option(help="Show it once instead of live.")] = False,  # noqa: FBT002
) -> None:
    """Show how each price source of the running daemon is doing; live in a terminal."""
    if context.invoked_subcommand is not None:
        return
    with Reported():
        daemon = daemon_of(port, data_dir, config)
        states = daemon.ask("GET", "/sources").body["items"]
        if as_json:
            print_json(states)
            return
        if once or not sys.stdout.isatty():
            out.print(_live_table(states))
            return
        with Live(_live_table(states), console=out, auto_refresh=False) as live:
            try:
                while True:
                    time.sleep(_REFRESH_SECONDS)
                    states = daemon.ask("GET", "/sources").body["items"]
                    live.update(_live_table(states), refresh=True)
            except KeyboardInterrupt:
                return


@sources_app.command("plan")
def plan(
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Show, before a start, where each symbol's prices will come from and how old they will be."""
    settings_plan = plan_of(data_dir or default_data_dir(), config, None)
    settings, instruments = settings_plan.settings, settings_plan.profile.instruments
    with Reported():
        ready, missing = list[SourceSpec](), list[SourceSpec]()
        for name in settings.sources:
            spec = spec_of(name)
            lacks = spec.unfit or find_keys(spec.keys, settings, spec.switch) is None
            (missing if lacks else ready).append(spec)
        symbols = wanted_symbols(settings, settings_plan.profile)
        expected = expectations(
            ready, [instruments[name] for name in symbols], instruments, SystemClock().now()
        )
    rows = [_expected_row(one) for one in expected]
    if as_json:
        print_json(rows)
        return
    table("Expected prices, while the market is open", rows, tuple(rows[0]) if rows else ())
    lacking = [
        {
            "source": spec.name,
            "needs": spec.unfit or ", ".join(spec.keys),
            "free": spec.capabilities.free_plan,
            "from": spec.capabilities.sign_up,
        }
        for spec in missing
    ]
    table("Not taking part", lacking, ("source", "needs", "free", "from"))


@sources_app.command("known")
def known(as_json: AsJson = False) -> None:  # noqa: FBT002 - an option
    """List every source there is, with what it can do and what costs nothing."""
    with Reported():
        specs = known_sources().values()
    rows = [
        {
            "source": spec.name,
            "prices": spec.capabilities.sides,
            "grade": spec.capabilities.evidence.grade.value,
            "updates": spec.capabilities.updates,
            "history": spec.capabilities.history,
            "free plan": spec.capabilities.free_plan,
            "keys": ", ".join(spec.keys),
            "note": spec.unfit,
        }
        for spec in specs
    ]
    if as_json:
        print_json(rows)
    else:
        table("Price sources", rows, tuple(rows[0]))


@sources_app.command("test")
def try_source(
    name: Annotated[str, typer.Argument(help="As in the setting sources, e.g. twelve_data.")],
    symbol: Annotated[str | None, typer.Option(help="To ask for; EURUSD when left out.")] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Check a source and its key: ask it, and show the raw answer and what is made of it."""
    planned = plan_of(data_dir or default_data_dir(), config, None)
    wanted = (symbol or "EURUSD").upper()
    with Reported():
        if wanted not in planned.profile.instruments:
            raise ConfigurationError(f'There is no instrument "{wanted}" in the broker profile.')
        spec = spec_of(name)
        if spec.unfit:
            raise ConfigurationError(f"{spec.unfit}.")
        keys = find_keys(spec.keys, planned.settings)
        if keys is None:
            named = " and ".join(f"FXPAPER_{key.upper()}" for key in spec.keys)
            raise ConfigurationError(
                f"{name} needs a key. Get one at {spec.capabilities.sign_up} and set {named}, or "
                f"keep it with: fxpaper sources key {spec.keys[0]}"
            )
        if not spec.supports(planned.profile.instruments[wanted]):
            raise ConfigurationError(f"{spec.capabilities.title} does not quote {wanted} itself.")
        found = asyncio.run(_tested(planned, spec, keys, wanted))
    if as_json:
        print_json(found)
    else:
        out.print(escape(f"{spec.capabilities.title}: {found['finding']}"))
        if found["raw"]:
            out.print(f"[dim]{escape(found['raw'])}[/]")
        if found["quote"]:
            table("What we made of it", [found["quote"]], tuple(found["quote"]))
    raise typer.Exit(0 if found["ok"] else 1)


@sources_app.command("key")
def key(
    name: Annotated[str, typer.Argument(help="E.g. twelve_data_key, tiingo_key.")],
    forget: Annotated[bool, typer.Option(help="Remove it instead.")] = False,  # noqa: FBT002
) -> None:
    """Keep a key in this system's keyring; it is asked for and never shown."""
    names = sorted({one for spec in known_sources().values() for one in spec.keys})
    with Reported():
        if name not in names:
            raise ConfigurationError(f'No source has a key "{name}". Known: {", ".join(names)}.')
        if forget:
            was_there = forget_key(name)
            out.print(f"{name} is forgotten." if was_there else f"{name} was not in the keyring.")
            return
        value = typer.prompt(name, hide_input=True).strip()
        keep_key(name, value)
    out.print(f"{name} is in the keyring of this system.")


async def _tested(
    planned: Plan, spec: SourceSpec, keys: Mapping[str, str], symbol: str
) -> dict[str, Any]:
    """Ask a source once and return what it said and what was made of it, without the key."""
    instruments = planned.profile.instruments
    planned.data_dir.mkdir(parents=True, exist_ok=True)
    store = await open_store(planned.settings.redis_url, planned.data_dir)
    setup = Setup(
        instruments=instruments, clock=SystemClock(), budget=Budget(store, plans()), keys=keys
    )
    source = spec.make(setup)
    quote: Quote | None = None
    try:
        with err.status(f"asking {spec.capabilities.title} for {symbol}"):
            finding = await source.probe(symbol)
            if source.polled:
                quote = await source.fetch(symbol)
    except FxpaperError as problem:
        finding = Finding(ok=False, text=str(problem))
    finally:
        raw = source.raw
        await source.close()
        await store.close()
    quote = quote or source.latest
    digits = instruments[symbol].digits
    shown = None if quote is None else views.quote(quote, digits).model_dump(mode="json")
    return {"ok": finding.ok, "finding": finding.text, "raw": raw or finding.raw, "quote": shown}


def _live_table(states: Sequence[Mapping[str, Any]]) -> Table:
    shown = Table(*_LIVE_COLUMNS, title="Price sources", title_justify="left")
    for state in states:
        age = state["age_ms"]
        cells = (
            f"{'* ' if state['active'] else ''}{state['name']}",
            state["state"],
            state["grade"],
            "" if age is None else f"{age / 1000:.1f} s",
            " ".join(state["symbols"]),
            _budget_text(state),
            str(state["switches"] or ""),
            ", ".join(f"{count} {reason}" for reason, count in state["refused"].items()),
            state["error"] or state["probe"] or "",
        )
        shown.add_row(*(escape(cell) for cell in cells))
    return shown


def _budget_text(state: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{state[f'used_{window}']}/{state[f'limit_{window}']} {window}"
        for window in ("minute", "hour", "day")
        if state[f"limit_{window}"] is not None
    )


def _expected_row(one: Expected) -> dict[str, Any]:
    return {
        "symbol": one.symbol,
        "source": one.source or "none",
        "grade": one.grade or "",
        "prices": one.updates,
        "every": _span(one.oldest_seconds),
        "near a level": _span(one.near_seconds),
        "calls a day": "" if one.calls_a_day is None else one.calls_a_day,
        "then": ", ".join(one.then),
    }


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if not isfinite(seconds):
        return "never"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
