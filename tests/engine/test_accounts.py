"""Accounts in other currencies, other charges, and cash."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fxpaper.domain.command import ClosePosition, MoveCash, ResetAccount
from fxpaper.domain.order import DealReason
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from tests.engine.test_orders import NOON, account, deals, only_position, order, placed


def engine_in(profile, currency: str, balance: str) -> Engine:
    engine = Engine(profile, FillLimits())
    opened = replace(
        account(), currency=currency, balance=Decimal(balance), initial_balance=Decimal(balance)
    )
    engine.open_account(opened)
    return engine


def close(engine: Engine):
    position = only_position(engine)
    command = ClosePosition(account="a", position_id=position.id, reason=DealReason.MANUAL)
    (deal,) = deals(engine.close(command, NOON))
    return deal


def test_a_yen_account_has_no_decimals(profile, quote):
    """100 dollars of profit at a bid of 150.000 are 15,000 yen; margin is whole yen too."""
    engine = engine_in(profile, "JPY", "2000000")
    engine.on_quote(quote("USDJPY", "150.000", "150.010"))
    engine.on_quote(quote("EURUSD", "1.10000", "1.10000"))
    placed(engine, order())
    assert only_position(engine).margin == Decimal(165011)
    engine.on_quote(quote("EURUSD", "1.10100", "1.10100"))
    deal = close(engine)
    assert (deal.profit, deal.gross, deal.balance) == (
        Decimal(15000),
        Decimal("100.00000"),
        Decimal(2015000),
    )
    assert deal.attribution is not None
    assert deal.attribution.conversion == Decimal(0)  # half a yen, to the even one
    assert deal.attribution.net == Decimal(15000)


def test_a_euro_account_converts_by_the_pair_it_trades(profile, quote):
    """A loss of 100 dollars is paid at the bid: 100 / 1.09900 = 90.99 euros."""
    engine = engine_in(profile, "EUR", "10000.00")
    engine.on_quote(quote("EURUSD", "1.10000", "1.10000"))
    placed(engine, order())
    assert only_position(engine).margin == Decimal("1000.00")
    engine.on_quote(quote("EURUSD", "1.09900", "1.09910"))
    assert close(engine).profit == Decimal("-90.99")


@pytest.mark.parametrize(
    ("charges", "entry"),
    [
        ({"commission_per_million": Decimal(30)}, "-3.30"),
        ({"commission_percent": Decimal("0.005")}, "-5.50"),
        ({"commission_per_lot": Decimal("3.5"), "commission_percent": Decimal("0.005")}, "-9.00"),
    ],
)
def test_commission_by_the_million_and_by_the_hundred(profile, quote, charges, entry):
    """Of 110,000 dollars traded; charges add up, and are charged on both sides."""
    engine = engine_in(replace(profile, **charges), "USD", "10000.00")
    engine.on_quote(quote("EURUSD", "1.10000", "1.10000"))
    (opened,) = deals(placed(engine, order()))
    deal = close(engine)
    assert (opened.commission, deal.commission) == (Decimal(entry), Decimal(entry))
    assert deal.attribution is not None
    assert deal.attribution.commission == -2 * Decimal(entry)


def test_what_is_held_cannot_be_taken_out_and_a_reset_begins_anew(profile, quote):
    """The old epoch stays in the log; numbers go on."""
    engine = engine_in(profile, "USD", "2000.00")
    engine.on_quote(quote("EURUSD", "1.10000", "1.10000"))
    placed(engine, order())
    refused = engine.move_cash(MoveCash(account="a", amount=Decimal("-901.00")), NOON)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.actual) == (RefusalCode.INSUFFICIENT_MARGIN, "900.00 USD")
    taken = engine.move_cash(MoveCash(account="a", amount=Decimal("-900.00")), NOON)
    assert not isinstance(taken, Refused)
    before = engine.state.accounts["a"].seq
    anew = engine.reset(ResetAccount(account="a", balance=Decimal(5000)), NOON)
    assert not isinstance(anew, Refused)
    state = engine.state.accounts["a"]
    assert (state.seq, state.account.epoch, state.account.balance) == (
        before + 1,
        2,
        Decimal("5000.00"),
    )
    assert (state.positions, state.margin) == ({}, Decimal("0.00"))
    assert engine.on_quote(quote("EURUSD", "1.00000", "1.00000")) == []
