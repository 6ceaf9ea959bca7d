"""``fxpaper model``: what models may do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape

from fxpaper import asking
from fxpaper.options import Config, DataDir, OfAccount, Port, daemon_of
from fxpaper.printing import WRONG_USE, Reported, fail, out

model_app = typer.Typer(help="What models may do.", no_args_is_help=True)


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
