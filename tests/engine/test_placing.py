"""What an order must satisfy, and what it books."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.command import ClosePosition, PlaceOrder
from fxpaper.domain.deal import Entry
from fxpaper.domain.event import DealBooked, OrderFilled, OrderPlaced, PositionOpened
from fxpaper.domain.instant import parse_instant
from fxpaper.domain.order import DealReason, Side
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.profiles import read_profile

from .conftest import NOON, STREAM


def order(**changes):
    return replace(
        PlaceOrder(account="paper", symbol="EURUSD", side=Side.BUY, lots=Decimal(1)), **changes
    )


def test_a_buy_pays_the_ask_and_books_four_events_in_order(engine, quote):
    """Order placed, filled, deal booked, position opened; ids come from the event numbers."""
    engine.on_quote(quote("EURUSD", "1.10000", "1.10012"))
    events = engine.place(order(stop_loss=109800, signal_id="s1", model="m"), NOON)
    assert [type(e.event) for e in events] == [OrderPlaced, OrderFilled, DealBooked, PositionOpened]
    assert [e.seq for e in events] == [2, 3, 4, 5]
    deal, position = events[2].event.deal, events[3].event.position
    assert (deal.price, deal.entry, deal.reason) == (110012, Entry.IN, DealReason.SIGNAL)
    assert (deal.id, position.id, position.order_id) == ("d-4", "p-5", "o-2")
    assert position.risk == Decimal("212.00")
    assert position.margin == Decimal("1100.12")


def test_a_sell_gets_the_bid(engine, quote):
    """And its margin is held at the open price too."""
    engine.on_quote(quote("GBPUSD", "1.27000", "1.27010"))
    events = engine.place(order(symbol="GBPUSD", side=Side.SELL, lots=Decimal("0.5")), NOON)
    position = events[-1].event.position
    assert (position.open_price, position.margin) == (127000, Decimal("635.00"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"account": "nobody"}, "unknown_account", id="account"),
        pytest.param({"symbol": "USDJPY"}, "no_quote", id="symbol without a quote"),
        pytest.param({"stop_loss": 110000}, "stop_wrong_side", id="stop at the bid"),
        pytest.param({"stop_loss": 110500}, "stop_wrong_side", id="stop above the entry"),
        pytest.param({"take_profit": 110000}, "take_profit_wrong_side", id="profit at the bid"),
        pytest.param({"lots": Decimal("0.005")}, "lots_off_step", id="less than a step"),
        pytest.param({"lots": Decimal("-1")}, "lots_off_step", id="negative"),
        pytest.param({"lots": Decimal(101)}, "lots_off_step", id="more than the maximum"),
        pytest.param({"lots": Decimal(91)}, "insufficient_margin", id="more than the money"),
        pytest.param(
            {"side": Side.SELL, "stop_loss": 110012},
            "stop_wrong_side",
            id="short's stop at the ask",
        ),
    ],
)
def test_an_order_that_cannot_be_right_changes_nothing(engine, quote, changes, code):
    """It is refused with a code and a sentence; no number is used up."""
    engine.on_quote(quote("EURUSD", "1.10000", "1.10012"))
    before = engine.state.next_seq("paper")
    answer = engine.place(order(**changes), NOON)
    assert isinstance(answer, Refused)
    assert answer.code is RefusalCode(code)
    assert answer.text
    assert engine.state.next_seq("paper") == before


def test_a_stop_inside_the_brokers_distance_is_too_close(quote):
    """With a stops level of 15 points, 14 is refused and 15 is not."""
    profile = read_profile("standard")
    strict = replace(profile.instruments["EURUSD"], stops_level=15)
    engine = Engine(replace(profile, instruments={"EURUSD": strict}), FillLimits())
    engine.open_account(
        Account(
            id="paper",
            mode=Mode.PAPER,
            currency="USD",
            leverage=100,
            balance=Decimal(100000),
            initial_balance=Decimal(100000),
            opened_at=NOON,
        )
    )
    engine.on_quote(quote("EURUSD", "1.10000", "1.10012"))
    answer = engine.place(order(stop_loss=109986), NOON)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.actual, answer.limit) == (
        RefusalCode.STOP_TOO_CLOSE,
        "14 points",
        "15 points",
    )
    assert not isinstance(engine.place(order(stop_loss=109985), NOON), Refused)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        pytest.param(NOON + 5_000_000_000, None, id="five seconds is fresh"),
        pytest.param(NOON + 5_000_000_001, "stale_quote", id="a nanosecond more is stale"),
    ],
)
def test_a_stale_quote_never_fills(engine, quote, now, code):
    """Age counts from the provider's time."""
    engine.on_quote(quote("EURUSD", "1.10000"))
    answer = engine.place(order(), now)
    assert (answer.code if isinstance(answer, Refused) else None) == code


