"""``fxpaper live``, ``halt`` and ``resume``: real money, opened on purpose and stopped at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from fxpaper import asking
from fxpaper.bridge.broker_profile import BrokerSpecs, known_specs
from fxpaper.clock import SystemClock
from fxpaper.config import default_data_dir, read_settings
from fxpaper.domain.account import shadow_of
from fxpaper.errors import InputError
from fxpaper.from_settings import ledger_of
from fxpaper.ledger.ledger import Ledger
from fxpaper.live_account import open_live
from fxpaper.options import AsJson, Config, DataDir, OfAccount, Port, daemon_of
from fxpaper.printing import WRONG_USE, Reported, fail, out, print_json, table

live_app = typer.Typer(help="Accounts at a broker, through a terminal.", no_args_is_help=True)

_KINDS = {0: "demo", 1: "contest", 2: "REAL MONEY"}
_LONGEST = 24
_NOW = {
    "halted": "Halted: nothing opens",
    "reducing": "Reducing: nothing opens, signals may still close,",
    "flatten": "Closing everything, then halted: nothing opens",
}


@live_app.command("open")
def open_account(
    name: Annotated[str, typer.Argument(help="Of the account, as you like to call it.")],
    terminal: Annotated[
        str | None, typer.Option(help="Login@server, where several have connected.")
    ] = None,
    confirm: Annotated[
        str | None, typer.Option(help="The account's number, typed here instead of when asked.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Open an account whose orders a terminal carries out, and a shadow of it on paper.

    The terminal must have connected once; the daemon must be stopped while this runs.
    """
    directory = data_dir or default_data_dir()
    with Reported():
        found = _terminal(directory, terminal)
        if not name.replace("-", "").replace("_", "").isalnum() or len(name) > _LONGEST:
            raise InputError(f'"{name}" is no name: up to {_LONGEST} letters, digits, - and _.')
        login = found.terminal.partition("@")[0]
        rows = [
            {"what": "terminal", "value": found.terminal},
            {"what": "broker", "value": found.company},
            {"what": "account", "value": _KINDS.get(found.trade_mode, "unknown")},
            {"what": "money", "value": f"{found.balance} {found.currency}"},
            {"what": "leverage", "value": f"1:{found.leverage}"},
        ]
        table("Orders of this account will be carried out there", rows, ("what", "value"))
        typed = confirm or typer.prompt(f"Type the account's number to open it live ({login})")
        if typed.strip() != login:
            raise InputError(f'"{typed}" is not {login}; nothing was opened.')
        ledger = Ledger(ledger_of(read_settings(directory, config), directory))
        ledger.open()
        try:
            open_live(ledger, name, found, SystemClock().now())
        finally:
            ledger.close()
    out.print(
        escape(
            f'Opened "{name}", live, and its shadow "{shadow_of(name)}", on paper. To trade it: '
            f'account = "{name}" in fxpaper.toml (or FXPAPER_ACCOUNT={name}), start the daemon, '
            "and set InpAllowTrading in the Expert Advisor."
        ),
        soft_wrap=True,
    )


@live_app.command("drift")
def drift(
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Show how far the broker's deals are from what paper would have done."""
    with Reported():
        found = daemon_of(port, data_dir, config).ask("GET", "/drift").body
    if as_json:
        print_json(found)
        return
    columns = ("position", "symbol", "side", "lots", "entry", "exit", "spread", "swap", "net")
    table("Live less paper: points worse, and money", found["items"], columns)
    table("Together", [found["total"]], ("pairs", "entry", "exit", "swap", "net"))


def halt(
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    *,
    reduce: Annotated[bool, typer.Option("--reduce", help="Signals may still close.")] = False,
    flatten: Annotated[
        bool, typer.Option("--flatten", help="Close every position too, then stay halted.")
    ] = False,
    account: OfAccount = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Stop the account at once: nothing opens any more, waiting orders are cancelled.

    Open positions keep their stops and you can close them. It holds over restarts until resume.
    """
    if reduce and flatten:
        fail("--reduce and --flatten exclude each other; name one.", WRONG_USE)
    state = "flatten" if flatten else "reducing" if reduce else "halted"
    with Reported():
        _set(state, reason, account, daemon_of(port, data_dir, config))
    again = "fxpaper resume" if account is None else f"fxpaper resume --account {account}"
    out.print(escape(f"{_NOW[state]} until you run {again}."))


def resume(
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    confirm: Annotated[
        str | None, typer.Option(help="The account's name, typed here instead of when asked.")
    ] = None,
    account: OfAccount = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Let a halted account trade again; a live one asks for its name."""
    with Reported():
        daemon = daemon_of(port, data_dir, config)
        shown = daemon.ask("GET", asking.of_account("/account", account)).body
        name = shown["id"]
        if shown["mode"] == "live":
            typed = confirm or typer.prompt(f"Type the account's name to trade live again ({name})")
            if typed.strip() != name:
                raise InputError(f'"{typed}" is not {name}; it stays halted.')
        _set("active", reason, account, daemon)
    out.print(escape(f'"{name}" trades again.'))


def _set(state: str, reason: str, account: str | None, daemon: asking.Daemon) -> None:
    body = json.dumps({"state": state, "reason": reason}).encode()
    daemon.ask("POST", asking.of_account("/account/trading", account), body)


def _terminal(directory: Path, named: str | None) -> BrokerSpecs:
    known = {one.terminal: one for one in known_specs(directory) if one.currency}
    if named is None and len(known) == 1:
        return next(iter(known.values()))
    if named in known:
        return known[named]
    if not known:
        raise InputError("No terminal has connected yet; see fxpaper doctor mt5.")
    raise InputError(f"Terminals that have connected: {', '.join(known)}. Name one: --terminal.")
