"""Opinions at the desk: held, decided, replaced, over; each ends in exactly one decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fxpaper.domain.account import TradingState
from fxpaper.domain.command import SetTrading
from fxpaper.domain.event import (
    PositionClosed,
    PositionOpened,
    Recorded,
    SignalDecided,
    SignalReceived,
    encode_event,
)
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.signal import Decision, ModelPolicy, Signal, SignalSide, SignalStatus
from fxpaper.engine.tape import Tape
from fxpaper.signals.desk import Desk
from fxpaper.signals.ensemble import Ensemble, Method
from fxpaper.signals.replay import replay
from fxpaper.signals.rules import Rule, SignalRules
from tests.signals.builders import NOW, STREAM, desk, quoted, signal

SECOND = NS_PER_SECOND
MODELS = ("trend", "mean", "carry")
VOTE = Ensemble(name="blend", models=MODELS, method=Method.VOTE, window_ns=30 * SECOND, quorum=2)
BEST = replace(VOTE, method=Method.BEST, window_ns=10 * SECOND)


def here(ensemble: Ensemble = VOTE, *rules: Rule, on: tuple[str, ...] = ("blend",)) -> Desk:
    made = desk(SignalRules(), *rules, models=on, ensembles=[ensemble])
    made.on_quote(quoted())
    return made


def said(model: str, side: str = "buy", at: int = NOW, confidence: str = "0.8") -> Signal:
    """Return what a model says; its id tells model and second."""
    return signal(
        f"{model}-{(at - NOW) // SECOND}",
        at,
        model=model,
        side=SignalSide(side),
        confidence=Decimal(confidence),
    )


def outcomes(events: Iterable[Recorded]) -> dict[str, Decision]:
    found = [one.event for one in events if isinstance(one.event, SignalDecided)]
    assert len({one.signal_id for one in found}) == len(found)
    return {one.signal_id: one.decision for one in found}


def codes(events: Iterable[Recorded]) -> dict[str, str]:
    """Return what became of each signal: its refusal's code, else its status."""
    return {
        id_.split("-")[1] if id_.startswith("ensemble-") else id_: decision.status.value
        if decision.refusal is None
        else decision.refusal.code.value
        for id_, decision in outcomes(events).items()
    }


def test_the_second_vote_executes_the_ensembles_signal_and_no_members():
    at = here()
    assert codes(at.receive(said("trend"), NOW)) == {}
    at.receive(said("carry", "sell"), NOW)
    events = at.receive(said("mean", at=NOW + SECOND), NOW + SECOND)
    assert codes(events) == {
        "trend-0": "combined",
        "carry-0": "outvoted",
        "mean-1": "combined",
        "blend": "executed",
    }
    [opened] = [one.event.position for one in events if isinstance(one.event, PositionOpened)]
    assert opened.model == "blend"
    kinds = [type(one.event) for one in events]
    assert kinds[:2] == [SignalReceived, SignalReceived]
    assert kinds[2:5] == [SignalDecided] * 3
    assert at.waiting == ()


def test_both_sides_name_the_ensembles_signal_and_keep_their_numbers():
    at = here()
    at.receive(said("carry", "sell"), NOW)
    at.receive(said("trend"), NOW)
    events = at.receive(said("mean"), NOW)
    [made] = [
        one.event.signal
        for one in events
        if isinstance(one.event, SignalReceived) and one.event.signal.model == "blend"
    ]
    found = outcomes(events)
    assert {found[f"{model}-0"].ensemble_signal_id for model in MODELS} == {made.id}
    assert [one.name for one in found["carry-0"].checks] == [
        "expiry",
        "ahead_of_clock",
        "confidence",
        "votes",
    ]
    refusal = found["carry-0"].refusal
    assert refusal is not None
    assert refusal.text == (
        'Ensemble "blend" decided to buy EURUSD: 2 of 2 votes for buy, 1 for sell. '
        f"Its signal is {made.id}."
    )


def test_an_opinion_says_what_it_waits_for():
    at = here()
    at.receive(said("trend"), NOW)
    waits = at.waits_for("a", "trend-0", NOW)
    assert waits is not None
    assert (waits.code, waits.actual, waits.limit) == (RefusalCode.NO_AGREEMENT, "1 for buy", "≥ 2")
    assert waits.text == (
        'Ensemble "blend": 1 of 2 votes for buy; waits until 2026-09-21T14:13:50.000000Z.'
    )


def test_an_opinion_counts_until_its_window_is_over_and_no_longer():
    at = here()
    at.receive(said("trend"), NOW)
    end = NOW + 30 * SECOND
    assert at.next_timer() <= end
    assert codes(at.on_time(end - 1)) == {}
    events = at.on_time(end)
    assert codes(events) == {"trend-0": "no_agreement"}
    refusal = outcomes(events)["trend-0"].refusal
    assert refusal is not None
    assert refusal.text == (
        'Ensemble "blend" came to no agreement on EURUSD by 2026-09-21T14:13:50.000000Z: '
        "1 of 2 votes for buy."
    )
    assert codes(at.receive(said("mean", at=end), end)) == {}


