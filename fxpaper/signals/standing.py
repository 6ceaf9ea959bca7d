"""A signal against what is open already: conflicts, and how often a side may be entered."""

from __future__ import annotations

from collections.abc import Iterator

from fxpaper.domain.approval import Check
from fxpaper.domain.order import Order, Side
from fxpaper.domain.position import Position
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Signal
from fxpaper.engine.state import AccountState
from fxpaper.signals.rules import Conflict, ConflictWith, SignalRules


def opposite(
    signal: Signal, side: Side, state: AccountState, rules: SignalRules
) -> tuple[Position, ...]:
    """Return the open positions that a signal to open on a side stands against, oldest first."""
    return tuple(
        position
        for position in state.positions.values()
        if position.side is not side and _counts(position, signal, rules)
    )


def checks(
    signal: Signal, side: Side, state: AccountState, rules: SignalRules
) -> Iterator[tuple[Check, Refused | None]]:
    """Ask what a signal would do to what is open; rules that ask for nothing ask nothing."""
    if rules.conflict is not Conflict.HEDGE:
        yield _conflict(signal, opposite(signal, side, state, rules), rules.conflict)
    if rules.max_entries is not None:
        yield _entries(signal, side, state, rules, rules.max_entries)


def _conflict(
    signal: Signal, against: tuple[Position, ...], conflict: Conflict
) -> tuple[Check, Refused | None]:
    fits = not against or conflict is not Conflict.IGNORE
    found = Check("conflict", f"{len(against)} opposite", conflict, fits)
    if fits:
        return found, None
    first = against[0]
    return found, Refused(
        code=RefusalCode.CONFLICTING_POSITION,
        actual=f"{len(against)} opposite",
        limit="none",
        text=f"{first.side} {first.lots} {signal.symbol} ({first.id}) is open, and signals against "
        'an open position are ignored (conflict = "ignore"). Close it first.',
    )


def _entries(
    signal: Signal, side: Side, state: AccountState, rules: SignalRules, most: int
) -> tuple[Check, Refused | None]:
    orders = (order for order in state.orders.values() if order.closes is None)
    open_: list[Position | Order] = [*state.positions.values(), *orders]
    count = 1 + sum(one.side is side and _counts(one, signal, rules) for one in open_)
    fits = count <= most
    found = Check("entries", str(count), f"≤ {most}", fits)
    if fits:
        return found, None
    whose = (
        f'model "{signal.model}"' if rules.conflict_with is ConflictWith.MODEL else "the account"
    )
    return found, Refused(
        code=RefusalCode.TOO_MANY_ENTRIES,
        actual=str(count),
        limit=str(most),
        text=f"It would be entry {count} of {whose} to {side} {signal.symbol}; {most} may be open "
        "or waiting.",
    )


def _counts(held: Position | Order, signal: Signal, rules: SignalRules) -> bool:
    own = held.model == signal.model or rules.conflict_with is ConflictWith.ACCOUNT
    return held.symbol == signal.symbol and own
