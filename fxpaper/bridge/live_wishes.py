"""What a command asks of a terminal: which orders of ours it makes, and what is to be sent."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from fxpaper.domain.command import (
    CancelOrder,
    CloseAll,
    CloseBy,
    ClosePosition,
    Command,
    ModifyOrder,
    ModifyPosition,
    PlaceOrder,
)
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import format_price
from fxpaper.domain.order import DealReason, Order, OrderKind, OrderState
from fxpaper.domain.position import Position
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.terminal import TerminalCommand, TerminalOp
from fxpaper.engine.engine import Engine
from fxpaper.engine.matching import is_worse, market_price
from fxpaper.engine.opening import wrong_lots
from fxpaper.engine.placing import new_order, unfit_order
from fxpaper.engine.protecting import changed_meanwhile
from fxpaper.engine.stops import wrong_levels
from fxpaper.engine.working import asked_now

DEVIATION = 20
"""Points that a deal may be worse than the market where an order names no bound."""


class Wish(msgspec.Struct, frozen=True):
    """One thing for the terminal to do.

    Args:
        command: without id, account and times.
        order: ours that it serves, without an id, or None.
    """

    command: TerminalCommand
    order: Order | None = None


def wish_of(engine: Engine, account: str, command: Command, now: Instant) -> list[Wish] | Refused:
    """Return what a command asks of the terminal, or why it makes no sense."""
    asker = _Asker(engine, account, now)
    match command:
        case PlaceOrder():
            found = asker.place(command)
        case CancelOrder():
            found = asker.cancel(command)
        case ModifyOrder():
            found = asker.change(command)
        case ModifyPosition():
            found = asker.protect(command)
        case ClosePosition():
            found = asker.close(command)
        case CloseBy():
            found = asker.close_by(command)
        case CloseAll():
            return asker.close_all(command)
        case _:
            return Refused(RefusalCode.NOT_AT_TERMINAL, "No terminal can do this.")
    return found if isinstance(found, Refused) else [found]


class _Asker:
    def __init__(self, engine: Engine, account: str, now: Instant) -> None:
        self._engine = engine
        self._state = engine.state.accounts[account]
        self._account = account
        self._now = now

    def place(self, command: PlaceOrder) -> Wish | Refused:
        if command.closes is not None:
            return self._close(command.closes, command.lots, None, command.signal_id)
        refused = unfit_order(self._engine.venue, command, self._now)
        if refused is None and command.kind is OrderKind.MARKET:
            refused = self._engine.untradeable(command.symbol, self._now)
        refused = refused or self._beyond_bound(command)
        if refused is not None:
            return refused
        order = replace(new_order(self._engine.venue, command, "", self._now), due_at=None)
        op = TerminalOp.OPEN if command.kind is OrderKind.MARKET else TerminalOp.PLACE
        sent = _command(
            op,
            command.symbol,
            side=command.side,
            lots=command.lots,
            kind=command.kind,
            price=command.price,
            limit=command.limit,
            stop_loss=command.stop_loss,
            take_profit=command.take_profit,
            deviation=self._deviation(command),
            time_in_force=command.time_in_force,
            expires_at=order.expires_at,
        )
        return Wish(sent, order)

    def cancel(self, command: CancelOrder) -> Wish | Refused:
        order = self._waiting(command.order_id, command.version)
        if isinstance(order, Refused):
            return order
        return Wish(
            _command(TerminalOp.CANCEL, order.symbol, ticket=order.ticket, order_id=order.id)
        )

    def change(self, command: ModifyOrder) -> Wish | Refused:
        order = self._waiting(command.order_id, command.version)
        if isinstance(order, Refused):
            return order
        names = ("price", "limit", "stop_loss", "take_profit", "expires_at")
        given = {name: getattr(command, name) for name in names}
        changes = {name: value for name, value in given.items() if value is not UNSET}
        changed = replace(order, **changes)
        refused = unfit_order(self._engine.venue, asked_now(changed), self._now)
        if refused is not None:
            return refused
        sent = _command(
            TerminalOp.CHANGE,
            order.symbol,
            ticket=order.ticket,
            order_id=order.id,
            kind=order.kind,
            price=changed.price,
            limit=changed.limit,
            stop_loss=changed.stop_loss,
            take_profit=changed.take_profit,
            expires_at=changed.expires_at,
        )
        return Wish(sent)

    def protect(self, command: ModifyPosition) -> Wish | Refused:
        position = self._position(command.position_id)
        if isinstance(position, Refused):
            return position
        refused = changed_meanwhile(position.id, position.version, command.version)
        refused = refused or self._engine.untradeable(position.symbol, self._now)
        if refused is not None:
            return refused
        stop = position.stop_loss if command.stop_loss is UNSET else command.stop_loss
        target = position.take_profit if command.take_profit is UNSET else command.take_profit
        closing = market_price(position.side.opposite, self._engine.board.quotes[position.symbol])
        instrument = self._engine.board.instruments[position.symbol]
        targets = () if target is None else (target,)
        wrong = wrong_levels(position.side, stop, targets, closing, instrument)
        if wrong is not None:
            return wrong
        sent = _command(
            TerminalOp.PROTECT,
            position.symbol,
            position_id=position.id,
            stop_loss=stop,
            take_profit=target,
        )
        return Wish(sent)

    def close(self, command: ClosePosition) -> Wish | Refused:
        return self._close(command.position_id, command.lots, command.reason, command.signal_id)

    def close_by(self, command: CloseBy) -> Wish | Refused:
        pair = [self._position(one) for one in (command.position_id, command.other_id)]
        for one in pair:
            if isinstance(one, Refused):
                return one
        first, second = (one for one in pair if isinstance(one, Position))
        if first.symbol != second.symbol or first.side is second.side:
            return Refused(
                code=RefusalCode.NOT_OPPOSITE,
                text=f"{first.id} and {second.id} must be a buy and a sell of one symbol.",
                actual=f"{first.side} {first.symbol}, {second.side} {second.symbol}",
                limit="buy and sell of one symbol",
            )
        sent = _command(TerminalOp.CLOSE_BY, first.symbol, position_id=first.id, other_id=second.id)
        return Wish(sent)

    def close_all(self, command: CloseAll) -> list[Wish] | Refused:
        wishes = []
        for position in self._state.positions.values():
            if command.symbol in {None, position.symbol} and command.side in {None, position.side}:
                wish = self._close(position.id, None, DealReason.MANUAL, None)
                if isinstance(wish, Refused):
                    return wish
                wishes.append(wish)
        return wishes or Refused(
            RefusalCode.NOTHING_TO_CLOSE, "No open position matches.", "0 positions", "1 position"
        )

    def _close(
        self,
        position_id: str,
        lots: Decimal | None,
        reason: DealReason | None,
        signal_id: str | None,
    ) -> Wish | Refused:
        position = self._position(position_id)
        if isinstance(position, Refused):
            return position
        part = position.lots if lots is None else lots
        instrument = self._engine.board.instruments[position.symbol]
        refused = None if part == position.lots else wrong_lots(part, instrument)
        if part > position.lots:
            refused = Refused(
                RefusalCode.WRONG_ORDER,
                f"{part} lots cannot be closed of {position.id}, which has {position.lots}.",
                str(part),
                f"≤ {position.lots}",
            )
        if refused is not None:
            return refused
        side = position.side.opposite
        order = Order(
            id="",
            account=self._account,
            symbol=position.symbol,
            digits=position.digits,
            side=side,
            lots=part,
            stop_loss=None,
            take_profit=None,
            signal_id=signal_id,
            placed_at=self._now,
            closes=position.id,
            model=position.model,
            reason=reason,
            twin=position.twin,
        )
        sent = _command(
            TerminalOp.CLOSE,
            position.symbol,
            position_id=position.id,
            side=side,
            lots=part,
            deviation=DEVIATION,
        )
        return Wish(sent, order)

    def _position(self, position_id: str) -> Position | Refused:
        found = self._state.positions.get(position_id)
        return found or Refused(
            code=RefusalCode.UNKNOWN_POSITION,
            actual=position_id,
            text=f'There is no open position "{position_id}" in account {self._account}; it may '
            "have closed already.",
        )

    def _waiting(self, order_id: str, version: int | None) -> Order | Refused:
        order = self._state.orders.get(order_id)
        if order is None:
            return Refused(
                code=RefusalCode.UNKNOWN_ORDER,
                actual=order_id,
                text=f'There is no waiting order "{order_id}" in account {self._account}; it may '
                "have been filled, cancelled or given up already.",
            )
        if order.state is not OrderState.PLACED:
            return Refused(
                code=RefusalCode.ALREADY_ASKED,
                actual=order.state,
                text=f"The terminal has been sent {order_id} and has not answered yet.",
            )
        return changed_meanwhile(order.id, order.version, version) or order

    def _beyond_bound(self, command: PlaceOrder) -> Refused | None:
        """Return why a market order's worst price is passed already, or None."""
        if command.bound is None or command.kind is not OrderKind.MARKET:
            return None
        market = market_price(command.side, self._engine.board.quotes[command.symbol])
        if not is_worse(command.side, market, command.bound):
            return None
        digits = self._engine.board.instruments[command.symbol].digits
        shown, limit = format_price(market, digits), format_price(command.bound, digits)
        return Refused(
            code=RefusalCode.BEYOND_BOUND,
            actual=str(shown),
            limit=str(limit),
            text=f"The market is {shown}, the order asks for {limit} or better.",
        )

    def _deviation(self, command: PlaceOrder) -> int:
        if command.bound is None:
            return DEVIATION
        market = market_price(command.side, self._engine.board.quotes[command.symbol])
        return abs(command.bound - market)


def _command(op: TerminalOp, symbol: str, **given: object) -> TerminalCommand:
    return TerminalCommand(
        id="",
        account="",
        op=op,
        symbol=symbol,
        written_at=0,
        deadline=0,
        **given,  # type: ignore[arg-type]
    )
