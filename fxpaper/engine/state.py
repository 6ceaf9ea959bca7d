"""What the engine remembers: accounts, their open positions, the number of their latest event.

State changes in one place only, :meth:`State.record`, so that a state rebuilt from the log and one
that lived through it are the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from fxpaper.domain.account import Account
from fxpaper.domain.event import (
    AccountOpened,
    DealBooked,
    Event,
    PositionClosed,
    PositionOpened,
    Recorded,
)
from fxpaper.domain.instant import Instant
from fxpaper.domain.position import Position


class AccountState:
    """One account as the engine sees it."""

    __slots__ = ("account", "positions", "seq")

    def __init__(self, account: Account) -> None:
        self.account = account
        self.positions: dict[str, Position] = {}
        self.seq = account.seq

    def as_account(self) -> Account:
        """Return the account with the number of its latest event."""
        return replace(self.account, seq=self.seq)


class State:
    """Every account of one engine."""

    def __init__(self) -> None:
        self.accounts: dict[str, AccountState] = {}

    def restore(self, account: Account, positions: Iterable[Position]) -> None:
        """Take over an account as the ledger knows it."""
        kept = AccountState(account)
        kept.positions = {position.id: position for position in positions}
        self.accounts[account.id] = kept

    def next_seq(self, account: str) -> int:
        """Return the number that the account's next event will have."""
        known = self.accounts.get(account)
        return known.seq + 1 if known is not None else 1

    def record(self, account: str, at: Instant, event: Event) -> Recorded:
        """Number an event, let it take effect and return it in its place in the log."""
        recorded = Recorded(account, self.next_seq(account), at, event)
        if isinstance(event, AccountOpened):
            self.accounts[account] = AccountState(event.account)
        known = self.accounts[account]
        known.seq = recorded.seq
        if isinstance(event, DealBooked):
            known.account = replace(known.account, balance=event.deal.balance)
        elif isinstance(event, PositionOpened):
            known.positions[event.position.id] = event.position
        elif isinstance(event, PositionClosed):
            del known.positions[event.position.id]
        return recorded
