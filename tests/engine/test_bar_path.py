"""Bars as paths of prices: gaps, both ends in one bar, entries inside a bar, finer bars."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fxpaper.domain.bar import Bar
from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.event import DealBooked
from fxpaper.domain.exits import Exits
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.order import DealReason, OrderKind, Side, TriggerSide
from fxpaper.domain.refusal import Refused
from fxpaper.engine.bar_doubts import BarPolicy
from fxpaper.engine.bar_path import Bars, play_bar
from fxpaper.engine.costs import CostModel
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.profiles import read_profile
from tests.engine.test_orders import NOON, account, order, placed

MINUTE = 60 * NS_PER_SECOND


def bar(number: int, *prices: int) -> Bar:
    opens, high, low, close = prices
    return Bar(
        symbol="EURUSD",
        interval="1m",
        opened_at=NOON + number * MINUTE,
        open=opens,
        high=high,
        low=low,
        close=close,
        quotes=0,
        closed=True,
        source="bars",
    )


def engine_after(command: PlaceOrder, spread: int = 0) -> Engine:
    engine = Engine(read_profile("standard"), FillLimits(around_the_clock=True))
    engine.open_account(account())
    play_bar(engine, bar(0, 110_000, 110_000, 110_000, 110_000), Bars(spread, MINUTE))
    placed(engine, command, NOON + MINUTE - 1)
    return engine


def deals(events):
    return [one.event.deal for one in events if isinstance(one.event, DealBooked)]


@pytest.mark.parametrize(
    ("policy", "price", "profit", "alternative"),
    [
        ("pessimistic", 109_800, "-200.00", "200.00"),
        ("optimistic", 110_200, "200.00", "-200.00"),
        ("adaptive", 109_800, "-200.00", "200.00"),
    ],
)
def test_both_ends_in_one_bar(policy, price, profit, alternative):
    """The stop-loss wins unless the policy says otherwise; the other result is kept."""
    engine = engine_after(order(stop_loss=109_800, take_profit=110_200))
    how = Bars(0, MINUTE, BarPolicy(policy))
    (deal,) = deals(play_bar(engine, bar(1, 110_000, 110_250, 109_750, 110_100), how))
    assert (deal.price, deal.profit, deal.ambiguous, deal.alternative) == (
        price,
        Decimal(profit),
        True,
        Decimal(alternative),
    )


def test_the_nearer_extreme_comes_first_where_the_policy_is_adaptive():
    """The high is ten points away and the low fifty."""
    engine = engine_after(order(stop_loss=109_950, take_profit=110_010))
    how = Bars(0, MINUTE, BarPolicy.ADAPTIVE)
    (deal,) = deals(play_bar(engine, bar(1, 110_000, 110_010, 109_950, 109_990), how))
    assert (deal.price, deal.reason) == (110_010, DealReason.TAKE_PROFIT)


@pytest.mark.parametrize(
    ("prices", "price"),
    [
        pytest.param((109_500, 109_600, 109_400, 109_500), 109_500, id="opens beyond the stop"),
        pytest.param((109_900, 109_950, 109_400, 109_500), 109_800, id="goes through the stop"),
    ],
)
def test_a_stop_fills_at_its_price_or_at_the_open_and_never_at_the_low(prices, price):
    """One end only is not ambiguous."""
    engine = engine_after(order(stop_loss=109_800, take_profit=110_200))
    (deal,) = deals(play_bar(engine, bar(1, *prices), Bars(0, MINUTE)))
    assert (deal.price, deal.ambiguous, deal.alternative) == (price, False, None)


def test_a_touched_order_pays_its_touch_and_not_the_extreme():
    """No hindsight."""
    engine = engine_after(order(kind=OrderKind.MARKET_IF_TOUCHED, price=109_900), spread=10)
    found = deals(play_bar(engine, bar(1, 110_000, 110_020, 109_700, 109_800), Bars(10, MINUTE)))
    assert [deal.price for deal in found] == [109_900]


def test_an_entry_inside_a_bar_may_be_stopped_by_it_but_takes_no_profit_from_it():
    """Whether the high came after the entry is not known; the next bar may take it."""
    waits = order(kind=OrderKind.LIMIT, price=109_900, stop_loss=109_000, take_profit=110_100)
    engine = engine_after(waits)
    found = deals(play_bar(engine, bar(1, 110_000, 110_200, 109_880, 110_150), Bars(0, MINUTE)))
    assert [deal.price for deal in found] == [109_900]
    (closed,) = deals(play_bar(engine, bar(2, 110_150, 110_160, 110_140, 110_150), Bars(0, MINUTE)))
    assert (closed.price, closed.reason) == (110_100, DealReason.TAKE_PROFIT)
    stopped = order(kind=OrderKind.LIMIT, price=109_900, stop_loss=109_850)
    engine = engine_after(stopped)
    found = deals(play_bar(engine, bar(1, 110_000, 110_010, 109_800, 109_820), Bars(0, MINUTE)))
    assert [deal.price for deal in found] == [109_900, 109_850]


def test_finer_bars_prove_what_came_first():
    """The take-profit was reached in the first half."""
    engine = engine_after(order(stop_loss=109_800, take_profit=110_200))
    halves = [
        bar(1, 110_000, 110_210, 109_990, 110_100),
        bar(1, 110_100, 110_110, 109_750, 109_760),
    ]
    whole = bar(1, 110_000, 110_210, 109_750, 109_760)
    (deal,) = deals(play_bar(engine, whole, Bars(0, MINUTE), halves))
    assert (deal.price, deal.ambiguous) == (110_200, False)


PRICES = st.integers(-300, 300)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(PRICES, PRICES, PRICES, PRICES), min_size=1, max_size=12),
    st.integers(20, 200),
    st.integers(20, 200),
    st.sampled_from(Side),
)
def test_the_pessimist_is_never_richer_than_the_optimist(moves, stop, take, side):
    """Of one position with both levels, whatever the bars."""
    results = {}
    for policy in BarPolicy:
        sign = 1 if side is Side.BUY else -1
        command = order(
            side.value, stop_loss=110_000 - sign * stop, take_profit=110_000 + sign * take
        )
        engine = engine_after(command)
        assert not isinstance(engine, Refused)
        for number, move in enumerate(moves, start=1):
            opens, close = 110_000 + move[0], 110_000 + move[1]
            high = max(opens, close, 110_000 + move[2])
            low = min(opens, close, 110_000 + move[3])
            play_bar(engine, bar(number, opens, high, low, close), Bars(0, MINUTE, policy))
        results[policy] = engine.equity("a")
    assert results[BarPolicy.PESSIMISTIC] <= results[BarPolicy.ADAPTIVE]
    assert results[BarPolicy.ADAPTIVE] <= results[BarPolicy.OPTIMISTIC]


def test_a_late_order_and_a_time_exit_never_take_an_extreme():
    """Both take the close: the first price after the open that somebody could have had."""
    late = Engine(
        read_profile("standard"),
        FillLimits(around_the_clock=True),
        CostModel(latency_ns=NS_PER_SECOND),
    )
    late.open_account(account())
    play_bar(late, bar(0, 110_000, 110_000, 110_000, 110_000), Bars(0, MINUTE))
    placed(late, order(), NOON + MINUTE - 1)
    play_bar(late, bar(1, 110_000, 110_020, 109_700, 110_005), Bars(0, MINUTE))
    assert [one.open_price for one in late.state.accounts["a"].positions.values()] == [110_005]
    exits = Exits(close_at=NOON + MINUTE + 30 * NS_PER_SECOND)
    engine = engine_after(order(exits=exits))
    found = deals(play_bar(engine, bar(1, 110_000, 110_020, 109_700, 110_005), Bars(0, MINUTE)))
    assert [(one.price, one.reason) for one in found] == [(110_005, DealReason.TIME)]


def test_a_level_that_another_price_reaches_first_does_not_hide_the_stop():
    """An order by the mid price waits at a crossed edge; the stop-loss fills at itself."""
    engine = engine_after(order(stop_loss=109_900), spread=20)
    placed(engine, order(kind=OrderKind.LIMIT, price=109_995, trigger=TriggerSide.MID))
    found = deals(play_bar(engine, bar(1, 110_000, 110_010, 109_700, 109_800), Bars(20, MINUTE)))
    stops = [one.price for one in found if one.reason is DealReason.STOP_LOSS]
    assert stops == [109_900]
