"""The commands.

Exit codes: 0 done, 1 refused or unknown, 2 wrong use, 3 no daemon, 4 cannot start.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import structlog
import typer
from msgspec import to_builtins
from pydantic import SecretStr
from rich.markup import escape
from rich.progress import Progress

from fxpaper import __version__, asking, replaying
from fxpaper.accounts import further_accounts
from fxpaper.aggregator.recording import Recording
from fxpaper.alert_commands import alert_app
from fxpaper.alerting import check_addresses
from fxpaper.bridge_commands import doctor_app, keygen, profile_app
from fxpaper.config import default_data_dir
from fxpaper.engine.bar_doubts import BarPolicy
from fxpaper.from_settings import wanted_symbols
from fxpaper.history_commands import history_app
from fxpaper.ledger_commands import ledger_app
from fxpaper.limit_commands import headroom
from fxpaper.live_commands import halt, live_app, resume
from fxpaper.model_commands import model_app
from fxpaper.news_commands import calendar_of, news
from fxpaper.options import AsJson, Config, DataDir, OfAccount, Port, daemon_of
from fxpaper.printing import (
    ACCOUNT_COLUMNS,
    CONTRIBUTION_COLUMNS,
    DEAL_COLUMNS,
    ORDER_COLUMNS,
    POSITION_COLUMNS,
    SIGNAL_COLUMNS,
    TWIN_COLUMNS,
    WRONG_USE,
    Reported,
    err,
    fail,
    out,
    print_json,
    table,
)
from fxpaper.run_files import first_divergence
from fxpaper.signal_commands import signal_app
from fxpaper.sources_commands import sources_app
from fxpaper.starting import plan_of, recording_of, start, with_recording
from fxpaper.terminal_commands import mt4_app, mt5_app
from fxpaper.web.page import build_page

app = typer.Typer(
    help="Forex signals executed on paper, against real quotes, with a reason for every number.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
config_app = typer.Typer(help="Settings.", no_args_is_help=True)
ui_app = typer.Typer(help="The page.", no_args_is_help=True)
for _name, _group in {
    "signal": signal_app,
    "alert": alert_app,
    "config": config_app,
    "model": model_app,
    "ui": ui_app,
    "ledger": ledger_app,
    "sources": sources_app,
    "history": history_app,
    "doctor": doctor_app,
    "profile": profile_app,
    "live": live_app,
    "mt4": mt4_app,
    "mt5": mt5_app,
}.items():
    app.add_typer(_group, name=_name)
app.command("keygen")(keygen)
app.command("halt")(halt)
app.command("resume")(resume)
app.command("news")(news)

Quotes = Annotated[
    Path | None, typer.Option(help="Recorded quotes: CSV or Parquet timestamp,bid,ask[,symbol].")
]
Symbol = Annotated[str | None, typer.Option(help="Symbol of a recording without that column.")]
Signals = Annotated[
    Path | None, typer.Option(help="A JSON-lines file of signals to watch; lines may be appended.")
]
Speed = Annotated[str, typer.Option(help="Of a recording: 1 is real time, 60, or max.")]


@app.command()
def run(
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    quotes: Quotes = None,
    symbol: Symbol = None,
    speed: Speed = "1",
    signals: Signals = None,
) -> None:
    """Start the daemon: prices, signals, paper account, API and page in one process."""
    plan = plan_of(data_dir or default_data_dir(), config, port)
    start(replace(with_recording(plan, quotes, symbol, speed), signals=signals))


@app.command()
def demo(
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    quotes: Quotes = None,
    symbol: Symbol = None,
    speed: Speed = "1",
    prices: Annotated[str, typer.Option(help="simulated (offline) or real.")] = "simulated",
) -> None:
    """See it live at once: a simulated market and a sample model; no key, no network.

    With --quotes the sample model trades your recording, with --prices real the configured sources.
    """
    if prices not in {"simulated", "real"}:
        fail(f'--prices is simulated or real, not "{prices}".', 2)
    plan = plan_of(data_dir or default_data_dir() / "demo", config, port)
    made_up = quotes is None and prices == "simulated"
    if made_up:
        symbols = (*plan.settings.symbols, "XAUUSD")
        changes = {"symbols": symbols, "risk_percent": Decimal("0.1")}
        plan = replace(plan, settings=plan.settings.model_copy(update=changes))
        out.print("[bold]SIMULATED PRICES[/]: no market ever quoted what you will see.")
    start(with_recording(replace(plan, demo=True, simulated=made_up), quotes, symbol, speed))


@app.command()
def replay(
    signals: Annotated[Path, typer.Option(help="JSON lines, one signal each, with its time.")],
    quotes: Quotes = None,
    bars: Annotated[
        Path | None, typer.Option(help="CSV timestamp,open,high,low,close[,symbol] of bids.")
    ] = None,
    interval: Annotated[
        str, typer.Option(help="Of the bars: 1m, 5m, 15m, 30m, 1h, 4h, 1d.")
    ] = "1h",
    finer: Annotated[
        Path | None,
        typer.Option(help="Bars of one minute inside them, they prove what came first."),
    ] = None,
    policy: Annotated[
        BarPolicy, typer.Option(help="Which end came first where a bar reaches both.")
    ] = BarPolicy.PESSIMISTIC,
    symbol: Symbol = None,
    config: Config = None,
    save: Annotated[
        Path | None, typer.Option("--out", help="Write every event there, for fxpaper diff.")
    ] = None,
    twins: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option(help="Price the same signals under kind, given and unkind costs.")
    ] = False,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Run recorded quotes or bars, and signals, through the same engine; print what came of it."""
    if (quotes is None) == (bars is None):
        fail("Replay either --quotes FILE or --bars FILE.", WRONG_USE)
    plan = plan_of(default_data_dir(), config, None)
    with Reported():
        content = replaying.read_file(signals)
        recording: Recording | replaying.RecordedBars
        if bars is None:
            recording = recording_of(quotes or Path(), plan.profile, symbol)
        else:
            named = replaying.BarFiles(bars=bars, interval=interval, finer=finer, symbol=symbol)
            recording = replaying.bars_of(named, policy, plan.profile)
        asked = replaying.Asked(
            recording=recording,
            content=content,
            name=signals.name,
            settings=plan.settings,
            profile=plan.profile,
            calendar=calendar_of(plan.settings),
            account_limits=plan.account_limits,
        )
        with Progress(console=err, transient=True, disable=as_json) as progress:
            task = progress.add_task("replaying", total=len(recording))
            result = replaying.run(
                asked, lambda done: progress.update(task, completed=done), save, twins=twins
            )
    if as_json:
        print_json(result)
        return
    table("Deals", result["deals"], DEAL_COLUMNS)
    table("Signals", result["signals"], SIGNAL_COLUMNS)
    table("Open positions", result["positions"], POSITION_COLUMNS)
    table("Account", [result["account"]], ACCOUNT_COLUMNS)
    table("Under other costs", result.get("twins", []), TWIN_COLUMNS)
    what = "quotes" if bars is None else "bars"
    _tell_doubts(recording, result["deals"])
    out.print(f"Run {result['hash'][:16]}: {result['quotes']:,} {what}.")


