"""How many lots an amount is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.order import Side
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.amounts import AmountKind, lots_of


@pytest.mark.parametrize(
    ("symbol", "kind", "amount", "stop_loss", "lots"),
    [
        ("EURUSD", "lots", "0.37", None, "0.37"),
        ("EURUSD", "units", "12999", None, "0.12"),
        ("EURUSD", "notional", "11000", None, "0.10"),
        ("EURUSD", "equity_percent", "110", None, "1.00"),
        ("EURUSD", "risk_money", "100", 109_750, "0.40"),
        ("EURUSD", "risk_percent", "0.1", 109_750, "0.40"),
        ("USDJPY", "risk_money", "100", 149_500, "0.29"),
        ("USDJPY", "notional", "10000", None, "0.10"),
        ("XAUUSD", "risk_money", "100", 239_200, "0.12"),
    ],
)
def test_an_amount_becomes_lots_rounded_down(engine, quote, symbol, kind, amount, stop_loss, lots):
    """Of an account with 100,000 dollars; the yen loss is known to be converted at the stop."""
    prices = {"EURUSD": "1.10000", "USDJPY": "150.000", "XAUUSD": "2400.00"}
    engine.on_quote(quote(symbol, prices[symbol]))
    order = PlaceOrder(
        account="paper", symbol=symbol, side=Side.BUY, lots=Decimal(1), stop_loss=stop_loss
    )
    price = engine.board.quotes[symbol].ask
    state = engine.state.accounts["paper"]
    found = lots_of(AmountKind(kind), Decimal(amount), order, price, state, engine.board)
    assert found == Decimal(lots)


@pytest.mark.parametrize(
    ("kind", "amount", "code"),
    [
        ("risk_money", "100", RefusalCode.STOP_REQUIRED),
        ("units", "999", RefusalCode.LOTS_BELOW_MINIMUM),
        ("notional", "-5", RefusalCode.WRONG_AMOUNT),
        ("notional", "NaN", RefusalCode.WRONG_AMOUNT),
    ],
)
def test_an_amount_that_is_no_order_is_refused(engine, quote, kind, amount, code):
    """With its numbers."""
    engine.on_quote(quote("EURUSD", "1.10000"))
    order = PlaceOrder(account="paper", symbol="EURUSD", side=Side.BUY, lots=Decimal(1))
    state = engine.state.accounts["paper"]
    found = lots_of(AmountKind(kind), Decimal(amount), order, 110_000, state, engine.board)
    assert isinstance(found, Refused)
    assert found.code is code
