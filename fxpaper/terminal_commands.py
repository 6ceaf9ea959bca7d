"""``fxpaper mt5`` and ``fxpaper mt4``: the Expert Advisor gets into the terminal."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import to_builtins
from rich.markup import escape

from fxpaper.bridge.expert_files import (
    Copied,
    copy_experts,
    experts_folder,
    scripts_folder,
    shipped_files,
    shipped_scripts,
)
from fxpaper.bridge.terminal_folders import (
    METATRADER_4,
    METATRADER_5,
    Program,
    Search,
    Terminal,
    find_terminals,
    terminal_at,
)
from fxpaper.options import AsJson
from fxpaper.printing import WRONG_USE, Reported, fail, out, print_json, table

mt5_app = typer.Typer(help="MetaTrader 5 on this machine.", no_args_is_help=True)
mt4_app = typer.Typer(help="MetaTrader 4 on this machine.", no_args_is_help=True)

_UNKNOWN = 1
_COMPILE = (
    "In the terminal press F4; in MetaEditor's Navigator open Experts/fxpaper/fxpaper.{} and "
    "press F7, which compiles it."
)
_ALLOW = "In the terminal: Tools > Options > Expert Advisors > Allow WebRequest for listed URL: {}"
_DRAG = (
    "Drag fxpaper from the terminal's Navigator onto a chart, and paste the daemon's token or the "
    "keys of fxpaper keygen into its inputs."
)
_DRAG_4 = (
    "Drag fxpaper from the terminal's Navigator onto one chart, and paste the daemon's token into "
    "its inputs."
)
_CLICKS = {
    METATRADER_5: (_COMPILE.format("mq5"), _ALLOW.format("127.0.0.1"), _DRAG),
    METATRADER_4: (
        "Set mt4 = true in the daemon's settings, and restart it.",
        _COMPILE.format("mq4"),
        _ALLOW.format("http://127.0.0.1:8765"),
        _DRAG_4,
    ),
}


@mt5_app.command("install")
def install(
    to: Annotated[
        Path | None, typer.Option(help="The terminal's data folder (File > Open Data Folder).")
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Only list the terminals.")] = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Copy the Expert Advisor into a MetaTrader 5 terminal, and say which clicks remain."""
    _install(METATRADER_5, to, only_list=only_list, as_json=as_json)


@mt4_app.command("install")
def install_mt4(
    to: Annotated[
        Path | None, typer.Option(help="The terminal's data folder (File > Open Data Folder).")
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Only list the terminals.")] = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Copy the Expert Advisor into a MetaTrader 4 terminal, and say which clicks remain."""
    _install(METATRADER_4, to, only_list=only_list, as_json=as_json)


def _install(program: Program, to: Path | None, *, only_list: bool, as_json: bool) -> None:
    if to is None:
        search = find_terminals(program, platform.system(), Path.home(), os.environ)
        if only_list or len(search.found) != 1:
            _list(program, search, as_json=as_json)
        if only_list:
            return
        terminal = _only(program, search)
    else:
        with Reported():
            terminal = terminal_at(to, program)
        if only_list:
            _list(program, Search((terminal,), (str(to),)), as_json=as_json)
            return
    folder, aside = experts_folder(program, terminal), scripts_folder(program, terminal)
    with Reported():
        copied = copy_experts(shipped_files(program), folder)
        scripts = shipped_scripts(program)
        beside = copy_experts(scripts, aside) if scripts else []
    if as_json:
        said = {"terminal": _row(terminal), "folder": str(folder), "next": _CLICKS[program]}
        print_json(said | {"files": to_builtins(copied), "scripts": to_builtins(beside)})
        return
    out.print(escape(f"{terminal.installation or terminal.folder}: {folder}"), soft_wrap=True)
    _tell(copied)
    if beside:
        out.print(escape(str(aside)), soft_wrap=True)
        _tell(beside)
    out.print("What remains:")
    for number, click in enumerate(_CLICKS[program], start=1):
        out.print(escape(f"{number}. {click}"), soft_wrap=True)


def _tell(copied: list[Copied]) -> None:
    for one in copied:
        kept = f"; what you had changed is kept as {one.kept}" if one.kept else ""
        out.print(escape(f"  {one.file}: {one.outcome}{kept}"))


def _list(program: Program, search: Search, *, as_json: bool) -> None:
    rows = [_row(one) for one in search.found]
    if as_json:
        print_json({"found": rows, "looked": search.looked})
    elif rows:
        table(f"{program.title} on this machine", rows, ("folder", "installation"))
    else:
        out.print(f"No {program.title} was found. Looked in:")
        for place in search.looked:
            out.print(escape(f"  {place}"), soft_wrap=True)


def _only(program: Program, search: Search) -> Terminal:
    if not search.found:
        fail(
            f"Where {program.title} keeps its data is not known; choose File > Open Data Folder in "
            "it and name that folder with --to.",
            _UNKNOWN,
        )
    if len(search.found) > 1:
        fail(f"{len(search.found)} terminals are here; choose one's folder with --to.", WRONG_USE)
    return search.found[0]


def _row(terminal: Terminal) -> dict[str, Any]:
    return {"folder": str(terminal.folder), "installation": terminal.installation}
