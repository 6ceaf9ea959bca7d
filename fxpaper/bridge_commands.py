"""``fxpaper keygen`` and ``fxpaper doctor``: terminals that may connect, and why one does not."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from fxpaper.asking import Daemon, is_running
from fxpaper.bridge.broker_profile import known_specs, profile_text
from fxpaper.bridge.keys import forget_keys, make_keys, server_keys, terminals
from fxpaper.config import default_data_dir
from fxpaper.errors import InputError
from fxpaper.options import AsJson, Config, DataDir
from fxpaper.plan import Plan
from fxpaper.printing import Reported, out, print_json, table
from fxpaper.profiles import read_profile
from fxpaper.starting import plan_of

doctor_app = typer.Typer(help="Find out what is wrong.", no_args_is_help=True)
profile_app = typer.Typer(help="Broker profiles.", no_args_is_help=True)

_CONNECT_SECONDS = 2.0


def keygen(
    name: Annotated[str, typer.Argument(help="Of the terminal, as you like to call it.")],
    login: Annotated[
        str | None, typer.Option(help="Bind the key to this account; any when left out.")
    ] = None,
    forget: Annotated[bool, typer.Option(help="Take the terminal off the list.")] = False,  # noqa: FBT002
    data_dir: DataDir = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Make the keys with which a MetaTrader terminal connects over an encrypted line."""
    directory = data_dir or default_data_dir()
    with Reported():
        if forget:
            known = forget_keys(directory, name)
            out.print(f"{name} is off the list." if known else f"{name} was not on the list.")
            return
        made = make_keys(directory, name, login)
    shown = {
        "InpServerKey": made.server,
        "InpPublicKey": made.public,
        "InpSecretKey": made.secret,
    }
    if as_json:
        print_json(shown)
        return
    rows = [{"input": key, "value": value} for key, value in shown.items()]
    table("Paste these into the inputs of the Expert Advisor", rows, ("input", "value"))
    out.print("The secret key is shown this once. After the first key, restart the daemon.")


@doctor_app.command("mt5")
def mt5(
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Check each link between a MetaTrader terminal and the daemon."""
    plan = plan_of(data_dir or default_data_dir(), config, None)
    with Reported():
        links = _links(plan.settings.metatrader_address, plan)
    if as_json:
        print_json(links)
    else:
        for link in links:
            mark = "[green]ok[/]  " if link["ok"] else "[red]no[/]  "
            out.print(f"{mark}{escape(link['link'])}: {escape(link['found'])}")
            if not link["ok"]:
                out.print(f"    {escape(link['do'])}")
    raise typer.Exit(0 if all(link["ok"] for link in links) else 1)


@profile_app.command("import")
def import_profile(
    save: Annotated[Path, typer.Option("--out", help="The TOML file to write.")],
    terminal: Annotated[
        str | None, typer.Option(help="Login@server, where several have connected.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Write a broker profile from what your terminal has told of its symbols."""
    directory = data_dir or default_data_dir()
    with Reported():
        known = {one.terminal: one for one in known_specs(directory)}
        if terminal is None and len(known) == 1:
            terminal = next(iter(known))
        if terminal not in known:
            names = ", ".join(known) or "none"
            raise InputError(
                f"Terminals that have connected: {names}. Name one with --terminal."
                if known
                else "No terminal has connected yet; see fxpaper doctor mt5."
            )
        if save.exists():
            raise InputError(f"{save} exists already; nothing was overwritten.")
        text = profile_text(known[terminal], read_profile("standard").instruments)
        try:
            save.write_text(text, encoding="utf-8")
        except OSError as problem:
            raise InputError(f"{save} cannot be written: {problem.strerror}.") from None
        profile = read_profile(str(save.resolve()))
    told = len(known[terminal].specs)
    out.print(
        escape(
            f"{told} of {len(profile.instruments)} instruments are {terminal}'s in {save}. "
            f'Use it with profile = "{save.resolve()}".'
        ),
        soft_wrap=True,
    )


def _links(address: str | None, plan: Plan) -> list[dict[str, Any]]:
    """Return the links in order; nothing is said about what lies behind a broken one."""
    found: list[dict[str, Any]] = []

    def link(name: str, text: str, do: str, *, ok: bool) -> bool:
        found.append({"link": name, "ok": ok, "found": text, "do": do})
        return ok

    if not link(
        "setting",
        f"metatrader_address is {address or 'not set'}",
        "Set FXPAPER_METATRADER_ADDRESS=127.0.0.1:5555, or metatrader_address in fxpaper.toml.",
        ok=address is not None,
    ):
        return found
    running = is_running(plan.data_dir, None)
    if not link(
        "daemon",
        "it runs" if running else "none runs with this data directory",
        "Start one: fxpaper run",
        ok=running,
    ):
        return found
    host, _, port = str(address).rpartition(":")
    listens = _listens("127.0.0.1" if host == "0.0.0.0" else host, int(port))  # noqa: S104
    if not link(
        "port",
        f"{address} {'answers' if listens else 'does not answer'}",
        "The daemon was started without this setting; restart it.",
        ok=listens,
    ):
        return found
    keys = server_keys(plan.data_dir)
    known = terminals(plan.data_dir)
    plain = " as PLAIN's password" if plan.settings.metatrader_plain else ""
    line = f"not encrypted, with the daemon's token{plain}" if keys is None else "encrypted"
    link(
        "line",
        f"{line}; {len(known)} terminals have keys",
        "Run: fxpaper keygen NAME",
        ok=keys is None or bool(known),
    )
    states = Daemon(plan.data_dir, None).ask("GET", "/sources").body["items"]
    source = next((one for one in states if one["name"] == "metatrader"), None)
    connected = source is not None and source["state"] in {"live", "quiet"}
    said = "is not among the sources" if source is None else source["error"] or source["state"]
    link(
        "terminal",
        f"the source metatrader {said}",
        "In the terminal: Tools > Options > Expert Advisors > Allow WebRequest for "
        f"{host or '127.0.0.1'}, then put the Expert Advisor on a chart; it shows there why it "
        "cannot connect.",
        ok=connected,
    )
    daemon = Daemon(plan.data_dir, None)
    if daemon.ask("GET", "/account").body["mode"] == "live":
        note = daemon.ask("GET", "/health").body["note"]
        link(
            "orders",
            note or "the terminal carries them out",
            "Look at docs/reference/live.md: all four of what real orders need.",
            ok=note is None,
        )
    return found


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_CONNECT_SECONDS):
            return True
    except OSError:
        return False
