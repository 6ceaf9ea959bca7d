"""Isotonic calibration against worked examples and against every possible step function."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxpaper.analytics.calibration import Calibrations, calibrate
from fxpaper.analytics.wilson import wilson_lower
from fxpaper.domain.outcome import Outcome
from tests.analytics.outcomes import outcome, won

CONFIDENCES = st.sampled_from(["0.5", "0.55", "0.6", "0.7", "0.8", "0.9"])
TRADES = st.lists(
    st.tuples(CONFIDENCES, st.sampled_from(["10", "-10", "0"])), min_size=1, max_size=40
)


def test_violators_are_pooled_until_the_rate_rises():
    """0.5: 1/4, 0.6: 3/4, 0.7: 1/2, 0.8: 3/4. 0.6 and 0.7 fall, so they are 4/6; then it rises."""
    found = calibrate([*won("0.5", 1, 3), *won("0.6", 3, 1), *won("0.7", 1, 1), *won("0.8", 3, 1)])
    assert found is not None
    assert [(str(b.begins), str(b.ends), b.count, b.wins) for b in found.blocks] == [
        ("0.5", "0.5", 4, 1),
        ("0.6", "0.7", 6, 4),
        ("0.8", "0.8", 4, 3),
    ]
    assert [b.probability for b in found.blocks] == [Fraction(1, 4), Fraction(2, 3), Fraction(3, 4)]


def test_pooling_goes_back_as_far_as_needed():
    """0.5: 1/2, 0.6: 2/2, 0.7: 0/4. 0.6 and 0.7 are 2/6, below 1/2: all three are 3/8."""
    found = calibrate([*won("0.5", 1, 1), *won("0.6", 2, 0), *won("0.7", 0, 4)])
    assert found is not None
    assert [(b.count, b.wins) for b in found.blocks] == [(8, 3)]


def test_neighbours_of_the_same_rate_are_one_block():
    """More trades in one block make a better bound."""
    found = calibrate([*won("0.5", 1, 1), *won("0.6", 2, 2)])
    assert found is not None
    assert [(b.count, b.wins) for b in found.blocks] == [(6, 3)]


def test_the_lower_bound_never_falls_though_a_block_of_few_trades_knows_little():
    """One of one alone is bound at 0.378 only; 60 of 100 below it at 0.536."""
    found = calibrate([*won("0.6", 60, 40), *won("0.9", 1, 0)])
    assert found is not None
    first, last = found.blocks
    assert last.probability == 1
    assert wilson_lower(1, 1) < first.lower == wilson_lower(60, 100)
    assert last.lower == first.lower


@pytest.mark.parametrize(
    ("confidence", "probability"),
    [
        pytest.param("0", "1/4", id="below everything seen"),
        pytest.param("0.5", "1/4", id="on a block's edge"),
        pytest.param("0.59", "1/4", id="between two blocks: the lower"),
        pytest.param("0.6", "3/4", id="on the next one's"),
        pytest.param("1", "3/4", id="above everything seen"),
    ],
)
def test_every_confidence_has_a_probability(confidence: str, probability: str):
    found = calibrate([*won("0.5", 1, 3), *won("0.6", 3, 1)])
    assert found is not None
    assert found.probability(Decimal(confidence)) == Fraction(probability)


@given(TRADES)
def test_no_rising_step_function_is_nearer(trades: list[tuple[str, str]]):
    """Tries every way to cut the confidences into blocks whose rates rise."""
    outcomes = [outcome(*trade) for trade in trades]
    found = calibrate(outcomes)
    assert found is not None
    error = sum((one.won - found.probability(one.confidence)) ** 2 for one in outcomes)
    assert error == _smallest_error(outcomes)


@given(TRADES, CONFIDENCES, CONFIDENCES)
def test_probability_and_bound_rise_with_confidence(
    trades: list[tuple[str, str]], one: str, other: str
):
    found = calibrate(outcome(*trade) for trade in trades)
    assert found is not None
    low, high = sorted((Decimal(one), Decimal(other)))
    assert found.probability(low) <= found.probability(high)
    assert 0 <= found.lower(low) <= found.lower(high) <= 1
    assert found.lower(low) <= found.probability(low)


@given(st.permutations(won("0.5", 2, 2) + won("0.7", 3, 1)))
def test_the_order_of_trades_does_not_matter(trades: list[Outcome]):
    assert calibrate(trades) == calibrate(won("0.5", 2, 2) + won("0.7", 3, 1))


def test_nothing_to_learn_from():
    assert calibrate([]) is None


def test_calibrations_need_enough_trades_and_say_whose():
    """Of the symbol, else of all symbols together, else nothing."""
    known = Calibrations(minimum=5)
    for one in won("0.6", 3, 1):
        known.add(one)
    assert known.of("trend", "EURUSD") is None
    known.add(outcome("0.7", "5", symbol="USDJPY"))
    over_all = known.of("trend", "EURUSD")
    assert over_all is not None
    assert over_all.basis == "trend on all symbols, 5 trades"
    known.add(outcome("0.8", "-5"))
    of_symbol = known.of("trend", "EURUSD")
    assert of_symbol is not None
    assert (of_symbol.basis, of_symbol.enough) == ("trend EURUSD, 5 trades", True)
    assert of_symbol.probability(Decimal("0.8")) == Fraction(3, 5)
    assert known.of("trend", "GBPUSD") == calibrate(
        [*won("0.6", 3, 1), outcome("0.7", "5"), outcome("0.8", "-5")],
        5,
        "trend on all symbols",
    )
    assert known.of("carry", "EURUSD") is None


def test_calibrations_learn_from_the_next_trade():
    known = Calibrations(minimum=1)
    known.add(outcome("0.6", "5"))
    before = known.of("trend", "EURUSD")
    known.add(outcome("0.6", "-5"))
    after = known.of("trend", "EURUSD")
    assert before is not None
    assert after is not None
    assert (before.count, after.count) == (1, 2)
    assert known.of("trend", "EURUSD") is after


def _smallest_error(outcomes: list[Outcome]) -> Fraction:
    steps = sorted({one.confidence for one in outcomes})
    errors: list[Fraction] = []
    for cuts in range(len(steps)):
        for places in combinations(range(1, len(steps)), cuts):
            ends = [0, *places, len(steps)]
            blocks = [
                [one.won for one in outcomes if one.confidence in steps[first:last]]
                for first, last in pairwise(ends)
            ]
            rates = [Fraction(sum(block), len(block)) for block in blocks]
            if rates == sorted(rates):
                each = zip(blocks, rates, strict=True)
                squares = [(one - rate) ** 2 for block, rate in each for one in block]
                errors.append(sum(squares, Fraction(0)))
    return min(errors)
