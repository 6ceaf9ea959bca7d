"""How opinions become one: each method by hand, and what must hold for all of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxpaper.domain.approval import Check
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.signal import Contribution, PipsLevel, Signal, SignalSide
from fxpaper.signals.ensemble import Ensemble, Method, check, combine, decide, standing
from tests.signals.builders import NOW, signal

BUY, SELL, CLOSE = SignalSide
MODELS = ("trend", "mean", "carry")


def ensemble(method: Method, **changes: Any) -> Ensemble:
    given = {"name": "blend", "models": MODELS, "window_ns": 30 * NS_PER_SECOND, **changes}
    return Ensemble(method=method, **given)


VOTE = ensemble(Method.VOTE, quorum=2)
WEIGHTED = ensemble(Method.WEIGHTED, weights={"trend": Decimal(2)})
BEST = ensemble(Method.BEST, weights={"trend": Decimal(2)})


def said(model: str, side: SignalSide, confidence: str = "1", **changes: Any) -> Signal:
    return signal(f"of-{model}", model=model, side=side, confidence=Decimal(confidence), **changes)


@pytest.mark.parametrize(
    ("opinions", "side"),
    [
        pytest.param([], None, id="nobody has spoken"),
        pytest.param([said("trend", BUY)], None, id="one of two"),
        pytest.param([said("trend", BUY), said("mean", SELL)], None, id="one each"),
        pytest.param([said("trend", BUY, "0.5"), said("mean", BUY, "0.6")], BUY, id="two of two"),
        pytest.param([said("trend", SELL), said("mean", CLOSE), said("carry", CLOSE)], CLOSE),
    ],
)
def test_a_vote_needs_its_quorum_whatever_the_confidence(opinions, side):
    assert decide(VOTE, opinions) is side


@pytest.mark.parametrize(
    ("opinions", "side"),
    [
        pytest.param([said("trend", BUY, "0.8")], None, id="2 x 0.8 of 4 is 0.4"),
        pytest.param([said("trend", BUY, "0.8"), said("mean", BUY, "0.4")], BUY, id="2.0 / 4"),
        pytest.param([said("trend", BUY, "0.8"), said("mean", BUY, "0.39")], None, id="1.99 / 4"),
        pytest.param([said("trend", BUY, "1")], BUY, id="2 of 4 is just enough"),
        pytest.param([said("mean", SELL), said("carry", SELL)], SELL, id="two light ones"),
        pytest.param(
            [said("trend", BUY), said("mean", SELL), said("carry", SELL)], None, id="0.5 each"
        ),
    ],
)
def test_weighted_needs_its_part_of_all_weight_silent_members_included(opinions, side):
    assert decide(WEIGHTED, opinions) is side


@pytest.mark.parametrize(
    ("opinions", "closing", "side"),
    [
        pytest.param([said("trend", BUY)], False, None, id="others may still speak"),
        pytest.param([said("trend", BUY)], True, BUY, id="nobody else did"),
        pytest.param(
            [said("trend", BUY, "0.6"), said("mean", SELL, "0.9")], True, BUY, id="1.2 beats 0.9"
        ),
        pytest.param(
            [said("trend", BUY, "0.4"), said("mean", SELL, "0.9"), said("carry", SELL, "0.7")],
            False,
            SELL,
            id="all have spoken, 0.9 beats 0.8",
        ),
        pytest.param(
            [said("trend", BUY, "0.5"), said("mean", SELL, "1")], True, None, id="both 1.0"
        ),
    ],
)
def test_the_best_decides_when_all_have_spoken_or_time_is_up(opinions, closing, side):
    assert decide(BEST, opinions, closing=closing) is side


def test_with_a_pattern_nobody_knows_whether_all_have_spoken():
    some = ensemble(Method.BEST, models=("trend", "mean*"))
    opinions = [said("trend", BUY), said("mean-1", SELL, "0.9")]
    assert decide(some, opinions) is None
    assert decide(some, opinions, closing=True) is BUY


def test_the_signal_of_a_vote():
    """Mean confidence (0.6 + 0.7 + 0.6) / 3, the strongest one's levels, the first expiry."""
    trend = said("trend", BUY, "0.6", stop_loss=PipsLevel(Decimal(20)), expires_at=NOW + 40)
    mean = said("mean", BUY, "0.7", stop_loss=PipsLevel(Decimal(30)), at=NOW + 2)
    more = said("new", BUY, "0.6")
    against = said("carry", SELL, "0.9", expires_at=NOW + 1)
    made = combine(VOTE, [trend, against, mean, more], BUY, NOW + 5)
    assert (made.model, made.side, made.door) == ("blend", BUY, "ensemble")
    assert made.confidence == Decimal("0.6333")
    assert made.stop_loss == PipsLevel(Decimal(30))
    assert (made.at, made.received_at, made.expires_at) == (NOW + 2, NOW + 5, NOW + 40)
    assert made.contributions == (
        Contribution("carry", SELL, Decimal("0.9"), Decimal(1), "of-carry", agrees=False),
        Contribution("new", BUY, Decimal("0.6"), Decimal(1), "of-new", agrees=True),
        Contribution("trend", BUY, Decimal("0.6"), Decimal(1), "of-trend", agrees=True),
        Contribution("mean", BUY, Decimal("0.7"), Decimal(1), "of-mean", agrees=True),
    )


