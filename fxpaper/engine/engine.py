"""The engine: quotes and commands go in, recorded events come out.

It knows no clock, socket, file or chance; live trading and replay are this same code, and the same
inputs give the same bytes. Ids derive from event numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from fxpaper.domain.account import Account, Valuation
from fxpaper.domain.command import ClosePosition, PlaceOrder
from fxpaper.domain.event import AccountOpened, Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import BrokerProfile
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.book import TriggerBook
from fxpaper.engine.booking import Exit, entry_events, exit_events
from fxpaper.engine.gate import FillLimits, unfit
from fxpaper.engine.levels import PositionLevel, levels_of
from fxpaper.engine.matching import edge_of, level_price, market_price
from fxpaper.engine.opening import Opening, opening
from fxpaper.engine.state import State
from fxpaper.engine.valuation import equity, value


class Engine:
    """Accounts trading by one broker's rules.

    Args:
        profile: the broker's rules.
        limits: what a quote must satisfy to be traded on.
    """

    def __init__(self, profile: BrokerProfile, limits: FillLimits) -> None:
        self.board = PriceBoard(profile)
        self.limits = limits
        self.state = State(self.board)
        self._quotes = self.board.quotes
        self._books: dict[str, TriggerBook[PositionLevel]] = {}
        self._tickets: dict[tuple[str, str], list[int]] = {}

    def open_account(self, account: Account) -> list[Recorded]:
        """Open an account that does not exist yet."""
        return [self.state.record(account.id, account.opened_at, AccountOpened(account))]

    def restore(self, account: Account, positions: Iterable[Position]) -> None:
        """Take over an account and its open positions as the ledger knows them."""
        open_positions = tuple(positions)
        self.state.restore(account, open_positions)
        for position in open_positions:
            self._watch(position)

    def on_quote(self, quote: Quote) -> list[Recorded]:
        """Take the next quote of a symbol and return what it caused; mostly nothing."""
        self._quotes[quote.symbol] = quote
        book = self._books.get(quote.symbol)
        if book is None or (
            book.bid_low < quote.bid < book.bid_high and book.ask_low < quote.ask < book.ask_high
        ):
            return []
        return self._trigger(book, quote)

    def place(self, order: PlaceOrder, now: Instant) -> list[Recorded] | Refused:
        """Open a position at the market, or say why not; a refusal changes nothing."""
        state = self.state.accounts.get(order.account)
        if state is None:
            return _unknown_account(order.account)
        refused = self.untradeable(order.symbol, now)
        if refused is not None:
            return refused
        numbers = opening(order, state, self.board)
        if isinstance(numbers, Refused):
            return numbers
        return self._open(order, numbers, state.account, now)

    def close(self, command: ClosePosition, now: Instant) -> list[Recorded] | Refused:
        """Close a position at the market, or say why not; a refusal changes nothing."""
        state = self.state.accounts.get(command.account)
        if state is None:
            return _unknown_account(command.account)
        position = state.positions.get(command.position_id)
        if position is None:
            return Refused(
                code=RefusalCode.UNKNOWN_POSITION,
                actual=command.position_id,
                text=f'There is no open position "{command.position_id}" in account '
                f"{command.account}; it may have closed already.",
            )
        refused = self.untradeable(position.symbol, now)
        if refused is not None:
            return refused
        price = market_price(position.side.opposite, self._quotes[position.symbol])
        return self._close(position, Exit(price, now, command.reason, command.signal_id))

    def untradeable(self, symbol: str, now: Instant) -> Refused | None:
        """Return why a symbol cannot be traded at ``now``, or None when it can."""
        quote = self._quotes.get(symbol)
        if quote is None:
            return Refused(
                code=RefusalCode.NO_QUOTE,
                actual="no quote",
                text=f"No quote of {symbol} has arrived yet.",
            )
        return unfit(quote, now, self.limits)

    def value(self, account: str) -> Valuation:
        """Return what an account is worth at the latest quotes, position by position."""
        return value(self.state.accounts[account], self.board)

    def equity(self, account: str) -> Decimal:
        """Return what an account is worth at the latest quotes."""
        return equity(self.state.accounts[account], self.board)

    def _trigger(self, book: TriggerBook[PositionLevel], quote: Quote) -> list[Recorded]:
        levels = book.crossed(quote.bid, quote.ask)
        if unfit(quote, quote.received_at, self.limits) is not None:
            return []
        events: list[Recorded] = []
        for level in levels:
            position = self.state.accounts[level.account].positions.get(level.position_id)
            if position is not None:
                price = level_price(position.side.opposite, level.kind, level.price, quote)
                exit_ = Exit(price, quote.received_at, level.reason, position.signal_id)
                events += self._close(position, exit_)
        return events

    def _open(
        self, order: PlaceOrder, numbers: Opening, account: Account, now: Instant
    ) -> list[Recorded]:
        first = self.state.next_seq(account.id)
        quote = self._quotes[order.symbol]
        events = entry_events(order, numbers, account, first, now, quote)
        self._watch(events[-1].position)
        return [self.state.record(account.id, now, event) for event in events]

    def _close(self, position: Position, exit_: Exit) -> list[Recorded]:
        account = self.state.accounts[position.account].account
        first = self.state.next_seq(account.id)
        self._unwatch(position)
        return [
            self.state.record(account.id, exit_.at, event)
            for event in exit_events(position, exit_, account, first, self.board)
        ]

    def _watch(self, position: Position) -> None:
        book = self._books.setdefault(position.symbol, TriggerBook())
        self._tickets[position.account, position.id] = [
            book.add(edge_of(position.side.opposite, level.kind), level.price, level)
            for level in levels_of(position)
        ]

    def _unwatch(self, position: Position) -> None:
        book = self._books[position.symbol]
        for ticket in self._tickets.pop((position.account, position.id)):
            book.withdraw(ticket)


def _unknown_account(account: str) -> Refused:
    return Refused(
        code=RefusalCode.UNKNOWN_ACCOUNT,
        actual=account,
        text=f'There is no account "{account}".',
    )
