"""Rules for some models and symbols."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fxpaper.config import Settings, read_settings
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.signal import SignalStatus
from fxpaper.errors import ConfigurationError
from fxpaper.from_settings import book_of
from fxpaper.signals.rules import Rule, RuleBook, SignalRules
from tests.signals.builders import decided, desk, quoted, signal

FILE = """
min_confidence = "0.6"

[[rules]]
symbol = "XAU*"
risk_percent = "0.5"

[[rules]]
model = "trend"
symbol = "XAUUSD"
min_confidence = "0.75"
"""


def read(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "fxpaper.toml").write_text(text, encoding="utf-8")
    return read_settings(tmp_path, None)


@pytest.mark.parametrize(
    ("model", "symbol", "least", "risk"),
    [
        ("trend", "XAUUSD", "0.75", "0.5"),
        ("other", "XAUUSD", "0.6", "0.5"),
        ("trend", "XAUEUR", "0.6", "0.5"),
        ("trend", "EURUSD", "0.6", "1"),
    ],
)
def test_the_example_of_the_documentation(tmp_path: Path, model, symbol, least, risk):
    rules = book_of(read(tmp_path, FILE)).of(model, symbol)
    assert (rules.min_confidence, rules.risk_percent) == (Decimal(least), Decimal(risk))


def test_the_later_of_two_rules_wins_setting_by_setting():
    first = Rule(changes={"risk_percent": Decimal(2), "max_positions": 3})
    second = Rule(model="t?end", changes={"risk_percent": Decimal(3)})
    book = RuleBook(SignalRules(), (first, second))
    found = book.of("trend", "EURUSD")
    assert (found.risk_percent, found.max_positions) == (Decimal(3), 3)
    assert book.of("other", "EURUSD").risk_percent == Decimal(2)


def test_names_are_told_apart_by_case():
    book = RuleBook(SignalRules(), (Rule(model="Trend", changes={"max_positions": 1}),))
    assert book.of("trend", "EURUSD") == SignalRules()


def test_a_rule_decides_a_signal():
    strict = Rule(model="m", symbol="EURUSD", changes={"min_confidence": Decimal("0.9")})
    here = desk(None, strict, models=("m", "n"))
    here.on_quote(quoted())
    refused = decided(here.receive(signal("one", confidence=Decimal("0.8")), quoted().received_at))
    assert refused is not None
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.limit) == (
        RefusalCode.CONFIDENCE_TOO_LOW,
        "0.9",
    )
    other = signal("two", model="n", confidence=Decimal("0.8"))
    executed = decided(here.receive(other, other.at))
    assert executed is not None
    assert executed.status is SignalStatus.EXECUTED


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("min_confidnce = 1", 'Unknown setting "rules.0.min_confidnce"'),
        ("min_confidnce = 1", "did you mean min_confidence?"),
        ("min_confidence = 2", "rules.0.min_confidence: Input should be less than or equal to 1"),
        ('symbols = ["EURUSD"]', 'Unknown setting "rules.0.symbols"'),
        ('model = ""', "rules.0.model: String should have at least 1 character"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, line: str, said: str):
    with pytest.raises(ConfigurationError) as problem:
        read(tmp_path, f"[[rules]]\n{line}\n")
    assert said in str(problem.value)
