"""The limits of the account, asked before a signal opens something.

Equity has to be above each floor now, and would have to be if everything at risk were lost: every
stop-loss hit, waiting orders and the new one included. People's own orders are not asked, and
neither is what closes.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from fxpaper.domain.approval import Check
from fxpaper.domain.instant import Instant, format_instant
from fxpaper.domain.limits import DAILY_LOSS, Limits
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.days import next_end
from fxpaper.engine.floors import Floor, floors
from fxpaper.engine.state import AccountState
from fxpaper.engine.valuation import equity
from fxpaper.signals.exposure import at_risk

Answer = tuple[Check, Refused | None]

_CODES = {DAILY_LOSS: RefusalCode.DAILY_LOSS}
_NAMES = {DAILY_LOSS: "daily loss"}


def check(
    state: AccountState, board: PriceBoard, limits: Limits | None, now: Instant, risk: Decimal
) -> Iterator[Answer]:
    """Yield what the account's limits say to an order, number by number.

    Args:
        state: of the account.
        board: the broker's rules and the latest quotes.
        limits: of the account; None asks nothing.
        now: nanoseconds UTC.
        risk: what the order loses at its stop-loss, costs included, account currency.
    """
    if limits is None:
        return
    if limits.has_floors:
        yield from _floors(state, board, limits, risk)
    yield from _losses(state, limits)
    yield from _rate(state, limits, now)


def at_stops(state: AccountState, board: PriceBoard) -> Decimal:
    """Return what equity would be if everything at risk were lost, account currency.

    Counted from the balance and the swap accrued, since what is at risk counts from the entries;
    never more than equity is now.
    """
    swap = sum((holding.swap for holding in state.holdings.values()), Decimal(0))
    lost = state.account.balance + swap - at_risk(state, board).total
    return min(lost, equity(state, board))


def ends_text(limit: str, ends: Instant) -> str:
    """Say when a floor's limit lets signals open again."""
    if limit == DAILY_LOSS:
        return f"The next day has its own; this one ends {format_instant(ends)}."
    return "It stays until equity is above it, or the account begins anew."


def _floors(
    state: AccountState, board: PriceBoard, limits: Limits, risk: Decimal
) -> Iterator[Answer]:
    unknown = [one for one, held in state.holdings.items() if not held.revalue(board)]
    if unknown:
        text = f"Equity is not known yet for want of a quote of {unknown[0]} or of its conversion."
        yield (
            Check("equity", "unknown", "known", passed=False),
            Refused(RefusalCode.NO_QUOTE, text, "unknown", "known"),
        )
        return
    ends, currency = next_end(limits, state.today.mark.at), state.account.currency
    worth, lost = equity(state, board), at_stops(state, board) - risk
    for floor in floors(limits, state.today.mark, currency):
        yield _above(floor, worth, ("", "Equity is"), (currency, ends))
        said = f"With {risk} {currency} more at risk, equity at the stop-losses would be"
        yield _above(floor, lost, (" at the stops", said), (currency, ends))


def _above(floor: Floor, amount: Decimal, said: tuple[str, str], by: tuple[str, Instant]) -> Answer:
    (where, subject), (currency, ends) = said, by
    passed = amount > floor.amount
    found = Check(
        f"{floor.limit}{where}",
        f"{amount} {currency}",
        f"> {floor.amount} {currency}",
        passed,
    )
    if passed:
        return found, None
    return found, Refused(
        code=_CODES.get(floor.limit, RefusalCode.DRAWDOWN),
        actual=f"{amount} {currency}",
        limit=f"> {floor.amount} {currency}",
        text=f"{subject} {amount} {currency}; the floor of the "
        f"{_NAMES.get(floor.limit, floor.limit)} is {floor.amount} {currency} ({floor.formula}). "
        f"{ends_text(floor.limit, ends)}",
    )


def _losses(state: AccountState, limits: Limits) -> Iterator[Answer]:
    most, found = limits.losses_in_a_row, state.today.losses
    if most is None:
        return
    passed = found < most
    asked = Check("loss_streak", str(found), f"< {most}", passed)
    ends = format_instant(next_end(limits, state.today.mark.at))
    yield (
        asked,
        None
        if passed
        else Refused(
            code=RefusalCode.LOSS_STREAK,
            actual=str(found),
            limit=f"< {most}",
            text=f"{found} closed trades in a row have lost; after {most}, signals open nothing "
            f"until the day ends, {ends}.",
        ),
    )


def _rate(state: AccountState, limits: Limits, now: Instant) -> Iterator[Answer]:
    today = state.today
    ends = format_instant(next_end(limits, today.mark.at))
    for name, count, most, when in (
        ("minute", today.orders_within_a_minute(now), limits.orders_per_minute, "a minute later"),
        ("day", today.orders, limits.orders_per_day, f"when the day ends, {ends}"),
    ):
        if most is None:
            continue
        passed = count < most
        asked = Check(f"orders_per_{name}", str(count + 1), f"≤ {most}", passed)
        yield (
            asked,
            None
            if passed
            else Refused(
                code=RefusalCode.ORDER_RATE,
                actual=str(count + 1),
                limit=str(most),
                text=f"It would be order {count + 1} of signals within a {name}; {most} may be. "
                f"Signals open again {when}. Is a model running away?",
            ),
        )
