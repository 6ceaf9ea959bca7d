"""The risk gate: the only place that approves an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
from fxpaper.signals.exposure import Kind, Part, at_risk, parts_of
from fxpaper.signals.rules import SignalRules

_TOO_MUCH = {
    Kind.LEG: (RefusalCode.LEG_RISK_TOO_HIGH, "what is {}"),
    Kind.SYMBOL: (RefusalCode.SYMBOL_RISK_TOO_HIGH, "everything in {}"),
    Kind.MODEL: (RefusalCode.MODEL_RISK_TOO_HIGH, 'everything of model "{}"'),
    Kind.THEME: (RefusalCode.THEME_RISK_TOO_HIGH, 'everything of the theme "{}"'),
}


def _no_limits(risk: Decimal) -> Iterable[tuple[Check, Refused | None]]:
    del risk
    return ()


def check(
    order: PlaceOrder,
    state: AccountState,
    board: PriceBoard,
    equity: Decimal,
    rules: SignalRules,
    limits: Callable[[Decimal], Iterable[tuple[Check, Refused | None]]] = _no_limits,
) -> tuple[tuple[Check, ...], Approved[PlaceOrder] | Refused]:
    """Return every check of an order, and its approval or the first refusal.

    Args:
        order: sized, with its stop-loss.
        state: of the account.
        board: the broker's rules and the latest quotes.
        equity: of the account at those quotes.
        rules: give the ceilings.
        limits: ask what the account's limits say to so much more at risk.
    """
    numbers = opening(order, state, board)
    if isinstance(numbers, Refused):
        return (Check(numbers.code, numbers.actual, numbers.limit, passed=False),), numbers
    checks = [_margin(numbers, state.account.currency)]
    answers = [_risk(order, numbers, equity, rules, state.account.currency)]
    if numbers.lots:
        answers += limits(numbers.risk if numbers.risk is not None else equity)
        answers += _together(order, numbers, state, board, (equity, rules))
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


def _together(
    order: PlaceOrder,
    numbers: openings.Opening,
    state: AccountState,
    board: PriceBoard,
    by: tuple[Decimal, SignalRules],
) -> Iterator[tuple[Check, Refused | None]]:
    """Ask what the account would have at risk, and open, with one order more."""
    equity, rules = by
    already, currency = at_risk(state, board, rules.themes), state.account.currency
    risk = numbers.risk if numbers.risk is not None else equity
    asked: list[tuple[Part | None, Decimal, Decimal]] = [
        (None, already.total, rules.max_open_risk_percent)
    ]
    for part in parts_of(board.instruments[order.symbol], order.side, order.model, rules.themes):
        most = _most(part[0], rules)
        if most is not None:
            asked.append((part, already.parts.get(part, Decimal(0)), most))
    for shared, before, percent in asked:
        ceiling = to_decimal(Fraction(equity) * Fraction(percent) / 100, 2)
        fits = before + risk <= ceiling
        name = "open_risk" if shared is None else " ".join(shared)
        found = Check(name, f"{before + risk} {currency}", f"≤ {ceiling} {currency}", fits)
        yield found, None if fits else _too_much(shared, (before, risk, ceiling), currency)
    count = already.count + 1
    fits = count <= rules.max_positions
    found = Check("positions", str(count), f"≤ {rules.max_positions}", fits)
    yield found, None if fits else _too_many(count, rules.max_positions)


def _most(kind: Kind, rules: SignalRules) -> Decimal | None:
    return {
        Kind.LEG: rules.max_leg_risk_percent,
        Kind.SYMBOL: rules.max_symbol_risk_percent,
        Kind.MODEL: rules.max_model_risk_percent,
        Kind.THEME: rules.max_theme_risk_percent,
    }[kind]


def _too_much(
    shared: Part | None, amounts: tuple[Decimal, Decimal, Decimal], currency: str
) -> Refused:
    before, risk, ceiling = amounts
    code, where = RefusalCode.OPEN_RISK_TOO_HIGH, "everything open and waiting"
    if shared is not None:
        code, words = _TOO_MUCH[shared[0]]
        where = words.format(shared[1])
    return Refused(
        code=code,
        actual=f"{before + risk} {currency}",
        limit=f"{ceiling} {currency}",
        text=f"With {risk} {currency} more, {where} would risk {before + risk} {currency}; at most "
        f"{ceiling} may be at risk together. Close something, or move a stop-loss.",
    )


def _too_many(count: int, most: int) -> Refused:
    return Refused(
        code=RefusalCode.TOO_MANY_POSITIONS,
        actual=str(count),
        limit=str(most),
        text=f"It would be position {count}, waiting orders counted; {most} may be open.",
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
