"""The floors under an account's equity, each with the formula it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import msgspec

from fxpaper.domain.limits import DAILY_LOSS, DRAWDOWN, Basis, Limits, LossLimit
from fxpaper.domain.money import post
from fxpaper.engine.today import DayMark

_SAID = {
    Basis.INITIAL: "the initial balance",
    Basis.BALANCE: "the day's first balance",
    Basis.EQUITY: "the day's first equity",
    Basis.PEAK: "the highest day-end equity",
}


class Floor(msgspec.Struct, frozen=True):
    """An amount that equity has to stay above.

    Args:
        limit: which limit it is of.
        amount: account currency.
        allowed: what may be lost from where the loss is counted from, account currency.
        formula: how the amount came about, for people.
    """

    limit: str
    amount: Decimal
    allowed: Decimal
    formula: str


def floors(limits: Limits, mark: DayMark, currency: str) -> Iterator[Floor]:
    """Yield the floors that a day's mark makes."""
    for name, limit in ((DAILY_LOSS, limits.daily_loss), (DRAWDOWN, limits.max_loss)):
        if limit is not None:
            yield _floor(name, limit, mark, currency)


def _floor(name: str, limit: LossLimit, mark: DayMark, currency: str) -> Floor:
    start, base = _amount(limit.counted_from, mark), _amount(limit.percent_of, mark)
    allowed = post(Fraction(base) * Fraction(limit.percent) / 100, currency)
    amount = start - allowed
    formula = (
        f"{_SAID[limit.counted_from]}, {start} {currency}, less {limit.percent} % of "
        f"{'it' if start is base else f'{_SAID[limit.percent_of]}, {base} {currency}'}"
    )
    if limit.locks and amount >= mark.initial:
        amount = mark.initial
        formula += f", but never above {_SAID[Basis.INITIAL]}, {mark.initial} {currency}"
    return Floor(name, amount, allowed, formula)


def _amount(basis: Basis, mark: DayMark) -> Decimal:
    match basis:
        case Basis.INITIAL:
            return mark.initial
        case Basis.BALANCE:
            return mark.balance
        case Basis.EQUITY:
            return mark.equity
        case Basis.PEAK:
            return mark.peak
