"""The account as it was last committed: what may be shown while the next batch is being written."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property

from fxpaper.domain.account import Account, Valuation
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.limits import NO_LIMITS
from fxpaper.domain.position import Position
from fxpaper.domain.signal import ModelPolicy
from fxpaper.engine.state import AccountState
from fxpaper.engine.valuation import close_price, value
from fxpaper.signals.desk import Desk
from fxpaper.signals.headroom import Headroom, headroom


class Committed:
    """A copy of one account's state.

    Args:
        desk: whose state has just been committed.
        account: its id.
    """

    def __init__(self, desk: Desk, account: str) -> None:
        live = desk.engine.state.accounts[account]
        self._board = desk.engine.board
        self.account: Account = live.as_account()
        """The account with the number of its latest committed event."""
        self.positions: tuple[Position, ...] = tuple(live.positions.values())
        """Open positions, oldest first."""
        self.policies: list[ModelPolicy] = desk.policies(account)
        self.waiting = frozenset(signal.id for signal in desk.waiting)
        """Ids of the signals without a decision."""
        self._orders = tuple(live.orders.values())
        self._limits = desk.engine.account_limits or NO_LIMITS
        self._today = live.today.copy()

    @cached_property
    def _state(self) -> AccountState:
        state = AccountState(self.account, self._board, self.positions, self._orders)
        state.today = self._today
        return state

    def valuation(self) -> Valuation:
        """Return what the account is worth at the latest quotes."""
        return value(self._state, self._board)

    def headroom(self, now: Instant, stops: tuple[Iterable[str], Decimal]) -> Headroom:
        """Return how far the account is from its limits; ``stops`` as in :mod:`headroom`."""
        return headroom(self._state, self._board, self._limits, now, stops)

    def close_prices(self) -> dict[str, Points | None]:
        """Return what each position would close at now, in points; None before a quote."""
        return {position.id: close_price(position, self._board) for position in self.positions}
