"""What ends a position by itself, and what moves its stop-loss meanwhile."""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import replace

from fxpaper.domain.command import ModifyPosition
from fxpaper.domain.event import PositionChanged
from fxpaper.domain.exits import BreakEven
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import DealReason, Side
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.costs import slipped
from fxpaper.engine.dealing import Fill, leave
from fxpaper.engine.levels import Level, Role
from fxpaper.engine.matching import LevelKind, is_worse, level_price, market_price
from fxpaper.engine.stops import wrong_levels
from fxpaper.engine.trailing import stop_behind
from fxpaper.engine.venue import Venue


def act(venue: Venue, position: Position, level: Level, quote: Quote, at: Instant) -> None:
    """Let a quote that has reached a position's level do what the level is for."""
    match level.role:
        case Role.STOP_LOSS:
            _stop(venue, position, level.price, position.stop_reason, quote, at)
        case Role.TAKE_PROFIT:
            fill = _exit(position, level.price, DealReason.TAKE_PROFIT, quote, at)
            leave(venue, position, position.lots, fill)
        case Role.RUNG:
            _climb(venue, position, level, quote, at)
        case Role.BREAK_EVEN:
            _change(venue, _at_break_even(position), at)
        case _:
            _trail(venue, position, quote, at)


def modify(venue: Venue, command: ModifyPosition, now: Instant) -> Refused | None:
    """Change what may end a position, or say why not; a refusal changes nothing."""
    position = venue.state.accounts[command.account].positions.get(command.position_id)
    if position is None:
        return Refused(
            code=RefusalCode.UNKNOWN_POSITION,
            actual=command.position_id,
            text=f'There is no open position "{command.position_id}" in account {command.account}; '
            "it may have closed already.",
        )
    refused = changed_meanwhile(position.id, position.version, command.version)
    if refused is not None:
        return refused
    moved = command.stop_loss is not UNSET
    changed = replace(
        position,
        stop_loss=command.stop_loss if moved else position.stop_loss,
        take_profit=position.take_profit if command.take_profit is UNSET else command.take_profit,
        exits=position.exits if command.exits is UNSET else command.exits,
        stop_reason=DealReason.STOP_LOSS if moved else position.stop_reason,
    )
    refused = venue.untradeable(position.symbol, now) or _wrong(venue, changed)
    if refused is not None:
        return refused
    _change(venue, _begun(venue, changed), now)
    return None


def changed_meanwhile(what: str, version: int, seen: int | None) -> Refused | None:
    """Return why a change that was decided on an older version is not made, or None."""
    if seen is None or seen == version:
        return None
    return Refused(
        code=RefusalCode.CHANGED_MEANWHILE,
        actual=str(seen),
        limit=str(version),
        text=f"{what} has changed since version {seen} was read; it is at version {version} now. "
        "Read it again and decide anew.",
    )


def begin(venue: Venue, account: str, position_id: str, quote: Quote, at: Instant) -> None:
    """Let a position that has just been entered on a quote meet its own stop-loss.

    A trail without activation sets it; an entry that a gap has filled beyond it closes at once.
    """
    position = venue.state.accounts[account].positions[position_id]
    begun = _begun(venue, position)
    stop, closing = position.stop_loss, market_price(position.side.opposite, quote)
    if begun is not position:
        _change(venue, begun, at)
    elif stop is not None and (stop == closing or is_worse(position.side, stop, closing)):
        _stop(venue, position, stop, DealReason.STOP_ON_OPEN, quote, at)


def _begun(venue: Venue, position: Position) -> Position:
    trail = position.exits.trail
    if trail is None or trail.activation or position.stop_loss is not None:
        return position
    market = market_price(position.side.opposite, venue.board.quotes[position.symbol])
    stop = stop_behind(trail, position.side.opposite, market)
    return replace(position, stop_loss=stop, stop_reason=DealReason.TRAILING_STOP)


def _stop(
    venue: Venue, position: Position, stop: Points, reason: DealReason, quote: Quote, at: Instant
) -> None:
    side = position.side.opposite
    price = level_price(side, LevelKind.STOP, stop, quote)
    draw_for = (position.account, venue.state.next_seq(position.account))
    price = slipped(venue.costs.slippage, side, price, venue.measure(quote), draw_for)
    leave(venue, position, position.lots, _exit(position, price, reason, quote, at))


def _climb(venue: Venue, position: Position, level: Level, quote: Quote, at: Instant) -> None:
    rung, ladder = position.exits.ladder[level.number], list(position.exits.ladder)
    del ladder[level.number]
    first = position.lots if position.first_lots is None else position.first_lots
    step = venue.board.instruments[position.symbol].lot_step
    wanted = first * rung.fraction // step * step
    last = not ladder and position.take_profit is None and wanted >= position.lots
    lots = position.lots if last else min(wanted, position.lots)
    exits = replace(position.exits, ladder=tuple(ladder))
    if lots < position.lots:
        position = _after_rung(replace(position, exits=exits, version=position.version + 1))
        venue.record(position.account, at, PositionChanged(position))
    if lots:
        fill = _exit(position, level.price, DealReason.TAKE_PROFIT, quote, at)
        leave(venue, position, lots, fill)


def _after_rung(position: Position) -> Position:
    even = position.exits.break_even
    return _at_break_even(position) if even is not None and even.after is None else position


def _at_break_even(position: Position) -> Position:
    even = position.exits.break_even or BreakEven(None)
    long = position.side is Side.BUY
    stop = position.open_price + (even.offset if long else -even.offset)
    exits = replace(position.exits, break_even=None)
    standing = position.stop_loss
    if standing is not None and (standing >= stop if long else standing <= stop):
        return replace(position, exits=exits)
    return replace(position, exits=exits, stop_loss=stop, stop_reason=DealReason.BREAK_EVEN)


def _trail(venue: Venue, position: Position, quote: Quote, at: Instant) -> None:
    trail, side = position.exits.trail, position.side.opposite
    if trail is None:
        return
    stop = stop_behind(trail, side, market_price(side, quote))
    moved = replace(position, stop_loss=stop, stop_reason=DealReason.TRAILING_STOP)
    _change(venue, moved, at)


def _change(venue: Venue, position: Position, at: Instant) -> None:
    changed = replace(position, version=position.version + 1)
    venue.record(position.account, at, PositionChanged(changed))


def _exit(position: Position, price: Points, reason: DealReason, quote: Quote, at: Instant) -> Fill:
    return Fill(
        price=price,
        at=at,
        quote=quote,
        reason=reason,
        signal_id=position.signal_id,
        decided_mid=quote.bid + quote.ask,
    )


def _wrong(venue: Venue, position: Position) -> Refused | None:
    quote = venue.board.quotes[position.symbol]
    rungs = tuple(rung.price for rung in position.exits.ladder)
    levels = rungs if position.take_profit is None else (*rungs, position.take_profit)
    closing = market_price(position.side.opposite, quote)
    instrument = venue.board.instruments[position.symbol]
    return wrong_levels(position.side, position.stop_loss, levels, closing, instrument)
