"""Between a terminal's messages about its account and ours: names, points, UTC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from fxpaper.bridge.marks import mark_of
from fxpaper.bridge.session import Session
from fxpaper.bridge.trade_messages import (
    AccountNow,
    Cmd,
    DealRow,
    OrderRow,
    PositionRow,
    Result,
)
from fxpaper.domain.instant import NS_PER_MS, Instant
from fxpaper.domain.instrument import Instrument, Points, format_price
from fxpaper.domain.order import DealReason, OrderKind, Side
from fxpaper.domain.terminal import (
    AnswerState,
    DealEntry,
    TerminalAnswer,
    TerminalCash,
    TerminalCommand,
    TerminalDeal,
    TerminalLook,
    TerminalMoney,
    TerminalOrder,
    TerminalPosition,
    TerminalRules,
)
from fxpaper.errors import ProtocolError

_TYPES = {
    (OrderKind.MARKET, Side.BUY): 0,
    (OrderKind.MARKET, Side.SELL): 1,
    (OrderKind.LIMIT, Side.BUY): 2,
    (OrderKind.LIMIT, Side.SELL): 3,
    (OrderKind.STOP, Side.BUY): 4,
    (OrderKind.STOP, Side.SELL): 5,
    (OrderKind.STOP_LIMIT, Side.BUY): 6,
    (OrderKind.STOP_LIMIT, Side.SELL): 7,
}
_KINDS = {number: both for both, number in _TYPES.items()}
_SIDES = (Side.BUY, Side.SELL)
_ENTRIES = {0: DealEntry.IN, 1: DealEntry.OUT, 2: DealEntry.IN_OUT, 3: DealEntry.OUT}
_OUT_BY = 3
_PAID = 2
"""DEAL_TYPE_BALANCE."""
_REASONS = {
    4: DealReason.STOP_LOSS,
    5: DealReason.TAKE_PROFIT,
    6: DealReason.STOP_OUT,
}


class AccountWire:
    """Reads and writes for one session.

    Args:
        session: has the broker's names, rules and clock.
        instruments: the known ones, by canonical symbol.
    """

    def __init__(self, session: Session, instruments: Mapping[str, Instrument]) -> None:
        self._session = session
        self._instruments = instruments
        self._unknown: dict[str, None] = {}

    def rules(self) -> dict[str, TerminalRules]:
        """Return what the broker trades of ours."""
        return {
            symbol: TerminalRules(
                digits=spec.digits,
                contract_size=spec.contract,
                lot_step=spec.vol_step,
                min_lots=spec.vol_min,
                max_lots=spec.vol_max,
            )
            for symbol, spec in self._session.symbols.items()
        }

    def command(self, command: TerminalCommand, now: Instant, *, again: bool) -> Cmd:
        """Return the message of a command.

        Raises:
            ProtocolError: the broker has no such symbol any more.
        """
        spec = self._session.symbols.get(command.symbol)
        if spec is None:
            raise ProtocolError(f"the broker has no {command.symbol}")
        return Cmd(
            s=self._session.next_number(),
            t=now // NS_PER_MS,
            id=command.id,
            op=command.op.value,
            symbol=spec.symbol,
            magic=str(mark_of(command.id)),
            deadline=command.deadline // NS_PER_MS,
            again=again,
            type=_TYPES.get((command.kind, command.side or Side.BUY), 0),
            lots=command.lots or Decimal(0),
            price=self._price(command.symbol, command.price),
            limit=self._price(command.symbol, command.limit),
            sl=self._price(command.symbol, command.stop_loss),
            tp=self._price(command.symbol, command.take_profit),
            deviation=command.deviation,
            tif=command.time_in_force.value,
            expires=self._session.broker_seconds(command.expires_at),
            position=_number(command.position_id),
            by=_number(command.other_id),
            order=_number(command.ticket),
        )

    def answer(self, result: Result) -> TerminalAnswer:
        """Return what became of a command."""
        return TerminalAnswer(
            command_id=result.id,
            state=AnswerState(result.state),
            retcode=result.retcode,
            text=result.why,
            ticket=str(result.order) if result.order else "",
            duplicate=result.dup,
        )

    def look(
        self,
        account: AccountNow,
        rows: Iterable[DealRow],
        now: Instant,
    ) -> TerminalLook:
        """Return the account as it is, with the deals that came before it.

        Args:
            account: the message that ends a look.
            rows: deals since the one before.
            now: nanoseconds UTC.
        """
        self._unknown = {}
        deals: list[TerminalDeal] = []
        cash: list[TerminalCash] = []
        known = list(rows)
        for row in known:
            if row.type > 1 or row.lots <= 0:
                cash.append(_cash(row))
            elif row.symbol in self._session.names:
                deals.append(self._deal(row, now))
            else:
                cash.append(_cash(row))
        positions = [self._position(one, now) for one in account.positions]
        orders = [self._order(one, now) for one in account.orders]
        return TerminalLook(
            positions=tuple(one for one in positions if one is not None),
            orders=tuple(one for one in orders if one is not None),
            deals=tuple(deals),
            cash=tuple(one for one in cash if one.amount),
            seen=tuple((row.ticket, row.time) for row in known),
            looked_at=self._session.broker_seconds(now) * 1000,
            money=TerminalMoney(
                balance=account.balance,
                equity=account.equity,
                margin=account.margin,
                credit=account.credit,
            ),
            may_trade=account.trade,
            why_not=account.why,
            unknown=tuple(self._unknown),
        )

    def _position(self, row: PositionRow, now: Instant) -> TerminalPosition | None:
        symbol = self._ours(row.symbol)
        if symbol is None or row.lots <= 0:
            return None
        return TerminalPosition(
            id=str(row.id),
            symbol=symbol,
            side=_SIDES[row.type],
            lots=self._lots(symbol, row.lots),
            open_price=self._points(symbol, row.price),
            opened_at=self._session.utc(row.time, now),
            stop_loss=self._level(symbol, row.sl),
            take_profit=self._level(symbol, row.tp),
            swap=row.swap,
            magic=int(row.magic),
        )

    def _order(self, row: OrderRow, now: Instant) -> TerminalOrder | None:
        symbol = self._ours(row.symbol)
        if symbol is None or row.type not in _KINDS or row.lots <= 0:
            return None
        kind, side = _KINDS[row.type]
        return TerminalOrder(
            ticket=str(row.ticket),
            symbol=symbol,
            side=side,
            kind=kind,
            lots=self._lots(symbol, row.lots),
            price=self._points(symbol, row.price),
            limit=self._level(symbol, row.limit),
            stop_loss=self._level(symbol, row.sl),
            take_profit=self._level(symbol, row.tp),
            placed_at=self._session.utc(row.time, now),
            expires_at=self._session.utc(row.expires * 1000, now) if row.expires else None,
            magic=int(row.magic),
        )

    def _deal(self, row: DealRow, now: Instant) -> TerminalDeal:
        symbol = self._session.names[row.symbol]
        reason = DealReason.CLOSE_BY if row.entry == _OUT_BY else _REASONS.get(row.reason)
        return TerminalDeal(
            ticket=row.ticket,
            order=str(row.order),
            position_id=str(row.position),
            symbol=symbol,
            side=_SIDES[row.type],
            entry=_ENTRIES[row.entry],
            lots=self._lots(symbol, row.lots),
            price=self._points(symbol, row.price),
            at=self._session.utc(row.time, now),
            commission=row.commission + row.fee,
            swap=row.swap,
            profit=row.profit,
            magic=int(row.magic),
            reason=reason,
        )

    def _ours(self, theirs: str) -> str | None:
        symbol = self._session.names.get(theirs)
        if symbol is None:
            self._unknown[theirs] = None
        return symbol

    def _lots(self, symbol: str, lots: Decimal) -> Decimal:
        """Return a volume with the decimals of the lot step, unless it has more."""
        on_step = lots.quantize(self._instruments[symbol].lot_step)
        return on_step if on_step == lots else lots

    def _points(self, symbol: str, price: Decimal) -> Points:
        return self._instruments[symbol].nearest_points(price)

    def _level(self, symbol: str, price: Decimal) -> Points | None:
        return self._points(symbol, price) if price else None

    def _price(self, symbol: str, points: Points | None) -> Decimal:
        if points is None:
            return Decimal(0)
        return format_price(points, self._instruments[symbol].digits)


def _cash(row: DealRow) -> TerminalCash:
    """Return the money of a deal that is no trade of ours."""
    what = row.comment or (f"a deal in {row.symbol}" if row.symbol else "booked by the broker")
    return TerminalCash(
        ticket=row.ticket,
        amount=row.profit + row.swap + row.commission + row.fee,
        comment=what,
        paid=row.type == _PAID,
    )


def _number(id_: str | None) -> int:
    """Return the broker's number of a position or an order; 0 for none."""
    digits = (id_ or "").partition("r")[0]
    return int(digits) if digits.isdigit() else 0
