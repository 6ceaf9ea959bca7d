"""What the engine remembers: accounts, their open positions, the number of their latest event.

State changes in one place only, :meth:`State.record`, so that a state rebuilt from the log and one
that lived through it are the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

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
from fxpaper.domain.money import post
from fxpaper.domain.position import Position
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.holding import Holding


class AccountState:
    """One account as the engine sees it.

    Args:
        account: as it is now.
        board: the broker's rules and the latest quotes.
        positions: its open positions.
    """

    __slots__ = ("_board", "account", "holdings", "margin", "positions", "seq")

    def __init__(
        self, account: Account, board: PriceBoard, positions: Iterable[Position] = ()
    ) -> None:
        self.account = account
        self.positions: dict[str, Position] = {}
        self.holdings: dict[str, Holding] = {}
        """Open positions by symbol, with what they float at."""
        self.margin = post(Fraction(0), account.currency)
        """Held for all open positions."""
        self.seq = account.seq
        self._board = board
        for position in positions:
            self.add(position)

    def add(self, position: Position) -> None:
        """Take in a position that has opened."""
        self.positions[position.id] = position
        self.margin += position.margin
        holding = self.holdings.get(position.symbol)
        if holding is None:
            holding = self.holdings[position.symbol] = Holding(
                position.symbol, self.account.currency
            )
        holding.add(position, self._board)

    def remove(self, position_id: str) -> None:
        """Forget a position that has closed."""
        position = self.positions.pop(position_id)
        self.margin -= position.margin
        holding = self.holdings[position.symbol]
        holding.remove(position_id)
        if not holding:
            del self.holdings[position.symbol]

    def as_account(self) -> Account:
        """Return the account with the number of its latest event."""
        return replace(self.account, seq=self.seq)


class State:
    """Every account of one engine.

    Args:
        board: the broker's rules and the latest quotes.
    """

    def __init__(self, board: PriceBoard) -> None:
        self._board = board
        self.accounts: dict[str, AccountState] = {}

    def restore(self, account: Account, positions: Iterable[Position]) -> None:
        """Take over an account as the ledger knows it."""
        self.accounts[account.id] = AccountState(account, self._board, positions)

    def next_seq(self, account: str) -> int:
        """Return the number that the account's next event will have."""
        known = self.accounts.get(account)
        return known.seq + 1 if known is not None else 1

    def record(self, account: str, at: Instant, event: Event) -> Recorded:
        """Number an event, let it take effect and return it in its place in the log."""
        recorded = Recorded(account, self.next_seq(account), at, event)
        if isinstance(event, AccountOpened):
            self.accounts[account] = AccountState(event.account, self._board)
        known = self.accounts[account]
        known.seq = recorded.seq
        if isinstance(event, DealBooked):
            known.account = replace(known.account, balance=event.deal.balance)
        elif isinstance(event, PositionOpened):
            known.add(event.position)
        elif isinstance(event, PositionClosed):
            known.remove(event.position.id)
        return recorded
