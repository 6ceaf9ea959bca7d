"""Money that moves without a deal: paid in, taken out, an account begun anew."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from fxpaper.domain.command import MoveCash, ResetAccount
from fxpaper.domain.event import AccountReset, CashKind, CashMoved
from fxpaper.domain.instant import Instant
from fxpaper.domain.money import currency_digits, post
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.levels import Owner
from fxpaper.engine.valuation import equity
from fxpaper.engine.venue import Venue


def move(venue: Venue, command: MoveCash, now: Instant) -> Refused | None:
    """Pay in or take out, or say why not. What is held as margin cannot be taken out."""
    state = venue.state.accounts[command.account]
    currency = state.account.currency
    refused = _wrong_amount(command.amount, currency)
    if refused is not None:
        return refused
    free = equity(state, venue.board) - state.margin
    withdrawable = min(free, state.account.balance)
    if command.amount < 0 and -command.amount > withdrawable:
        return Refused(
            code=RefusalCode.INSUFFICIENT_MARGIN,
            actual=f"{withdrawable} {currency}",
            limit=f"{-command.amount} {currency}",
            text=f"{-command.amount} {currency} cannot be taken out; {withdrawable} {currency} "
            "is free.",
        )
    kind = CashKind.DEPOSIT if command.amount > 0 else CashKind.WITHDRAWAL
    amount = post(Fraction(command.amount), currency)
    balance = state.account.balance + amount
    venue.record(command.account, now, CashMoved(kind, amount, balance, command.comment))
    return None


def reset(venue: Venue, command: ResetAccount, now: Instant) -> Refused | None:
    """Begin an account anew, or say why not; what was stays in the log under its epoch."""
    state = venue.state.accounts[command.account]
    account = state.account
    balance = account.initial_balance if command.balance is None else command.balance
    refused = _wrong_amount(balance, account.currency)
    if refused is not None:
        return refused
    if balance < 0:
        return Refused(
            RefusalCode.WRONG_AMOUNT,
            f"An account cannot begin with {balance} {account.currency}; begin with more than 0.",
            str(balance),
            "> 0",
        )
    begun = post(Fraction(balance), account.currency)
    positions, orders = tuple(state.positions), tuple(state.orders)
    fresh = replace(
        account,
        balance=begun,
        initial_balance=begun,
        opened_at=now,
        seq=state.seq + 1,
        epoch=account.epoch + 1,
        margin_called=False,
    )
    for position_id in positions:
        venue.books.renew(Owner(account.id, position_id), ())
    for order in state.orders.values():
        venue.books.renew(Owner(account.id, order.id), ())
        venue.books.wait(order, None)
    venue.record(account.id, now, AccountReset(fresh, positions, orders, command.comment))
    return None


def _wrong_amount(amount: Decimal, currency: str) -> Refused | None:
    digits = currency_digits(currency)
    if amount.is_finite() and amount and amount == round(amount, digits) and abs(amount) < 10**15:
        return None
    return Refused(
        code=RefusalCode.WRONG_AMOUNT,
        actual=str(amount),
        limit=f"an amount with at most {digits} decimals",
        text=f"{amount} is not an amount of {currency}; name one other than 0 with at most "
        f"{digits} decimals.",
    )
