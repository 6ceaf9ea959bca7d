"""``fxpaper model``: what models may do, and what they came to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer
from rich.markup import escape

from fxpaper import asking, score_text
from fxpaper.options import AsJson, Config, DataDir, OfAccount, Port, daemon_of
from fxpaper.printing import WRONG_USE, Reported, fail, out, print_json, table

Symbol = Annotated[str | None, typer.Option(help="Only signals and trades of this symbol.")]
_DEFINED = "\n\n".join(f"{name}: {meaning}." for name, meaning in score_text.DEFINITIONS.items())

model_app = typer.Typer(help="What models may do, and what they came to.", no_args_is_help=True)


AllAccounts = Annotated[bool, typer.Option("--all-accounts", help="On every account there.")]


@model_app.command("on")
def model_on(
    model: str,
    account: OfAccount = None,
    all_accounts: AllAccounts = False,  # noqa: FBT002 - an option
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Let a model's signals be executed without a person."""
    with Reported():
        daemon = daemon_of(port, data_dir, config)
        _switch(model, daemon, _accounts(daemon, account, everywhere=all_accounts), on=True)


@model_app.command("off")
def model_off(
    model: str,
    account: OfAccount = None,
    all_accounts: AllAccounts = False,  # noqa: FBT002 - an option
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Keep a model's signals from being executed; they are still journalled."""
    with Reported():
        daemon = daemon_of(port, data_dir, config)
        _switch(model, daemon, _accounts(daemon, account, everywhere=all_accounts), on=False)


@model_app.command("scores", epilog=_DEFINED)
def model_scores(
    symbol: Symbol = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Show what every model's signals and closed trades came to."""
    found = _asked("/scores", symbol, (port, data_dir, config))
    if as_json:
        print_json(found)
        return
    if not found["items"]:
        out.print("No model has sent a signal yet.")
    table("Models", [score_text.row(one) for one in found["items"]], score_text.COLUMNS)


@model_app.command("score", epilog=_DEFINED)
def model_score(
    model: str,
    symbol: Symbol = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Show what one model came to: results, reliability of its confidence, decay, refusals."""
    path = f"{asking.path('models', model)}/score"
    found = _asked(path, symbol, (port, data_dir, config))
    if as_json:
        print_json(found)
        return
    of_symbol = "" if symbol is None else f" {found['symbol']}"
    table(f"{model}{of_symbol}", score_text.rows(found), ("number", "value", "what it is"))
    if found["calibration"] is not None:
        _print_curve(found["calibration"])
    out.print(escape(found["decay"]["text"]), soft_wrap=True)
    table("Signals", [found["signals"]], tuple(found["signals"]))
    reasons = [{"reason": code, "signals": count} for code, count in found["refusals"].items()]
    table("Refused", reasons, ("reason", "signals"))


def _print_curve(calibration: dict[str, Any]) -> None:
    out.print("Reliability: # reaches as far as trades were won, | is what was said")
    for line in score_text.curve(calibration["bins"]):
        out.print(escape(line), soft_wrap=True, highlight=False)
    if not calibration["enough"]:
        few = f"{calibration['trades']} of {calibration['minimum']} trades"
        out.print(f"Too few trades to trust a calibration: {few}.")


def _asked(
    path: str, symbol: str | None, where: tuple[int | None, Path | None, Path | None]
) -> dict[str, Any]:
    query = "" if symbol is None else f"?{urlencode({'symbol': symbol})}"
    with Reported():
        return daemon_of(*where).ask("GET", path + query).body


def _accounts(
    daemon: asking.Daemon, named: str | None, *, everywhere: bool
) -> Sequence[str | None]:
    """Return the accounts that are meant; None is the daemon's own."""
    if not everywhere:
        return [named]
    if named is not None:
        fail("Name one account with --account, or all of them with --all-accounts.", WRONG_USE)
    return [one["id"] for one in daemon.ask("GET", "/accounts").body["items"]]


def _switch(model: str, daemon: asking.Daemon, accounts: Sequence[str | None], *, on: bool) -> None:
    state, body = "on" if on else "off", json.dumps({"auto_execute": on}).encode()
    for account in accounts:
        daemon.ask("PUT", asking.of_account(asking.path("models", model), account), body)
        there = "" if account is None else f' on account "{account}"'
        out.print(escape(f'Automatic execution of "{model}"{there} is {state}.'))
