"""The broker of a live account: a MetaTrader terminal carries its orders out. Pure.

Theory of operation. What is asked for becomes an order (or a change) and a command with an id, both
written to the ledger; only what is on the disk is sent. The answer says what became of the command,
the terminal's deals say what became of the account: nothing is booked from an answer. A terminal
that comes back is sent what has no answer under the same ids, which it has kept, so nothing is done
twice; a command that reaches it after its deadline is not done at all. What nobody can tell is
uncertain and is never sent again: its deal or its order shows up, or a person gives it up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from fxpaper.bridge.live_checks import differing_equity, unlike_profile, unsupported
from fxpaper.bridge.live_wishes import Wish, wish_of
from fxpaper.bridge.marks import mark_of
from fxpaper.bridge.patience import Patience
from fxpaper.bridge.reconcile import Reconciler
from fxpaper.domain.account import Mode, TradingState
from fxpaper.domain.approval import Approved
from fxpaper.domain.command import CancelOrder, Command, Opening, PlaceOrder, Reducing
from fxpaper.domain.event import (
    Event,
    OrderChanged,
    OrderEnded,
    OrderPlaced,
    Recorded,
    TerminalAnswered,
    TerminalCommanded,
)
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.order import OrderState
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.terminal import (
    AnswerState,
    TerminalAnswer,
    TerminalCommand,
    TerminalCursor,
    TerminalDown,
    TerminalLook,
    TerminalOp,
    TerminalSaid,
    TerminalUp,
)
from fxpaper.engine.engine import Engine
from fxpaper.engine.state import AccountState
from fxpaper.execution.broker import Answer

DEADLINE_NS = 10 * NS_PER_SECOND
"""A command that reaches the terminal later is not carried out."""

_OURS = "o-"
_OPENING = {TerminalOp.OPEN, TerminalOp.PLACE}
_BECOMES = {
    AnswerState.PLACED: OrderState.PLACED,
    AnswerState.UNCERTAIN: OrderState.UNCERTAIN,
    AnswerState.DONE: OrderState.SENT,
}


class LiveBroker:
    """Turns commands into what a terminal is sent, and what it tells into events.

    Args:
        engine: holds the account and the latest quotes.
        account: its id.
        ids: makes a command's id of its number in the log; no other ledger may ever make the same.
        cursor: how far the terminal's deals were taken over; None before the first look.
        commands: that have no answer yet, oldest first.
    """

    def __init__(
        self,
        engine: Engine,
        account: str,
        ids: Callable[[int], str],
        cursor: TerminalCursor | None = None,
        commands: Iterable[TerminalCommand] = (),
    ) -> None:
        self._engine = engine
        self._account = account
        self._ids = ids
        self._outstanding = {command.id: command for command in commands}
        self._reconciler = Reconciler(engine, account, cursor)
        self._up: TerminalUp | None = None
        self._away = "It has not connected yet."
        self._look: TerminalLook | None = None
        self._cancels = Patience()

    @property
    def _state(self) -> AccountState:
        return self._engine.state.accounts[self._account]

    def outstanding(self) -> tuple[TerminalCommand, ...]:
        """Return the commands without an answer, oldest first.

        While the account is halted one that opens something has no time left: the terminal tells
        what it knows of it, and does nothing.
        """
        halted = self._state.account.trading is not TradingState.ACTIVE
        return tuple(
            replace(command, deadline=0) if halted and command.op in _OPENING else command
            for command in self._outstanding.values()
        )

    @property
    def cursor(self) -> TerminalCursor | None:
        """How far the terminal's deals have been taken over; None before the first look."""
        return self._reconciler.cursor

    def trouble(self) -> str | None:
        """Say in one sentence why it cannot trade, or what a person should look after."""
        uncertain = [
            order.id for order in self._state.orders.values() if order.state is OrderState.UNCERTAIN
        ]
        if uncertain:
            return (
                f"Nobody can tell what became of {', '.join(uncertain)}: look at the terminal, "
                "then cancel it here if it was not executed."
            )
        refused = self._unready()
        return None if refused is None else refused.text

    def submit(self, approved: Approved[Opening], now: Instant) -> Answer:
        """Ask the terminal to open something; a refusal changes nothing."""
        command = approved.command
        refused = unsupported(command) or self._unready()
        if refused is not None or not isinstance(command, PlaceOrder):
            return refused or Refused(RefusalCode.NOT_AT_TERMINAL, "No terminal can do this.")
        refused = self._differs(command.symbol) or self._equity()
        return refused or self._wish(command, now)

    def carry_out(self, command: Reducing, now: Instant) -> Answer:
        """Ask the terminal for what opens nothing; a refusal changes nothing."""
        given_up = self._given_up(command, now)
        if given_up is not None:
            return given_up
        refused = unsupported(command) or self._unready()
        return refused or self._wish(command, now)

    def hear(self, said: TerminalSaid, now: Instant) -> list[Recorded]:
        """Take what the terminal said."""
        match said:
            case TerminalUp():
                self._up = said
            case TerminalDown(why):
                self._up, self._look, self._away = None, None, why
            case TerminalAnswer():
                return self._answered(said, now)
            case TerminalLook():
                self._look = said
                asked = {command.order_id for command in self._outstanding.values()}
                events = self._reconciler.take(said, self._marks(), asked, now)
                return events + self._cancelled_while_halted(now)
        return []

    def _cancelled_while_halted(self, now: Instant) -> list[Recorded]:
        """Ask the terminal to cancel what still waits to open something in a halted account."""
        if self._state.account.trading is TradingState.ACTIVE or self._unready() is not None:
            return []
        events: list[Recorded] = []
        for order in list(self._state.orders.values()):
            waits = order.state is OrderState.PLACED and order.closes is None
            if waits and self._cancels.may_ask(order.id, now):
                cancel = CancelOrder(account=self._account, order_id=order.id)
                answer = self._wish(cancel, now)
                events += [] if isinstance(answer, Refused) else answer
        return events

    def _wish(self, command: Command, now: Instant) -> Answer:
        """Write what a command asks of the terminal; one may ask for several things."""
        wishes = wish_of(self._engine, self._account, command, now)
        if isinstance(wishes, Refused):
            return wishes
        busy = self._busy(wishes)
        if busy is not None:
            return busy
        events: list[Recorded] = []
        for wish in wishes:
            events += self._written(wish, now)
        return events

    def _written(self, wish: Wish, now: Instant) -> list[Recorded]:
        events, changes = list[Recorded](), dict[str, Any]()
        number = self._state.seq + 1
        if wish.order is not None:
            order = replace(
                wish.order, id=f"{_OURS}{number}", state=OrderState.SENT, mode=Mode.LIVE
            )
            events.append(self._record(now, OrderPlaced(order)))
            changes["order_id"] = order.id
        command = replace(
            wish.command,
            id=self._ids(number),
            account=self._account,
            written_at=now,
            deadline=now + DEADLINE_NS,
            **changes,
        )
        self._outstanding[command.id] = command
        return [*events, self._record(now, TerminalCommanded(command))]

    def _answered(self, answer: TerminalAnswer, now: Instant) -> list[Recorded]:
        command = self._outstanding.pop(answer.command_id, None)
        if command is None:
            return []
        events = [self._record(now, TerminalAnswered(answer))]
        order = self._state.orders.get(command.order_id or "")
        if order is None or order.state is not OrderState.SENT:
            return events
        becomes = _BECOMES.get(answer.state)
        if becomes is None:
            ended = replace(
                order, state=OrderState.CANCELLED, ended_at=now, ended=_why(answer, command)
            )
            return [*events, self._record(now, OrderEnded(ended))]
        changed = replace(order, state=becomes, ticket=answer.ticket or order.ticket)
        return events if changed == order else [*events, self._record(now, OrderChanged(changed))]

    def _given_up(self, command: Reducing, now: Instant) -> list[Recorded] | None:
        """End an order of which nobody can tell what became, when a person says so."""
        if not isinstance(command, CancelOrder):
            return None
        order = self._state.orders.get(command.order_id)
        if order is None or order.state is not OrderState.UNCERTAIN:
            return None
        why = Refused(RefusalCode.ASKED, "A person has looked: it was not executed.")
        ended = replace(order, state=OrderState.CANCELLED, ended_at=now, ended=why)
        return [self._record(now, OrderEnded(ended))]

    def _busy(self, wishes: Iterable[Wish]) -> Refused | None:
        """Refuse what is being asked of the terminal already."""
        for wish in wishes:
            for other in self._outstanding.values():
                named = _named(wish.command) & _named(other)
                if named:
                    what = " and ".join(sorted(named))
                    return Refused(
                        code=RefusalCode.ALREADY_ASKED,
                        actual=other.op,
                        text=f"The terminal has been asked to {other.op.replace('_', ' ')} {what} "
                        "and has not answered yet.",
                    )
        return None

    def _unready(self) -> Refused | None:
        if self._up is None:
            return Refused(
                code=RefusalCode.TERMINAL_AWAY,
                actual=self._state.account.terminal,
                text=f"The terminal {self._state.account.terminal} is not connected: {self._away}",
            )
        if self._look is None:
            return Refused(
                code=RefusalCode.TERMINAL_AWAY,
                actual="no look yet",
                text="The terminal has not told yet what it has open; that takes a few seconds.",
            )
        if not self._look.may_trade:
            return Refused(
                code=RefusalCode.TERMINAL_FORBIDS,
                actual="off",
                limit="on",
                text=f"The terminal does not trade: {self._look.why_not}",
            )
        return None

    def _differs(self, symbol: str) -> Refused | None:
        rules = {} if self._up is None else self._up.rules
        instrument = self._engine.board.instruments.get(symbol)
        if instrument is None:
            text = f'The profile has no "{symbol}".'
            return Refused(code=RefusalCode.UNKNOWN_SYMBOL, actual=symbol, text=text)
        return unlike_profile(instrument, rules.get(symbol))

    def _equity(self) -> Refused | None:
        if self._look is None:
            return None
        money = self._look.money
        return differing_equity(
            self._engine.equity(self._account), money.equity - money.credit, self._look.unknown
        )

    def _marks(self) -> dict[int, str]:
        """Return our orders that may have been carried out, by the mark the broker keeps."""
        return {
            mark_of(self._ids(int(order.id.removeprefix(_OURS)))): order.id
            for order in self._state.orders.values()
            if order.id.startswith(_OURS)
        }

    def _record(self, now: Instant, event: Event) -> Recorded:
        return self._engine.state.record(self._account, now, event)


def _named(command: TerminalCommand) -> set[str]:
    """Return the positions and orders that a command is about."""
    named = (command.position_id, command.other_id, command.ticket)
    return {one for one in named if one}


def _why(answer: TerminalAnswer, command: TerminalCommand) -> Refused:
    late = answer.state is AnswerState.EXPIRED
    return Refused(
        code=RefusalCode.TOO_LATE if late else RefusalCode.BROKER_REFUSED,
        actual=str(answer.retcode) if answer.retcode else answer.text[:40],
        limit="",
        text=answer.text or f"The terminal has not carried out {command.op}.",
    )
