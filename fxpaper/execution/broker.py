"""The port of a broker: what executes an account's commands."""

from __future__ import annotations

from typing import Protocol

from fxpaper.domain.approval import Approved
from fxpaper.domain.command import Opening, Reducing
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.refusal import Refused
from fxpaper.domain.terminal import TerminalCommand, TerminalCursor, TerminalSaid

Answer = list[Recorded] | Refused


class Broker(Protocol):
    """Executes commands, on paper or at a terminal. Pure: what it causes is returned as events."""

    def submit(self, approved: Approved[Opening], now: Instant) -> Answer:
        """Execute what may open something; a refusal changes nothing."""

    def carry_out(self, command: Reducing, now: Instant) -> Answer:
        """Execute what opens nothing, which needs no approval; a refusal changes nothing."""


class TerminalBroker(Broker, Protocol):
    """A broker whose commands a terminal carries out.

    Its events name the commands that are to be sent once they are on the disk.
    """

    def hear(self, said: TerminalSaid, now: Instant) -> list[Recorded]:
        """Take what the terminal said."""

    @property
    def cursor(self) -> TerminalCursor | None:
        """How far the terminal's deals have been taken over; None before the first look."""

    def outstanding(self) -> tuple[TerminalCommand, ...]:
        """Return the commands without an answer, oldest first; a terminal that is back is told."""

    def trouble(self) -> str | None:
        """Say in one sentence why it cannot trade, or what a person should look after."""
