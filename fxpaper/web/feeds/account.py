"""The events of an account for sockets: none lost, none merged, without a gap, across restarts.

A follower takes part in three steps: it is put on the list, so that what happens from then on is
kept for it; it is sent what the ledger has beyond the number it asked from (or a snapshot); then
what was kept and is newer, and from there each event as it comes. Every follower knows the number
it was sent last, so what comes both ways is sent once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec
import structlog

from fxpaper.domain.account import Mode
from fxpaper.domain.event import PositionOpened, Recorded, SignalDecided, SignalReceived
from fxpaper.domain.signal import Signal
from fxpaper.errors import FxpaperError
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.shell import LedgerShell
from fxpaper.web.client import INTERNAL, Client
from fxpaper.web.event_views import Framing
from fxpaper.web.frames import AccountSnapshotFrame, Ack, raw
from fxpaper.web.ports import Execution, Market
from fxpaper.web.snapshot import account_snapshot

log = structlog.get_logger(__name__)

RESUME_EVENTS = 10_000
"""A client that missed more than this gets a snapshot instead."""

_PAGE = 500
_CLIENTS_AT_ONCE = 250

Numbered = tuple[int, bytes]
"""An event's number and its frame."""


class Resume(msgspec.Struct, frozen=True):
    """Where a client stopped: the log's name and the number of the last event it has."""

    epoch: str
    seq: int


@dataclass(slots=True)
class _Follower:
    """How far a client has got; ``kept`` is what happened while it was catching up."""

    sent: int = 0
    kept: list[Numbered] | None = field(default_factory=list)