def test_a_window_that_is_over_is_settled_before_the_next_opinion():
    """Nobody has looked at the clock in between."""
    at = here()
    at.receive(said("trend"), NOW)
    end = NOW + 30 * SECOND
    assert codes(at.receive(said("mean", at=end), end)) == {"trend-0": "no_agreement"}


def test_an_opinion_does_not_outlive_its_own_expiry():
    at = here()
    at.receive(replace(said("trend"), expires_at=NOW + SECOND), NOW)
    assert codes(at.on_time(NOW + SECOND)) == {"trend-0": "no_agreement"}


@pytest.mark.parametrize(
    ("later", "replaced"), [(2, "trend-1"), (0, "trend-0")], ids=["newer", "older, arrives late"]
)
def test_the_newest_opinion_of_a_model_counts(later: int, replaced: str):
    at = here()
    at.receive(said("trend", at=NOW + SECOND), NOW + 2 * SECOND)
    found = codes(at.receive(said("trend", "sell", NOW + later * SECOND), NOW + 2 * SECOND))
    assert found == {replaced: "opinion_replaced"}
    assert len(at.waiting) == 1


def test_a_member_votes_whether_it_is_switched_on_or_not_but_needs_its_confidence():
    at = here(VOTE, Rule(model="trend", changes={"min_confidence": Decimal("0.9")}), on=MODELS)
    assert codes(at.receive(said("trend"), NOW)) == {"trend-0": "confidence_too_low"}
    at.receive(said("carry"), NOW)
    found = codes(at.receive(said("mean"), NOW))
    assert found == {
        "carry-0": "combined",
        "mean-0": "combined",
    }
    assert [one.model for one in at.waiting] == ["blend"]


def test_the_ensembles_signal_waits_for_a_quote_like_any_other():
    at = desk(models=["blend"], ensembles=[VOTE])
    at.receive(said("trend"), NOW)
    assert not at.awaits("EURUSD")
    assert codes(at.receive(said("mean"), NOW)) == {"trend-0": "combined", "mean-0": "combined"}
    assert at.awaits("EURUSD")
    assert codes(at.on_quote(quoted(at=NOW + SECOND))) == {"blend": "executed"}


def test_an_agreed_close_closes_what_the_ensemble_opened():
    at = here()
    at.receive(said("trend"), NOW)
    at.receive(said("mean"), NOW)
    later = NOW + SECOND
    at.receive(said("carry", "close", later), later)
    events = at.receive(said("mean", "close", later), later)
    assert [type(one.event) for one in events].count(PositionClosed) == 1


def test_the_best_opinion_decides_when_the_window_is_over():
    at = here(BEST)
    at.receive(said("trend", confidence="0.7"), NOW)
    at.receive(said("mean", "sell", NOW + SECOND, "0.9"), NOW + SECOND)
    end = NOW + 10 * SECOND
    at.on_quote(quoted(at=end - 1))
    assert codes(at.on_time(end - 1)) == {}
    assert codes(at.on_time(end)) == {
        "trend-0": "outvoted",
        "mean-1": "combined",
        "blend": "executed",
    }


def test_two_equally_good_opinions_against_each_other_decide_nothing():
    at = here(BEST)
    at.receive(said("trend"), NOW)
    at.receive(said("mean", "sell", NOW + SECOND), NOW + SECOND)
    found = codes(at.on_time(NOW + 10 * SECOND))
    assert found == {"trend-0": "no_agreement", "mean-1": "no_agreement"}


def test_an_expired_opinion_is_not_the_best():
    at = here(BEST)
    at.receive(replace(said("trend"), expires_at=NOW + 2 * SECOND), NOW)
    at.receive(said("mean", "sell", confidence="0.6"), NOW)
    found = codes(at.on_time(NOW + 2 * SECOND))
    assert found == {"mean-0": "combined", "blend": "executed", "trend-0": "no_agreement"}


def test_a_halt_holds_for_the_ensembles_signal():
    at = here()
    at.receive(said("trend"), NOW)
    at.carry_out(SetTrading(account="a", state=TradingState.HALTED, reason="enough"), NOW)
    found = codes(at.receive(said("mean"), NOW))
    assert found == {"trend-0": "combined", "mean-0": "combined", "blend": "trading_halted"}


def test_a_restart_in_mid_window_changes_nothing():
    at = here()
    at.receive(said("trend"), NOW)
    at.receive(said("carry", "sell"), NOW)
    again = here()
    again.restore(at.waiting, [ModelPolicy(account="a", model="blend", auto_execute=True)])
    assert codes(again.on_time(NOW + SECOND)) == {}
    assert again.waits_for("a", "trend-0", NOW) == at.waits_for("a", "trend-0", NOW)
    found = codes(again.receive(said("mean"), NOW + SECOND))
    assert found["trend-0"] == found["mean-0"] == "combined"
    assert found["blend"] == "executed"


