"""Break the engine on purpose, one rule at a time, and show which test notices.

Run: .venv/bin/python scripts/mutations.py; exit code 1 when a mutation survives.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("fxpaper", "tests", "pyproject.toml")
TESTS = ("tests/engine", "tests/properties")
ENGINE = "fxpaper/engine/"


class Mutation(NamedTuple):
    """A rule, broken.

    Args:
        name: of the mistake.
        file: where.
        right: text that is there, once.
        wrong: text that is put in its place.
    """

    name: str
    file: str
    right: str
    wrong: str


MUTATIONS = (
    Mutation(
        "mid instead of bid and ask",
        ENGINE + "matching.py",
        "return quote.ask if side is Side.BUY else quote.bid",
        "return (quote.ask + quote.bid) // 2",
    ),
    Mutation(
        "exact stop on gaps",
        ENGINE + "matching.py",
        "return max(price, market) if side is Side.BUY else min(price, market)",
        "return price",
    ),
    Mutation(
        "unsigned swap",
        ENGINE + "swap.py",
        "instrument.swap_long if side is Side.BUY else instrument.swap_short",
        "abs(instrument.swap_long)",
    ),
    Mutation(
        "Friday triple",
        "fxpaper/engine/rollover.py",
        "count = nights(instrument, trading_date(at - 1))",
        "count = 3 if trading_date(at - 1).weekday() == 4 else 1",
    ),
    Mutation(
        "double commission",
        ENGINE + "dealing.py",
        "balance=state.account.balance - numbers.commission,",
        "balance=state.account.balance - 2 * numbers.commission,",
    ),
    Mutation(
        "ten-dollar pips",
        ENGINE + "profit.py",
        "    return instrument.point_value",
        "    return Fraction(1)",
    ),
    Mutation(
        "conversion at the wrong side",
        ENGINE + "board.py",
        "_MID if self.profile.conversion is Conversion.MID else _OWED if owed else _RECEIVED",
        "_MID if self.profile.conversion is Conversion.MID else _RECEIVED if owed else _OWED",
    ),
    Mutation(
        "lost OCO cancel",
        ENGINE + "groups.py",
        "    if filled.oco is not None:",
        "    if filled.oco is None:",
    ),
    Mutation(
        "improved limits",
        ENGINE + "matching.py",
        "    if kind is LevelKind.LIMIT:\n        return price\n",
        "    if kind is LevelKind.LIMIT:\n        return market_price(side, quote)\n",
    ),
    Mutation(
        "a touch is not enough",
        ENGINE + "book.py",
        "if index >= len(heap) or heap[index][0] > price:",
        "if index >= len(heap) or heap[index][0] >= price:",
    ),
    Mutation(
        "a trailing stop that turns back",
        ENGINE + "trailing.py",
        "    return max(prices) if rises else min(prices)",
        "    return min(prices) if rises else max(prices)",
    ),
    Mutation(
        "stop-out of the smallest loss",
        ENGINE + "watching.py",
        "    return min(\n        tradeable,",
        "    return max(\n        tradeable,",
    ),
    Mutation(
        "bands too wide",
        ENGINE + "watching.py",
        "_SAFETY = 1.3",
        "_SAFETY = 0.01",
    ),
    Mutation(
        "swap forgotten in equity",
        ENGINE + "valuation.py",
        "        worth += holding.swap\n",
        "",
    ),
    Mutation(
        "hedges margined twice",
        ENGINE + "margin.py",
        "    return alone + covered * share * average",
        "    return alone + 2 * covered * share * average",
    ),
    Mutation(
        "half-up instead of half-even",
        "fxpaper/domain/money.py",
        "if twice > denominator or (twice == denominator and whole % 2 == 1):",
        "if twice >= denominator:",
    ),
    Mutation(
        "children forget to stay in step",
        ENGINE + "groups.py",
        "return order.closes == position.id and order.lots > position.lots",
        "return False",
    ),
    Mutation(
        "margin not asked for",
        ENGINE + "opening.py",
        "    if numbers.needed <= 0 or needed <= numbers.free_margin:",
        "    if needed:",
    ),
)


def caught_by(mutation: Mutation, directory: Path) -> str | None:
    """Return the first test that fails with a mutation; None when all pass."""
    file = directory / mutation.file
    whole = file.read_text(encoding="utf-8")
    if whole.count(mutation.right) != 1:
        raise SystemExit(f"{mutation.name}: its text is not once in {mutation.file}")
    file.write_text(whole.replace(mutation.right, mutation.wrong), encoding="utf-8")
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *TESTS]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        file.write_text(whole, encoding="utf-8")
    if done.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return found.group(1).rpartition("/")[2] if found else "the tests could not run"


def main() -> None:
    """Print a table of mistakes and who noticed."""
    table = Table("mistake", "noticed by")
    survived = 0
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for part in COPIED:
            source = ROOT / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "static")
                shutil.copytree(source, directory / part, ignore=ignored)
            else:
                shutil.copy(source, directory / part)
        for mutation in track(MUTATIONS, "breaking rules", transient=True):
            noticed = caught_by(mutation, directory)
            survived += noticed is None
            table.add_row(mutation.name, noticed or "[red]nobody[/]")
    Console(width=160).print(table)
    raise SystemExit(1 if survived else 0)


if __name__ == "__main__":
    main()