def test_the_signal_of_a_weighted_decision():
    """(2 x 0.8 + 1 x 0.5) / 3 = 0.7."""
    made = combine(WEIGHTED, [said("trend", BUY, "0.8"), said("mean", BUY, "0.5")], BUY, NOW)
    assert made.confidence == Decimal("0.7")


def test_the_signal_of_the_best_is_its_own():
    first = said("trend", BUY, "0.9", stop_loss=PipsLevel(Decimal(20)))
    other = said("mean", BUY, "0.5", at=NOW + 1, expires_at=NOW + 2)
    made = combine(BEST, [other, first], BUY, NOW + 5)
    assert made.confidence == Decimal("0.9")
    assert (made.at, made.expires_at) == (first.at, first.expires_at)
    assert made.stop_loss == first.stop_loss


def test_levels_come_from_the_strongest_that_has_a_stop():
    strong = said("trend", BUY, "0.9", stop_loss=None)
    weak = said("mean", BUY, "0.5", stop_loss=PipsLevel(Decimal(12)))
    assert combine(VOTE, [strong, weak], BUY, NOW).stop_loss == PipsLevel(Decimal(12))


def test_a_members_own_name_has_its_weight_before_a_pattern():
    some = ensemble(
        Method.BEST,
        models=("mean*", "mean-1", "carry"),
        weights={"mean*": Decimal(3), "mean-1": Decimal("0.5")},
    )
    assert [some.weight(model) for model in ("mean-1", "mean-2", "carry")] == [
        Decimal("0.5"),
        Decimal(3),
        Decimal(1),
    ]


def test_an_ensemble_may_be_for_some_symbols():
    some = ensemble(Method.VOTE, symbols=("XAU*", "EURUSD"))
    assert [some.covers("trend", one) for one in ("EURUSD", "XAUUSD", "GBPUSD")] == [
        True,
        True,
        False,
    ]
    assert not some.covers("trendy", "EURUSD")


def test_what_is_said_of_the_standing():
    opinions = [said("trend", BUY, "0.8"), said("mean", SELL, "0.33333")]
    assert standing(VOTE, opinions) == "1 of 2 votes for buy, 1 for sell"
    assert standing(WEIGHTED, opinions) == (
        "of all weight 0.4 for buy, 0.0833 for sell; 0.5 decides"
    )
    assert standing(BEST, opinions) == "2 of 3 heard, the best 1.6 for buy, 0.3333 for sell"
    assert check(VOTE, opinions, SELL) == Check("votes", "1 for sell", "≥ 2", passed=False)
    assert check(BEST, opinions, BUY) == Check("best", "1.6 for buy", "≥ 1.6", passed=True)


ENSEMBLES = st.builds(
    ensemble,
    st.sampled_from(Method),
    quorum=st.integers(1, 3),
    threshold=st.decimals("0.01", 1, places=2),
    weights=st.dictionaries(st.sampled_from(MODELS), st.decimals("0.1", 5, places=1)),
)
OPINIONS = st.lists(
    st.builds(said, st.sampled_from(MODELS), st.sampled_from(SignalSide), st.sampled_from("01")),
    unique_by=lambda one: one.model,
)


@given(ENSEMBLES, OPINIONS, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_opinions_changes_nothing(some, opinions, closing, chance):
    other = list(opinions)
    chance.shuffle(other)
    side = decide(some, opinions, closing=closing)
    assert decide(some, other, closing=closing) is side
    if side is not None:
        assert combine(some, opinions, side, NOW) == combine(some, other, side, NOW)


@given(ENSEMBLES, OPINIONS, st.sampled_from("01"))
def test_one_more_in_favour_never_turns_a_decision_away(some, opinions, confidence):
    side = decide(some, opinions, closing=True)
    silent = [model for model in MODELS if model not in {one.model for one in opinions}]
    if side is not None and silent:
        more = [*opinions, said(silent[0], side, confidence)]
        assert decide(some, more, closing=True) is side
