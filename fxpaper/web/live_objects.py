"""What the API shows of a live account's terminal, and of halting."""

from __future__ import annotations

from fxpaper.domain import terminal
from fxpaper.domain.account import TradingState
from fxpaper.domain.order import Side
from fxpaper.domain.terminal import AnswerState, TerminalOp
from fxpaper.web.objects import Amount, Shown, Time


class TradingStateSet(Shown):
    """An account was halted or resumed."""

    state: TradingState
    reason: str


class TerminalCommand(Shown):
    """What a terminal is asked to do."""

    id: str
    op: TerminalOp
    symbol: str
    order_id: str | None
    position_id: str | None
    lots: str | None
    written_at: Time
    deadline: Time


class TerminalAnswer(Shown):
    """What became of a command."""

    command_id: str
    state: AnswerState
    retcode: int
    text: str
    ticket: str
    duplicate: bool


class DealsTaken(Shown):
    """How far a terminal's deals have been taken over."""

    ticket: str


class DriftRow(Shown):
    """Live less paper, of one position: points worse, and money that it cost."""

    position: str
    symbol: str
    side: Side
    lots: Amount
    entry: Amount
    exit: Amount | None
    spread: Amount
    slippage: Amount
    swap: Amount | None
    commission: Amount | None
    net: Amount | None


class DriftTotal(Shown):
    """All pairs together: points by lots, money summed."""

    pairs: int
    entry: Amount | None
    exit: Amount | None
    spread: Amount | None
    slippage: Amount | None
    swap: Amount
    net: Amount


class DriftList(Shown):
    """Live positions and their twins, newest first."""

    items: list[DriftRow]
    total: DriftTotal


class Reconciled(Shown):
    """What the terminal had that the ledger had not."""

    text: str


def command(command: terminal.TerminalCommand) -> TerminalCommand:
    """Show a command."""
    return TerminalCommand(
        id=command.id,
        op=command.op,
        symbol=command.symbol,
        order_id=command.order_id,
        position_id=command.position_id,
        lots=None if command.lots is None else str(command.lots),
        written_at=command.written_at,
        deadline=command.deadline,
    )


def answer(answer: terminal.TerminalAnswer) -> TerminalAnswer:
    """Show an answer."""
    return TerminalAnswer(
        command_id=answer.command_id,
        state=answer.state,
        retcode=answer.retcode,
        text=answer.text,
        ticket=answer.ticket,
        duplicate=answer.duplicate,
    )
