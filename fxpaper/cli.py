"""The commands.

Exit codes: 0 done, 1 refused or unknown, 2 wrong use, 3 no daemon, 4 cannot start.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal as signals_of_the_system
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from fxpaper import __version__, asking, replaying
from fxpaper.aggregator.recording import Recording, read_recording
from fxpaper.app import Daemon, Plan
from fxpaper.config import Settings, default_data_dir, read_settings
from fxpaper.domain.instrument import BrokerProfile
from fxpaper.errors import FxpaperError, TransientError
from fxpaper.profiles import read_profile
from fxpaper.web.page import build_page

NO_DAEMON, CANNOT_START = 3, 4

app = typer.Typer(
    help="Forex signals executed on paper, against real quotes, with a reason for every number.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
signal_app = typer.Typer(help="Send signals.", no_args_is_help=True)
config_app = typer.Typer(help="Settings.", no_args_is_help=True)
model_app = typer.Typer(help="What models may do.", no_args_is_help=True)
ui_app = typer.Typer(help="The page.", no_args_is_help=True)
app.add_typer(signal_app, name="signal")
app.add_typer(config_app, name="config")
app.add_typer(model_app, name="model")
app.add_typer(ui_app, name="ui")

# A pipe has no width of its own; tables that are read by programs must not be cut.
out = Console(width=None if sys.stdout.isatty() else 240)
err = Console(stderr=True)

DataDir = Annotated[Path | None, typer.Option(help="Where ledger, token and settings are kept.")]
Config = Annotated[Path | None, typer.Option(help="A TOML file of settings.")]
Port = Annotated[int | None, typer.Option(help="Port of the page and the API.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Quotes = Annotated[
    Path | None, typer.Option(help="Recorded quotes: CSV or Parquet timestamp,bid,ask[,symbol].")
]
Symbol = Annotated[str | None, typer.Option(help="Symbol of a recording without that column.")]
Speed = Annotated[str, typer.Option(help="Of a recording: 1 is real time, 60, or max.")]


@app.command()
def run(
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    quotes: Quotes = None,
    symbol: Symbol = None,
    speed: Speed = "1",
) -> None:
    """Start the daemon: prices, signals, paper account, API and page in one process."""
    plan = _plan(data_dir or default_data_dir(), config, port)
    _start(_with_recording(plan, quotes, symbol, speed))


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
        _fail(f'--prices is simulated or real, not "{prices}".', 2)
    plan = _plan(data_dir or default_data_dir() / "demo", config, port)
    made_up = quotes is None and prices == "simulated"
    if made_up:
        symbols = (*plan.settings.symbols, "XAUUSD")
        changes = {"symbols": symbols, "risk_percent": Decimal("0.1")}
        plan = replace(plan, settings=plan.settings.model_copy(update=changes))
        out.print("[bold]SIMULATED PRICES[/]: no market ever quoted what you will see.")
    _start(_with_recording(replace(plan, demo=True, simulated=made_up), quotes, symbol, speed))


@app.command()
def replay(
    quotes: Annotated[Path, typer.Option(help="CSV or Parquet: timestamp,bid,ask[,symbol].")],
    signals: Annotated[Path, typer.Option(help="JSON lines, one signal each, with its time.")],
    symbol: Symbol = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Run recorded quotes and signals through the same engine and print what came of it."""
    plan = _plan(default_data_dir(), config, None)
    with _reported():
        content = replaying.read_file(signals)
        recording = _recording(quotes, plan.profile, symbol)
        with Progress(console=err, transient=True, disable=as_json) as progress:
            task = progress.add_task("replaying", total=len(recording))
            result = replaying.replay_recording(
                recording,
                content,
                signals.name,
                plan.settings,
                plan.profile,
                lambda done: progress.update(task, completed=done),
            )
    if as_json:
        _print_json(result)
        return
    _table("Deals", result["deals"], _DEAL_COLUMNS)
    _table("Signals", result["signals"], _SIGNAL_COLUMNS)
    _table("Open positions", result["positions"], _POSITION_COLUMNS)
    _table("Account", [result["account"]], _ACCOUNT_COLUMNS)


