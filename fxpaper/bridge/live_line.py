"""The line between a live account and its terminal: who it is, what was sent, what came back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog
from msgspec.structs import replace

from fxpaper.bridge.messages import Beat, FromTerminal, ToTerminal
from fxpaper.bridge.session import Session
from fxpaper.bridge.terminal_wire import AccountWire
from fxpaper.bridge.trade_messages import AccountNow, DealRow, Deals, LookNow, Result
from fxpaper.clock import Clock
from fxpaper.domain.account import Account, Accounting
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.terminal import (
    AnswerState,
    TerminalAnswer,
    TerminalCommand,
    TerminalCursor,
    TerminalDown,
    TerminalSaid,
    TerminalUp,
)
from fxpaper.errors import ProtocolError

log = structlog.get_logger(__name__)

LOOK_NS = 5 * NS_PER_SECOND
_MOST_DEALS = 100_000
_HEDGING = 2


class LiveLine:
    """Finds the terminal of one account among those that connect, and speaks with it.

    Args:
        account: the live one.
        instruments: the known ones, by canonical symbol.
        clock: of the market.
        cursor: tells how far its deals have been taken over; None before the first look.
        hear: takes what the terminal says.
    """

    def __init__(
        self,
        account: Account,
        instruments: Mapping[str, Instrument],
        clock: Clock,
        cursor: Callable[[], TerminalCursor | None],
        hear: Callable[[TerminalSaid], None],
    ) -> None:
        self._account = account
        self._instruments = instruments
        self._clock = clock
        self._hear = hear
        self._cursor = cursor
        self._session: Session | None = None
        self._wire: AccountWire | None = None
        self._say: Callable[[ToTerminal], None] | None = None
        self._deals: list[DealRow] = []
        self._looked_at: Instant = 0
        self._chart = ""
        self._sent_to: dict[str, str] = {}
        """The chart that each command was sent to first."""
        self._broker_lost = False

    def meet(self, session: Session, chart: str, say: Callable[[ToTerminal], None]) -> None:
        """Take a terminal that has described its symbols, if it is the account's.

        Args:
            session: with it.
            chart: names the very chart at the very terminal that it comes from.
            say: sends it something.
        """
        if session.name != self._account.terminal or self._session is session:
            return
        if self._session is not None and self._session.over is None:
            return
        self._session, self._chart = session, chart
        refused = self._unlike(session)
        if refused is not None:
            log.error("terminal_unlike_account", terminal=session.name, why=refused)
            self._hear(TerminalDown(refused))
            return
        self._wire = AccountWire(session, self._instruments)
        self._say = say
        self._deals.clear()
        self._looked_at = 0
        self._broker_lost = False
        self._hear(TerminalUp(name=session.name, rules=self._wire.rules()))

    def part(self, session: Session) -> None:
        """Let a terminal go, if it is the account's."""
        if session is not self._session:
            return
        self._session = self._wire = self._say = None
        self._hear(TerminalDown(session.over or "It has gone."))

    def take(self, session: Session, message: FromTerminal) -> None:
        """Take a message of a terminal, if it is the account's.

        Raises:
            ProtocolError: it makes no sense.
        """
        if session is not self._session or self._wire is None:
            return
        match message:
            case Result():
                self._sent_to.pop(message.id, None)
                self._hear(self._wire.answer(message))
            case Deals():
                self._deals += message.rows
                if len(self._deals) > _MOST_DEALS:
                    raise ProtocolError("deals without end")
            case AccountNow() if self._broker_lost:
                self._deals.clear()
            case AccountNow():
                self._looked(self._wire, message)
            case Beat():
                self._feel(self._wire, connected=message.connected)
                self.look()
            case _:
                pass

    def _feel(self, wire: AccountWire, *, connected: bool) -> None:
        """Take note of whether the terminal reaches its broker; without, its books may be empty."""
        if connected == (not self._broker_lost):
            return
        self._broker_lost = not connected
        self._deals.clear()
        if connected:
            self._hear(TerminalUp(name=self._account.terminal, rules=wire.rules()))
        else:
            self._hear(TerminalDown("The terminal is not connected to its broker."))

    def send(self, command: TerminalCommand, *, again: bool = False) -> None:
        """Send a command that is on the disk; where no terminal is there, it waits for one."""
        if self._wire is None or self._say is None:
            return
        now = self._clock.now()
        known = self._sent_to.setdefault(command.id, "" if again else self._chart)
        if known != self._chart:
            # Another terminal, or nobody knows which, may still be about to do it: this one may
            # only tell what it knows.
            command = replace(command, deadline=0)
        try:
            message = self._wire.command(command, now, again=again)
        except ProtocolError as problem:
            answer = TerminalAnswer(
                command_id=command.id,
                state=AnswerState.UNCERTAIN if again else AnswerState.REFUSED,
                text=f"It was not sent: {problem}.",
            )
            self._hear(answer)
            return
        self._say(message)

    def look(self, *, at_once: bool = False) -> None:
        """Ask for the account when it is time to."""
        now = self._clock.now()
        if self._say is None or self._session is None:
            return
        if not at_once and now - self._looked_at < LOOK_NS:
            return
        self._looked_at = now
        cursor = self._cursor()
        self._say(
            LookNow(
                s=self._session.next_number(),
                t=now // NS_PER_MS,
                since=0 if cursor is None else cursor.since,
            )
        )

    def _looked(self, wire: AccountWire, message: AccountNow) -> None:
        rows, self._deals = self._deals, []
        try:
            look = wire.look(message, rows, self._clock.now())
        except (LookupError, ValueError, ArithmeticError) as problem:
            raise ProtocolError(f"the account makes no sense: {problem}") from None
        self._hear(look)

    def _unlike(self, session: Session) -> str | None:
        """Say why the terminal's account is not the one that was opened here, or None."""
        account, hello = self._account, session.hello
        if hello.currency != account.currency:
            return f"The terminal's account is in {hello.currency}, ours in {account.currency}."
        hedging = account.accounting is Accounting.HEDGING
        if (hello.margin_mode == _HEDGING) != hedging:
            kind = "hedging" if hello.margin_mode == _HEDGING else "netting"
            return f"The terminal's account is a {kind} one, ours is {account.accounting}."
        return None
