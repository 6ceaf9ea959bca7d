"""A live account with its shadow: a paper account that is asked for the same, on the same quotes.

The shadow follows what people and signals ask for; its stops, fills and swap are its own. What both
have done with one order tells how far paper is from the broker.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from fxpaper.domain.approval import Approved
from fxpaper.domain.command import (
    CancelOrder,
    CloseAll,
    CloseBy,
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    Opening,
    Reducing,
)
from fxpaper.domain.deal import Entry
from fxpaper.domain.event import DealBooked, OrderChanged, OrderEnded, OrderPlaced, Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.order import DealReason, Order
from fxpaper.domain.refusal import Refused
from fxpaper.domain.terminal import TerminalCommand, TerminalCursor, TerminalSaid
from fxpaper.engine.state import State
from fxpaper.execution.broker import Answer, Broker, TerminalBroker

Twin = Callable[[Approved[Opening], str], Approved[Opening]]
_LEVELS = {
    DealReason.STOP_LOSS,
    DealReason.TAKE_PROFIT,
    DealReason.STOP_OUT,
}


class ShadowedBroker:
    """Asks the terminal, and paper for the same.

    Args:
        live: the account's broker.
        paper: the shadow's.
        state: of both accounts.
        accounts: the live one's id and its shadow's.
        twin: makes the shadow's approved command of the live one's.
    """

    def __init__(
        self,
        live: TerminalBroker,
        paper: Broker,
        state: State,
        accounts: tuple[str, str],
        twin: Twin,
    ) -> None:
        self._live = live
        self._paper = paper
        self._state = state
        self._account, self._shadow = accounts
        self._twin = twin

    @property
    def cursor(self) -> TerminalCursor | None:
        """How far the terminal's deals have been taken over; None before the first look."""
        return self._live.cursor

    def outstanding(self) -> tuple[TerminalCommand, ...]:
        """Return the commands without an answer, oldest first."""
        return self._live.outstanding()

    def trouble(self) -> str | None:
        """Say in one sentence why it cannot trade, or what a person should look after."""
        return self._live.trouble()

    def submit(self, approved: Approved[Opening], now: Instant) -> Answer:
        """Ask the terminal; where it is asked, paper is too."""
        answer = self._live.submit(approved, now)
        if isinstance(answer, Refused):
            return answer
        placed = [one.event.order for one in answer if isinstance(one.event, OrderPlaced)]
        if len(placed) != 1 or placed[0].closes is not None:
            return answer + [event for order in placed for event in self._close(order, now)]
        shadow = self._paper.submit(self._twin(approved, self._shadow), now)
        if isinstance(shadow, Refused):
            return answer
        ids = [one.event.order.id for one in shadow if isinstance(one.event, OrderPlaced)]
        paired = OrderChanged(replace(placed[0], twin=ids[0]))
        return [*answer, self._state.record(self._account, now, paired), *shadow]

    def carry_out(self, command: Reducing, now: Instant) -> Answer:
        """Ask the terminal; where it is asked, paper is too. What is of the shadow is its own."""
        if command.account == self._shadow:
            return self._paper.carry_out(command, now)
        mirrored = self._mirrored(command)
        answer = self._live.carry_out(command, now)
        if isinstance(answer, Refused):
            return answer
        events = list(answer)
        for one in mirrored:
            done = self._paper.carry_out(one, now)
            events += [] if isinstance(done, Refused) else done
        return events + self._followed(answer, now)

    def hear(self, said: TerminalSaid, now: Instant) -> list[Recorded]:
        """Take what the terminal said; the shadow follows what people did there."""
        events = self._live.hear(said, now)
        return events + self._followed(events, now)

    def _followed(self, events: list[Recorded], now: Instant) -> list[Recorded]:
        """Return what the shadow does about refused orders and closes at the terminal."""
        followed: list[Recorded] = []
        for one in events:
            match one.event:
                case OrderEnded(order) if order.closes is None and order.twin is not None:
                    followed += self._undo(order.twin, now)
                case DealBooked(deal) if deal.entry is Entry.OUT and deal.order_id is None:
                    if deal.reason not in _LEVELS:
                        followed += self._follow(deal.position_id, events, now)
                case _:
                    pass
        return followed

    def _mirrored(self, command: Reducing) -> list[Reducing]:
        """Return what the shadow is asked for when the live account is asked for ``command``."""
        match command:
            case ClosePosition() | ModifyPosition():
                ids = self._positions(command.position_id)
                return [
                    replace(command, account=self._shadow, position_id=one, **_any_version(command))
                    for one in ids
                ]
            case CancelOrder() | ModifyOrder():
                order = self._state.accounts[self._account].orders.get(command.order_id)
                if order is None or order.twin is None:
                    return []
                return [replace(command, account=self._shadow, order_id=order.twin, version=None)]
            case CloseAll():
                return [replace(command, account=self._shadow)]
            case CloseBy():
                pairs = zip(
                    self._positions(command.position_id),
                    self._positions(command.other_id),
                    strict=False,
                )
                return [CloseBy(account=self._shadow, position_id=a, other_id=b) for a, b in pairs]
            case _:
                return []

    def _positions(self, live_id: str) -> list[str]:
        """Return the shadow's positions that stand for a live one."""
        live = self._state.accounts[self._account].positions.get(live_id)
        return [] if live is None or live.twin is None else self._opened_by(live.twin)

    def _opened_by(self, order_id: str) -> list[str]:
        held = self._state.accounts[self._shadow].positions.values()
        return [position.id for position in held if position.order_id == order_id]

    def _close(self, order: Order, now: Instant) -> list[Recorded]:
        """Let the shadow close what a live order closes."""
        events: list[Recorded] = []
        for one in self._positions(order.closes or ""):
            held = self._state.accounts[self._shadow].positions[one]
            events += self._leave(one, now, min(order.lots, held.lots))
        return events

    def _undo(self, twin: str, now: Instant) -> list[Recorded]:
        """Take back what the broker has refused: its twin is cancelled, or closed at once."""
        cancelled = self._paper.carry_out(CancelOrder(account=self._shadow, order_id=twin), now)
        if not isinstance(cancelled, Refused):
            return cancelled
        return [event for one in self._opened_by(twin) for event in self._leave(one, now)]

    def _follow(self, position_id: str, events: list[Recorded], now: Instant) -> list[Recorded]:
        """Close the twin of a position that somebody has closed at the terminal."""
        if position_id in self._state.accounts[self._account].positions:
            return []
        twins = [
            one.event.position.twin
            for one in events
            if hasattr(one.event, "position") and one.event.position.id == position_id
        ]
        return [
            event
            for twin in dict.fromkeys(twins)
            if twin is not None
            for one in self._opened_by(twin)
            for event in self._leave(one, now)
        ]

    def _leave(self, position_id: str, now: Instant, lots: Decimal | None = None) -> list[Recorded]:
        command = ClosePosition(
            account=self._shadow, position_id=position_id, reason=DealReason.MANUAL, lots=lots
        )
        answer = self._paper.carry_out(command, now)
        return [] if isinstance(answer, Refused) else answer


def _any_version(command: ClosePosition | ModifyPosition) -> dict[str, None]:
    return {"version": None} if isinstance(command, ModifyPosition) else {}
