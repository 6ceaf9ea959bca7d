"""Which side triggers, and what is paid: the golden quotes."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.event import DealBooked, PositionClosed
from fxpaper.domain.order import DealReason, Side
from fxpaper.domain.quote import Grade
from fxpaper.engine.book import Edge
from fxpaper.engine.matching import LevelKind, edge_of, level_price

from .conftest import NOON


@pytest.mark.parametrize(
    ("side", "kind", "edge"),
    [
        pytest.param("buy", "limit", Edge.ASK_FALLS, id="buy limit, short's take-profit"),
        pytest.param("sell", "limit", Edge.BID_RISES, id="sell limit, long's take-profit"),
        pytest.param("buy", "stop", Edge.ASK_RISES, id="buy stop, short's stop-loss"),
        pytest.param("sell", "stop", Edge.BID_FALLS, id="sell stop, long's stop-loss"),
    ],
)
def test_trigger_side(side, kind, edge):
    """Buyers are triggered by the ask, sellers by the bid."""
    assert edge_of(Side(side), LevelKind(kind)) is edge


@pytest.mark.parametrize(
    ("side", "kind", "level", "bid", "ask", "fill"),
    [
        pytest.param("buy", "limit", 100, 90, 95, 100, id="buy limit keeps its price in a gap"),
        pytest.param("sell", "limit", 100, 110, 115, 100, id="sell limit keeps its price"),
        pytest.param("buy", "stop", 100, 110, 115, 115, id="buy stop pays the gap"),
        pytest.param("sell", "stop", 100, 90, 95, 90, id="sell stop pays the gap"),
        pytest.param("sell", "stop", 100, 100, 105, 100, id="exactly at the stop"),
    ],
)
def test_fill_price(quote, side, kind, level, bid, ask, fill):
    """A stop pays where the market is; a limit its own price."""
    moved = replace(quote("EURUSD", "1.10000"), bid=bid, ask=ask)
    assert level_price(Side(side), LevelKind(kind), level, moved) == fill


def open_position(engine, quote, side, stop_loss, take_profit):
    opening = quote("EURUSD", "1.10000", "1.10010")
    engine.on_quote(opening)
    points = [
        None if level is None else int(Decimal(level) * 100000)
        for level in (stop_loss, take_profit)
    ]
    events = engine.place(
        PlaceOrder(
            account="paper",
            symbol="EURUSD",
            side=Side(side),
            lots=Decimal(1),
            stop_loss=points[0],
            take_profit=points[1],
        ),
        now=NOON,
    )
    return events[-1].event.position


@pytest.mark.parametrize(
    ("side", "stop_loss", "take_profit", "bid", "ask", "price", "reason"),
    [
        pytest.param(
            "buy", "1.09800", None, "1.09500", "1.09510", 109500, "stop_loss", id="long gap"
        ),
        pytest.param(
            "sell", "1.10200", None, "1.10240", "1.10250", 110250, "stop_loss", id="short gap"
        ),
        pytest.param(
            "buy", "1.09800", None, "1.09800", "1.09810", 109800, "stop_loss", id="bid at the stop"
        ),
        pytest.param(
            "sell", "1.10200", None, "1.10190", "1.10200", 110200, "stop_loss", id="ask at the stop"
        ),
        pytest.param(
            "buy",
            None,
            "1.10200",
            "1.10500",
            "1.10510",
            110200,
            "take_profit",
            id="long profit gap",
        ),
        pytest.param(
            "sell", None, "1.09800", "1.09790", "1.09800", 109800, "take_profit", id="ask at profit"
        ),
    ],
)
def test_level_closes_the_position(
    engine, quote, side, stop_loss, take_profit, bid, ask, price, reason
):
    """The golden quotes of stop-loss and take-profit, through the whole engine."""
    position = open_position(engine, quote, side, stop_loss, take_profit)
    booked, closed = (recorded.event for recorded in engine.on_quote(quote("EURUSD", bid, ask)))
    assert isinstance(booked, DealBooked)
    assert isinstance(closed, PositionClosed)
    assert (booked.deal.price, booked.deal.reason) == (price, DealReason(reason))
    assert closed.position == position
    assert engine.state.accounts["paper"].positions == {}


@pytest.mark.parametrize(
    ("side", "stop_loss", "take_profit", "bid", "ask"),
    [
        pytest.param("buy", "1.09800", None, "1.09801", "1.09811", id="bid a point above the stop"),
        pytest.param("buy", "1.09800", None, "1.09801", "1.09801", id="ask does not stop a long"),
        pytest.param("sell", "1.10200", None, "1.10189", "1.10199", id="ask a point below"),
        pytest.param("sell", None, "1.09800", "1.09700", "1.09801", id="bid does not pay a short"),
        pytest.param("buy", None, "1.10200", "1.10199", "1.10300", id="ask does not pay a long"),
    ],
)
def test_the_wrong_side_of_the_quote_triggers_nothing(
    engine, quote, side, stop_loss, take_profit, bid, ask
):
    """Mid or the other side never decides."""
    open_position(engine, quote, side, stop_loss, take_profit)
    assert engine.on_quote(quote("EURUSD", bid, ask)) == []


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param({"quoted_at": NOON - 6_000_000_000}, id="six seconds old"),
        pytest.param({"grade": Grade.D}, id="grade D"),
        pytest.param({"grade": Grade.E}, id="grade E"),
    ],
)
def test_a_quote_that_cannot_be_trusted_triggers_nothing(engine, quote, spoil):
    """It is kept for display, and the next good quote decides."""
    open_position(engine, quote, "buy", "1.09800", None)
    bad = quote("EURUSD", "1.09500")
    if "grade" in spoil:
        bad = replace(bad, evidence=replace(bad.evidence, grade=spoil["grade"]))
    else:
        bad = replace(bad, **spoil)
    assert engine.on_quote(bad) == []
    assert engine.board.quotes["EURUSD"] == bad
    assert len(engine.on_quote(quote("EURUSD", "1.09600"))) == 2


def test_a_closed_position_triggers_no_second_time(engine, quote):
    """Its levels leave the book with it."""
    open_position(engine, quote, "buy", "1.09800", "1.10200")
    assert len(engine.on_quote(quote("EURUSD", "1.09700"))) == 2
    assert engine.on_quote(quote("EURUSD", "1.09700")) == []
    assert engine.on_quote(quote("EURUSD", "1.10300")) == []
