"""Prices that somebody wants to hear of: levels of the book that trade nothing."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.alert import PriceAlert, PriceSide
from fxpaper.domain.command import RemovePriceAlert, ResetAccount, SetPriceAlert
from fxpaper.domain.event import (
    AccountReset,
    PriceAlertReached,
    PriceAlertRemoved,
    PriceAlertSet,
)
from fxpaper.domain.quote import Grade
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits

from .conftest import NOON

SECOND = 1_000_000_000


def ask(side: str, price: int, account: str = "paper") -> SetPriceAlert:
    return SetPriceAlert(account=account, symbol="EURUSD", side=PriceSide(side), price=price)


def put(engine: Engine, side: str, price: int) -> PriceAlert:
    answer = engine.set_alert(ask(side, price), NOON)
    assert not isinstance(answer, Refused)
    [event] = [one.event for one in answer]
    assert isinstance(event, PriceAlertSet)
    return event.alert


@pytest.mark.parametrize(
    ("side", "price", "bid", "reached"),
    [
        pytest.param("above", 110500, "1.10499", False, id="a point short of it"),
        pytest.param("above", 110500, "1.10500", True, id="touching is enough"),
        pytest.param("above", 110500, "1.10900", True, id="a gap over it"),
        pytest.param("below", 109500, "1.09501", False, id="a point short of it, falling"),
        pytest.param("below", 109500, "1.09500", True, id="touching it, falling"),
    ],
)
def test_the_bid_reaches_an_alert(engine, quote, side, price, bid, reached):
    """The ask, ten points higher, does not count."""
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    alert = put(engine, side, price)
    assert (alert.id, alert.price, alert.digits) == ("a-2", price, 5)
    arrived = quote("EURUSD", bid, str(Decimal(bid) + Decimal("0.00010")), NOON + SECOND)
    events = [one.event for one in engine.on_quote(arrived)]
    assert events == ([PriceAlertReached(alert, arrived)] if reached else [])


def test_an_alert_goes_off_once(engine, quote):
    put(engine, "above", 110500)
    assert len(engine.on_quote(quote("EURUSD", "1.10600"))) == 1
    engine.on_quote(quote("EURUSD", "1.10000", at=NOON + SECOND))
    assert engine.on_quote(quote("EURUSD", "1.10600", at=NOON + 2 * SECOND)) == []
    assert not engine.state.accounts["paper"].alerts


def test_a_quote_that_nothing_may_fill_on_reaches_no_alert(engine, quote):
    """It goes off on the next one that is fit, which has the price still."""
    put(engine, "above", 110500)
    fit = quote("EURUSD", "1.10600")
    unfit = replace(fit, evidence=replace(fit.evidence, grade=Grade.E))
    assert engine.on_quote(unfit) == []
    assert len(engine.on_quote(replace(fit, received_at=NOON + 1))) == 1


def test_two_that_one_quote_reaches_go_off_the_older_first(engine, quote):
    older, newer = put(engine, "above", 110500), put(engine, "above", 110400)
    events = [one.event for one in engine.on_quote(quote("EURUSD", "1.10700"))]
    assert [event.alert.id for event in events] == [older.id, newer.id]


def test_a_price_that_is_there_already_is_refused(engine, quote):
    engine.on_quote(quote("EURUSD", "1.10600"))
    answer = engine.set_alert(ask("above", 110500), NOON)
    assert answer == Refused(
        RefusalCode.PRICE_WRONG_SIDE,
        "The bid of EURUSD is 1.10600, above 1.10500 already. "
        "To hear of its return, ask for below.",
        "1.10600",
        "1.10500",
    )
    assert isinstance(engine.set_alert(ask("below", 110500), NOON), list)


def test_a_removed_alert_stays_silent(engine, quote):
    alert = put(engine, "above", 110500)
    removed = engine.remove_alert(RemovePriceAlert(account="paper", alert_id=alert.id), NOON)
    assert [one.event for one in removed] == [PriceAlertRemoved(alert)]
    assert engine.on_quote(quote("EURUSD", "1.10600")) == []
    again = engine.remove_alert(RemovePriceAlert(account="paper", alert_id=alert.id), NOON)
    assert (again.code, again.actual) == (RefusalCode.UNKNOWN_ALERT, alert.id)


def test_an_account_that_begins_anew_still_hears_of_its_prices(engine, quote):
    alert = put(engine, "above", 110500)
    events = engine.reset(ResetAccount(account="paper", balance=Decimal(500)), NOON)
    assert [type(one.event) for one in events] == [AccountReset]
    reached = quote("EURUSD", "1.10600")
    assert [one.event for one in engine.on_quote(reached)] == [PriceAlertReached(alert, reached)]


@pytest.mark.parametrize("mode", [Mode.PAPER, Mode.LIVE])
def test_what_the_ledger_knows_waits_again_also_on_a_live_account(profile, quote, mode):
    """A live account's money is its broker's: nothing but the alert happens."""
    money = Decimal("100000.00")
    account = Account(
        id="paper",
        mode=mode,
        currency="USD",
        leverage=100,
        balance=money,
        initial_balance=money,
        opened_at=NOON,
        seq=7,
    )
    alert = PriceAlert(
        id="a-5",
        account="paper",
        symbol="EURUSD",
        digits=5,
        side=PriceSide.BELOW,
        price=109500,
        set_at=NOON,
    )
    engine = Engine(profile, FillLimits())
    engine.restore(account, ())
    engine.restore_alerts([alert])
    reached = quote("EURUSD", "1.09400")
    [told] = engine.on_quote(reached)
    assert (told.seq, told.event) == (8, PriceAlertReached(alert, reached))
