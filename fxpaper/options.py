"""Options that several commands have, and the daemon that they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fxpaper import asking
from fxpaper.config import default_data_dir, read_settings
from fxpaper.printing import err

DataDir = Annotated[Path | None, typer.Option(help="Where ledger, token and settings are kept.")]
Config = Annotated[Path | None, typer.Option(help="A TOML file of settings.")]
Port = Annotated[int | None, typer.Option(help="Port of the page and the API.")]
OfAccount = Annotated[
    str | None, typer.Option("--account", help="Which account; the daemon's own if left out.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def daemon_of(port: int | None, data_dir: Path | None, config: Path | None) -> asking.Daemon:
    """Return the daemon that is meant: the one named, else one that runs, a demo last."""
    if port is None and config is not None:
        port = read_settings(data_dir or default_data_dir(), config).port
    if data_dir is not None:
        return asking.Daemon(data_dir, port)
    own, demos = default_data_dir(), default_data_dir() / "demo"
    if not asking.is_running(own, port) and asking.is_running(demos, port):
        err.print("[dim]Asking the demo.[/]")
        return asking.Daemon(demos, port)
    return asking.Daemon(own, port)
