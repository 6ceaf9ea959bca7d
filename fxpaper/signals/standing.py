"""A signal against what is open already: conflicts, and how often a side may be entered."""

from __future__ import annotations

from collections.abc import Iterator

from fxpaper.domain.approval import Check
from fxpaper.domain.order import Order, OrderKind, Side
from fxpaper.domain.position import Position
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Signal, SignalSide
from fxpaper.engine.state import AccountState
from fxpaper.signals.rules import Conflict, ConflictWith, RuleBook, SignalRules

Answer = tuple[Check, Refused | None]


def own(signal: Signal, state: AccountState) -> tuple[Position, ...]:
    """Return the open positions of a signal's model in its symbol, oldest first."""
    return tuple(
        position
        for position in state.positions.values()
        if (position.symbol, position.model) == (signal.symbol, signal.model)
    )


def opposite(
    signal: Signal, side: Side, state: AccountState, rules: SignalRules
) -> tuple[Position, ...]:
    """Return the open positions that a signal to open on a side stands against, oldest first."""
    return tuple(
        position
        for position in state.positions.values()
        if position.side is not side and _counts(position, signal, rules)
    )


def is_changing(signal: Signal, state: AccountState) -> bool:
    """Tell whether a market order of a signal's model in its symbol is on its way."""
    names = {position.id for position in own(signal, state)}
    return any(
        order.closes in names
        or (order.closes is None and (order.symbol, order.model) == (signal.symbol, signal.model))
        for order in _on_their_way(state)
    )


def is_on_its_way(signal: Signal, side: Side, state: AccountState, rules: SignalRules) -> bool:
    """Tell whether a market order, on its way, decides what a signal stands against.

    One that is executed beside what is open need not wait for it.
    """
    if rules.conflict is Conflict.HEDGE:
        return False
    against = {position.id for position in opposite(signal, side, state, rules)}
    return any(
        order.closes in against
        or (order.closes is None and order.side is not side and _counts(order, signal, rules))
        for order in _on_their_way(state)
    )


def on_its_way(signal: Signal, state: AccountState, rules: RuleBook) -> Refused | None:
    """Return that a signal waits for an order that is on its way; None when there is none."""
    if signal.side is SignalSide.CLOSE:
        waits = is_changing(signal, state)
    else:
        of_signal = rules.of(signal.model, signal.symbol)
        waits = is_on_its_way(signal, Side(signal.side), state, of_signal)
    if not waits:
        return None
    return Refused(
        code=RefusalCode.ALREADY_ASKED,
        actual="on its way",
        limit="executed",
        text=f"An order of {signal.symbol} is on its way; the signal waits until it is executed.",
    )


def conflicts(
    signal: Signal, side: Side, state: AccountState, rules: SignalRules
) -> Iterator[Answer]:
    """Ask what a signal stands against; a rule that lets it stand beside asks nothing."""
    if rules.conflict is not Conflict.HEDGE:
        yield _conflict(signal, opposite(signal, side, state, rules), rules.conflict)


def entries(
    signal: Signal, side: Side, state: AccountState, rules: SignalRules
) -> Iterator[Answer]:
    """Ask how often the side is entered already, where there is a limit."""
    if rules.max_entries is not None:
        yield _entries(signal, side, state, rules, rules.max_entries)


def _conflict(signal: Signal, against: tuple[Position, ...], conflict: Conflict) -> Answer:
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
) -> Answer:
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


def _on_their_way(state: AccountState) -> Iterator[Order]:
    return (order for order in state.orders.values() if order.kind is OrderKind.MARKET)


def _counts(held: Position | Order, signal: Signal, rules: SignalRules) -> bool:
    of_model = held.model == signal.model or rules.conflict_with is ConflictWith.ACCOUNT
    return held.symbol == signal.symbol and of_model
