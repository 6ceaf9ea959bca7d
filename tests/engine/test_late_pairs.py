"""A conversion pair that is quoted late: until then rates go through the dollar."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.event import AccountOpened, StoppedOut
from fxpaper.domain.order import Side
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import Refused
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.profiles import read_profile

PROFILE = read_profile("standard")
NOW = 1_790_000_000_000_000_000
STREAM = Evidence("t", Transport.STREAM, Spread.REAL, Grade.A)
ACCOUNT = Account(
    id="a",
    mode=Mode.PAPER,
    currency="EUR",
    leverage=100,
    balance=Decimal("10000.00"),
    initial_balance=Decimal("10000.00"),
    opened_at=NOW,
)
BIDS = {"EURUSD": 108_000, "USDJPY": 150_000, "GBPJPY": 190_000, "EURGBP": 85_263}


def quoted(symbol: str, bid: int, at: int) -> Quote:
    return Quote(symbol, bid, bid + 10, at, at, STREAM)


def holding_yen() -> Engine:
    """Return an engine that was restarted with a position whose profit is in yen."""
    first = Engine(PROFILE, FillLimits(around_the_clock=True))
    first.state.record("a", NOW, AccountOpened(ACCOUNT))
    for symbol, bid in (BIDS | {"EURJPY": 162_000}).items():
        first.on_quote(quoted(symbol, bid, NOW))
    order = PlaceOrder(account="a", symbol="GBPJPY", side=Side.BUY, lots=Decimal(2))
    assert not isinstance(first.place(order, NOW), Refused)
    known = first.state.accounts["a"]
    again = Engine(PROFILE, FillLimits(around_the_clock=True))
    again.restore(known.as_account(), known.positions.values())
    return again


def test_an_account_is_watched_through_the_dollar_until_the_pair_itself_is_quoted():
    engine = holding_yen()
    for symbol in ("EURUSD", "USDJPY", "GBPJPY"):
        engine.on_quote(quoted(symbol, BIDS[symbol], NOW + 1))
    assert engine.value("a").complete
    engine.on_quote(quoted("EURJPY", 162_000, NOW + 2))
    events = engine.on_quote(quoted("GBPJPY", 182_000, NOW + 3))
    assert any(isinstance(one.event, StoppedOut) for one in events)


def test_a_rate_that_jumps_when_the_pair_is_quoted_is_noticed():
    """800,000 yen lost are 4,938 euros through the dollar, and 16,000 at a euro of 50 yen."""
    engine = holding_yen()
    for symbol in ("EURUSD", "USDJPY"):
        engine.on_quote(quoted(symbol, BIDS[symbol], NOW + 1))
    engine.on_quote(quoted("GBPJPY", 186_000, NOW + 1))
    assert len(engine.state.accounts["a"].positions) == 1
    events = engine.on_quote(quoted("EURJPY", 50_000, NOW + 2))
    assert any(isinstance(one.event, StoppedOut) for one in events)


def test_a_margin_call_ends_when_a_stop_out_has_closed_everything():
    engine = holding_yen()
    for symbol in ("EURUSD", "USDJPY", "GBPJPY", "EURJPY"):
        engine.on_quote(quoted(symbol, (BIDS | {"EURJPY": 162_000})[symbol], NOW + 1))
    engine.on_quote(replace(quoted("GBPJPY", 180_000, NOW + 2)))
    state = engine.state.accounts["a"]
    assert state.positions == {}
    assert not state.account.margin_called