class AccountFeed:
    """Tells followers what was committed.

    Args:
        account: whose events.
        execution: has the account as committed.
        market: has the instruments.
        ledger: has the events and what they refer to.
    """

    def __init__(
        self, account: str, execution: Execution, market: Market, ledger: LedgerShell
    ) -> None:
        self.stream = f"account:{account}"
        self.count = 0
        """How many events were told."""
        self._account = account
        self._mode = Mode.PAPER
        self._execution = execution
        self._market = market
        self._ledger = ledger
        self._untold: asyncio.Queue[list[Recorded]] = asyncio.Queue()
        self._undecided: dict[str, Signal] = {}
        self._followers: dict[Client, _Follower] = {}
        self.seq = 0
        """The number of the latest event that followers were told."""
        self.committed = 0
        """The number of the latest event that is committed; at once, also before it is told."""

    def start(self) -> None:
        """Count from the account as it is committed now; called once, before anybody follows."""
        account = self._execution.view().account
        self.seq, self._mode = account.seq, account.mode
        self.committed = max(self.committed, self.seq)

    def on_events(self, events: Sequence[Recorded]) -> None:
        """Take events that are committed, in order."""
        mine = [one for one in events if one.account == self._account]
        if mine:
            self.committed = max(self.committed, mine[-1].seq)
            self._untold.put_nowait(mine)

    async def run(self) -> None:
        """Tell followers what was committed, until cancelled."""
        while True:
            events = await self._untold.get()
            try:
                frames = await self._framed(events)
            except FxpaperError as problem:
                log.exception("events_not_told", account=self._account, problem=str(problem))
                for client in list(self._followers):
                    client.drop(INTERNAL, "event unreadable")
                continue
            self.seq = max(self.seq, events[-1].seq)
            self.count += len(events)
            if frames:
                await self._tell(frames)

    async def subscribe(self, client: Client, id_: int | str | None, resume: Resume | None) -> None:
        """Let a client follow from where it stopped, or from a snapshot.

        Raises:
            FxpaperError: the ledger cannot be read; the client does not follow.
        """
        follower = self._followers[client] = _Follower()
        try:
            if resume is not None and self._can_resume(resume):
                client.send(self._ack(id_, self.seq, resumed=True))
                await self._catch_up(client, follower, resume.seq)
            else:
                await self._show_all(client, follower, id_)
        except FxpaperError:
            self.unsubscribe(client)
            raise
        kept, follower.kept = follower.kept or [], None
        self._send_newer(client, follower, kept)

    def unsubscribe(self, client: Client) -> None:
        """Tell a client no more."""
        self._followers.pop(client, None)

    def is_catching_up(self, client: Client) -> bool:
        """Tell whether a client follows and has not been sent everything up to :attr:`seq`."""
        follower = self._followers.get(client)
        return follower is not None and follower.kept is not None

    def _can_resume(self, resume: Resume) -> bool:
        return (
            resume.epoch == self._ledger.epoch
            and 0 <= resume.seq <= self.seq <= resume.seq + RESUME_EVENTS
        )

    async def _catch_up(self, client: Client, follower: _Follower, seq: int) -> None:
        follower.sent = seq
        framing = self._framing(valued=True)
        while not client.is_gone:
            await client.drain()
            frames = await self._ledger.read(partial(self._page, follower.sent, framing))
            self._send_newer(client, follower, frames)
            if len(frames) < _PAGE:
                return

    async def _show_all(self, client: Client, follower: _Follower, id_: int | str | None) -> None:
        view, instruments = self._execution.view(), self._market.instruments()
        snapshot = await self._ledger.read(
            lambda ledger: account_snapshot(ledger, self._account, view, instruments)
        )
        seq = snapshot.account.seq
        client.send(self._ack(id_, seq, resumed=False))
        frame = AccountSnapshotFrame(
            stream=self.stream,
            epoch=self._ledger.epoch,
            seq=seq,
            mode=self._mode,
            data=raw(snapshot),
        )
        client.send(frame.frame())
        follower.sent = seq

    def _page(self, since: int, framing: Framing, ledger: Ledger) -> list[Numbered]:
        """Read and frame the next events; runs in a thread of the ledger."""
        events = ledger.events_since(self._account, since, _PAGE)
        decided = {one.event.signal_id for one in events if isinstance(one.event, SignalDecided)}
        named = ledger.signals_named(self._account, decided) if decided else {}
        signals = {id_: row.signal for id_, row in named.items() if isinstance(row.signal, Signal)}
        return [(one.seq, framing.frame(one, signals)) for one in events]

    async def _framed(self, events: list[Recorded]) -> list[Numbered]:
        """Frame live events, where anybody follows.

        The signals that they decide came in a moment ago, or are looked up in the ledger.
        """
        decided = set()
        for one in events:
            if isinstance(one.event, SignalReceived):
                self._undecided[one.event.signal.id] = one.event.signal
            elif isinstance(one.event, SignalDecided):
                decided.add(one.event.signal_id)
        signals = {id_: self._undecided.pop(id_) for id_ in decided & self._undecided.keys()}
        if not self._followers:
            return []
        unknown = decided - signals.keys()
        if unknown:
            rows = await self._ledger.read(lambda one: one.signals_named(self._account, unknown))
            signals |= {i: row.signal for i, row in rows.items() if isinstance(row.signal, Signal)}
        opens = any(isinstance(one.event, PositionOpened) for one in events)
        framing = self._framing(valued=opens)
        return [(one.seq, framing.frame(one, signals)) for one in events]

    async def _tell(self, frames: list[Numbered]) -> None:
        """Send every follower what is new to it; most get the very same bytes."""
        before, whole = frames[0][0] - 1, b"".join(frame for _, frame in frames)
        for number, (client, follower) in enumerate(list(self._followers.items()), 1):
            if follower.kept is not None:
                follower.kept += frames
            elif follower.sent == before:
                follower.sent = frames[-1][0]
                client.send(whole)
            else:
                self._send_newer(client, follower, frames)
            if number % _CLIENTS_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _send_newer(self, client: Client, follower: _Follower, frames: list[Numbered]) -> None:
        newer = [frame for frame in frames if frame[0] > follower.sent]
        if not newer:
            return
        if newer[0][0] != follower.sent + 1:
            log.error("gap_in_events", account=self._account, after=follower.sent, next=newer[0][0])
            client.drop(INTERNAL, "gap in events")
            return
        follower.sent = newer[-1][0]
        client.send(b"".join(frame for _, frame in newer))

    def _framing(self, *, valued: bool) -> Framing:
        """Return what frames events; valuing an account with many positions takes a while."""
        view = self._execution.view() if valued else None
        return Framing(self.stream, self._market.instruments(), view, self._mode)

    def _ack(self, id_: int | str | None, seq: int, *, resumed: bool) -> bytes:
        return Ack(
            id=id_, stream=self.stream, epoch=self._ledger.epoch, seq=seq, resumed=resumed
        ).frame()
