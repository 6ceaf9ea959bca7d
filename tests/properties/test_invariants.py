"""What must always hold, on long random histories of orders, exits, swaps and stop-outs."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fxpaper.domain.deal import Deal
from fxpaper.domain.event import (
    CashMoved,
    DealBooked,
    OrderEnded,
    OrderFilled,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    Recorded,
    StoppedOut,
    encode_event,
)
from fxpaper.domain.order import DealReason, Side
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.engine.state import AccountState, State
from fxpaper.engine.valuation import equity
from tests.properties.test_naive import PROFILE, Pair, history

COSTS = ("delay", "spread", "slippage", "commission", "swap", "conversion")
SEEDS = st.integers(0, 10**6)


def deals(events: list[Recorded]) -> list[Deal]:
    return [one.event.deal for one in events if isinstance(one.event, DealBooked)]


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_money_is_conserved_and_every_event_has_its_number(seed: int):
    """Each balance is the one before it and what was booked; numbers have no gap."""
    pair = history(seed, compare=False)
    assert [one.seq for one in pair.events] == list(range(2, len(pair.events) + 2))
    balance = pair.engine.state.accounts["a"].account.initial_balance
    for one in pair.events:
        match one.event:
            case DealBooked(deal):
                balance += deal.profit + deal.commission + deal.swap
                assert deal.balance == balance
            case CashMoved(amount=amount, balance=after):
                balance += amount
                assert after == balance
            case _:
                pass
    assert pair.engine.state.accounts["a"].account.balance == balance


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_no_deal_is_better_than_its_quote_and_every_result_is_accounted_for(seed: int):
    """Nobody buys below the ask or sells above the bid; the parts make the whole to the cent."""
    for deal in deals(history(seed, compare=False).events):
        if deal.side is Side.BUY:
            assert deal.price >= deal.quote.ask
        else:
            assert deal.price <= deal.quote.bid
        if deal.attribution is not None:
            found = deal.attribution
            assert found.mid - sum(getattr(found, name) for name in COSTS) == found.net
            assert found.net == deal.profit - found.commission - found.swap


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_what_a_position_brought_is_the_sum_of_its_deals(seed: int):
    """However many parts it was closed in: what a model's score counts as one trade."""
    events = history(seed, compare=False).events
    found = deals(events)
    for one in events:
        if isinstance(one.event, PositionClosed):
            ended = one.event
            of_it = [deal for deal in found if deal.position_id == ended.position.id]
            for name in ("profit", "commission", "swap"):
                assert getattr(ended, name) == sum(getattr(deal, name) for deal in of_it)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_an_order_fills_or_ends_once_and_a_trail_never_loosens(seed: int):
    """Whatever it waits for and whoever follows it."""
    events = history(seed, compare=False).events
    done = [one.event.order.id for one in events if isinstance(one.event, OrderFilled | OrderEnded)]
    assert len(done) == len(set(done))
    stops: dict[str, tuple[Side, list[int]]] = {}
    for one in events:
        if isinstance(one.event, PositionOpened | PositionChanged):
            position = one.event.position
            if position.exits.trail is not None and position.stop_loss is not None:
                stops.setdefault(position.id, (position.side, []))[1].append(position.stop_loss)
    for side, levels in stops.values():
        sign = 1 if side is Side.BUY else -1
        assert all(sign * later >= sign * earlier for earlier, later in pairwise(levels))


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_a_stop_out_ends_above_its_level_or_flat(seed: int):
    """And closes nothing more than it must: before its last close the level was at or below."""

    def check(_step: int, pair: Pair) -> None:
        state = pair.engine.state.accounts["a"]
        known = all(holding.revalue(pair.engine.board) for holding in state.holdings.values())
        if state.margin and known:
            assert 100 * pair.engine.equity("a") > PROFILE.stop_out * state.margin

    pair = history(seed, compare=False, after=check)
    stopped = any(isinstance(one.event, StoppedOut) for one in pair.events)
    assert stopped == any(deal.reason is DealReason.STOP_OUT for deal in deals(pair.events))


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_the_log_alone_makes_the_same_state_and_the_same_equity(seed: int):
    """Positions, waiting orders, balance, margin; valued afresh, not remembered."""
    pair = history(seed, compare=False)
    live = pair.engine.state.accounts["a"]
    rebuilt = State(pair.engine.board)
    opening = live.account.initial_balance
    rebuilt.restore(_opened(live, opening), (), ())
    for one in pair.events:
        rebuilt.record(one.account, one.at, one.event)
    found = rebuilt.accounts["a"]
    assert (found.positions, found.orders) == (live.positions, live.orders)
    assert (found.account.balance, found.margin) == (live.account.balance, live.margin)
    assert equity(found, pair.engine.board) == pair.engine.equity("a")


@pytest.mark.parametrize("seed", range(12))
def test_a_restart_in_the_middle_changes_nothing_that_follows(seed: int):
    """Loaded from what the ledger keeps, at every fiftieth step, byte for byte."""

    def restart(step: int, pair: Pair) -> None:
        if step % 50 != 49:
            return
        live = pair.engine.state.accounts["a"]
        fresh = Engine(PROFILE, FillLimits(around_the_clock=True, stream_age_ns=10**18))
        fresh.board.quotes.update(pair.engine.board.quotes)
        fresh.restore(live.as_account(), live.positions.values(), live.orders.values())
        pair.engine = fresh

    whole = history(seed, compare=False).events
    broken = history(seed, compare=False, after=restart).events
    assert [encode_event(one.event) for one in broken] == [encode_event(one.event) for one in whole]
    assert [(one.seq, one.at) for one in broken] == [(one.seq, one.at) for one in whole]


def _opened(state: AccountState, balance: Decimal):
    account = state.account
    return type(account)(
        id=account.id,
        mode=account.mode,
        currency=account.currency,
        leverage=account.leverage,
        balance=balance,
        initial_balance=balance,
        opened_at=account.opened_at,
        seq=1,
    )
