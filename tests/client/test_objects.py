"""The client's objects are those of the API, and its page names every method."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import msgspec
import pytest

from fxpaper.client import AsyncClient, Client, errors
from fxpaper.client import objects as ours
from fxpaper.web import answers, taken_signal
from fxpaper.web import objects as theirs

PAGE = Path("docs/reference/client.md").read_text(encoding="utf-8")
NAMES = {
    "Signal": theirs.SignalRecord,
    "Taken": taken_signal.TakenSignal,
    "Elsewhere": taken_signal.SignalElsewhere,
    "Chain": answers.SignalChain,
    "Done": answers.Done,
} | {
    name: getattr(theirs, name)
    for name in (
        *("Quote", "Bar", "Account", "Position", "Order", "Deal", "Model"),
        *("Rung", "Attribution", "Check"),
    )
}


@pytest.mark.parametrize("name", NAMES)
def test_an_object_has_the_fields_of_the_api(name: str):
    fields = {one.name for one in msgspec.structs.fields(getattr(ours, name))}
    assert fields == set(NAMES[name].model_fields)


def methods(of: type) -> dict[str, object]:
    return {name: one for name, one in vars(of).items() if name[0] != "_" and callable(one)}


def test_both_clients_have_the_same_methods():
    assert methods(Client).keys() == methods(AsyncClient).keys()
    for name, method in methods(Client).items():
        there = methods(AsyncClient)[name]
        assert list(inspect.signature(method).parameters) == list(  # type: ignore[arg-type]  # callable
            inspect.signature(there).parameters  # type: ignore[arg-type]  # callable
        )


@pytest.mark.parametrize("name", methods(Client))
def test_every_method_has_its_row(name: str):
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert [row for row in rows if f"fx.{name}(" in row] != []


@pytest.mark.parametrize("name", errors.__all__)
def test_every_fault_has_its_row(name: str):
    assert f"| `{name}`" in PAGE


@pytest.mark.parametrize("shown", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
def test_what_is_shown_calls_what_exists(shown: str):
    tree = compile(shown, "client.md", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    called = {
        one.func.attr
        for one in ast.walk(tree)
        if isinstance(one, ast.Call)
        if isinstance(one.func, ast.Attribute) and ast.unparse(one.func.value) == "fx"
    }
    assert called - methods(Client).keys() == set()
