"""``fxpaper ledger``: checking, saving and bringing back what happened."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import Progress

from fxpaper.config import default_data_dir, read_settings
from fxpaper.errors import ConfigurationError, InputError
from fxpaper.from_settings import ledger_of
from fxpaper.ledger.ledger import Ledger
from fxpaper.printing import Reported, err, out, print_json, table

ledger_app = typer.Typer(help="Check, save and bring back what happened.", no_args_is_help=True)

DataDir = Annotated[Path | None, typer.Option(help="Where the ledger is kept.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
_PAGES_AT_ONCE = 256

T = TypeVar("T")


@ledger_app.command("verify")
def verify(data_dir: DataDir = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - an option
    """Compare every row with what the event log says; works while a daemon runs."""
    with Reported():
        found = _looking(data_dir, lambda ledger: ledger.verify())
    rows = [
        {"table": one.table, "key": list(one.key), "stored": one.stored, "log": one.rebuilt}
        for one in found
    ]
    if as_json:
        print_json({"differences": rows})
    elif rows:
        table("Rows that are not what the log says", rows, ("table", "key", "stored", "log"))
        out.print("Stop the daemon and run: fxpaper ledger rebuild")
    else:
        out.print("Every row is what the event log says.")
    raise typer.Exit(1 if rows else 0)


@ledger_app.command("rebuild")
def rebuild(data_dir: DataDir = None) -> None:
    """Make every row anew from the event log; the daemon must be stopped."""
    with Reported():
        ledger = Ledger(_where(data_dir))
        ledger.open()
        try:
            ledger.rebuild()
        finally:
            ledger.close()
    out.print("Every row was made anew from the event log.")


@ledger_app.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="To write; must not exist yet.")],
    data_dir: DataDir = None,
) -> None:
    """Save the ledger as it is now, while the daemon goes on."""
    with Reported():
        if file.exists():
            raise InputError(f"{file} exists already; name another file.")
        _looking(data_dir, lambda _: None)
        partial = file.with_name(file.name + ".part")
        try:
            _copy(_path(data_dir), partial)
            differences = _checked(partial)
            if differences:
                raise ConfigurationError(
                    f"{differences} rows of the ledger are not what its log says; nothing was "
                    "saved. Look with: fxpaper ledger verify"
                )
            partial.replace(file)
        except (OSError, sqlite3.Error) as problem:
            raise ConfigurationError(f"{file} cannot be written: {problem}.") from None
        finally:
            partial.unlink(missing_ok=True)
    out.print(f"Saved to {file}. Bring it back with: fxpaper ledger restore {file}", soft_wrap=True)


@ledger_app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    data_dir: DataDir = None,
    force: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--force", help="Even where there is a ledger; it is kept aside.")
    ] = False,
) -> None:
    """Bring a backup back; it is checked first, and the daemon must be stopped."""
    with Reported():
        path = _path(data_dir)
        if not file.is_file():
            raise InputError(f"There is no file {file}.")
        differences = _checked(file)
        if differences:
            raise InputError(f"{file} is damaged: {differences} rows are not what its log says.")
        if path.exists() and not force:
            raise InputError(f"There is a ledger {path}. With --force it is kept aside first.")
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = _replace(path, file)
    kept = "" if aside is None else f" The one before is kept as {aside}."
    out.print(f"The ledger is {file} again.{kept}", soft_wrap=True)


def _where(data_dir: Path | None) -> Path | str:
    directory = data_dir or default_data_dir()
    return ledger_of(read_settings(directory, None), directory)


def _path(data_dir: Path | None) -> Path:
    found = _where(data_dir)
    if isinstance(found, Path):
        return found
    raise InputError(
        "The ledger is in PostgreSQL; save it and bring it back with pg_dump and pg_restore."
    )


def _looking(data_dir: Path | None, ask: Callable[[Ledger], T]) -> T:
    ledger = Ledger(_where(data_dir), read_only=True)
    ledger.open()
    try:
        return ask(ledger)
    finally:
        ledger.close()


def _copy(source: Path, target: Path) -> None:
    with (
        Progress(console=err, transient=True) as progress,
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as whole,
        closing(sqlite3.connect(target)) as copy,
    ):
        task = progress.add_task("saving", total=None)
        whole.backup(
            copy,
            pages=_PAGES_AT_ONCE,
            progress=lambda _, left, total: progress.update(
                task, completed=total - left, total=total
            ),
        )


def _checked(file: Path) -> int:
    """Return how many rows of a ledger are not what its log says."""
    ledger = Ledger(file, read_only=True)
    ledger.open()
    try:
        return len(ledger.verify())
    finally:
        ledger.close()


def _replace(path: Path, file: Path) -> Path | None:
    """Put a copy of a backup where the ledger is; nobody may hold that one."""
    aside = None
    if path.exists():
        held = Ledger(path)
        held.open()
        held.close()
        aside = _free_name(path)
        shutil.copyfile(path, aside)
    partial = path.with_name(path.name + ".part")
    shutil.copyfile(file, partial)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    partial.replace(path)
    return aside


def _free_name(path: Path) -> Path:
    number = 1
    while (found := path.with_name(f"{path.name}.before-{number}")).exists():
        number += 1
    return found
