"""The words of the house, its one gate, and how long a module may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path("fxpaper")
PURE = ("domain", "engine", "signals", "execution")
SAY = {
    "qty": "lots",
    "quantity": "lots",
    "size": "lots",
    "volume": "lots",
    "ticker": "quote or symbol",
    "candle": "bar",
    "kline": "bar",
    "pnl": "profit",
    "nav": "equity",
    "available": "free_margin, or what it is free for",
    "sl": "stop_loss",
    "tp": "take_profit",
    "direction": "side",
    "action": "side or command",
    "operation": "side or command",
    "rollover_fee": "swap",
    "funding": "swap",
    "timestamp": "at",
    "ts": "at",
    "reject": "refuse",
    "rejected": "refused",
    "rejection": "refusal",
    "denial": "refusal",
    "denied": "refused",
    "provider": "source",
    "gateway": "broker",
    "asset": "symbol",
    "security": "symbol",
    "insight": "signal",
    "score": "confidence",
}
NOTHING = {
    *("get", "handle", "process", "do", "manager", "handler", "helper", "helpers"),
    *("util", "utils", "data", "info", "common", "misc"),
}
ALLOWED = {"contract_size", "tick_size", "tick_value"}
THEIRS = ("twelve data", "data dir", "data received")
"""A product, what users call their folder, and what asyncio calls on a protocol."""
LONGEST = 400


def modules(*rooms: str) -> list[Path]:
    roots = [PACKAGE / room for room in rooms] or [PACKAGE]
    return sorted(path for root in roots for path in root.rglob("*.py"))


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield what a module names itself; what it calls others by is theirs to answer for."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case ast.ClassDef(name=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield node.lineno, name
            case ast.alias(asname=str(name)):
                yield 0, name
            case _:
                pass


def words(name: str) -> str:
    """Return a name as its words between blanks, each in the singular: ``_ OpenOrders`` too."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower().split()
    return f" {' '.join(_singular(word) for word in apart)} "


def _singular(word: str) -> str:
    one = re.sub(r"ies$", "y", word) if word.endswith("ies") else word.removesuffix("s")
    return one if one in SAY else word


def unsaid(text: str) -> dict[str, str]:
    """Return the names in a module that the house has another word for, with that word."""
    return {
        f"line {line}: {name}": f"say {{'{banned}': '{better}'}}"
        for line, name in names(ast.parse(text))
        if name not in ALLOWED
        for banned, better in SAY.items()
        if f" {banned.replace('_', ' ')} " in words(name)
    }


def ours(name: str) -> set[str]:
    said = words(name)
    for theirs in THEIRS:
        said = said.replace(f" {theirs} ", " ")
    return set(said.split())


def says_nothing(text: str) -> list[str]:
    """Return the functions and classes in a module that manage, handle, help or get."""
    return [
        f"line {node.lineno}: {node.name}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if NOTHING & ours(node.name)
    ]


def approvals(text: str) -> list[int]:
    """Return the lines of a module that make an ``Approved``, by whatever path to its name."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        for called in [node.func.value if isinstance(node.func, ast.Subscript) else node.func]
        if getattr(called, "id", getattr(called, "attr", "")) == "Approved"
    ]


@pytest.mark.parametrize("path", modules(*PURE), ids=str)
def test_pure_rooms_use_the_words_of_the_field(path: Path):
    """Whole words between underscores: ``contract_size`` is a word of its own."""
    found = unsaid(path.read_text(encoding="utf-8"))
    assert found == {}


@pytest.mark.parametrize("path", modules(), ids=str)
def test_no_name_says_nothing(path: Path):
    """Functions are questions or acts; nobody manages, handles or helps, in any room."""
    found = says_nothing(path.read_text(encoding="utf-8"))
    assert found == []


@pytest.mark.parametrize("path", modules(), ids=str)
def test_no_module_is_a_drawer(path: Path):
    """A module is named by what it is about."""
    assert NOTHING & ours(path.stem) == set()


@pytest.mark.parametrize("path", modules(), ids=str)
def test_no_module_is_longer_than_one_can_read(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_only_the_risk_gate_approves():
    makers = [path for path in modules() if approvals(path.read_text(encoding="utf-8"))]
    assert makers == [PACKAGE / "signals" / "risk.py"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("qty = 1", {"line 1: qty": "say {'qty': 'lots'}"}),
        ("def place(order_qty): ...", {"line 1: order_qty": "say {'qty': 'lots'}"}),
        ("self.candles = 1", {"line 1: candles": "say {'candle': 'bar'}"}),
        ("class TickerBoard: ...", {"line 1: TickerBoard": "say {'ticker': 'quote or symbol'}"}),
        ("rollover_fee = 1", {"line 1: rollover_fee": "say {'rollover_fee': 'swap'}"}),
        ("match x:\n case y if y: pass\n case [*tps]: pass", {"line 3: tps": None}),
        ("contract_size = tick_size = tick_value = rollover = fees = slot = 1", {}),
        ("x.update(quantity=1, volume=y.pnl)", {}),
    ],
)
def test_the_word_list_finds_whole_words_that_are_ours(text: str, found: dict[str, str | None]):
    """Not parts of words, and not the names of others that are merely used."""
    assert set(unsaid(text)) == set(found)
    assert [said for said in found.values() if said not in {None, *unsaid(text).values()}] == []


@pytest.mark.parametrize(
    "text", ["Approved(x, ())", "approval.Approved(x, ())", "Approved[PlaceOrder](x, ())"]
)
def test_the_gate_is_watched_whatever_it_is_called_by(text: str):
    assert approvals(text) == [1]
    assert approvals("def take(x: Approved[PlaceOrder]) -> None: ...") == []