def test_nothing_trades_in_a_closed_market(engine, quote):
    """A fresh-looking quote on a Saturday is still Friday's."""
    saturday = parse_instant("2026-11-21T12:00:00Z")
    engine.on_quote(quote("EURUSD", "1.10000", at=saturday))
    answer = engine.place(order(), saturday)
    assert isinstance(answer, Refused)
    assert answer.code is RefusalCode.MARKET_CLOSED


def test_commission_is_charged_on_both_sides_once_each():
    """3.50 a lot and side: 7.00 for a round turn, and R counts it."""
    engine = Engine(read_profile("raw"), FillLimits())
    instrument = engine.board.instruments["EURUSD"]
    assert engine.board.profile.commission_per_lot == Decimal("3.50")
    engine.open_account(
        Account(
            id="paper",
            mode=Mode.PAPER,
            currency="USD",
            leverage=100,
            balance=Decimal(100000),
            initial_balance=Decimal(100000),
            opened_at=NOON,
        )
    )
    points = instrument.points(Decimal("1.10000"))
    engine.on_quote(Quote("EURUSD", points, points, NOON, NOON, STREAM))
    opened = engine.place(order(stop_loss=109900), NOON)
    assert opened[2].event.deal.commission == Decimal("-3.50")
    assert opened[3].event.position.risk == Decimal("107.00")
    closed = engine.close(
        ClosePosition(account="paper", position_id="p-5", reason=DealReason.MANUAL), NOON
    )
    assert closed[0].event.deal.commission == Decimal("-3.50")
    assert closed[0].event.deal.balance == Decimal("99993.00")
    assert closed[1].event.commission == Decimal("-7.00")
    assert closed[1].event.r == Decimal("-0.0654")


def test_closing_twice_is_refused_the_second_time(engine, quote):
    """A double click closes once."""
    engine.on_quote(quote("EURUSD", "1.10000"))
    position = engine.place(order(), NOON)[-1].event.position
    close = ClosePosition(account="paper", position_id=position.id, reason=DealReason.MANUAL)
    assert len(engine.close(close, NOON)) == 2
    again = engine.close(close, NOON)
    assert isinstance(again, Refused)
    assert again.code is RefusalCode.UNKNOWN_POSITION


def test_valuation_adds_up(engine, quote):
    """Equity is balance plus floating profit, and level is equity over margin."""
    engine.on_quote(quote("EURUSD", "1.10000"))
    engine.place(order(), NOON)
    engine.on_quote(quote("EURUSD", "1.09900"))
    worth = engine.value("paper")
    assert worth.floating_profit == Decimal("-100.00")
    assert worth.equity == Decimal("99900.00")
    assert worth.margin == Decimal("1100.00")
    assert worth.free_margin == Decimal("98800.00")
    assert worth.margin_level == Decimal("9081.82")
    assert worth.complete


def test_a_restored_engine_goes_on_as_if_nothing_had_happened(engine, quote, profile):
    """Same positions, levels and next number; profit converts even before a quote does."""
    engine.on_quote(quote("GBPUSD", "1.27000"))
    engine.on_quote(quote("EURUSD", "1.10000"))
    engine.on_quote(quote("EURGBP", "0.85000"))
    engine.place(order(symbol="EURGBP", stop_loss=84900), NOON)
    known = engine.state.accounts["paper"]
    second = Engine(profile, FillLimits())
    second.restore(known.as_account(), known.positions.values())
    after = second.on_quote(quote("EURGBP", "0.84900"))
    assert [e.seq for e in after] == [6, 7]
    assert after[0].event.deal.profit == Decimal("-127.00")
    assert engine.on_quote(quote("EURGBP", "0.84900")) == after
