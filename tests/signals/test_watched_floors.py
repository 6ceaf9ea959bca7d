"""Floors are watched by price levels: the same events as looking at equity on every quote."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fxpaper.domain.event import DayBegan, LimitReached, Recorded, encode_event
from fxpaper.domain.limits import Basis, Limits, LossLimit
from fxpaper.engine.costs import CostModel
from fxpaper.engine.engine import Engine
from fxpaper.engine.floors import floors
from fxpaper.engine.tape import Tape
from tests.signals.test_skipping import ORDERS, engine, order, played, tape

LIMITS = Limits(
    day_ends=time(16),
    daily_loss=LossLimit(percent=Decimal(2), counted_from=Basis.EQUITY, percent_of=Basis.EQUITY),
    max_loss=LossLimit(
        percent=Decimal(4), counted_from=Basis.PEAK, percent_of=Basis.INITIAL, locks=True
    ),
)


def every_quote(made: Engine, whole: Tape, orders: list[dict[str, Any]]) -> list[Recorded]:
    """Return what happens when the account is looked at after each quote."""
    events, place = list[Recorded](), 0
    for said in sorted(orders, key=lambda one: one["place"]):
        while place < min(said["place"], len(whole)):
            quote = whole.quote(place)
            events += made.on_quote(quote)
            events += made.review("a", quote.received_at)
            place += 1
        events += placed(made, whole, said)
    while place < len(whole):
        quote = whole.quote(place)
        events += made.on_quote(quote)
        events += made.review("a", quote.received_at)
        place += 1
    return events


def watched(made: Engine, whole: Tape, orders: list[dict[str, Any]]) -> list[Recorded]:
    """Return what happens when nobody looks unless a level is crossed."""
    events, place = list[Recorded](), 0
    for said in sorted(orders, key=lambda one: one["place"]):
        while place < min(said["place"], len(whole)):
            events += made.on_quote(whole.quote(place))
            place += 1
        events += placed(made, whole, said)
    while place < len(whole):
        events += made.on_quote(whole.quote(place))
        place += 1
    return events


def placed(made: Engine, whole: Tape, said: dict[str, Any]) -> list[Recorded]:
    symbol = whole.symbols[said["symbol"] % len(whole.symbols)]
    quote = made.board.quotes.get(symbol)
    if quote is None:
        return []
    answer = made.place(order(said, quote), quote.received_at)
    return answer if isinstance(answer, list) else []


def limited(events: list[Recorded]) -> list[tuple[int, bytes]]:
    """Return what the limits have recorded, and when."""
    kinds = (DayBegan, LimitReached)
    return [(one.at, encode_event(one.event)) for one in events if isinstance(one.event, kinds)]


GIVEN = {
    "seed": st.integers(0, 10**6),
    "symbols": st.integers(1, 4),
    "orders": st.lists(ORDERS, min_size=1, max_size=8),
    "balance": st.sampled_from([2_000, 10_000, 100_000]),
}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(**GIVEN)
def test_watching_by_levels_finds_what_looking_at_every_quote_finds(seed, symbols, orders, balance):
    whole = tape(seed, 900, symbols)
    first = every_quote(engine(balance, CostModel(), LIMITS), whole, orders)
    second = watched(engine(balance, CostModel(), LIMITS), whole, orders)
    assert limited(first) == limited(second)
    assert any(isinstance(one.event, DayBegan) for one in second)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(**GIVEN)
def test_skipping_marks_the_same_days_and_floors(seed, symbols, orders, balance):
    whole = tape(seed, 900, symbols)
    one, other = (
        played(engine(balance, CostModel(), LIMITS), whole, orders, skip=skip)
        for skip in (True, False)
    )
    assert one == other


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(**GIVEN)
def test_a_floor_is_reached_at_most_once_a_day_and_never_above_it(seed, symbols, orders, balance):
    made, whole = engine(balance, CostModel(), LIMITS), tape(seed, 900, symbols)
    reached: set[str] = set()
    for one in watched(made, whole, orders):
        match one.event:
            case DayBegan():
                reached.clear()
            case LimitReached(limit, worth, floor):
                assert worth <= floor
                assert limit not in reached
                reached.add(limit)
            case _:
                pass
    today = made.state.accounts["a"].today
    worth = made.equity("a")
    known = {f.limit for f in floors(LIMITS, today.mark, "USD") if worth <= f.amount}
    assert known <= today.reached
