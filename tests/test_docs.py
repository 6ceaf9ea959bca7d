"""What exists is documented, and what the documents show works."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from click.exceptions import ClickException

from fxpaper.cli import app
from fxpaper.config import PREFIX, Settings
from fxpaper.domain.event import Event
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.signal import Signal
from fxpaper.profiles import read_profile
from fxpaper.signals.intake.native import Arrival, read_signal
from fxpaper.web.hub import Hub
from fxpaper.web.numbers import Numbers
from fxpaper.web.problem import ProblemCode
from fxpaper.web.routes import ROUTES

DOCS = Path("docs")
REFERENCE = {path.stem: path.read_text(encoding="utf-8") for path in DOCS.glob("reference/*.md")}
ALL = [Path("README.md"), *sorted(DOCS.rglob("*.md"))]
ROOT: Any = typer.main.get_command(app)


def commands(command: Any, words: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not hasattr(command, "commands"):
        return {words: command}
    found: dict[tuple[str, ...], Any] = {}
    for name, one in command.commands.items():
        found |= commands(one, (*words, name))
    return found


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_its_row(name: str):
    assert f"| `{name}` | `{PREFIX}{name.upper()}` |" in REFERENCE["settings"]


@pytest.mark.parametrize("code", RefusalCode)
def test_every_refusal_has_its_heading(code: RefusalCode):
    assert f"### `{code.value}`\n" in REFERENCE["refusals"]


@pytest.mark.parametrize("code", ProblemCode)
def test_every_problem_of_the_web_is_named(code: ProblemCode):
    assert f"`{code.value}`" in REFERENCE["api"]


@pytest.mark.parametrize("event", get_args(Event), ids=lambda event: event.__struct_config__.tag)
def test_every_event_has_its_row(event: type):
    assert f"`{event.__struct_config__.tag}`" in REFERENCE["api"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", commands(ROOT), ids=" ".join)
def test_every_command_and_option_is_documented(words: tuple[str, ...]):
    heading = f"## `fxpaper {' '.join(words)}`\n"
    assert heading in REFERENCE["commands"]
    section = REFERENCE["commands"].partition(heading)[2].partition("\n## ")[0]
    for parameter in commands(ROOT)[words].params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            assert f"`{parameter.opts[0]}`" in section


@pytest.mark.parametrize("one", ROUTES, ids=lambda one: f"{one.method} {one.path}")
def test_every_route_is_documented(one: Any):
    assert f"`{one.method} {one.path}`" in REFERENCE["api"]


def test_every_metric_is_documented():
    names = {metric.name for metric in Numbers(_hub()).collect()}
    assert {name for name in names if f"`{name}`" not in REFERENCE["metrics"]} == set()


def _hub() -> Hub:
    class Counted:
        count = 0

    hub = Hub.__new__(Hub)
    hub.__dict__.update(clients={}, dropped_slow=0, quotes=Counted(), account=Counted())
    return hub


def test_every_file_that_the_architecture_names_exists():
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:fxpaper|ui|tests|scripts|benchmarks)/[\w/.-]*)`", text)
    assert len(named) > 30
    assert [name for name in named if not Path(name).exists()] == []


@pytest.mark.parametrize("path", ALL, ids=str)
def test_every_link_between_pages_leads_somewhere(path: Path):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def shown_commands() -> list[str]:
    found = []
    for path in ALL:
        for block in re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            for line in block.splitlines():
                said = line.partition("#")[0].strip()
                found += re.findall(r"^(?:fxpaper|scripts/run) (.+)$", said)
    return found


@pytest.mark.parametrize("line", shown_commands())
def test_every_command_shown_is_one(line: str):
    """The real parser takes it; nothing is run."""
    words, command = shlex.split(line), ROOT
    if words[0].startswith("-"):
        words.insert(0, "demo")
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    try:
        command.make_context("fxpaper", words)
    except ClickException as wrong:
        pytest.fail(f"{line}: {wrong.format_message()}")


def test_every_signal_shown_is_read():
    instruments = read_profile("standard").instruments
    arrival = Arrival(
        account="paper", instruments=instruments, door="http", received_at=1, lifetime_ns=10**9
    )
    shown = 0
    for path in ALL:
        for block in re.findall(r"```json\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            if '"model"' not in block or '"confidence": 0' not in block:
                continue
            shown += 1
            found = read_signal(json.dumps(json.loads(block)).encode(), arrival)
            assert isinstance(found, Signal), found
    assert shown > 0
