"""What is asked before a terminal is sent anything."""

from __future__ import annotations

from decimal import Decimal

from msgspec import UNSET

from fxpaper.domain.command import (
    Command,
    ModifyOrder,
    ModifyPosition,
    MoveCash,
    PlaceGroup,
    PlaceOrder,
    ResetAccount,
    ReversePosition,
)
from fxpaper.domain.exits import NO_EXITS
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.order import OrderKind, TimeInForce, TriggerSide
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.terminal import TerminalRules

_KINDS = {OrderKind.MARKET, OrderKind.LIMIT, OrderKind.STOP, OrderKind.STOP_LIMIT}
_AT_ONCE = {TimeInForce.IOC, TimeInForce.FOK}
_MOST_APART = Decimal("0.02")


def unsupported(command: Command) -> Refused | None:
    """Return why a terminal cannot do what is asked, or None."""
    what = _unsupported(command)
    if what is None:
        return None
    return Refused(
        code=RefusalCode.NOT_AT_TERMINAL, actual=type(command).__name__, text=f"{what} Live only."
    )


def _unsupported(command: Command) -> str | None:
    match command:
        case PlaceGroup() | ReversePosition():
            return "A terminal cannot do several things all or none; ask for them one by one."
        case MoveCash() | ResetAccount():
            return "The broker keeps this account's money."
        case PlaceOrder():
            return _unsupported_order(command)
        case ModifyOrder() if command.lots is not UNSET or command.exits is not UNSET:
            return "A waiting order's lots cannot be changed at a terminal; cancel it, place anew."
        case ModifyPosition() if command.exits not in {UNSET, NO_EXITS}:
            return "Ladders, trails, break-even and time exits work on paper accounts."
        case _:
            return None


def _unsupported_order(order: PlaceOrder) -> str | None:
    if order.kind not in _KINDS or order.trail is not None:
        return f"A terminal has no {order.kind.replace('_', ' ')} orders."
    if order.exits != NO_EXITS:
        return "Ladders, trails, break-even and time exits work on paper accounts."
    if order.trigger is not TriggerSide.DEFAULT:
        return "A terminal's orders are triggered by the side they pay."
    waits = order.kind is not OrderKind.MARKET
    if waits and (order.closes is not None or order.time_in_force in _AT_ONCE):
        return "A terminal's waiting orders neither only close nor end at once."
    if order.reverses is not None:
        return "A terminal cannot close and open all or none; close first."
    return None


def unlike_profile(instrument: Instrument, rules: TerminalRules | None) -> Refused | None:
    """Return why a symbol's lots or prices would mean something else at the broker, or None."""
    if rules is None:
        return Refused(
            code=RefusalCode.UNKNOWN_SYMBOL,
            actual=instrument.symbol,
            text=f"The terminal's broker has no {instrument.symbol}; name its symbol in "
            "metatrader_symbols.",
        )
    pairs = {
        "digits": (instrument.digits, rules.digits),
        "contract size": (instrument.contract_size, rules.contract_size),
        "lot step": (instrument.lot_step, rules.lot_step),
    }
    for name, (ours, theirs) in pairs.items():
        if ours != theirs:
            return Refused(
                code=RefusalCode.PROFILE_DIFFERS,
                actual=str(ours),
                limit=str(theirs),
                text=f"The broker's {instrument.symbol} has {name} {theirs}, the profile says "
                f"{ours}. Run fxpaper profile import and use what it writes.",
            )
    return None


def differing_equity(ours: Decimal, theirs: Decimal, unknown: tuple[str, ...]) -> Refused | None:
    """Return why a share of equity would not be what it seems, or None.

    Args:
        ours: equity by our quotes.
        theirs: equity as the terminal says.
        unknown: symbols of the account that are not ours.
    """
    if theirs > 0 and abs(ours - theirs) <= _MOST_APART * theirs:
        return None
    why = f" It has positions in {', '.join(unknown)}, which are not known here." if unknown else ""
    return Refused(
        code=RefusalCode.EQUITY_DIFFERS,
        actual=str(ours),
        limit=str(theirs),
        text=f"The terminal says that equity is {theirs}, here it is {ours}: more than 2 % apart."
        f"{why}",
    )
