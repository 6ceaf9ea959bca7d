"""Brier score, log score and calibration error by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from fxpaper.analytics.reliability import Reliability, reliability
from fxpaper.analytics.tally import tally
from tests.analytics.outcomes import won


def of(*trades: tuple[str, int, int]) -> Reliability:
    outcomes = [one for confidence, wins, losses in trades for one in won(confidence, wins, losses)]
    return reliability(tally(outcomes))


def test_brier_is_the_mean_square():
    """0.8 won twice and lost once, 0.6 lost: (2 * 0.04 + 0.64 + 0.36) / 4 = 0.27."""
    assert of(("0.8", 2, 1), ("0.6", 0, 1)).brier == Fraction("0.27")


def test_log_score_is_the_mean_surprise():
    """0.8 won and 0.5 lost: (0.2231436 + 0.6931472) / 2."""
    found = of(("0.8", 1, 0), ("0.5", 0, 1)).log_score
    assert found is not None
    assert round(found, 7) == Decimal("0.4581454")


@pytest.mark.parametrize("trades", [("1", 5, 1), ("0", 1, 5)])
def test_certain_and_wrong_has_no_log_score(trades: tuple[str, int, int]):
    assert of(trades).log_score is None


def test_certain_and_right_has_the_best_one():
    assert of(("1", 5, 0), ("0", 0, 5)).log_score == 0


def test_bins_are_a_tenth_wide_and_the_last_has_both_ends():
    """0.69 is in the seventh, 0.70 in the eighth, 1.0 in the tenth with 0.95."""
    found = of(("0.69", 1, 0), ("0.70", 0, 1), ("0.95", 1, 1), ("1.0", 1, 0))
    assert [(one.begins, one.ends, one.count, one.wins, one.confidence) for one in found.bins] == [
        (Fraction("0.6"), Fraction("0.7"), 1, 1, Fraction("0.69")),
        (Fraction("0.7"), Fraction("0.8"), 1, 0, Fraction("0.7")),
        (Fraction("0.9"), 1, 3, 2, (2 * Fraction("0.95") + 1) / 3),
    ]


def test_the_calibration_error_weighs_bins_by_trades():
    """0.8 won 6 of 8, 0.05 apart; 0.55 won 0 of 2, 0.55 apart: (8 * 0.05 + 2 * 0.55) / 10."""
    assert of(("0.8", 6, 2), ("0.55", 0, 2)).ece == Fraction("0.15")


def test_a_model_that_wins_as_often_as_it_says_has_no_error():
    assert of(("0.75", 3, 1), ("0.5", 1, 1)).ece == 0
