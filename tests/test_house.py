"""The words of the house, and its one gate."""

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
    "ticker": "quote or symbol",
    "candle": "bar",
    "kline": "bar",
    "pnl": "profit",
    "nav": "equity",
    "sl": "stop_loss",
    "tp": "take_profit",
    "direction": "side",
    "funding": "swap",
    "timestamp": "at",
    "ts": "at",
    "reject": "refusal",
    "rejected": "refused",
    "denial": "refusal",
    "provider": "source",
    "gateway": "broker",
}
BANNED_VERBS = {"get", "handle", "process", "do", "utils", "data", "info", "common", "misc"}
BANNED_NOUNS = {"manager", "handler", "helper", "helpers"}
ALLOWED = {"contract_size", "tick_size", "tick_value", "digest_size"}
LONGEST = 400


def modules(*rooms: str) -> list[Path]:
    roots = [PACKAGE / room for room in rooms] or [PACKAGE]
    return sorted(path for root in roots for path in root.rglob("*.py"))


def names(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case _:
                pass


def words(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_").split("_")


@pytest.mark.parametrize("path", modules(*PURE), ids=str)
def test_pure_rooms_use_the_words_of_the_field(path: Path):
    found = {
        f"line {line}: {name}": f"say {SAY[word]!r}"
        for line, name in names(path)
        if name not in ALLOWED
        for word in words(name)
        if word in SAY
    }
    assert found == {}


@pytest.mark.parametrize("path", modules(), ids=str)
def test_no_name_says_nothing(path: Path):
    """Functions are questions or acts; nobody manages, handles or helps."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            said = words(node.name)
            if said[0] in BANNED_VERBS or BANNED_NOUNS & set(said):
                found.append(node.name)
    assert [name for name in found if name not in {"_do", "data_received"}] == []


@pytest.mark.parametrize("path", modules(), ids=str)
def test_no_module_is_longer_than_one_can_read(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_only_the_risk_gate_approves():
    makers = [
        path for path in modules() if re.search(r"(?<!class )\bApproved\(", path.read_text("utf-8"))
    ]
    assert makers == [PACKAGE / "signals" / "risk.py"]
