"""Where a signal goes that comes to a daemon of several accounts.

A signal that names an account goes to that one. One that names none goes to the daemon's own and
to each other account whose lists it is on; every account sizes, checks and journals it by itself,
under the same id. All are asked at once and each commits for itself, so an account in trouble
stops no other. The sender is answered when all have committed. What was sent to a daemon that was
killed in between is sent again, by its door or by its sender, and an account that has it takes it
for a repeat.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from fxpaper.domain.instant import Instant
from fxpaper.domain.signal import Signal, SignalStatus
from fxpaper.errors import TransientError
from fxpaper.signals.journal import reused
from fxpaper.signals.routing import Taking, as_first_taken
from fxpaper.worker.front import AccountFront, Sent
from fxpaper.worker.inbox import Taken, TakenThere

log = structlog.get_logger(__name__)

_PATIENCE_SECONDS = 5.0
_COMMIT_SECONDS = 5.0
"""How long another account may take to record what the daemon's own has recorded."""


@dataclass(frozen=True, slots=True)
class Member:
    """An account beside the daemon's own.

    Args:
        front: of it.
        taking: which signals that name no account it takes part in.
    """

    front: AccountFront
    taking: Taking


class Fanout:
    """Hands each signal in to the accounts that it is for.

    Args:
        own: the front of the daemon's own account.
        members: the others.
    """

    def __init__(self, own: AccountFront, members: Sequence[Member] = ()) -> None:
        self._own = own
        self._members = {member.front.worker.account: member for member in members}
        self._known = (self.account, *self._members) if members else ()

    @property
    def account(self) -> str:
        """The daemon's own account."""
        return self._own.worker.account

    async def submit(
        self,
        body: bytes,
        door: str,
        place: str = "",
        patience: float = _PATIENCE_SECONDS,
        given: Mapping[str, str] | None = None,
        at: Instant | None = None,
    ) -> Taken:
        """Journal and decide a signal; answers after the commits.

        The answer is that of the account that it names, else of the daemon's own. For the
        arguments see :meth:`AccountFront.submit`.

        Raises:
            TransientError: that account could not record it.
        """
        sent = self._own.sent(body, door, place, given, at)
        signal = self._own.read(sent) if self._members else None
        if not isinstance(signal, Signal):
            return await self._own.take(sent, patience, self._known)
        if signal.account in self._members:
            return await self._members[signal.account].front.take(sent, patience)
        if signal.account != self.account or self._names_own(sent):
            return await self._own.take(sent, patience, self._known)
        return await self._take_all(signal, await self._others(signal, sent), patience)

    def _names_own(self, sent: Sent) -> bool:
        """Tell whether a signal for the daemon's own account says so itself."""
        name, other = next(iter(self._members.items()))
        theirs = other.front.read(sent)
        return isinstance(theirs, Signal) and theirs.account != name

    async def _others(self, signal: Signal, sent: Sent) -> dict[str, Signal]:
        """Return the signal as each other account takes it that takes part."""
        row = await self._own.earlier(signal.id)
        earlier = row.signal if row is not None and isinstance(row.signal, Signal) else None
        if earlier is not None and reused(signal, earlier) is not None:
            return {}
        found: dict[str, Signal] = {}
        for name, member in self._members.items():
            theirs = member.front.read(sent)
            if not isinstance(theirs, Signal) or not member.taking.takes(theirs):
                continue
            opened_at = member.front.worker.committed.account.opened_at
            taken = as_first_taken(theirs, earlier, opened_at)
            if taken is not None:
                found[name] = taken
        return found

    async def _take_all(
        self, signal: Signal, others: Mapping[str, Signal], patience: float
    ) -> Taken:
        asked = self._own.worker.put_signal(signal)
        theirs = {
            name: self._members[name].front.worker.put_signal(one) for name, one in others.items()
        }
        await asyncio.wait([asked])
        if theirs:
            await asyncio.wait(theirs.values(), timeout=_COMMIT_SECONDS)
        there = [TakenThere(name, _answer(name, future)) for name, future in theirs.items()]
        taken = replace(asked.result(), others=tuple(there))
        return await self._settled(signal.symbol, taken, patience)

    async def _settled(self, symbol: str, taken: Taken, patience: float) -> Taken:
        """Return how all took it once they have decided, or after ``patience`` seconds."""
        theirs = [
            (self._members[one.account].front, one.taken)
            for one in taken.others
            if one.taken is not None
        ]
        fronts = [(self._own, taken), *theirs]
        for front, one in fronts:
            await front.fetch_for_ensemble(one.record)
        waiting = {
            front.worker.account: (front, one) for front, one in fronts if _waits(front, one)
        }
        if not waiting:
            return taken
        await self._own.try_to_fetch(symbol)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                for front, one in waiting.values():
                    await front.worker.decided(one.record.signal.id, patience)
        done = {name: await front.settled(one, 0) for name, (front, one) in waiting.items()}
        others = tuple(replace(one, taken=done.get(one.account, one.taken)) for one in taken.others)
        return replace(done.get(self.account, taken), others=others)


def _waits(front: AccountFront, taken: Taken) -> bool:
    """Tell whether a quote may decide it soon."""
    waits = taken.reused is None and taken.record.status is SignalStatus.WAITING
    return waits and not front.waits_for_others(taken.record.signal.id)


def _answer(account: str, future: asyncio.Future[Taken]) -> Taken | None:
    """Return an account's answer; None when it could not record the signal, or has not yet."""
    if not future.done():
        future.cancel()
        log.warning("signal_not_taken", account=account, problem="it does not answer")
        return None
    try:
        return future.result()
    except TransientError as problem:
        log.warning("signal_not_taken", account=account, problem=str(problem))
        return None
