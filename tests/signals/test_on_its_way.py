"""Signals while market orders are on their way: with latency a close and an entry take time."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from fxpaper.domain.account import Accounting
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND
from fxpaper.domain.order import Side
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.signal import Decision, ModelPolicy, SignalSide, SignalStatus
from fxpaper.engine.costs import CostModel
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.signals.desk import Desk
from fxpaper.signals.rules import Conflict, RuleBook, SignalRules
from tests.signals.builders import NOW, PROFILE, decided, desk, open_account, quoted, signal

STEP = 100 * NS_PER_MS


def slow(conflict: Conflict, **changes: object) -> Desk:
    """Return a desk whose market orders take half a second."""
    made = Engine(PROFILE, FillLimits(around_the_clock=True), CostModel(latency_ns=500 * NS_PER_MS))
    open_account(made)
    rules = SignalRules(conflict=conflict, **changes)  # type: ignore[arg-type]
    here = Desk(made, RuleBook(rules))
    here.set_policy(ModelPolicy(account="a", model="m", auto_execute=True), NOW)
    here.on_quote(quoted())
    return here


def played(here: Desk, until: int, start: int = NOW) -> dict[str, Decision]:
    """Play a quote each tenth of a second and return what was decided."""
    found: dict[str, Decision] = {}
    at = start + STEP
    while at <= until:
        decision = decided(here.on_quote(quoted(at=at)))
        if decision is not None:
            found[str(at)] = decision
        at += STEP
    return found


def held(here: Desk) -> list[Side]:
    return [one.side for one in here.engine.state.accounts["a"].positions.values()]


@pytest.mark.parametrize(
    ("conflict", "sides"),
    [
        (Conflict.HEDGE, [Side.BUY, Side.SELL]),
        (Conflict.IGNORE, [Side.BUY]),
        (Conflict.CLOSE, []),
        (Conflict.REVERSE, [Side.SELL]),
    ],
)
def test_an_entry_on_its_way_is_waited_for_and_then_stands_against_it(conflict, sides):
    here = slow(conflict)
    here.receive(signal("buy"), NOW)
    here.receive(signal("sell", at=NOW + 1, side=SignalSide.SELL), NOW + 1)
    played(here, NOW + 3 * NS_PER_SECOND)
    assert held(here) == sides
    assert here.waiting == ()


def test_a_reversal_waits_for_its_close_though_one_position_is_the_most():
    here = slow(Conflict.REVERSE, max_positions=1)
    here.receive(signal("buy"), NOW)
    played(here, NOW + NS_PER_SECOND)
    assert held(here) == [Side.BUY]
    later = NOW + NS_PER_SECOND
    assert decided(here.receive(signal("sell", at=later, side=SignalSide.SELL), later)) is None
    waits = here.waits_for("a", "sell", later)
    assert waits is not None
    assert waits.code is RefusalCode.ALREADY_ASKED
    played(here, later + 2 * NS_PER_SECOND, later)
    assert held(here) == [Side.SELL]


def test_a_close_waits_for_the_entry_that_it_is_to_close():
    here = slow(Conflict.HEDGE)
    here.receive(signal("buy"), NOW)
    close = signal("close", at=NOW + 1, side=SignalSide.CLOSE, stop_loss=None)
    assert decided(here.receive(close, NOW + 1)) is None
    found = played(here, NOW + 2 * NS_PER_SECOND)
    assert [one.status for one in found.values()] == [SignalStatus.EXECUTED]
    assert held(here) == []


def test_a_second_close_finds_nothing_once_the_first_is_done():
    here = slow(Conflict.HEDGE)
    here.receive(signal("buy"), NOW)
    played(here, NOW + NS_PER_SECOND)
    at = NOW + NS_PER_SECOND
    for name in ("first", "second"):
        here.receive(signal(name, at=at, side=SignalSide.CLOSE, stop_loss=None), at)
    found = played(here, at + 2 * NS_PER_SECOND, at)
    assert [one.refusal and one.refusal.code for one in found.values()] == [
        RefusalCode.NOTHING_TO_CLOSE
    ]
    assert held(here) == []


def test_what_a_fifo_account_closes_before_it_must_stop_is_told():
    """Positions of m, n and m: the first may be closed, the third only after the second."""
    here = desk(SignalRules(), models=("m", "n"))
    state = here.engine.state.accounts["a"]
    state.account = replace(state.account, accounting=Accounting.FIFO)
    here.on_quote(quoted())
    for name, model in (("one", "m"), ("two", "n"), ("three", "m")):
        here.receive(signal(name, model=model), NOW)
    first = next(iter(state.positions))
    decision = decided(here.receive(signal("close", side=SignalSide.CLOSE, stop_loss=None), NOW))
    assert decision is not None
    assert (decision.status, decision.position_ids) == (SignalStatus.EXECUTED, (first,))
    assert decision.refusal is not None
    assert decision.refusal.code is RefusalCode.NOT_OLDEST
