"""How many lots an amount is: units, a worth, money at risk, a share of equity."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.money import floor_decimal, floor_to_step
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.opening import no_conversion
from fxpaper.engine.state import AccountState
from fxpaper.engine.stop_risk import loss_at_stop
from fxpaper.engine.valuation import equity


class AmountKind(StrEnum):
    """What an order's amount is in."""

    LOTS = "lots"
    UNITS = "units"
    """Of the base currency."""
    NOTIONAL = "notional"
    """Worth of what is traded, account currency."""
    RISK_MONEY = "risk_money"
    """Lost at the stop-loss, costs included, account currency."""
    RISK_PERCENT = "risk_percent"
    """The same in per cent of equity."""
    EQUITY_PERCENT = "equity_percent"
    """Worth of what is traded, in per cent of equity."""


def lots_of(
    kind: AmountKind,
    amount: Decimal,
    order: PlaceOrder,
    price: Points,
    state: AccountState,
    board: PriceBoard,
) -> Decimal | Refused:
    """Return the volume of an amount, in lots, rounded down to the lot step, or why there is none.

    Args:
        kind: what the amount is in.
        amount: positive.
        order: gives symbol, side and stop-loss; its own lots do not count.
        price: that it is expected to fill at, in points.
        state: of the account.
        board: the broker's rules and the latest quotes.
    """
    instrument, currency = board.instruments[order.symbol], state.account.currency
    if not (amount.is_finite() and amount > 0):
        return _wrong(f"{amount} {kind} cannot be traded; name more than 0.", str(amount), "> 0")
    if kind is AmountKind.LOTS:
        return amount
    if kind is AmountKind.UNITS:
        exact = Fraction(amount) / Fraction(instrument.contract_size)
        return _whole_steps(exact, instrument, f"{amount} {instrument.base}")
    money = Fraction(amount)
    if kind in {AmountKind.RISK_PERCENT, AmountKind.EQUITY_PERCENT}:
        money = Fraction(equity(state, board)) * money / 100
    if kind in {AmountKind.RISK_MONEY, AmountKind.RISK_PERCENT}:
        return _for_risk(money, order, price, currency, board)
    rate = board.rate(instrument.quote, currency, owed=True)
    if rate is None:
        return no_conversion(instrument, currency, board)
    worth = price * instrument.point_value * rate
    return _whole_steps(money / worth, instrument, f"{floor_decimal(money, 2)} {currency}")


def lots_for_risk(
    risk: Fraction, loss_per_lot: Fraction, instrument: Instrument, currency: str
) -> Decimal | Refused:
    """Return the largest volume, in lots, that loses at most ``risk`` when its stop is hit.

    Args:
        risk: money at risk, in account currency; positive.
        loss_per_lot: what one lot loses at its stop, costs included; positive.
        instrument: gives the lot step and limits.
        currency: of both amounts, for the message.

    Rounds down to the lot step, so the risk is a ceiling and never a target; computes in
    fractions, so 100 over 333.33… is 0.30 lots and not 0.29.
    """
    exact = risk / loss_per_lot
    lots = min(floor_to_step(exact, instrument.lot_step), instrument.max_lots)
    if lots >= instrument.min_lots:
        return lots
    shown = floor_decimal(exact, 4)
    return Refused(
        code=RefusalCode.LOTS_BELOW_MINIMUM,
        actual=str(shown),
        limit=str(instrument.min_lots),
        text=f"{floor_decimal(risk, 2)} {currency} at risk, with "
        f"{floor_decimal(loss_per_lot, 2)} {currency} lost per lot at the stop, allows {shown} "
        f"lots of {instrument.symbol}; the smallest order is {instrument.min_lots}. Raise the "
        "risk or tighten the stop.",
    )


def _for_risk(
    money: Fraction, order: PlaceOrder, price: Points, currency: str, board: PriceBoard
) -> Decimal | Refused:
    instrument = board.instruments[order.symbol]
    if order.stop_loss is None:
        return Refused(
            code=RefusalCode.STOP_REQUIRED,
            text="An order by risk needs a stop_loss: the risk is what is lost there.",
            actual="none",
            limit="a stop_loss",
        )
    loss = loss_at_stop(board, order.symbol, currency, order.side, (price, order.stop_loss))
    if loss is None:
        return no_conversion(instrument, currency, board)
    if loss <= 0:
        return _wrong("The stop_loss is not on the losing side of the entry.", "", "a loss")
    return lots_for_risk(money, loss, instrument, currency)


def _whole_steps(exact: Fraction, instrument: Instrument, said: str) -> Decimal | Refused:
    lots = floor_to_step(exact, instrument.lot_step)
    if lots >= instrument.min_lots:
        return lots
    shown = floor_decimal(exact, 4)
    return Refused(
        code=RefusalCode.LOTS_BELOW_MINIMUM,
        actual=str(shown),
        limit=str(instrument.min_lots),
        text=f"{said} are {shown} lots of {instrument.symbol}; the smallest order is "
        f"{instrument.min_lots}.",
    )


def _wrong(text: str, actual: str, limit: str) -> Refused:
    return Refused(RefusalCode.WRONG_AMOUNT, text, actual, limit)
