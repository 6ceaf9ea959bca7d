"""What the routes work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from aiohttp import web

from fxpaper.bridge.polling import Polls
from fxpaper.clock import Clock
from fxpaper.domain.account import Mode
from fxpaper.domain.instant import Instant
from fxpaper.ledger.shell import LedgerShell
from fxpaper.web.auth import Guard
from fxpaper.web.equity import EquityRing
from fxpaper.web.hooks import Hook
from fxpaper.web.hub import Hub
from fxpaper.web.page_files import StaticPage
from fxpaper.web.ports import Execution, Market


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One account of the daemon by itself.

    Args:
        execution: its one order of things.
        mode: paper or live.
        equity: what it was worth.
        committed: tells the number of its latest event that is committed.
    """

    execution: Execution
    mode: Mode
    equity: EquityRing
    committed: Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The rooms beside the server, and those of its own parts that routes ask.

    Args:
        account: the account that is meant; the daemon's own unless a request names another.
        mode: of that account.
        execution: the account's one order of things.
        committed: tells the number of the account's latest event that is committed.
        market: prices as they are known now.
        ledger: what happened.
        guard: who may come in.
        hub: tells sockets.
        equity: what the account was worth.
        page: the built page.
        clock: the machine's.
        hooks: doors for senders without a token, by name.
        started_at: of the process, nanoseconds UTC.
        demo: whether the daemon was started to be tried out.
        trouble: says in one sentence what is wrong; None while all is well.
        polls: takes those of MetaTrader 4; None where it is not awaited.
        seats: every account by itself, by name, the daemon's own first.
    """

    account: str
    mode: Mode
    execution: Execution
    committed: Callable[[], int]
    market: Market
    ledger: LedgerShell
    guard: Guard
    hub: Hub
    equity: EquityRing
    page: StaticPage
    clock: Clock
    started_at: Instant
    demo: bool
    trouble: Callable[[], str | None]
    hooks: Mapping[str, Hook] = field(default_factory=dict)
    polls: Polls | None = None
    seats: Mapping[str, Seat] = field(default_factory=dict)

    def of(self, account: str) -> Rooms:
        """Return the same rooms for a request that names an account.

        Raises:
            KeyError: there is none of that name.
        """
        seat = self.seats[account]
        return replace(
            self,
            account=account,
            mode=seat.mode,
            execution=seat.execution,
            committed=seat.committed,
            equity=seat.equity,
        )


ROOMS = web.AppKey("rooms", Rooms)
