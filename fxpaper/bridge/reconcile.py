"""A live account compared with what its terminal has; the terminal is right. Pure.

Deals explain nearly everything and come first. What they leave open may only be a deal that has not
arrived: it is taken over when several looks in a row have found the same, and the log says so.
"""

from __future__ import annotations

from msgspec.structs import replace

from fxpaper.bridge.live_deals import DealBook
from fxpaper.domain.account import Mode
from fxpaper.domain.event import (
    Event,
    OrderChanged,
    OrderEnded,
    OrderPlaced,
    PositionChanged,
    Reconciled,
    Recorded,
    TerminalDealsTaken,
)
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.order import Order, OrderState
from fxpaper.domain.position import Position
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.terminal import (
    TerminalCash,
    TerminalCursor,
    TerminalDeal,
    TerminalLook,
    TerminalOrder,
    TerminalPosition,
)
from fxpaper.engine.engine import Engine
from fxpaper.engine.state import AccountState

_LOOKS = 3
_WHILE_NS = 8 * NS_PER_SECOND
"""So many looks, over so long, must agree on what no deal explains."""
_ASKED = {OrderState.SENT, OrderState.UNCERTAIN}


class Reconciler:
    """Takes over what a terminal has.

    Args:
        engine: holds the account and the latest quotes.
        account: its id.
        cursor: how far its deals were taken over; None before the first look.
    """

    def __init__(self, engine: Engine, account: str, cursor: TerminalCursor | None) -> None:
        self.cursor = cursor
        self._engine = engine
        self._account = account
        self._book = DealBook(engine, account)
        self._seen: dict[str, tuple[int, Instant]] = {}

    @property
    def _state(self) -> AccountState:
        return self._engine.state.accounts[self._account]

    def take(
        self, look: TerminalLook, marks: dict[int, str], asked: set[str | None], now: Instant
    ) -> list[Recorded]:
        """Take over a look.

        Args:
            look: what the terminal has.
            marks: our orders by the mark that the broker keeps of them.
            asked: our orders of which the terminal has been asked and has not answered.
            now: nanoseconds UTC.
        """
        if _is_blank(look) and self._state.account.balance > 0:
            return []
        self._book.waiting = frozenset(one.ticket for one in look.orders)
        events = self._deals(look, marks, now)
        found: set[str] = set()
        events += self._positions(look, found, now)
        events += self._orders(look, marks, found, now)
        events += self._silent(asked, found, now)
        events += self._balance(look, found, now)
        self._seen = {what: seen for what, seen in self._seen.items() if what in found}
        return events

    def _deals(self, look: TerminalLook, marks: dict[int, str], now: Instant) -> list[Recorded]:
        cursor, events = self.cursor, list[Recorded]()
        if cursor is not None:
            events = self._booked(look, cursor, marks, now)
        now_at = reached(cursor, look)
        if now_at != cursor:
            self.cursor = now_at
            events.append(self._record(now, TerminalDealsTaken(now_at)))
        return events

    def _booked(
        self, look: TerminalLook, cursor: TerminalCursor, marks: dict[int, str], now: Instant
    ) -> list[Recorded]:
        """Book what has not been taken over yet; a deal may show up after a later one."""
        times = dict(look.seen)
        booked: tuple[TerminalDeal | TerminalCash, ...] = (*look.deals, *look.cash)
        fresh = {one.ticket: one for one in booked if not cursor.has(one.ticket, times[one.ticket])}
        events: list[Recorded] = []
        for _, one in sorted(fresh.items()):
            if isinstance(one, TerminalCash):
                events += self._book.cash(one, now)
            else:
                order = self._order_of(one.order, marks.get(one.magic))
                events += self._book.deal(one, order, now)
        return events

    def _positions(self, look: TerminalLook, found: set[str], now: Instant) -> list[Recorded]:
        events: list[Recorded] = []
        theirs = {one.id: one for one in look.positions}
        for position in list(self._state.positions.values()):
            one = theirs.pop(position.id.partition("r")[0], None)
            if one is None:
                text = f"The terminal has no position {position.id} any more, and no deal says why."
                if self._again(f"gone {position.id}", found, now):
                    events += [self._note(text, now), *self._book.drop(position, now)]
            else:
                events += self._compared(position, one, found, now)
        for one in theirs.values():
            if self._again(f"new {one.id}", found, now):
                text = (
                    f"The terminal has a {one.side} of {one.lots} lots of {one.symbol}, {one.id}."
                )
                events += [self._note(text, now), *self._book.adopt(one, now)]
        return events

    def _compared(
        self, position: Position, one: TerminalPosition, found: set[str], now: Instant
    ) -> list[Recorded]:
        changes: dict[str, object] = {}
        if (position.side, position.lots) != (one.side, one.lots):
            if not self._again(f"lots {position.id} {one.side} {one.lots}", found, now):
                return []
            text = f"{position.id} is a {one.side} of {one.lots} lots, not of {position.lots}."
            note = [self._note(text, now)]
            changes = {"lots": one.lots, "side": one.side, "open_value": None}
        else:
            note = []
        for name in ("stop_loss", "take_profit", "swap", "open_price"):
            if getattr(position, name) != getattr(one, name):
                changes[name] = getattr(one, name)
        if "open_price" in changes and position.open_value is not None and not note:
            changes["open_value"] = one.open_price * position.lots
        if not changes:
            return []
        if changes.keys() - {"swap"}:
            changes["version"] = position.version + 1
        return [*note, self._record(now, PositionChanged(replace(position, **changes)))]

    def _orders(
        self, look: TerminalLook, marks: dict[int, str], found: set[str], now: Instant
    ) -> list[Recorded]:
        events: list[Recorded] = []
        ours = {order.ticket: order for order in self._state.orders.values() if order.ticket}
        for one in look.orders:
            order = ours.pop(one.ticket, None) or self._order_of("", marks.get(one.magic))
            if order is not None:
                events += self._placed(order, one, now)
            elif self._again(f"order {one.ticket}", found, now):
                text = f"The terminal has a {one.side} {one.kind} of {one.symbol}, {one.ticket}."
                adopted = self._adopted(one)
                events += [self._note(text, now), self._record(now, OrderPlaced(adopted))]
        for order in ours.values():
            waits = order.state is OrderState.PLACED
            if waits and self._again(f"ended {order.id}", found, now):
                why = Refused(
                    code=RefusalCode.ENDED_AT_TERMINAL,
                    text=f"The terminal has no order {order.ticket} any more; it was cancelled or "
                    "expired there.",
                )
                ended = replace(order, state=OrderState.CANCELLED, ended_at=now, ended=why)
                events.append(self._record(now, OrderEnded(ended)))
        return events

    def _silent(self, asked: set[str | None], found: set[str], now: Instant) -> list[Recorded]:
        """Give up knowing of orders that were done, and of which the terminal shows nothing."""
        events: list[Recorded] = []
        for order in list(self._state.orders.values()):
            sent = order.state is OrderState.SENT and order.id not in asked
            if sent and self._again(f"silent {order.id}", found, now):
                uncertain = replace(order, state=OrderState.UNCERTAIN)
                events.append(self._record(now, OrderChanged(uncertain)))
        return events

    def _placed(self, order: Order, one: TerminalOrder, now: Instant) -> list[Recorded]:
        """Take over a waiting order as the terminal has it."""
        names = ("lots", "price", "limit", "stop_loss", "take_profit")
        changes = {
            name: getattr(one, name) for name in names if getattr(order, name) != getattr(one, name)
        }
        if not _same_second(order.expires_at, one.expires_at):
            changes["expires_at"] = one.expires_at
        if order.state in _ASKED or order.ticket != one.ticket:
            changes |= {"state": OrderState.PLACED, "ticket": one.ticket}
        if not changes:
            return []
        changed = replace(order, **changes, version=order.version + 1)
        return [self._record(now, OrderChanged(changed))]

    def _adopted(self, one: TerminalOrder) -> Order:
        return Order(
            id=f"t-{one.ticket}-{self._state.seq + 1}",
            account=self._account,
            symbol=one.symbol,
            digits=self._engine.board.instruments[one.symbol].digits,
            side=one.side,
            lots=one.lots,
            stop_loss=one.stop_loss,
            take_profit=one.take_profit,
            signal_id=None,
            placed_at=one.placed_at,
            kind=one.kind,
            price=one.price,
            limit=one.limit,
            expires_at=one.expires_at,
            ticket=one.ticket,
            mode=Mode.LIVE,
        )

    def _balance(self, look: TerminalLook, found: set[str], now: Instant) -> list[Recorded]:
        """Take over the broker's balance where nothing else explains the difference."""
        apart = look.money.balance - self._state.account.balance
        if not apart or not self._again(f"balance {look.money.balance}", found, now):
            return []
        cash = TerminalCash(
            ticket=0, amount=apart, comment="The terminal's balance differs.", paid=False
        )
        return self._book.cash(cash, now)

    def _order_of(self, ticket: str, marked: str | None) -> Order | None:
        """Return our order of a terminal's number, or of the mark it carries."""
        orders = self._state.orders
        if marked in orders:
            return orders[marked]
        if not ticket:
            return None
        return next((order for order in orders.values() if order.ticket == ticket), None)

    def _again(self, what: str, found: set[str], now: Instant) -> bool:
        """Tell whether several looks in a row, over a while, have found the same."""
        found.add(what)
        count, since = self._seen.get(what, (0, now))
        self._seen[what] = (count + 1, since)
        return count + 1 >= _LOOKS and now - since >= _WHILE_NS

    def _note(self, text: str, now: Instant) -> Recorded:
        return self._record(now, Reconciled(text))

    def _record(self, now: Instant, event: Event) -> Recorded:
        return self._engine.state.record(self._account, now, event)


def reached(cursor: TerminalCursor | None, look: TerminalLook) -> TerminalCursor:
    """Return how far a look takes the account's deals."""
    if cursor is None:
        cursor = TerminalCursor(ticket=0, at=look.looked_at)
        if look.seen:
            cursor = replace(cursor, at=max(at for _, at in look.seen))
    at = max((at for _, at in look.seen), default=cursor.at)
    ticket = max((ticket for ticket, _ in look.seen), default=cursor.ticket)
    found = TerminalCursor(ticket=max(ticket, cursor.ticket), at=max(at, cursor.at))
    recent = {*cursor.recent, *look.seen}
    return replace(found, recent=tuple(sorted(one for one in recent if one[1] >= found.late_since)))


def _is_blank(look: TerminalLook) -> bool:
    """Tell whether a terminal has nothing at all: one that has not loaded its account yet."""
    return not (look.money.balance or look.money.equity or look.positions or look.orders)


def _same_second(one: Instant | None, other: Instant | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < NS_PER_SECOND
