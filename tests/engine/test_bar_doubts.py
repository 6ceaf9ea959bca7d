"""What a bar leaves open: which exits are ambiguous, and what each policy takes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fxpaper.domain.command import Contingency, ModifyPosition, PlaceGroup
from fxpaper.domain.event import OrderFilled, PositionChanged
from fxpaper.domain.exits import Exits, Trail
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.order import DealReason, OrderKind, Side
from fxpaper.engine.bar_doubts import BarPolicy
from fxpaper.engine.bar_path import Bars, agree, in_time_order, play_bar, steps_of
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.profiles import read_profile
from tests.engine.test_bar_path import MINUTE, bar, deals, engine_after
from tests.engine.test_orders import NOON, account, order, placed

ENTERS_ABOVE = {"kind": OrderKind.STOP, "price": 110_100, "stop_loss": 109_950}
LOW_FIRST = (110_000, 110_300, 109_900, 110_200)
HIGH_FIRST = (110_000, 110_150, 109_500, 110_120)
BELOW_IN_THE_END = (110_000, 110_150, 109_500, 109_940)


@pytest.mark.parametrize(
    ("prices", "policy", "found"),
    [
        (LOW_FIRST, "pessimistic", [(109_950, True, "100.00")]),
        (LOW_FIRST, "adaptive", []),
        (LOW_FIRST, "optimistic", []),
        (HIGH_FIRST, "pessimistic", [(109_950, True, "20.00")]),
        (HIGH_FIRST, "adaptive", [(109_950, True, "20.00")]),
        (HIGH_FIRST, "optimistic", []),
        (BELOW_IN_THE_END, "pessimistic", [(109_950, False, None)]),
        (BELOW_IN_THE_END, "adaptive", [(109_950, False, None)]),
        (BELOW_IN_THE_END, "optimistic", [(109_950, False, None)]),
    ],
)
def test_an_entry_whose_stop_the_bar_reaches_on_the_other_side_of_the_open(prices, policy, found):
    """The stop may have been passed before the entry; a close beyond it proves that it was not."""
    engine = engine_after(order(**ENTERS_ABOVE))
    events = play_bar(engine, bar(1, *prices), Bars(0, MINUTE, BarPolicy(policy)))
    exits = deals(events)[1:]
    assert [
        (one.price, one.ambiguous, None if one.alternative is None else str(one.alternative))
        for one in exits
    ] == found
    assert engine.board.quotes["EURUSD"].bid == prices[3]


def test_a_stop_behind_an_entry_on_the_way_is_met_after_it():
    """Price comes from above through the entry to the stop; no other order is possible."""
    engine = engine_after(order(kind=OrderKind.LIMIT, price=109_900, stop_loss=109_850))
    events = play_bar(engine, bar(1, 110_000, 110_050, 109_800, 110_020), Bars(0, MINUTE))
    assert [(one.price, one.ambiguous) for one in deals(events)] == [
        (109_900, False),
        (109_850, False),
    ]


def test_the_mirror_image_of_a_short_entry():
    """A sell stop below the open, its stop-loss above it: the same rules with the ask."""
    engine = engine_after(order("sell", kind=OrderKind.STOP, price=109_900, stop_loss=110_050), 10)
    events = play_bar(engine, bar(1, 110_000, 110_100, 109_800, 109_850), Bars(10, MINUTE))
    assert [(one.price, one.ambiguous) for one in deals(events)] == [
        (109_900, False),
        (110_050, True),
    ]
    assert deals(events)[1].alternative == Decimal("40.00")


@pytest.mark.parametrize("policy", list(BarPolicy))
def test_an_exit_that_is_no_level_is_never_ambiguous(policy):
    """The time exit would have come whatever came first, if anything had not ended it before."""
    exits = Exits(close_at=NOON + MINUTE)
    engine = engine_after(order(stop_loss=109_800, take_profit=110_200, exits=exits))
    events = play_bar(engine, bar(1, 110_000, 110_250, 109_750, 110_100), Bars(0, MINUTE, policy))
    assert [(one.reason, one.ambiguous, one.alternative) for one in deals(events)] == [
        (DealReason.TIME, False, None)
    ]


def test_a_trail_moves_with_the_path_and_not_with_every_point():
    """One change at the high; what it is hit by on the way down is ambiguous."""
    engine = engine_after(order(stop_loss=109_900, exits=Exits(trail=Trail(100))))
    events = play_bar(engine, bar(1, 110_000, 110_300, 109_950, 110_280), Bars(0, MINUTE))
    changes = [one.event for one in events if isinstance(one.event, PositionChanged)]
    assert [one.position.stop_loss for one in changes] == [110_200]
    events = play_bar(engine, bar(2, 110_280, 110_320, 110_150, 110_230), Bars(0, MINUTE))
    assert [(one.price, one.reason, one.ambiguous, one.alternative) for one in deals(events)] == [
        (110_220, DealReason.TRAILING_STOP, True, Decimal("230.00"))
    ]


def test_a_trail_that_the_close_is_beyond_is_certain():
    """However the bar went, it ended below where its high had moved the stop."""
    engine = engine_after(order(stop_loss=109_900, exits=Exits(trail=Trail(100))))
    events = play_bar(engine, bar(1, 110_000, 110_050, 109_920, 109_930), Bars(0, MINUTE))
    assert [(one.price, one.ambiguous) for one in deals(events)] == [(109_950, False)]


def test_an_order_that_another_one_releases_inside_a_bar_fills_in_a_later_one():
    """A bar fills only what waited before it opened."""
    engine = engine_after(order(stop_loss=109_000))
    first = order(kind=OrderKind.LIMIT, price=109_900)
    then = order("sell", kind=OrderKind.LIMIT, price=110_080)
    group = PlaceGroup(contingency=Contingency.OTO, orders=(first, then))
    assert isinstance(engine.place_group(group, NOON + MINUTE - 1), list)
    how = Bars(0, MINUTE)

    def filled(events):
        return [one.event.order.price for one in events if isinstance(one.event, OrderFilled)]

    assert filled(play_bar(engine, bar(1, 110_000, 110_100, 109_890, 110_050), how)) == [109_900]
    assert filled(play_bar(engine, bar(2, 110_050, 110_100, 110_040, 110_060), how)) == [110_080]


def test_finer_bars_that_do_not_tell_the_same_are_not_believed():
    """One of sixty that misses the low would hide the stop."""
    whole = bar(1, 110_000, 110_100, 109_700, 110_000)
    part = bar(1, 110_000, 110_010, 109_990, 110_000)
    assert not agree(whole, [part])
    engine = engine_after(order(stop_loss=109_800))
    assert [one.price for one in deals(play_bar(engine, whole, Bars(0, MINUTE), [part]))] == [
        109_800
    ]


def test_the_path_visits_open_extremes_and_close_in_order_of_time():
    """And the bars of two symbols never turn time back."""
    engine = Engine(read_profile("standard"), FillLimits(around_the_clock=True))
    engine.open_account(account())
    seen = []
    on_quote = engine.on_quote

    def watched(quote):
        seen.append((quote.symbol, quote.bid, quote.received_at))
        return on_quote(quote)

    engine.on_quote = watched
    how = Bars(10, MINUTE)
    bars = [bar(number, 110_000, 110_100, 109_950, 110_020) for number in (1, 2)]

    def path(symbol):
        for one in bars:
            yield from steps_of(engine, replace(one, symbol=symbol), how)

    for step in in_time_order([path("EURUSD"), path("GBPUSD")]):
        step.take()
    for symbol in ("EURUSD", "GBPUSD"):
        bids = [bid for name, bid, _ in seen if name == symbol]
        assert bids == [110_000, 109_950, 110_100, 110_020] * 2
    times = [at for _, _, at in seen]
    assert times == sorted(times)


def test_a_bar_tells_its_own_spread():
    """Which counts in place of the usual one."""
    engine = engine_after(order("sell", stop_loss=110_100), 10)
    wide = replace(bar(1, 110_000, 110_060, 109_990, 110_000), spread=40)
    assert [one.price for one in deals(play_bar(engine, wide, Bars(10, MINUTE)))] == [110_100]


def test_a_daily_bar_trades_while_its_market_is_open():
    """Sunday's gap fills at its open at 17:00 New York; Friday's low before the close."""
    engine = Engine(read_profile("standard"), FillLimits())
    day = 24 * 60 * MINUTE
    engine.open_account(replace(account(), opened_at=parse_instant("2026-06-04T00:00:00Z")))
    how = Bars(0, day)

    def on(date, *prices):
        opened_at = parse_instant(f"{date}T00:00:00Z")
        return play_bar(engine, replace(bar(0, *prices), opened_at=opened_at, interval="1d"), how)

    on("2026-06-04", 110_000, 110_000, 110_000, 110_000)
    at = parse_instant("2026-06-04T23:59:59.999999999Z")
    placed(engine, order(kind=OrderKind.LIMIT, price=109_950, stop_loss=109_800), at)
    (entry,) = deals(on("2026-06-05", 110_000, 110_010, 109_900, 109_910))
    closes = parse_instant("2026-06-05T21:00:00Z")
    assert closes - NS_PER_SECOND < entry.at < closes
    on("2026-06-06", 109_910, 109_910, 109_910, 109_910)
    (gap,) = deals(on("2026-06-07", 109_500, 109_600, 109_300, 109_400))
    assert (gap.price, gap.at) == (109_500, parse_instant("2026-06-07T21:00:00Z"))


def test_an_entry_that_waits_for_the_next_bar_can_be_changed_before_it():
    """What a bar suspends stands again once the bar is over, whatever it was."""
    engine = engine_after(
        order(kind=OrderKind.LIMIT, price=109_900, stop_loss=109_000, take_profit=110_100)
    )
    play_bar(engine, bar(1, 110_000, 110_050, 109_880, 110_000), Bars(0, MINUTE))
    (position,) = engine.state.accounts["a"].positions.values()
    changed = ModifyPosition(account="a", position_id=position.id, take_profit=110_020)
    assert isinstance(engine.modify_position(changed, NOON + 2 * MINUTE - 1), list)
    events = play_bar(engine, bar(2, 110_000, 110_030, 109_990, 110_000), Bars(0, MINUTE))
    assert [one.price for one in deals(events)] == [110_020]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["buy", "sell"]),
            st.sampled_from([OrderKind.LIMIT, OrderKind.STOP, OrderKind.MARKET_IF_TOUCHED]),
            st.integers(-150, 150),
            st.integers(20, 120),
            st.integers(0, 60),
        ),
        min_size=1,
        max_size=6,
    ),
    st.lists(st.tuples(*[st.integers(-250, 250)] * 4), min_size=1, max_size=6),
    st.sampled_from(BarPolicy),
)
def test_whatever_waits_no_fill_is_better_than_the_bar_allows(waiting, moves, policy):
    """Nobody buys below the lowest ask or sells above the highest bid; nothing stays suspended."""
    spread, how = 10, Bars(10, MINUTE, policy)
    engine = engine_after(order(stop_loss=109_000), spread)
    for side, kind, offset, stop, trail in waiting:
        sign = 1 if side == "buy" else -1
        price = 110_000 + offset
        exits = Exits(trail=Trail(trail + 10)) if trail else Exits()
        command = order(
            side,
            kind=kind,
            price=price,
            stop_loss=price - sign * stop,
            take_profit=price + sign * stop,
            exits=exits,
        )
        engine.place(command, NOON + MINUTE - 1)
    for number, move in enumerate(moves, start=1):
        opens, close = 110_000 + move[0], 110_000 + move[1]
        high = max(opens, close, 110_000 + move[2])
        low = min(opens, close, 110_000 + move[3])
        for deal in deals(play_bar(engine, bar(number, opens, high, low, close), how)):
            bought = deal.side is Side.BUY
            assert low + spread <= deal.price if bought else deal.price <= high
            assert deal.ambiguous is (deal.alternative is not None)
        assert engine.board.quotes["EURUSD"].bid == close
        assert not engine.venue.suspended
        assert not engine.venue.doubts
