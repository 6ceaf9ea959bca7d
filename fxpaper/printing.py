"""What the commands print: tables, JSON, and faults in one sentence with an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fxpaper.errors import FxpaperError, NoDaemonError, TransientError

WRONG_USE, NO_DAEMON, CANNOT_START = 2, 3, 4

# A pipe has no width of its own; tables that are read by programs must not be cut.
out = Console(width=None if sys.stdout.isatty() else 240)
err = Console(stderr=True)

ORDER_COLUMNS = ("id", "kind", "side", "lots", "state", "fill_price", "ended_code", "ended_text")
DEAL_COLUMNS = (
    "time",
    "symbol",
    "side",
    "entry",
    "lots",
    "price",
    "reason",
    "commission",
    "swap",
    "profit",
    "balance",
)
SIGNAL_COLUMNS = ("id", "time", "model", "symbol", "side", "confidence", "status", "code", "text")
CONTRIBUTION_COLUMNS = ("model", "side", "confidence", "weight", "agrees", "signal_id")
POSITION_COLUMNS = (
    "id",
    "symbol",
    "side",
    "lots",
    "open_price",
    "stop_loss",
    "take_profit",
    "current_price",
    "profit",
    "r",
)
TWIN_COLUMNS = ("costs", "deals", "net", "balance", "equity")
ACCOUNT_COLUMNS = (
    "id",
    "currency",
    "balance",
    "floating_profit",
    "equity",
    "margin",
    "free_margin",
    "margin_level",
)


class Reported:
    """Turns faults into one sentence and an exit code."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        """Report a fault of ours; let anything else through."""
        if isinstance(problem, NoDaemonError):
            fail(str(problem), NO_DAEMON)
        if isinstance(problem, FxpaperError):
            fail(str(problem), 1 if isinstance(problem, TransientError) else CANNOT_START)


def table(title: str, rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...]) -> None:
    """Print rows as a table; nothing when there are none."""
    if not rows:
        return
    shown = Table(*columns, title=title, title_justify="left")
    for row in rows:
        shown.add_row(*("" if row.get(c) is None else escape(str(row[c])) for c in columns))
    out.print(shown)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: object) -> str:
    return str(value) if isinstance(value, Decimal | Path) else repr(value)


def fail(text: str, code: int) -> NoReturn:
    """Say what is wrong and leave with an exit code."""
    err.print(f"[red]{escape(text)}[/]", soft_wrap=True)
    raise typer.Exit(code)
