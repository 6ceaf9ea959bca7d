"""What the engine remembers: accounts, what is open, the number of their latest event.

State changes in one place only, :meth:`State.record`, so that a state rebuilt from the log and one
that lived through it are the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from fxpaper.domain.account import Account
from fxpaper.domain.alert import PriceAlert
from fxpaper.domain.event import (
    AccountOpened,
    AccountReset,
    CashMoved,
    DealBooked,
    Event,
    MarginCalled,
    MarginRestored,
    OrderChanged,
    OrderEnded,
    OrderFilled,
    OrderPlaced,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    PriceAlertReached,
    PriceAlertRemoved,
    PriceAlertSet,
    Recorded,
    SwapAccrued,
    TradingStateSet,
)
from fxpaper.domain.instant import Instant
from fxpaper.domain.money import post
from fxpaper.domain.order import Order, Side
from fxpaper.domain.position import Position
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.holding import Holding
from fxpaper.engine.today import Today


class AccountState:
    """One account as the engine sees it.

    Args:
        account: as it is now.
        board: the broker's rules and the latest quotes.
        positions: its open positions, oldest first.
        orders: its waiting orders, oldest first.
        today: the events since its day began.
    """

    __slots__ = (
        "_board",
        "account",
        "alerts",
        "holdings",
        "margin",
        "orders",
        "positions",
        "seq",
        "today",
    )

    def __init__(
        self,
        account: Account,
        board: PriceBoard,
        positions: Iterable[Position] = (),
        orders: Iterable[Order] = (),
        today: Iterable[Recorded] = (),
    ) -> None:
        self.account = account
        self.positions: dict[str, Position] = {}
        """Open ones by id, oldest first."""
        self.orders: dict[str, Order] = {order.id: order for order in orders}
        """Waiting ones by id, oldest first."""
        self.alerts: dict[str, PriceAlert] = {}
        """Prices that are waited for by id, oldest first."""
        self.holdings: dict[str, Holding] = {}
        """Open positions by symbol, with what they float at."""
        self.margin = post(Fraction(0), account.currency)
        """Held for all open positions."""
        self.seq = account.seq
        self.today = Today(account)
        """What its limits remember of the day."""
        self._board = board
        for one in today:
            self.today.follow(one.at, one.event)
        for position in positions:
            self.put(position)

    def put(self, position: Position) -> None:
        """Take in a position that has opened or changed."""
        self.positions[position.id] = position
        holding = self.holding(position.symbol)
        before = holding.margin
        holding.put(position)
        self.holdings[position.symbol] = holding
        self.margin += holding.margin - before

    def remove(self, position_id: str) -> None:
        """Forget a position that has closed."""
        position = self.positions.pop(position_id)
        holding = self.holdings[position.symbol]
        before = holding.margin
        holding.remove(position_id)
        self.margin += holding.margin - before
        if not holding:
            del self.holdings[position.symbol]

    def holding(self, symbol: str) -> Holding:
        """Return what is held of a symbol; an empty holding when there is nothing."""
        held = self.holdings.get(symbol)
        if held is None:
            return Holding(self._board.instruments[symbol], self.account.currency)
        return held

    def margin_with(self, symbol: str, side: Side, lots: Decimal, margin: Decimal) -> Decimal:
        """Return the margin the account would hold with one more position."""
        holding = self.holdings.get(symbol)
        if holding is None:
            return self.margin + margin
        return self.margin - holding.margin + holding.margin_with(side, lots, margin)

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

    def restore(
        self,
        account: Account,
        positions: Iterable[Position],
        orders: Iterable[Order],
        today: Iterable[Recorded] = (),
    ) -> None:
        """Take over an account as the ledger knows it."""
        self.accounts[account.id] = AccountState(account, self._board, positions, orders, today)

    def next_seq(self, account: str) -> int:
        """Return the number that the account's next event will have."""
        known = self.accounts.get(account)
        return known.seq + 1 if known is not None else 1

    def record(self, account: str, at: Instant, event: Event) -> Recorded:
        """Number an event, let it take effect and return it in its place in the log."""
        recorded = Recorded(account, self.next_seq(account), at, event)
        if isinstance(event, AccountOpened | AccountReset):
            before = self.accounts.get(account)
            self.accounts[account] = AccountState(event.account, self._board)
            # Money begins anew; prices that somebody wants to hear of are none of its business.
            self.accounts[account].alerts = {} if before is None else before.alerts
        known = self.accounts[account]
        known.seq = recorded.seq
        _apply(known, event)
        known.today.follow(at, event)
        return recorded


def _apply(state: AccountState, event: Event) -> None:
    state.account = _account_after(state.account, event)
    match event:
        case PositionOpened(position) | PositionChanged(position) | SwapAccrued(position):
            state.put(position)
        case PositionClosed(position):
            state.remove(position.id)
        case OrderPlaced(order) | OrderChanged(order):
            state.orders[order.id] = order
        case OrderFilled(order) | OrderEnded(order):
            state.orders.pop(order.id, None)
        case PriceAlertSet(alert):
            state.alerts[alert.id] = alert
        case PriceAlertReached(alert) | PriceAlertRemoved(alert):
            state.alerts.pop(alert.id, None)
        case _:
            pass


def _account_after(account: Account, event: Event) -> Account:
    match event:
        case DealBooked(deal):
            return replace(account, balance=deal.balance)
        case CashMoved():
            return replace(account, balance=event.balance)
        case MarginCalled() | MarginRestored():
            return replace(account, margin_called=isinstance(event, MarginCalled))
        case TradingStateSet(trading):
            return replace(account, trading=trading)
        case _:
            return account
