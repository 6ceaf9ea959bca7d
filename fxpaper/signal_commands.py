"""``fxpaper signal``: sending one, and deciding one that waits for a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from fxpaper import asking, replaying
from fxpaper.options import AsJson, Config, DataDir, OfAccount, Port, daemon_of
from fxpaper.printing import Reported, out, print_json

signal_app = typer.Typer(help="Signals.", no_args_is_help=True)

SignalId = Annotated[str, typer.Argument(metavar="ID", help="Id of a signal that waits.")]


@signal_app.command("send")
def send(
    model: Annotated[str | None, typer.Option(help="Who says so.")] = None,
    symbol: Annotated[str | None, typer.Option(help="E.g. EURUSD.")] = None,
    side: Annotated[str | None, typer.Option(help="buy, sell or close.")] = None,
    confidence: Annotated[str | None, typer.Option(help="Probability of being right, 0–1.")] = None,
    stop_loss: Annotated[str | None, typer.Option(help="A price, or 25pips.")] = None,
    take_profit: Annotated[
        list[str] | None, typer.Option(help="A price, 50pips or 2r; several close parts.")
    ] = None,
    entry: Annotated[str | None, typer.Option(help="The price the model saw.")] = None,
    id_: Annotated[
        str | None, typer.Option("--id", help="Your id; sent twice, taken once.")
    ] = None,
    time: Annotated[str | None, typer.Option(help="When it was made, RFC 3339.")] = None,
    expiry: Annotated[str | None, typer.Option(help="Until when it holds, RFC 3339.")] = None,
    file: Annotated[Path | None, typer.Option(help="JSON lines to send instead.")] = None,
    account: OfAccount = None,
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
        "entry": entry,
        "time": time,
        "expiry": expiry,
    }
    said = {key: value for key, value in given.items() if value}
    with Reported():
        bodies = [json.dumps(said).encode()] if file is None else replaying.lines_of(file)
        daemon = daemon_of(port, data_dir, config)
        path = asking.of_account("/signals", account)
        answers = [daemon.ask("POST", path, body) for body in bodies]
    if as_json:
        print_json([answer.body for answer in answers] if file else answers[0].body)
    else:
        for answer in answers:
            out.print(escape(asking.outcomes(answer.body, account)))
    raise typer.Exit(0 if all(answer.executed for answer in answers) else 1)


@signal_app.command("execute")
def execute(
    id_: SignalId,
    account: OfAccount = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Execute a signal that waits for you: its model is not executed by itself.

    Every other rule holds. A signal that is decided already stays as it is.
    """
    with Reported():
        daemon = daemon_of(port, data_dir, config)
    record = _decide(id_, "execute", account, daemon, as_json=as_json)
    raise typer.Exit(0 if record["status"] == "executed" else 1)


@signal_app.command("dismiss")
def dismiss(
    id_: SignalId,
    account: OfAccount = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Refuse a signal that waits; it stays in the journal."""
    with Reported():
        daemon = daemon_of(port, data_dir, config)
    _decide(id_, "dismiss", account, daemon, as_json=as_json)


def _decide(
    id_: str, how: str, account: str | None, daemon: asking.Daemon, *, as_json: bool
) -> dict[str, Any]:
    with Reported():
        path = asking.of_account(asking.path("signals", id_, how), account)
        record = daemon.ask("POST", path).body
    if as_json:
        print_json(record)
    else:
        out.print(escape(asking.outcome(record, account)))
    return record
