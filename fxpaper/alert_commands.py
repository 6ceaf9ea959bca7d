"""``fxpaper alert``: prices to hear of, and whether an address works."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import typer
from rich.markup import escape

from fxpaper import asking
from fxpaper.config import default_data_dir, read_settings
from fxpaper.domain.alert import Tone
from fxpaper.errors import InputError, TransientError
from fxpaper.options import AsJson, Config, DataDir, Port, daemon_of
from fxpaper.printing import Reported, out, print_json, table
from fxpaper.worker.alert_rules import PAGE
from fxpaper.worker.alert_targets import AppriseTarget

alert_app = typer.Typer(help="Prices to hear of, and who hears.", no_args_is_help=True)

_COLUMNS = ("id", "symbol", "side", "price", "state", "set_at", "ended_at", "note")


@alert_app.command("add")
def add(
    symbol: Annotated[str, typer.Argument(help="E.g. EURUSD.")],
    side: Annotated[str, typer.Argument(help="above: the bid rises to it; below: it falls.")],
    price: Annotated[str, typer.Argument(help="E.g. 1.1050.")],
    note: Annotated[str, typer.Option(help="What to be reminded of.")] = "",
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Be told once when a price is reached; it is remembered over restarts."""
    body = {"symbol": symbol, "side": side, "price": price, "note": note}
    with Reported():
        daemon = daemon_of(port, data_dir, config)
        found = daemon.ask("POST", "/alerts", json.dumps(body).encode()).body
    text = f"You will hear once when {found['symbol']} is {found['side']} {found['price']}."
    out.print(escape(f"{text} Alert {found['id']}"))


@alert_app.command("list")
def show(
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Show the newest hundred price alerts with what became of them."""
    with Reported():
        found = daemon_of(port, data_dir, config).ask("GET", "/alerts").body["items"]
    if as_json:
        print_json(found)
        return
    table("Price alerts", found, _COLUMNS)


@alert_app.command("remove")
def remove(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Of a price alert that waits.")],
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Wait for a price no longer."""
    with Reported():
        daemon_of(port, data_dir, config).ask("DELETE", asking.path("alerts", id_))
    out.print(escape(f"Alert {id_} is removed."))


@alert_app.command("test")
def try_address(
    name: Annotated[str, typer.Argument(help="Of an address in [notify].")],
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Send a message to one address now, without the daemon, and tell what came of it."""
    with Reported():
        addresses = read_settings(data_dir or default_data_dir(), config).notify
        if name == PAGE:
            raise InputError("The page has no address: open it, and alerts appear there.")
        if name not in addresses:
            known = ", ".join(addresses) or "none yet"
            raise InputError(f'"{name}" has no address in [notify]. Known: {known}.')
        with ThreadPoolExecutor(1) as threads:
            target = AppriseTarget(name, addresses[name].get_secret_value(), threads)
            sent = target.send("fxpaper", "A test of your alerts: it works.", Tone.PLAIN)
            problem = asyncio.run(sent)
        if problem is not None:
            raise TransientError(f"{target.kind} did not take the message: {problem}")
    out.print(escape(f'{target.kind} took the message for "{name}".'))