def _tell_doubts(
    recording: Recording | replaying.RecordedBars, deals: list[dict[str, bool]]
) -> None:
    """Say what bars have left open."""
    doubtful = sum(deal["ambiguous"] for deal in deals)
    if doubtful:
        out.print(
            f"{doubtful} of {len(deals)} deals are ambiguous: their bars leave open what came "
            "first. --policy chooses, --finer or quotes prove; --json shows the alternatives."
        )
    if isinstance(recording, replaying.RecordedBars) and recording.disagreeing:
        err.print(
            f"{recording.disagreeing} of {len(recording)} bars have finer ones that tell another "
            "open, high, low or close; those bars were walked without them."
        )


@app.command()
def diff(
    one: Annotated[Path, typer.Argument(help="A run written by replay --out.")],
    other: Annotated[Path, typer.Argument(help="Another one.")],
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Show where two runs part first; exit code 1 when they do."""
    with Reported():
        found = first_divergence(one, other)
    if as_json:
        print_json(None if found is None else to_builtins(found))
    elif found is None:
        out.print("The runs are the same.")
    else:
        out.print(f"They part at line {found.line}, {found.at}, {found.kind}:")
        rows = [
            {"field": name, one.name: left, other.name: right}
            for name, (left, right) in sorted(found.fields.items())
        ]
        table("", rows, ("field", one.name, other.name))
    raise typer.Exit(0 if found is None else 1)


@app.command()
def status(
    account: OfAccount = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Show account, positions and sources of the running daemon."""
    with Reported():
        daemon = daemon_of(port, data_dir, config)
        health = daemon.ask("GET", "/health").body
        shown, positions = (
            daemon.ask("GET", asking.of_account(path, account)).body
            for path in ("/account", "/positions")
        )
    if as_json:
        print_json({"health": health, "account": shown, "positions": positions["items"]})
        return
    if health["note"]:
        out.print(f"[yellow]{escape(health['note'])}[/]")
    if shown["trading"] != "active":
        out.print(f"[red]{escape(shown['id'])} is not active: {shown['trading']}.[/]")
    table(f"Account ({shown['mode'].upper()})", [shown], ACCOUNT_COLUMNS)
    table("Open positions", positions["items"], POSITION_COLUMNS)
    table("Sources", health["sources"], ("name", "state", "grade", "age_ms", "error"))


app.command()(headroom)


@app.command()
def why(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of a signal.")],
    account: OfAccount = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Tell why a signal was executed or not, with every number that was looked at."""
    with Reported():
        chain = asking.chain(daemon_of(port, data_dir, config), id_, account)
    if as_json:
        print_json(chain)
        return
    record = chain["signal"]
    out.print(escape(asking.outcome(record, account)))
    table("Signal", [record], ("id", "model", "symbol", "side", "confidence", "time", "door"))
    table("Contributions", record["contributions"], CONTRIBUTION_COLUMNS)
    table("Checks", record["checks"], ("name", "actual", "limit", "passed"))
    sizing = [{"number": name, "value": value} for name, value in record["sizing"].items()]
    table("Sizing", sizing, ("number", "value"))
    if record["quote"]:
        columns = ("symbol", "bid", "ask", "quoted_at", "source", "grade", "spread")
        table("Quote it was decided on", [record["quote"]], columns)
    if chain["order"] is not None:
        table("Order", [chain["order"]], ORDER_COLUMNS)
    table("Deals", chain["deals"], DEAL_COLUMNS)


@app.command()
def link(port: Port = None, data_dir: DataDir = None, config: Config = None) -> None:
    """Print a new one-time link to the page."""
    with Reported():
        daemon = daemon_of(port, data_dir, config)
        out.print(daemon.ask("POST", "/links", b"{}").body["url"], soft_wrap=True)


@config_app.command("check")
def check(
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Read the settings as a daemon would, and show them."""
    plan = plan_of(data_dir or default_data_dir(), config, None)
    with Reported():
        further_accounts(plan.settings, plan.profile.instruments)
        check_addresses(plan.settings)
        wanted_symbols(plan.settings, plan.profile)
        calendar_of(plan.settings)
    shown = plan.settings.model_dump(mode="json")
    for name, value in plan.settings:
        if isinstance(value, SecretStr):
            shown[name] = "given"
    if plan.settings.redis_url is not None:
        shown["redis_url"] = "given"
    shown["rules"] = [
        one.model_dump(mode="json", exclude_unset=True) for one in plan.settings.rules
    ]
    shown["accounts"] = {
        name: one.model_dump(mode="json", exclude_unset=True)
        for name, one in plan.settings.accounts.items()
    }
    shown["keys"] = dict.fromkeys(plan.settings.keys, "given")
    if as_json:
        print_json(shown)
        return
    rows = [{"setting": name, "value": value} for name, value in shown.items()]
    table(f"Settings (data in {plan.data_dir})", rows, ("setting", "value"))


@ui_app.command("build")
def ui_build() -> None:
    """Build the page of a checkout."""
    with Reported():
        build_page(Path(__file__).resolve().parent.parent)
    out.print("The page is built.")


@app.command()
def version() -> None:
    """Print the version."""
    out.print(__version__)


def main() -> None:
    """Run a command; faults end in one sentence and an exit code."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    app()


if __name__ == "__main__":
    main()