def test_after_a_restart_with_a_smaller_quorum_what_is_held_is_asked_again():
    at = here()
    at.receive(said("trend"), NOW)
    again = here(replace(VOTE, quorum=1))
    again.restore(at.waiting, [ModelPolicy(account="a", model="blend", auto_execute=True)])
    assert codes(again.on_time(NOW + SECOND)) == {"trend-0": "combined", "blend": "executed"}


def test_an_ensembles_signal_is_nobodys_opinion():
    """Even where a pattern covers its name, and a restart finds it waiting for a quote."""
    everybody = replace(VOTE, models=("*",))
    at = desk(models=["blend"], ensembles=[everybody])
    at.receive(said("trend"), NOW)
    at.receive(said("mean"), NOW)
    again = desk(models=["blend"], ensembles=[everybody])
    again.restore(at.waiting, at.policies("a"))
    assert codes(again.on_quote(quoted(at=NOW + SECOND))) == {"blend": "executed"}


def test_other_signals_keep_their_bytes():
    body = encode_event(SignalReceived(said("trend"))).decode()
    assert "contributions" not in body
    decided = Decision(status=SignalStatus.REFUSED, at=NOW, checks=())
    assert "ensemble_signal_id" not in encode_event(SignalDecided("x", decided)).decode()


SAID = st.lists(
    st.tuples(
        st.sampled_from((*MODELS, "alone")),
        st.sampled_from(("buy", "sell", "close")),
        st.integers(0, 200),
        st.sampled_from(("0.4", "0.6", "0.8")),
    ),
    max_size=25,
)
ENSEMBLES = st.builds(
    lambda method, quorum, window: replace(
        VOTE, method=method, quorum=quorum, window_ns=window * SECOND, threshold=Decimal("0.4")
    ),
    st.sampled_from(Method),
    st.integers(1, 3),
    st.integers(1, 59),
)


def signals_of(said_: list[tuple[Any, ...]]) -> list[Signal]:
    made = [
        replace(said(model, side, NOW + second * SECOND, confidence), id=f"s{number}")
        for number, (model, side, second, confidence) in enumerate(said_)
    ]
    return sorted(made, key=lambda one: one.received_at)


def tape() -> Tape:
    chance = np.random.default_rng(7)
    at = NOW + np.arange(0, 300, 3, dtype=np.int64) * SECOND
    bid = 108_000 + chance.integers(-20, 21, len(at)).cumsum()
    number = np.zeros(len(at), dtype=np.int16)
    return Tape(("EURUSD",), number, bid, bid + 10, at, STREAM)


def on_a_tape(ensemble: Ensemble) -> Desk:
    return desk(SignalRules(), models=("blend", "alone"), ensembles=[ensemble])


def encoded(events: Iterable[Recorded]) -> list[bytes]:
    return [f"{one.seq} {one.at} ".encode() + encode_event(one.event) for one in events]


def quote_by_quote(ensemble: Ensemble, signals: list[Signal]) -> list[Recorded]:
    """Do what a daemon does: every quote, every signal, every timer in its turn."""
    at, quotes, events = on_a_tape(ensemble), tape(), list[Recorded]()
    steps: list[Any] = [quotes.quote(place) for place in range(len(quotes))]
    steps = sorted((*steps, *signals), key=lambda one: (one.received_at, isinstance(one, Signal)))
    for step in steps:
        while (timer := at.next_timer()) <= step.received_at:
            events += at.on_time(timer)
        taken = (
            at.receive(step, step.received_at) if isinstance(step, Signal) else at.on_quote(step)
        )
        events += taken
    return events + at.give_up()


@settings(max_examples=60, deadline=None)
@given(ENSEMBLES, SAID)
def test_skipping_gives_the_same_bytes_and_every_signal_one_outcome(ensemble, said_):
    signals = signals_of(said_)
    skipping = list(replay(tape(), signals, on_a_tape(ensemble), lambda _: None))
    assert encoded(skipping) == encoded(quote_by_quote(ensemble, signals))
    received = {one.event.signal.id for one in skipping if isinstance(one.event, SignalReceived)}
    decided = Counter(
        one.event.signal_id for one in skipping if isinstance(one.event, SignalDecided)
    )
    assert set(decided) == received
    assert set(decided.values()) <= {1}


@settings(max_examples=30, deadline=None)
@given(ENSEMBLES, SAID, st.integers(0, 24))
def test_a_restart_between_two_signals_changes_no_outcome(ensemble, said_, place):
    signals = signals_of(said_)
    at, again = on_a_tape(ensemble), on_a_tape(ensemble)
    found, other = list[Recorded](), list[Recorded]()
    policies = at.policies("a")
    for number, one in enumerate(signals):
        found += at.on_time(one.received_at) + at.receive(one, one.received_at)
        if number == place:
            again.restore(again.waiting, policies)
        other += again.on_time(one.received_at) + again.receive(one, one.received_at)
    assert codes(found + at.give_up()) == codes(other + again.give_up())
