"""Floating profit remembered between quotes is the same as floating profit computed afresh."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.instant import parse_instant
from fxpaper.domain.order import Side
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.state import AccountState
from fxpaper.engine.valuation import equity, value
from fxpaper.profiles import read_profile

NOON = parse_instant("2026-11-18T12:00:00Z")
EVIDENCE = Evidence("test", Transport.STREAM, Spread.REAL, Grade.A)
ACCOUNT = Account(
    id="a",
    mode=Mode.PAPER,
    currency="USD",
    leverage=100,
    balance=Decimal("10000.00"),
    initial_balance=Decimal("10000.00"),
    opened_at=NOON,
)
MIDDLE = {"EURUSD": 110_000, "USDJPY": 150_000, "EURGBP": 86_000, "GBPUSD": 127_000}
STEPS = st.one_of(
    st.tuples(st.just("quote"), st.sampled_from(sorted(MIDDLE)), st.integers(-900, 900)),
    st.tuples(
        st.just("open"), st.sampled_from(["EURUSD", "USDJPY", "EURGBP"]), st.integers(1, 300)
    ),
    st.tuples(st.just("close"), st.just(""), st.integers(0, 20)),
)


def quote(symbol: str, bid: int, spread: int = 12) -> Quote:
    return Quote(symbol, bid, bid + spread, NOON, NOON, EVIDENCE)


def position(number: int, symbol: str, lots: int) -> Position:
    return Position(
        id=f"p-{number}",
        account="a",
        symbol=symbol,
        digits=3 if symbol.endswith("JPY") else 5,
        side=Side.BUY if number % 2 else Side.SELL,
        lots=Decimal(lots).scaleb(-2),
        open_price=MIDDLE[symbol] + number,
        opened_at=NOON,
        stop_loss=None,
        take_profit=None,
        commission=Decimal(0),
        margin=Decimal(lots),
        order_id=f"o-{number}",
        signal_id=None,
        model=None,
        conversion=Decimal(1),
        risk=None,
    )


@given(st.lists(STEPS, max_size=60))
def test_remembered_profits_equal_fresh_ones_after_every_step(steps):
    """Whatever opens, closes or moves, in whatever order, cent for cent."""
    board = PriceBoard(read_profile("standard"))
    state = AccountState(ACCOUNT, board)
    for number, (what, symbol, amount) in enumerate(steps):
        if what == "quote":
            board.quotes[symbol] = quote(symbol, MIDDLE[symbol] + amount)
        elif what == "open":
            state.put(position(number, symbol, amount))
        elif amount < len(state.positions):
            state.remove(list(state.positions)[amount])
        fresh = AccountState(ACCOUNT, board, state.positions.values())
        assert equity(state, board) == equity(fresh, board)
        assert value(state, board) == value(fresh, board)
        assert state.margin == fresh.margin


def test_profit_without_its_conversion_counts_as_nothing_and_says_so():
    """A euro-pound profit is unknown in dollars until the pound is quoted."""
    board = PriceBoard(read_profile("standard"))
    state = AccountState(ACCOUNT, board, [position(1, "EURGBP", 100)])
    board.quotes["EURGBP"] = quote("EURGBP", 86_101)
    before = value(state, board)
    board.quotes["GBPUSD"] = quote("GBPUSD", 127_000)
    after = value(state, board)
    assert (before.equity, before.complete) == (Decimal("10000.00"), False)
    assert before.profits == {"p-1": None}
    assert (after.floating_profit, after.complete) == (Decimal("127.00"), True)
