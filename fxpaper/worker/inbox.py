"""What waits for the execution worker, each with the future that its caller awaits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TypeVar

from fxpaper.domain.event import Recorded
from fxpaper.domain.refusal import Refused
from fxpaper.domain.signal import ModelPolicy, Signal, SignalRecord, UnreadableSignal
from fxpaper.domain.terminal import TerminalSaid
from fxpaper.signals.desk import Wish

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TakenThere:
    """How an account beside the daemon's own took a signal.

    Args:
        account: its id.
        taken: None where it could not be recorded.
    """

    account: str
    taken: Taken | None


@dataclass(frozen=True, slots=True)
class Taken:
    """How a signal was taken.

    Args:
        record: its row in the journal.
        duplicate: whether it had been taken before.
        reused: the refusal when its id is another signal's; ``record`` is then the other's.
        others: how other accounts took it that it went to as well.
    """

    record: SignalRecord
    duplicate: bool = False
    reused: Refused | None = None
    others: tuple[TakenThere, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Accounts that could not record it; sent again it is taken by those, and by no other."""
        return tuple(one.account for one in self.others if one.taken is None)


@dataclass(frozen=True, slots=True)
class TakeSignal:
    """A signal, readable or not, that has just come in."""

    signal: Signal | UnreadableSignal
    answer: asyncio.Future[Taken]


@dataclass(frozen=True, slots=True)
class CarryOut:
    """A person wants something done."""

    wish: Wish
    answer: asyncio.Future[tuple[Recorded, ...] | Refused]


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """A person decides what a model may do."""

    policy: ModelPolicy
    answer: asyncio.Future[ModelPolicy]


@dataclass(frozen=True, slots=True)
class Heard:
    """A live account's terminal said something."""

    said: TerminalSaid


Request = TakeSignal | CarryOut | ChangePolicy


@dataclass(slots=True)
class Outbox:
    """Answers that wait for the commit of the batch they belong to."""

    _answers: list[tuple[asyncio.Future[object], object]] = field(default_factory=list)

    def put(self, future: asyncio.Future[T], value: T) -> None:
        """Answer with ``value`` once the batch is committed."""
        self._answers.append((future, value))  # type: ignore[arg-type]  # Future is invariant

    def release(self) -> None:
        """Answer everybody who still waits."""
        for future, value in self._answers:
            if not future.done():
                future.set_result(value)
