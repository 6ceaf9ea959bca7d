"""Profit in the quote currency first, then converted once at the side a bank would give."""

from decimal import Decimal

import pytest

from fxpaper.domain.command import ClosePosition, PlaceOrder
from fxpaper.domain.order import DealReason, Side
from fxpaper.domain.refusal import RefusalCode, Refused


@pytest.mark.parametrize(
    ("symbol", "side", "lots", "opened", "closed", "conversion", "dollars"),
    [
        pytest.param(
            "EURUSD", "buy", "0.5", "1.10000", "1.10250", None, "125.00", id="dollar quote"
        ),
        pytest.param(
            "USDJPY",
            "buy",
            "1.0",
            "150.000",
            "150.500",
            ("USDJPY", "150.500", "150.510"),
            "332.20",
            id="yen profit is bought back at the ask",
        ),
        pytest.param(
            "USDJPY",
            "buy",
            "1.0",
            "150.000",
            "149.500",
            ("USDJPY", "149.500", "149.510"),
            "-334.45",
            id="yen loss is paid at the bid",
        ),
        pytest.param(
            "GBPJPY",
            "sell",
            "0.2",
            "190.000",
            "190.750",
            ("USDJPY", "150.000", "150.010"),
            "-100.00",
            id="cross loss through the dollar's yen",
        ),
        pytest.param(
            "XAUUSD", "buy", "0.10", "2400.00", "2405.50", None, "55.00", id="gold, 100 ounces"
        ),
        pytest.param(
            "EURGBP",
            "buy",
            "1.0",
            "0.85000",
            "0.85100",
            ("GBPUSD", "1.27000", "1.27010"),
            "127.00",
            id="sterling profit is sold at the bid",
        ),
    ],
)
def test_realised_profit(engine, quote, symbol, side, lots, opened, closed, conversion, dollars):
    """The golden table of conversions, through the whole engine."""
    for needed in ("USDJPY", "GBPUSD", "EURUSD"):
        engine.on_quote(quote(needed, {"USDJPY": "150.000"}.get(needed, "1.20000")))
    engine.on_quote(quote(symbol, opened))
    events = engine.place(
        PlaceOrder(account="paper", symbol=symbol, side=Side(side), lots=Decimal(lots)),
        now=quote(symbol, opened).received_at,
    )
    position = events[-1].event.position
    engine.on_quote(quote(symbol, closed))
    if conversion is not None:
        engine.on_quote(quote(*conversion))
    closing = engine.close(
        ClosePosition(account="paper", position_id=position.id, reason=DealReason.MANUAL),
        now=quote(symbol, opened).received_at,
    )
    deal = closing[0].event.deal
    assert deal.profit == Decimal(dollars)
    assert deal.balance == Decimal("100000.00") + Decimal(dollars)


def test_a_trade_that_cannot_be_converted_is_refused_before_it_is_opened(engine, quote):
    """EURGBP earns sterling; without GBPUSD nobody can tell what that is in dollars."""
    engine.on_quote(quote("EURGBP", "0.85000"))
    engine.on_quote(quote("EURUSD", "1.10000"))
    answer = engine.place(
        PlaceOrder(account="paper", symbol="EURGBP", side=Side.BUY, lots=Decimal(1)),
        now=quote("EURGBP", "0.85000").received_at,
    )
    assert isinstance(answer, Refused)
    assert answer.code is RefusalCode.NO_CONVERSION
    assert "GBPUSD" in answer.text
