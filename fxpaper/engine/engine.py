"""The engine: quotes and commands go in, recorded events come out.

It knows no clock, socket, file or chance; live trading and replay are this same code, and the same
inputs give the same bytes. Ids derive from event numbers.

Theory of operation. What waits is a level in a symbol's book or a timer. A quote first lets every
timer up to its instant act, then takes effect, then, if it crosses a level or somebody waits for
it, acts: orders that wait for a quote are executed, then the levels it reaches act in their rank
(:mod:`fxpaper.engine.levels`), then the levels that those have made, on the same quote, until none
is reached any more. Last, the accounts whose money has moved are watched anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar

from fxpaper.domain.account import Account, Mode, Valuation
from fxpaper.domain.alert import PriceAlert
from fxpaper.domain.command import (
    CancelOrder,
    CloseAll,
    CloseBy,
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    MoveCash,
    PlaceGroup,
    PlaceOrder,
    RemovePriceAlert,
    ResetAccount,
    ReversePosition,
    SetPriceAlert,
)
from fxpaper.domain.event import AccountOpened, Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import BrokerProfile
from fxpaper.domain.limits import Limits
from fxpaper.domain.order import DealReason, Order, TriggerSide
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine import (
    cash,
    closing,
    groups,
    marking,
    placing,
    price_alerts,
    protecting,
    rollover,
    watching,
    working,
)
from fxpaper.engine.books import SymbolBook
from fxpaper.engine.costs import CostModel
from fxpaper.engine.filling import fill_at_market, reach
from fxpaper.engine.gate import FillLimits, unfit
from fxpaper.engine.levels import Level, Owner, Role
from fxpaper.engine.ranges import Ranges
from fxpaper.engine.timers import Timer, TimerKind
from fxpaper.engine.valuation import equity, value
from fxpaper.engine.venue import Venue

C = TypeVar("C")

_NO_COSTS = CostModel()


class Engine:
    """Accounts trading by one broker's rules.

    Args:
        profile: the broker's rules.
        limits: what a quote must satisfy to be traded on.
        costs: how orders reach the market.
        account_limits: what accounts may lose, and by which days; None marks no days.
    """

    def __init__(
        self,
        profile: BrokerProfile,
        limits: FillLimits,
        costs: CostModel = _NO_COSTS,
        account_limits: Limits | None = None,
    ) -> None:
        ranges = Ranges(costs.slippage)
        self.venue = Venue(profile, limits, costs, ranges, groups.react, account_limits)
        self.board = self.venue.board
        self.limits = limits
        self.account_limits = account_limits
        self.state = self.venue.state
        self._quotes = self.board.quotes
        self._books = self.venue.books.by_symbol
        self._timers = self.venue.timers
        self._ranges = self.venue.ranges

    def open_account(self, account: Account) -> list[Recorded]:
        """Open an account that does not exist yet."""
        opened = self.state.record(account.id, account.opened_at, AccountOpened(account))
        marking.await_end(self.venue, self.state.accounts[account.id])
        return [opened]

    def restore(
        self,
        account: Account,
        positions: Iterable[Position],
        orders: Iterable[Order] = (),
        today: Iterable[Recorded] = (),
    ) -> None:
        """Take over an account and what it has open as the ledger knows it.

        Of a live account only its limits are watched: its levels stand at its broker.
        """
        self.state.restore(account, positions, orders, today)
        known = self.state.accounts[account.id]
        marking.await_end(self.venue, known)
        if account.mode is Mode.LIVE:
            watching.review(self.venue, account.id, account.opened_at, loaded=True)
            return
        for position in known.positions.values():
            self.venue.watch_position(position)
        for order in known.orders.values():
            self.venue.watch_order(order)
        watching.review(self.venue, account.id, account.opened_at, loaded=True)
        self.venue.moved.clear()

    def restore_alerts(self, alerts: Iterable[PriceAlert]) -> None:
        """Take over the price alerts that wait, of a live account too."""
        for alert in alerts:
            self.state.accounts[alert.account].alerts[alert.id] = alert
            price_alerts.watch(self.venue, alert)

    def on_quote(self, quote: Quote) -> list[Recorded]:
        """Take the next quote of a symbol and return what it caused; mostly nothing."""
        caused = []
        if quote.received_at >= self._timers.next_at:
            caused = self.advance(quote.received_at)
        self._quotes[quote.symbol] = quote
        if self._ranges.needed:
            self._ranges.add(quote)
        book = self._books.get(quote.symbol)
        if book is None or (
            book.bid_low < quote.bid < book.bid_high
            and book.ask_low < quote.ask < book.ask_high
            and quote.received_at < book.wake_at
        ):
            return caused
        self._act(book, quote)
        return caused + self.venue.take()

    @property
    def needs_every_quote(self) -> bool:
        """Whether prices that cross nothing matter too, because their range is asked for."""
        return self._ranges.needed

    def next_timer(self) -> Instant:
        """Return when :meth:`advance` has something to do next; far away when never."""
        return self._timers.next_at

    def advance(self, now: Instant) -> list[Recorded]:
        """Let every timer up to ``now`` act at its own instant, and return what it caused."""
        while self._timers.next_at <= now:
            self._ring(self._timers.pop(), now)
        return self.venue.take()

    def review(self, account: str, now: Instant) -> list[Recorded]:
        """Look at an account whose money was moved by somebody else, and watch it anew."""
        watching.review(self.venue, account, now)
        self._watch(now)
        return self.venue.take()

    def place(self, command: PlaceOrder, now: Instant) -> list[Recorded] | Refused:
        """Place an order, or say why not; a refusal changes nothing."""
        return self._carry_out(placing.place, command, command.account, now)

    def place_group(self, command: PlaceGroup, now: Instant) -> list[Recorded] | Refused:
        """Place orders that depend on each other, or say why not."""
        account = command.orders[0].account if command.orders else ""
        return self._carry_out(placing.place_group, command, account, now)

    def modify_order(self, command: ModifyOrder, now: Instant) -> list[Recorded] | Refused:
        """Change a waiting order in place, or say why not."""
        return self._carry_out(working.modify, command, command.account, now)

    def cancel(self, command: CancelOrder, now: Instant) -> list[Recorded] | Refused:
        """Cancel a waiting order, or say why not."""
        return self._carry_out(working.cancel, command, command.account, now)

    def modify_position(self, command: ModifyPosition, now: Instant) -> list[Recorded] | Refused:
        """Change what may end a position, or say why not."""
        return self._carry_out(protecting.modify, command, command.account, now)

    def close(self, command: ClosePosition, now: Instant) -> list[Recorded] | Refused:
        """Close a position or a part of it at the market, or say why not."""
        return self._carry_out(closing.close, command, command.account, now)

    def close_by(self, command: CloseBy, now: Instant) -> list[Recorded] | Refused:
        """Close two opposite positions against each other, or say why not."""
        return self._carry_out(closing.close_by, command, command.account, now)

    def close_all(self, command: CloseAll, now: Instant) -> list[Recorded] | Refused:
        """Close every position that matches, or none and say why not."""
        return self._carry_out(closing.close_all, command, command.account, now)

    def reverse(self, command: ReversePosition, now: Instant) -> list[Recorded] | Refused:
        """Close a position and open its opposite, or neither and say why not."""
        return self._carry_out(closing.reverse, command, command.account, now)

    def move_cash(self, command: MoveCash, now: Instant) -> list[Recorded] | Refused:
        """Pay in or take out, or say why not."""
        return self._carry_out(cash.move, command, command.account, now)

    def reset(self, command: ResetAccount, now: Instant) -> list[Recorded] | Refused:
        """Begin an account anew, or say why not."""
        return self._carry_out(cash.reset, command, command.account, now)

    def set_alert(self, command: SetPriceAlert, now: Instant) -> list[Recorded] | Refused:
        """Let a price be waited for, or say why not."""
        return self._carry_out(price_alerts.place, command, command.account, now)

    def remove_alert(self, command: RemovePriceAlert, now: Instant) -> list[Recorded] | Refused:
        """Wait for a price no longer, or say why not."""
        return self._carry_out(price_alerts.remove, command, command.account, now)

    def untradeable(self, symbol: str, now: Instant) -> Refused | None:
        """Return why a symbol cannot be traded at ``now``, or None when it can."""
        return self.venue.untradeable(symbol, now)

    def value(self, account: str) -> Valuation:
        """Return what an account is worth at the latest quotes, position by position."""
        return value(self.state.accounts[account], self.board)

    def equity(self, account: str) -> Decimal:
        """Return what an account is worth at the latest quotes."""
        return equity(self.state.accounts[account], self.board)

    def _carry_out(
        self,
        act: Callable[[Venue, C, Instant], Refused | None],
        command: C,
        account: str,
        now: Instant,
    ) -> list[Recorded] | Refused:
        """Carry out a command after what was due before it, and what follows from it at once.

        What was due before a command that is refused is returned by the next call.
        """
        if account not in self.state.accounts:
            return Refused(
                code=RefusalCode.UNKNOWN_ACCOUNT,
                actual=account,
                text=f'There is no account "{account}".',
            )
        while self._timers.next_at <= now:
            self._ring(self._timers.pop(), now)
        refused = act(self.venue, command, now)
        if refused is not None:
            return refused
        self._settle(now)
        return self.venue.take()

    def _settle(self, now: Instant) -> None:
        """Let what a command has made meet the quotes there are, and watch the accounts."""
        while self.venue.moved:
            symbol = next(iter(self.venue.moved))
            del self.venue.moved[symbol]
            book, quote = self._books.get(symbol), self._quotes.get(symbol)
            fit = quote is not None and self.venue.untradeable(symbol, now) is None
            if book is not None and quote is not None and fit:
                self._reach(book, quote, now, fresh=False)
        self._watch(now)

    def _act(self, book: SymbolBook, quote: Quote) -> None:
        instrument, at = self.board.instruments[quote.symbol], quote.received_at
        if unfit(quote, instrument, at, self.limits) is None:
            for owner in () if self.venue.inside_bar else book.due(at):
                order = self._order(owner)
                if order is not None:
                    fill_at_market(self.venue, order, quote, at)
            self._reach(book, quote, at, fresh=True)
        else:
            self._review_reached(book, quote, at)
        self._watch(at)
        self.venue.moved.clear()

    def _reach(self, book: SymbolBook, quote: Quote, at: Instant, *, fresh: bool) -> None:
        """Let levels act until the quote reaches none that has not acted.

        Only a fresh quote counts as a touch.
        """
        acted: set[Level] = set()
        reached = book.reached(quote)
        twice = book.touch(reached) if fresh else set()
        while reached:
            for level in reached:
                acted.add(level)
                wants_two = level.trigger is TriggerSide.DOUBLE_TOUCH
                if self.venue.books.stands(level) and (not wants_two or level in twice):
                    self._meet(level, quote, at)
            reached = [level for level in book.reached(quote) if level not in acted]

    def _meet(self, level: Level, quote: Quote, at: Instant) -> None:
        if level.role is Role.WATCH:
            self.venue.touched[level.owner.account] = None
        elif level.role is Role.ALERT:
            price_alerts.act(self.venue, level.owner, quote, at)
        elif level.role is Role.ORDER or level.role is Role.ORDER_TRAIL:
            order = self._order(level.owner)
            if order is not None:
                act = reach if level.role is Role.ORDER else working.trail
                act(self.venue, order, quote, at)
        else:
            state = self.state.accounts[level.owner.account]
            protecting.act(self.venue, state.positions[level.owner.id], level, quote, at)

    def _review_reached(self, book: SymbolBook, quote: Quote, at: Instant) -> None:
        """A quote that nothing may fill on can still call an account's margin."""
        for level in book.reached(quote):
            if level.role is Role.WATCH:
                self._meet(level, quote, at)

    def _watch(self, at: Instant) -> None:
        while self.venue.touched:
            watching.review(self.venue, next(iter(self.venue.touched)), at)

    def _ring(self, timer: Timer, now: Instant) -> None:
        match timer.kind:
            case TimerKind.ROLLOVER:
                rollover.roll(self.venue, timer.at)
            case TimerKind.DAY:
                marking.begin(self.venue, timer.at, now)
            case TimerKind.CLOSE:
                position = self._position(timer.owner)
                if position is not None and position.exits.close_at == timer.at:
                    closing.leave_when_possible(self.venue, position, timer.at, DealReason.TIME)
            case TimerKind.EXPIRE:
                order = self._order(timer.owner)
                if order is not None and order.expires_at == timer.at:
                    working.expire(self.venue, order, timer.at)
        self._watch(timer.at)
        self.venue.moved.clear()

    def _order(self, owner: Owner) -> Order | None:
        state = self.state.accounts.get(owner.account)
        return None if state is None else state.orders.get(owner.id)

    def _position(self, owner: Owner) -> Position | None:
        state = self.state.accounts.get(owner.account)
        return None if state is None else state.positions.get(owner.id)