@signal_app.command("send")
def send(
    model: Annotated[str | None, typer.Option(help="Who says so.")] = None,
    symbol: Annotated[str | None, typer.Option(help="E.g. EURUSD.")] = None,
    side: Annotated[str | None, typer.Option(help="buy, sell or close.")] = None,
    confidence: Annotated[str | None, typer.Option(help="Probability of being right, 0–1.")] = None,
    stop_loss: Annotated[str | None, typer.Option(help="A price, or 25pips.")] = None,
    take_profit: Annotated[str | None, typer.Option(help="A price, 50pips or 2r.")] = None,
    id_: Annotated[
        str | None, typer.Option("--id", help="Your id; sent twice, taken once.")
    ] = None,
    time: Annotated[str | None, typer.Option(help="When it was made, RFC 3339.")] = None,
    expiry: Annotated[str | None, typer.Option(help="Until when it holds, RFC 3339.")] = None,
    file: Annotated[Path | None, typer.Option(help="JSON lines to send instead.")] = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Send a signal to the running daemon and see what became of it."""
    given = {
        "id": id_,
        "model": model,
        "symbol": symbol,
        "side": side,
        "confidence": confidence,
        "stop_loss": stop_loss,
        "take_profit": take_profit,
        "time": time,
        "expiry": expiry,
    }
    said = {key: value for key, value in given.items() if value is not None}
    with _reported():
        bodies = [json.dumps(said).encode()] if file is None else replaying.lines_of(file)
        daemon = asking.Daemon(data_dir or default_data_dir(), _port(config, port, data_dir))
        answers = [daemon.ask("POST", "/signals", body) for body in bodies]
    if as_json:
        _print_json([answer.body for answer in answers] if file else answers[0].body)
    else:
        for answer in answers:
            out.print(escape(asking.outcome(answer.body)))
    raise typer.Exit(0 if all(answer.executed for answer in answers) else 1)


@app.command()
def status(
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Show account, positions and sources of the running daemon."""
    with _reported():
        daemon = asking.Daemon(data_dir or default_data_dir(), _port(config, port, data_dir))
        health, account, positions = (
            daemon.ask("GET", path).body for path in ("/health", "/account", "/positions")
        )
    if as_json:
        _print_json({"health": health, "account": account, "positions": positions["items"]})
        return
    if health["note"]:
        out.print(f"[yellow]{escape(health['note'])}[/]")
    _table("Account (PAPER)", [account], _ACCOUNT_COLUMNS)
    _table("Open positions", positions["items"], _POSITION_COLUMNS)
    _table("Sources", health["sources"], ("name", "state", "grade", "age_ms", "error"))


@app.command()
def why(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of a signal.")],
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Tell why a signal was executed or not, with every number that was looked at."""
    directory = data_dir or default_data_dir()
    with _reported():
        chain = asking.chain(directory, _port(config, port, data_dir), id_)
    if as_json:
        _print_json(chain)
        return
    record = chain["signal"]
    out.print(escape(asking.outcome(record)))
    _table("Signal", [record], ("id", "model", "symbol", "side", "confidence", "time", "door"))
    _table("Checks", record["checks"], ("name", "actual", "limit", "passed"))
    sizing = [{"number": name, "value": value} for name, value in record["sizing"].items()]
    _table("Sizing", sizing, ("number", "value"))
    if record["quote"]:
        columns = ("symbol", "bid", "ask", "quoted_at", "source", "grade", "spread")
        _table("Quote it was decided on", [record["quote"]], columns)
    _table("Deals", chain["deals"], _DEAL_COLUMNS)


@app.command()
def link(port: Port = None, data_dir: DataDir = None, config: Config = None) -> None:
    """Print a new one-time link to the page."""
    with _reported():
        daemon = asking.Daemon(data_dir or default_data_dir(), _port(config, port, data_dir))
        out.print(daemon.ask("POST", "/links", b"{}").body["url"], soft_wrap=True)


@model_app.command("on")
def model_on(model: str, port: Port = None, data_dir: DataDir = None) -> None:
    """Let a model's signals be executed without a person."""
    _switch(model, port, data_dir, on=True)


@model_app.command("off")
def model_off(model: str, port: Port = None, data_dir: DataDir = None) -> None:
    """Keep a model's signals from being executed; they are still journalled."""
    _switch(model, port, data_dir, on=False)


@config_app.command("check")
def check(
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Read the settings as a daemon would, and show them."""
    plan = _plan(data_dir or default_data_dir(), config, None)
    shown = plan.settings.model_dump(mode="json")
    shown["twelve_data_key"] = "given" if plan.settings.twelve_data_key else None
    if as_json:
        _print_json(shown)
        return
    rows = [{"setting": name, "value": value} for name, value in shown.items()]
    _table(f"Settings (data in {plan.data_dir})", rows, ("setting", "value"))


@ui_app.command("build")
def ui_build() -> None:
    """Build the page of a checkout."""
    with _reported():
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


_DEAL_COLUMNS = (
    "time",
    "symbol",
    "side",
    "entry",
    "lots",
    "price",
    "reason",
    "commission",
    "swap",
    "profit",
    "balance",
)
_SIGNAL_COLUMNS = ("id", "time", "model", "symbol", "side", "confidence", "status", "code", "text")
_POSITION_COLUMNS = (
    "id",
    "symbol",
    "side",
    "lots",
    "open_price",
    "stop_loss",
    "take_profit",
    "current_price",
    "profit",
    "r",
)
_ACCOUNT_COLUMNS = (
    "id",
    "currency",
    "balance",
    "floating_profit",
    "equity",
    "margin",
    "free_margin",
    "margin_level",
)


class _Reported:
    """Turns faults into one sentence and an exit code."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        """Report a fault of ours; let anything else through."""
        if isinstance(problem, asking.NoDaemonError):
            _fail(str(problem), NO_DAEMON)
        if isinstance(problem, FxpaperError):
            _fail(str(problem), 1 if isinstance(problem, TransientError) else CANNOT_START)


def _reported() -> _Reported:
    return _Reported()


def _plan(data_dir: Path, config: Path | None, port: int | None) -> Plan:
    with _reported():
        settings = read_settings(data_dir, config, {"port": port})
        directory = (config or data_dir / "x").parent
        profile = read_profile(settings.profile, directory)
    return Plan(settings=settings, profile=profile, data_dir=data_dir)


def _with_recording(plan: Plan, quotes: Path | None, symbol: str | None, speed: str) -> Plan:
    if quotes is None:
        return plan
    with _reported():
        recording = _recording(quotes, plan.profile, symbol)
    return replace(plan, recording=recording, speed=_speed(speed))


def _recording(quotes: Path, profile: BrokerProfile, symbol: str | None) -> Recording:
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task(f"reading {quotes.name}", total=1.0)
        return read_recording(
            quotes, profile.instruments, symbol, lambda part: progress.update(task, completed=part)
        )


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = -1
    if not 0 < speed <= 1e6:  # noqa: PLR2004
        _fail(f'--speed is a number such as 1 or 60, or max; not "{text}".', 2)
    return speed


def _start(plan: Plan) -> None:
    try:
        plan.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        _fail(f"The data directory {plan.data_dir} cannot be made: {problem.strerror}.", 4)
    daemon = Daemon(plan, lambda text: out.print(escape(text), soft_wrap=True))
    with _reported():
        try:
            asyncio.run(_until_stopped(daemon))
        except ExceptionGroup as group:
            ours, others = group.split(FxpaperError)
            if ours is None or others is not None:
                raise
            raise _first(ours) from None
    out.print("Stopped; everything is in the ledger.")


async def _until_stopped(daemon: Daemon) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signals_of_the_system.SIGINT, signals_of_the_system.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            signals_of_the_system.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    async with asyncio.TaskGroup() as group:
        work = group.create_task(daemon.run())
        wait = group.create_task(stopped.wait())
        await asyncio.wait((work, wait), return_when=asyncio.FIRST_COMPLETED)
        work.cancel()
        wait.cancel()


def _first(group: ExceptionGroup[Any]) -> BaseException:
    problem: BaseException = group
    while isinstance(problem, ExceptionGroup):
        problem = problem.exceptions[0]
    return problem


def _switch(model: str, port: int | None, data_dir: Path | None, *, on: bool) -> None:
    with _reported():
        daemon = asking.Daemon(data_dir or default_data_dir(), _port(None, port, data_dir))
        daemon.ask("PUT", asking.path("models", model), json.dumps({"auto_execute": on}).encode())
    out.print(f'Automatic execution of "{model}" is {"on" if on else "off"}.')


def _port(config: Path | None, port: int | None, data_dir: Path | None) -> int | None:
    if port is not None or config is None:
        return port
    settings: Settings = read_settings(data_dir or default_data_dir(), config)
    return settings.port


def _table(title: str, rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...]) -> None:
    if not rows:
        return
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*("" if row.get(c) is None else escape(str(row[c])) for c in columns))
    out.print(table)


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: object) -> str:
    return str(value) if isinstance(value, Decimal | Path) else repr(value)


def _fail(text: str, code: int) -> None:
    err.print(f"[red]{escape(text)}[/]", soft_wrap=True)
    raise typer.Exit(code)


if __name__ == "__main__":
    main()
