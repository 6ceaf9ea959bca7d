"""A terminal's deals become a live account's events: what was bought, what closed, what it brought.

Profit, swap and commission are the broker's own numbers; nothing is reckoned here but what a
broker does not tell.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from fxpaper.domain.account import Accounting, Mode
from fxpaper.domain.deal import Deal, Entry
from fxpaper.domain.event import (
    CashKind,
    CashMoved,
    DealBooked,
    OrderFilled,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    Recorded,
)
from fxpaper.domain.instant import Instant
from fxpaper.domain.money import post, to_decimal
from fxpaper.domain.order import DealReason, Order, OrderState
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.terminal import DealEntry, TerminalCash, TerminalDeal, TerminalPosition
from fxpaper.engine.dealing import closed, joined, leaving, rest
from fxpaper.engine.engine import Engine
from fxpaper.engine.opening import margin_of
from fxpaper.engine.profit import gross_profit
from fxpaper.engine.state import AccountState
from fxpaper.engine.stop_risk import loss_at_stop

_AT_BROKER = Evidence("metatrader", Transport.STREAM, Spread.REAL, Grade.A)
_TURNED = "r"
"""Parts the broker's number of a position from the deal that turned it around."""


class DealBook:
    """Books a live account's deals.

    Args:
        engine: holds the account and the latest quotes.
        account: its id.
    """

    def __init__(self, engine: Engine, account: str) -> None:
        self.waiting: frozenset[str] = frozenset()
        """Numbers of the orders that wait at the terminal in the present look."""
        self._engine = engine
        self._account = account

    @property
    def _state(self) -> AccountState:
        return self._engine.state.accounts[self._account]

    def position(self, id_: str) -> Position | None:
        """Return the open position of a broker's number."""
        for position in self._state.positions.values():
            if position.id.partition(_TURNED)[0] == id_:
                return position
        return None

    def deal(self, deal: TerminalDeal, order: Order | None, now: Instant) -> list[Recorded]:
        """Book a deal.

        Args:
            deal: as the terminal has it.
            order: ours that it filled, or None.
            now: nanoseconds UTC.
        """
        held = self.position(deal.position_id)
        if held is None and deal.entry is DealEntry.OUT:
            return self._money_only(deal, now) + self._filled(order, deal, now)
        if deal.entry is DealEntry.IN or held is None:
            events = self._enter(deal, deal.lots, deal.position_id, (order, held), now)
        elif deal.entry is DealEntry.OUT or deal.lots <= held.lots:
            events = self._leave(deal, min(deal.lots, held.lots), held, order, now)
        else:
            events = self._leave(deal, held.lots, held, order, now)
            turned = replace(deal, commission=Decimal(0), swap=Decimal(0), profit=Decimal(0))
            id_ = f"{deal.position_id}{_TURNED}{deal.ticket}"
            events += self._enter(turned, deal.lots - held.lots, id_, (order, None), now)
        return events + self._filled(order, deal, now)

    def cash(self, cash: TerminalCash, now: Instant) -> list[Recorded]:
        """Book money that moved without a trade."""
        kind = CashKind.BROKER
        if cash.paid:
            kind = CashKind.DEPOSIT if cash.amount > 0 else CashKind.WITHDRAWAL
        balance = self._state.account.balance + cash.amount
        return [self._record(now, CashMoved(kind, cash.amount, balance, cash.comment))]

    def _money_only(self, deal: TerminalDeal, now: Instant) -> list[Recorded]:
        """Book what the close of a position brought that was never known here."""
        amount = deal.profit + deal.swap + deal.commission
        if not amount:
            return []
        what = f"{deal.symbol} position {deal.position_id} closed, not known here"
        cash = TerminalCash(ticket=deal.ticket, amount=amount, comment=what, paid=False)
        return self.cash(cash, now)

    def adopt(self, found: TerminalPosition, now: Instant) -> list[Recorded]:
        """Take over a position that was opened without our knowing."""
        digits = self._engine.board.instruments[found.symbol].digits
        order = Order(
            id="",
            account=self._account,
            symbol=found.symbol,
            digits=digits,
            side=found.side,
            lots=found.lots,
            stop_loss=found.stop_loss,
            take_profit=found.take_profit,
            signal_id=None,
            placed_at=found.opened_at,
            mode=Mode.LIVE,
        )
        # It may have been known, and given up, under its plain number.
        id_ = f"{found.id}{_TURNED}{self._state.seq + 1}"
        position = self._fresh(order, id_, found.lots, found.open_price, found.opened_at)
        position = replace(position, swap=found.swap, magic=found.magic)
        return [self._record(now, PositionOpened(position))]

    def drop(self, position: Position, now: Instant) -> list[Recorded]:
        """Give up a position that the terminal has no more, and no deal tells why."""
        taken = position.taken
        ended = PositionClosed(
            position=position,
            deal_id="",
            profit=taken.profit,
            commission=position.commission + taken.commission,
            swap=taken.swap,
            r=None,
        )
        return [self._record(now, ended)]

    def _enter(
        self,
        deal: TerminalDeal,
        lots: Decimal,
        id_: str,
        known: tuple[Order | None, Position | None],
        now: Instant,
    ) -> list[Recorded]:
        order, held = known
        template = order or self._foreign(deal, lots)
        booked = self._booked(deal, lots, id_ if held is None else held.id, order, Entry.IN)
        events = [self._record(now, DealBooked(booked))]
        fresh = self._fresh(template, booked.position_id, lots, deal.price, deal.at)
        fresh = replace(fresh, commission=deal.commission, magic=deal.magic)
        if held is None:
            return [*events, self._record(now, PositionOpened(fresh))]
        if not held.order_id and (held.magic, held.lots) == (deal.magic, lots):
            # It was adopted before the deal that opened it came.
            known_now = replace(fresh, version=held.version + 1)
            return [*events, self._record(now, PositionChanged(known_now))]
        netting = self._state.account.accounting is Accounting.NETTING
        kept = fresh if netting and order is not None else held
        grown = replace(joined(held, fresh), stop_loss=kept.stop_loss, take_profit=kept.take_profit)
        return [*events, self._record(now, PositionChanged(grown))]

    def _leave(
        self,
        deal: TerminalDeal,
        lots: Decimal,
        held: Position,
        order: Order | None,
        now: Instant,
    ) -> list[Recorded]:
        booked = self._booked(deal, lots, held.id, order, Entry.OUT)
        instrument = self._engine.board.instruments[held.symbol]
        share = leaving(held, lots, self._state.account.currency)
        gross = gross_profit(instrument, held.side, lots, share.value, deal.price)
        rate = Fraction(deal.profit) / gross if gross else None
        same = instrument.quote == self._state.account.currency
        booked = replace(
            booked,
            gross=to_decimal(gross, instrument.digits),
            conversion=None if same or rate is None else to_decimal(rate, 8),
        )
        events = [self._record(now, DealBooked(booked))]
        if lots < held.lots:
            return [*events, self._record(now, PositionChanged(rest(held, share, booked)))]
        return [*events, self._record(now, closed(held, booked))]

    def _filled(self, order: Order | None, deal: TerminalDeal, now: Instant) -> list[Recorded]:
        """Return that an order is filled, unless its rest still waits at the terminal."""
        if order is None or order.id not in self._state.orders or order.ticket in self.waiting:
            return []
        filled = replace(
            order,
            state=OrderState.FILLED,
            fill_price=deal.price,
            filled_at=deal.at,
            ticket=deal.order,
        )
        return [self._record(now, OrderFilled(filled))]

    def _booked(
        self,
        deal: TerminalDeal,
        lots: Decimal,
        position_id: str,
        order: Order | None,
        entry: Entry,
    ) -> Deal:
        account, zero = self._state.account, post(Fraction(0), self._state.account.currency)
        instrument = self._engine.board.instruments[deal.symbol]
        known = self._engine.board.quotes.get(deal.symbol)
        turned = "" if position_id.partition(_TURNED)[2] != str(deal.ticket) else _TURNED
        return Deal(
            id=f"d-{deal.ticket}{turned}",
            account=self._account,
            position_id=position_id,
            order_id=None if order is None else order.id,
            signal_id=None if order is None else order.signal_id,
            symbol=deal.symbol,
            digits=instrument.digits,
            side=deal.side,
            entry=entry,
            lots=lots,
            price=deal.price,
            at=deal.at,
            reason=_reason(deal, order),
            commission=zero + deal.commission,
            swap=zero + deal.swap,
            profit=zero + deal.profit,
            gross=zero,
            conversion=None,
            balance=account.balance + deal.commission + deal.swap + deal.profit,
            mode=Mode.LIVE,
            quote=known or Quote(deal.symbol, deal.price, deal.price, deal.at, deal.at, _AT_BROKER),
        )

    def _foreign(self, deal: TerminalDeal, lots: Decimal) -> Order:
        """Return what stands for an order that somebody else has placed."""
        return Order(
            id="",
            account=self._account,
            symbol=deal.symbol,
            digits=self._engine.board.instruments[deal.symbol].digits,
            side=deal.side,
            lots=lots,
            stop_loss=None,
            take_profit=None,
            signal_id=None,
            placed_at=deal.at,
            mode=Mode.LIVE,
        )

    def _fresh(self, order: Order, id_: str, lots: Decimal, price: int, at: Instant) -> Position:
        board, currency = self._engine.board, self._state.account.currency
        held = margin_of(order, lots, price, self._state, board)
        rate = board.rate(board.instruments[order.symbol].quote, currency, owed=True)
        risk = None
        if order.stop_loss is not None:
            loss = loss_at_stop(board, order.symbol, currency, order.side, (price, order.stop_loss))
            risk = None if loss is None else post(loss * Fraction(lots), currency)
        return Position(
            id=id_,
            account=self._account,
            symbol=order.symbol,
            digits=order.digits,
            side=order.side,
            lots=lots,
            open_price=price,
            opened_at=at,
            stop_loss=order.stop_loss,
            take_profit=order.take_profit,
            commission=post(Fraction(0), currency),
            margin=post(Fraction(0) if held is None else held, currency),
            order_id=order.id,
            signal_id=order.signal_id,
            model=order.model,
            conversion=Decimal(1) if rate is None else to_decimal(rate, 10),
            risk=risk,
            twin=order.twin,
            mode=Mode.LIVE,
        )

    def _record(
        self,
        now: Instant,
        event: DealBooked
        | CashMoved
        | PositionOpened
        | PositionChanged
        | PositionClosed
        | OrderFilled,
    ) -> Recorded:
        return self._engine.state.record(self._account, now, event)


def _reason(deal: TerminalDeal, order: Order | None) -> DealReason:
    if deal.reason is not None:
        return deal.reason
    if order is None:
        return DealReason.MANUAL
    if order.signal_id is not None:
        return DealReason.SIGNAL
    return DealReason.MANUAL if order.kind == "market" else DealReason.ORDER
