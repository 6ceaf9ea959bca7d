"""What a live account's terminal is asked to do, and what it tells."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import DealReason, OrderKind, Side, TimeInForce


class TerminalOp(StrEnum):
    """What a terminal can be asked to do."""

    OPEN = "open"
    """A deal at the market."""
    PLACE = "place"
    """An order that waits for its price."""
    CLOSE = "close"
    """A position, or a part of it, at the market."""
    CLOSE_BY = "close_by"
    """Two opposite positions against each other."""
    CHANGE = "change"
    """A waiting order's prices and expiry."""
    CANCEL = "cancel"
    """A waiting order."""
    PROTECT = "protect"
    """A position's stop-loss and take-profit."""


class TerminalCommand(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing a terminal is asked to do. Written to the ledger before it is sent.

    Args:
        id: known to the terminal for ever; the same id is never done twice.
        account: whose.
        op: what.
        symbol: canonical symbol.
        written_at: nanoseconds UTC.
        deadline: a terminal that gets it later does nothing, nanoseconds UTC.
        order_id: our order that it serves, or None.
        position_id: the position it closes or protects, or None.
        other_id: the position it closes by, or None.
        ticket: the terminal's number of the order it changes or cancels.
        side: of the deal or order.
        lots: of it.
        kind: when an order becomes a deal.
        price: that it waits for, in points.
        limit: what a triggered stop-limit waits for, in points.
        stop_loss: in points, or None for none.
        take_profit: in points, or None for none.
        deviation: how many points worse than the market a deal may be.
        time_in_force: how long an order may wait.
        expires_at: when an order is given up, nanoseconds UTC, or None.
    """

    id: str
    account: str
    op: TerminalOp
    symbol: str
    written_at: Instant
    deadline: Instant
    order_id: str | None = None
    position_id: str | None = None
    other_id: str | None = None
    ticket: str = ""
    side: Side | None = None
    lots: Decimal | None = None
    kind: OrderKind = OrderKind.MARKET
    price: Points | None = None
    limit: Points | None = None
    stop_loss: Points | None = None
    take_profit: Points | None = None
    deviation: int = 0
    time_in_force: TimeInForce = TimeInForce.GTC
    expires_at: Instant | None = None


class AnswerState(StrEnum):
    """What became of a command."""

    DONE = "done"
    """The broker has done it; its deals follow."""
    PLACED = "placed"
    """The broker has the order; it waits."""
    REFUSED = "refused"
    """Nobody has done anything."""
    EXPIRED = "expired"
    """It came after its deadline; nobody has done anything."""
    UNCERTAIN = "uncertain"
    """It was handed to the broker, and nothing tells what became of it."""


class TerminalAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a terminal says became of a command.

    Args:
        command_id: which.
        state: what became of it.
        retcode: of the broker; 0 where it was not asked.
        text: why, for people.
        ticket: of the order at the broker.
        duplicate: whether the terminal had been sent it before.
    """

    command_id: str
    state: AnswerState
    retcode: int = 0
    text: str = ""
    ticket: str = ""
    duplicate: bool = False


class TerminalPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position as the terminal has it.

    Args:
        id: the terminal's number of it.
        symbol: canonical symbol.
        side: buy is long.
        lots: volume.
        open_price: in points, rounded where the broker averages.
        opened_at: nanoseconds UTC.
        stop_loss: in points, or None.
        take_profit: in points, or None.
        swap: accrued, account currency.
        magic: of who opened it.
    """

    id: str
    symbol: str
    side: Side
    lots: Decimal
    open_price: Points
    opened_at: Instant
    stop_loss: Points | None
    take_profit: Points | None
    swap: Decimal
    magic: int


class TerminalOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A waiting order as the terminal has it; the fields as in Order.

    Args:
        ticket: the terminal's number of it.
        magic: of who placed it.
    """

    ticket: str
    symbol: str
    side: Side
    kind: OrderKind
    lots: Decimal
    price: Points
    limit: Points | None
    stop_loss: Points | None
    take_profit: Points | None
    placed_at: Instant
    expires_at: Instant | None
    magic: int


class DealEntry(StrEnum):
    """What a broker's deal did to its position."""

    IN = "in"
    OUT = "out"
    IN_OUT = "in_out"
    """Closed it and opened the opposite, on a netting account."""


class TerminalDeal(msgspec.Struct, frozen=True, kw_only=True):
    """A fill as the terminal has it.

    Args:
        ticket: its number; a later deal has a greater one.
        order: number of the order it filled.
        position_id: number of its position.
        symbol: canonical symbol.
        side: buy or sell.
        entry: what it did to the position.
        lots: volume.
        price: in points.
        at: nanoseconds UTC.
        commission: with every fee, account currency, negative when paid.
        swap: settled, account currency.
        profit: account currency.
        magic: of who asked for it.
        reason: why the broker says it happened; None: because somebody asked.
    """

    ticket: int
    order: str
    position_id: str
    symbol: str
    side: Side
    entry: DealEntry
    lots: Decimal
    price: Points
    at: Instant
    commission: Decimal
    swap: Decimal
    profit: Decimal
    magic: int
    reason: DealReason | None


class TerminalCash(msgspec.Struct, frozen=True, kw_only=True):
    """Money that a broker has booked without a trade; the fields as in TerminalDeal.

    Args:
        ticket: its number.
        amount: account currency, negative when taken.
        comment: of the broker.
        paid: whether it was paid in or out, rather than charged.
    """

    ticket: int
    amount: Decimal
    comment: str
    paid: bool


class TerminalMoney(msgspec.Struct, frozen=True, kw_only=True):
    """What an account is worth, as its broker says; account currency."""

    balance: Decimal
    equity: Decimal
    margin: Decimal
    credit: Decimal = Decimal(0)


class TerminalRules(msgspec.Struct, frozen=True, kw_only=True):
    """What of a symbol must be the same at the broker and in the profile.

    Args:
        digits: decimals of its prices.
        contract_size: units in a lot.
        lot_step: step of lots.
        min_lots: fewest.
        max_lots: most.
    """

    digits: int
    contract_size: Decimal
    lot_step: Decimal
    min_lots: Decimal
    max_lots: Decimal


class TerminalUp(msgspec.Struct, frozen=True, kw_only=True):
    """The account's terminal is connected.

    Args:
        name: ``login@server``.
        rules: what its broker trades, by canonical symbol.
    """

    name: str
    rules: dict[str, TerminalRules]


class TerminalDown(msgspec.Struct, frozen=True):
    """The account's terminal is gone.

    Args:
        why: one sentence.
    """

    why: str


class TerminalLook(msgspec.Struct, frozen=True, kw_only=True):
    """The account as its terminal has it now, after every deal that it knows of.

    Args:
        positions: open ones.
        orders: waiting ones.
        deals: new and old, in any order.
        cash: the same.
        seen: number and time, on the broker's clock in milliseconds, of every deal in it, those
            that mean nothing here too.
        looked_at: when it was, on the broker's clock in milliseconds.
        money: what the account is worth.
        may_trade: whether orders are carried out.
        why_not: one sentence where they are not.
        unknown: symbols of positions and orders that are not ours, and are left out.
    """

    positions: tuple[TerminalPosition, ...]
    orders: tuple[TerminalOrder, ...]
    deals: tuple[TerminalDeal, ...]
    cash: tuple[TerminalCash, ...]
    seen: tuple[tuple[int, int], ...]
    looked_at: int
    money: TerminalMoney
    may_trade: bool
    why_not: str = ""
    unknown: tuple[str, ...] = ()


_LATE_MS = 600_000
_ASKED_MS = 4_200_000
"""An hour more: a broker's clock that goes back lets deals seem older than they are."""


class TerminalCursor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a terminal's deals have been taken over.

    Args:
        ticket: greatest number that was.
        at: of the latest, on the broker's clock in milliseconds.
        recent: number and time of those in the ten minutes before, and of it; a deal may show up
            late, after one with a greater number.
    """

    ticket: int
    at: int
    recent: tuple[tuple[int, int], ...] = ()

    @property
    def since(self) -> int:
        """From when on deals are asked for, on the broker's clock in milliseconds."""
        return max(self.at - _ASKED_MS, 0)

    @property
    def late_since(self) -> int:
        """From when on a deal may show up after a later one, on that clock in milliseconds."""
        return max(self.at - _LATE_MS, 0)

    def has(self, ticket: int, at: int) -> bool:
        """Tell whether a deal has been taken over."""
        if ticket > self.ticket:
            return False
        return at < self.late_since or any(ticket == one for one, _ in self.recent)


TerminalSaid = TerminalUp | TerminalDown | TerminalAnswer | TerminalLook
