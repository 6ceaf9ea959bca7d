"""The risk gate: the only place that approves an order."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from fxpaper.domain.approval import Approved, Check
from fxpaper.domain.command import Opening, PlaceGroup, PlaceOrder
from fxpaper.domain.instrument import Points, format_price
from fxpaper.domain.money import to_decimal
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine import opening as openings
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.opening import opening
from fxpaper.engine.state import AccountState
from fxpaper.signals.rules import SignalRules


def check(
    order: PlaceOrder, state: AccountState, board: PriceBoard, equity: Decimal, rules: SignalRules
) -> tuple[tuple[Check, ...], Approved[PlaceOrder] | Refused]:
    """Return every check of an order, and its approval or the first refusal.

    Args:
        order: sized, with its stop-loss.
        state: of the account.
        board: the broker's rules and the latest quotes.
        equity: of the account at those quotes.
        rules: give the ceilings.
    """
    numbers = opening(order, state, board)
    if isinstance(numbers, Refused):
        return (Check(numbers.code, numbers.actual, numbers.limit, passed=False),), numbers
    checks = [_margin(numbers, state.account.currency)]
    answers = [_risk(order, numbers, equity, rules, state.account.currency)]
    checks += [found for found, _ in answers]
    for _, refused in answers:
        if refused is not None:
            return tuple(checks), refused
    return tuple(checks), Approved(order, tuple(checks))


def by_hand(command: Opening) -> Approved[Opening]:
    """Approve a person's own order: what the broker itself asks is all it has to pass."""
    return Approved(command, (Check("by_hand", "a person's order", "", passed=True),))


def as_shadow(approved: Approved[Opening], account: str) -> Approved[Opening]:
    """Return a live account's approved order as its shadow's, whose risk is on paper only."""
    command = approved.command
    if isinstance(command, PlaceGroup):
        orders = tuple(replace(order, account=account) for order in command.orders)
        return Approved(replace(command, orders=orders), approved.checks)
    return Approved(replace(command, account=account), approved.checks)


def too_far(level: Points, name: str, quote: Quote, digits: int, limit: Decimal) -> Refused | None:
    """Return why a level is taken for a mistake: too far from the market to be meant."""
    distance = Fraction(abs(level - quote.bid), quote.bid)
    if distance <= Fraction(limit):
        return None
    percent = to_decimal(distance * 100, 1)
    return Refused(
        code=RefusalCode.LEVEL_TOO_FAR,
        actual=f"{percent} %",
        limit=f"{limit * 100:.0f} %",
        text=f"The {name} {format_price(level, digits)} is {percent} % away from the market, "
        f"{format_price(quote.bid, digits)}; more than {limit * 100:.0f} % is taken for a mistake.",
    )


def _margin(numbers: openings.Opening, currency: str) -> Check:
    needed = numbers.margin + numbers.commission
    return Check("margin", f"{needed} {currency}", f"≤ {numbers.free_margin} {currency}", True)  # noqa: FBT003


def _risk(
    order: PlaceOrder, numbers: openings.Opening, equity: Decimal, rules: SignalRules, currency: str
) -> tuple[Check, Refused | None]:
    risk = numbers.risk if numbers.risk is not None else equity
    ceiling = to_decimal(Fraction(equity) * Fraction(rules.max_risk_percent) / 100, 2)
    fits = risk <= ceiling
    found = Check("risk", f"{risk} {currency}", f"≤ {ceiling} {currency}", fits)
    if fits:
        return found, None
    return found, Refused(
        code=RefusalCode.RISK_TOO_HIGH,
        actual=f"{risk} {currency}",
        limit=f"{ceiling} {currency}",
        text=f"{order.lots} lots of {order.symbol} risk {risk} {currency}; at most "
        f"{rules.max_risk_percent} % of equity, {ceiling} {currency}, may be at risk.",
    )
