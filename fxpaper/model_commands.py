"""``fxpaper model``: what models may do."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from fxpaper import asking
from fxpaper.options import Config, DataDir, Port, daemon_of
from fxpaper.printing import Reported, out

model_app = typer.Typer(help="What models may do.", no_args_is_help=True)


@model_app.command("on")
def model_on(
    model: str, port: Port = None, data_dir: DataDir = None, config: Config = None
) -> None:
    """Let a model's signals be executed without a person."""
    _switch(model, (port, data_dir, config), on=True)


@model_app.command("off")
def model_off(
    model: str, port: Port = None, data_dir: DataDir = None, config: Config = None
) -> None:
    """Keep a model's signals from being executed; they are still journalled."""
    _switch(model, (port, data_dir, config), on=False)


def _switch(model: str, where: tuple[int | None, Path | None, Path | None], *, on: bool) -> None:
    with Reported():
        daemon = daemon_of(*where)
        daemon.ask("PUT", asking.path("models", model), json.dumps({"auto_execute": on}).encode())
    out.print(f'Automatic execution of "{model}" is {"on" if on else "off"}.')
