"""Each number of a score against its definition, worked by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from fxpaper.analytics.decay import decay
from fxpaper.analytics.scores import score
from tests.analytics.outcomes import in_r, outcome


def test_a_handful_of_trades():
    """+2, -1, +1, -1, -1 R of 100 each; a sixth without a stop-loss brings nothing."""
    found = score([*in_r(["2", "-1", "1", "-1", "-1"]), outcome("0.6", "0")])
    assert (found.trades, found.wins, found.losses) == (6, 2, 3)
    assert found.hit_rate == Fraction(2, 6)
    assert found.multiples is not None
    assert (found.multiples.count, found.multiples.mean) == (5, Fraction(0))
    # squares 4 + 1 + 1 + 1 + 1 = 8 over 4
    assert found.multiples.variance == 2
    assert found.profit_factor == 1
    assert (found.average_win, found.average_loss) == (Fraction(150), Fraction(-100))
    assert (found.worst_streak, found.net) == (2, Decimal(0))
    assert found.missing == {}


def test_expectancy_error_and_sqn():
    """+2, +1, -1, +2: mean 1, deviation sqrt(2), error sqrt(2/4), SQN sqrt(4) / sqrt(2)."""
    found = score(in_r(["2", "1", "-1", "2"]))
    assert found.multiples is not None
    assert found.multiples.mean == 1
    assert found.multiples.error is not None
    assert round(found.multiples.error, 6) == Fraction("0.707107")
    assert found.sqn is not None
    assert round(found.sqn, 6) == Fraction("1.414214")


def test_sqn_counts_a_hundred_trades_at_most():
    """Of 400 with mean 0.5 and variance 400 * 2.25 / 399: 10 * 0.5 / 1.501879, not 20 * it."""
    found = score(in_r(["2", "-1"] * 200))
    assert found.sqn is not None
    assert round(found.sqn, 4) == Fraction("3.3292")


def test_a_streak_is_broken_by_a_trade_without_a_result():
    nets = ["-1", "-1", "0", "-1", "-1", "-1", "1"]
    assert score([outcome("0.6", net) for net in nets]).worst_streak == 3


@pytest.mark.parametrize(
    ("multiples", "missing"),
    [
        (
            [],
            {
                "hit_rate": "no closed trade",
                "brier": "no closed trade",
                "log_score": "no closed trade",
                "ece": "no closed trade",
                "average_win": "no winning trade",
                "profit_factor": "no losing trade",
                "average_loss": "no losing trade",
                "expectancy": "no closed trade with a stop-loss",
                "expectancy_error": "no closed trade with a stop-loss",
                "sqn": "no closed trade with a stop-loss",
            },
        ),
        (
            ["1"],
            {
                "profit_factor": "no losing trade",
                "average_loss": "no losing trade",
                "expectancy_error": "one trade has no deviation",
                "sqn": "one trade has no deviation",
            },
        ),
        (
            ["-1", "-1"],
            {"average_win": "no winning trade", "sqn": "every trade had the same R"},
        ),
    ],
)
def test_what_is_missing_says_why(multiples: list[str], missing: dict[str, str]):
    """Never infinity, never a number that stands for it."""
    found = score(in_r(multiples))
    assert found.missing == missing
    assert (found.profit_factor is None) == ("profit_factor" in missing)
    assert (found.sqn is None) == ("sqn" in missing)


def test_decay_needs_thirty_trades_with_an_r():
    found = decay([Fraction(1)] * 29)
    assert found.text == "Too few trades to tell: 29 with an R, 30 are needed."
    assert (found.weaker, found.difference) == (False, None)


def test_a_model_that_became_weaker():
    """20 trades of +2 and -1 have mean 0.5, variance 45/19; ten of +0.5 and -1 -0.25, 5.625/9."""
    found = decay([Fraction(2), Fraction(-1)] * 10 + [Fraction("0.5"), Fraction(-1)] * 5)
    assert found.difference == Fraction("-0.75")
    # sqrt(45/19/20 + 5.625/9/10) = sqrt(0.118421 + 0.0625) = 0.425348; 1.645 times that is 0.6997
    assert found.error is not None
    assert round(found.error, 6) == Fraction("0.425348")
    assert found.weaker
    assert found.text == (
        "Weaker lately: -0.25 R a trade in the latest 10, +0.50 R in the 20 before; "
        "difference -0.75 R, standard error 0.43 R."
    )


def test_a_model_that_did_not():
    """-0.5 for the latest ten is within 1.645 times 0.4867 of +0.2."""
    earlier = [Fraction("1.4"), Fraction(-1)] * 10
    found = decay(earlier + [Fraction("0.9"), Fraction(-1)] * 5)
    assert found.difference == Fraction("-0.25")
    assert not found.weaker
    assert found.text.startswith("No sign of decay: -0.05 R a trade in the latest 10, +0.20 R in")


def test_the_latest_third_is_rounded_down():
    found = decay([Fraction(n) for n in range(32)])
    assert found.latest is not None
    assert found.earlier is not None
    assert (found.latest.count, found.earlier.count) == (10, 22)
    assert found.latest.mean == Fraction(22 + 31, 2)


def test_the_worked_example_of_the_reference():
    """The six trades of docs/reference/scores.md."""
    trades = [
        ("0.60", "-100", "-1"),
        ("0.60", "150", "1.5"),
        ("0.70", "-100", "-1"),
        ("0.70", "200", "2"),
        ("0.70", "-100", "-1"),
        ("0.80", "100", "1"),
    ]
    found = score([outcome(*trade) for trade in trades])
    assert (found.hit_rate, found.net) == (Fraction(1, 2), Decimal(150))
    assert (found.profit_factor, found.worst_streak) == (Fraction(3, 2), 1)
    assert found.multiples is not None
    assert (found.multiples.mean, found.multiples.variance) == (Fraction("0.25"), Fraction("1.975"))
    assert found.multiples.error is not None
    assert found.sqn is not None
    assert (round(found.multiples.error, 4), round(found.sqn, 4)) == (
        Fraction("0.5737"),
        Fraction("0.4357"),
    )
    assert found.calibration is not None
    blocks = found.calibration.blocks
    assert [(one.count, one.wins, round(one.lower, 4)) for one in blocks] == [
        (5, 2, Fraction("0.1799")),
        (1, 1, Fraction("0.3784")),
    ]
    reliable = found.calibration.reliability
    assert (reliable.brier * 6, reliable.ece) == (Fraction("1.63"), Fraction("0.25"))
    assert reliable.log_score is not None
    assert round(reliable.log_score, 4) == Decimal("0.7358")
