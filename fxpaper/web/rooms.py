"""What the routes work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
class Rooms:
    """The rooms beside the server, and those of its own parts that routes ask.

    Args:
        account: the daemon's own account.
        mode: of that account.
        execution: the account's one order of things.
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
    """

    account: str
    mode: Mode
    execution: Execution
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


ROOMS = web.AppKey("rooms", Rooms)
