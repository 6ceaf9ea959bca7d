"""What each event changes in the tables. Pure: one event in, row changes out.

No rule reads a table, so applying the log again gives the same rows, whatever transactions the
events came in.
"""

from __future__ import annotations

from decimal import Decimal
from functools import singledispatch

import msgspec

from fxpaper.domain.alert import PriceAlertState
from fxpaper.domain.deal import Deal
from fxpaper.domain.event import (
    AccountOpened,
    AccountReset,
    CashMoved,
    DayBegan,
    DealBooked,
    Event,
    LimitReached,
    MarginCalled,
    MarginRestored,
    ModelPolicySet,
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
    Reconciled,
    Recorded,
    SignalDecided,
    SignalReceived,
    SignalReleased,
    SignalUnreadable,
    StoppedOut,
    SwapAccrued,
    TerminalAnswered,
    TerminalCommanded,
    TerminalDealsTaken,
    TradingStateSet,
)
from fxpaper.domain.signal import SignalStatus
from fxpaper.ledger.changes import Cell, Change, Write
from fxpaper.ledger.tables import (
    ACCOUNTS,
    CASH,
    COMMANDS,
    COSTS,
    DAYS,
    DEALS,
    MODEL_POLICIES,
    ORDERS,
    POSITIONS,
    PRICE_ALERTS,
    SIGNALS,
    TERMINALS,
)

OPEN_COMMAND = "sent"
"""State of a terminal's command that has no answer yet."""

_ENCODER = msgspec.json.Encoder()


def changes_of(recorded: Recorded) -> list[Change]:
    """Return what one event changes: its account's number, and mostly one more row."""
    changes = _rows(recorded.event, recorded)
    if not isinstance(recorded.event, AccountOpened):
        number: dict[str, Cell] = {"seq": recorded.seq}
        changes.insert(0, Change(Write.UPDATE, ACCOUNTS, (recorded.account,), number))
    return changes


def _text(value: object) -> str:
    return _ENCODER.encode(value).decode()


@singledispatch
def _rows(event: Event, recorded: Recorded) -> list[Change]:
    raise TypeError(f"no projection of {type(event).__name__} at {recorded.seq}")


@_rows.register
def _(event: AccountOpened, recorded: Recorded) -> list[Change]:
    account = event.account
    cells: dict[str, Cell] = {
        "seq": recorded.seq,
        "balance": str(account.balance),
        "margin_called": 0,
        "trading": account.trading.value,
        "body": _text(account),
    }
    return [Change(Write.INSERT, ACCOUNTS, (recorded.account,), cells)]


@_rows.register
def _(event: ModelPolicySet, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {"body": _text(event.policy)}
    key = (recorded.account, event.policy.model)
    return [Change(Write.REPLACE, MODEL_POLICIES, key, cells)]


@_rows.register
def _(event: SignalReceived, recorded: Recorded) -> list[Change]:
    signal = event.signal
    cells: dict[str, Cell] = {
        "seq": recorded.seq,
        "given_id": None,
        "model": signal.model,
        "symbol": signal.symbol,
        "status": SignalStatus.WAITING.value,
        "body": _text(signal),
        "decision": None,
    }
    return [Change(Write.INSERT, SIGNALS, (recorded.account, signal.id), cells)]


@_rows.register
def _(event: SignalUnreadable, recorded: Recorded) -> list[Change]:
    signal = event.signal
    cells: dict[str, Cell] = {
        "seq": recorded.seq,
        "given_id": signal.given_id,
        "model": signal.model,
        "symbol": signal.symbol,
        "status": SignalStatus.REFUSED.value,
        "body": _text(signal),
        "decision": None,
    }
    return [Change(Write.INSERT, SIGNALS, (recorded.account, signal.id), cells)]


@_rows.register
def _(event: SignalReleased, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {"body": _text(event.signal)}
    return [Change(Write.UPDATE, SIGNALS, (recorded.account, event.signal.id), cells)]


@_rows.register
def _(event: SignalDecided, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {
        "status": event.decision.status.value,
        "decision": _text(event.decision),
    }
    return [Change(Write.UPDATE, SIGNALS, (recorded.account, event.signal_id), cells)]


@_rows.register
def _(event: OrderPlaced, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {"seq": recorded.seq, "open": 1, "body": _text(event.order)}
    return [Change(Write.INSERT, ORDERS, (recorded.account, event.order.id), cells)]


@_rows.register(OrderFilled)
@_rows.register(OrderChanged)
@_rows.register(OrderEnded)
def _(event: OrderFilled | OrderChanged | OrderEnded, recorded: Recorded) -> list[Change]:
    order = event.order
    cells: dict[str, Cell] = {"open": int(not order.state.done), "body": _text(order)}
    return [Change(Write.UPDATE, ORDERS, (recorded.account, event.order.id), cells)]


@_rows.register
def _(event: DealBooked, recorded: Recorded) -> list[Change]:
    deal = event.deal
    balance: dict[str, Cell] = {"balance": str(deal.balance)}
    cells: dict[str, Cell] = {
        "seq": recorded.seq,
        "position_id": deal.position_id,
        "body": _text(deal),
    }
    return [
        Change(Write.UPDATE, ACCOUNTS, (recorded.account,), balance),
        Change(Write.INSERT, DEALS, (recorded.account, deal.id), cells),
        *_costs(deal, recorded),
    ]


def _costs(deal: Deal, recorded: Recorded) -> list[Change]:
    """Return a row for each thing that a deal cost; swap has its own, from its accrual."""
    costs = {"commission": -deal.commission}
    if deal.attribution is not None:
        found = deal.attribution
        costs |= {
            "delay": found.delay,
            "spread": found.spread,
            "slippage": found.slippage,
            "conversion": found.conversion,
        }
    return [
        _cost(recorded, kind, amount, deal.position_id, deal.id)
        for kind, amount in costs.items()
        if amount
    ]


def _cost(
    recorded: Recorded, kind: str, amount: Decimal, position_id: str, deal_id: str | None
) -> Change:
    cells: dict[str, Cell] = {
        "position_id": position_id,
        "deal_id": deal_id,
        "amount": str(amount),
        "at": recorded.at,
    }
    return Change(Write.INSERT, COSTS, (recorded.account, recorded.seq, kind), cells)


@_rows.register
def _(event: CashMoved, recorded: Recorded) -> list[Change]:
    balance: dict[str, Cell] = {"balance": str(event.balance)}
    cells: dict[str, Cell] = {
        "at": recorded.at,
        "kind": event.kind.value,
        "amount": str(event.amount),
        "comment": event.comment,
    }
    return [
        Change(Write.UPDATE, ACCOUNTS, (recorded.account,), balance),
        Change(Write.INSERT, CASH, (recorded.account, recorded.seq), cells),
    ]


@_rows.register(MarginCalled)
@_rows.register(MarginRestored)
def _(event: MarginCalled | MarginRestored, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {"margin_called": int(isinstance(event, MarginCalled))}
    return [Change(Write.UPDATE, ACCOUNTS, (recorded.account,), cells)]


@_rows.register
def _(event: DayBegan, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {
        "at": recorded.at,
        "day": event.day,
        "balance": str(event.balance),
        "equity": str(event.equity),
        "peak": str(event.peak),
        "initial": str(event.initial),
        "late": int(event.late),
    }
    return [Change(Write.INSERT, DAYS, (recorded.account, recorded.seq), cells)]


@_rows.register(StoppedOut)
@_rows.register(LimitReached)
@_rows.register(Reconciled)
def _(event: StoppedOut | LimitReached | Reconciled, recorded: Recorded) -> list[Change]:
    del event, recorded
    return []


@_rows.register
def _(event: TradingStateSet, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {"trading": event.state.value}
    return [Change(Write.UPDATE, ACCOUNTS, (recorded.account,), cells)]


@_rows.register
def _(event: TerminalCommanded, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {
        "seq": recorded.seq,
        "state": OPEN_COMMAND,
        "body": _text(event.command),
        "answer": None,
    }
    return [Change(Write.INSERT, COMMANDS, (recorded.account, event.command.id), cells)]


@_rows.register
def _(event: TerminalAnswered, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {
        "state": event.answer.state.value,
        "answer": _text(event.answer),
    }
    return [Change(Write.UPDATE, COMMANDS, (recorded.account, event.answer.command_id), cells)]


@_rows.register
def _(event: TerminalDealsTaken, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {"cursor": _text(event.cursor)}
    return [Change(Write.REPLACE, TERMINALS, (recorded.account,), cells)]


@_rows.register
def _(event: PriceAlertSet, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {
        "seq": recorded.seq,
        "state": PriceAlertState.WAITING.value,
        "body": _text(event.alert),
        "ended_at": None,
    }
    return [Change(Write.INSERT, PRICE_ALERTS, (recorded.account, event.alert.id), cells)]


@_rows.register(PriceAlertReached)
@_rows.register(PriceAlertRemoved)
def _(event: PriceAlertReached | PriceAlertRemoved, recorded: Recorded) -> list[Change]:
    reached = isinstance(event, PriceAlertReached)
    state = PriceAlertState.REACHED if reached else PriceAlertState.REMOVED
    cells: dict[str, Cell] = {"state": state.value, "ended_at": recorded.at}
    return [Change(Write.UPDATE, PRICE_ALERTS, (recorded.account, event.alert.id), cells)]


@_rows.register
def _(event: AccountReset, recorded: Recorded) -> list[Change]:
    account = event.account
    cells: dict[str, Cell] = {
        "balance": str(account.balance),
        "margin_called": 0,
        "body": _text(account),
    }
    closed: dict[str, Cell] = {"closed_at": recorded.at}
    ended: dict[str, Cell] = {"open": 0}
    return [
        Change(Write.UPDATE, ACCOUNTS, (recorded.account,), cells),
        *(
            Change(Write.UPDATE, POSITIONS, (recorded.account, id_), closed)
            for id_ in event.positions
        ),
        *(Change(Write.UPDATE, ORDERS, (recorded.account, id_), ended) for id_ in event.orders),
    ]


@_rows.register
def _(event: PositionChanged, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {"body": _text(event.position)}
    return [Change(Write.UPDATE, POSITIONS, (recorded.account, event.position.id), cells)]


@_rows.register
def _(event: SwapAccrued, recorded: Recorded) -> list[Change]:
    position = event.position
    cells: dict[str, Cell] = {"body": _text(position)}
    return [
        Change(Write.UPDATE, POSITIONS, (recorded.account, position.id), cells),
        _cost(recorded, "swap", -event.amount, position.id, None),
    ]


@_rows.register
def _(event: PositionOpened, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {
        "seq": recorded.seq,
        "body": _text(event.position),
        "closed_at": None,
        "deal_id": None,
        "profit": None,
        "commission": None,
        "swap": None,
        "r": None,
    }
    return [Change(Write.INSERT, POSITIONS, (recorded.account, event.position.id), cells)]


@_rows.register
def _(event: PositionClosed, recorded: Recorded) -> list[Change]:
    cells: dict[str, Cell] = {
        "body": _text(event.position),
        "closed_at": recorded.at,
        "deal_id": event.deal_id,
        "profit": str(event.profit),
        "commission": str(event.commission),
        "swap": str(event.swap),
        "r": None if event.r is None else str(event.r),
    }
    return [Change(Write.UPDATE, POSITIONS, (recorded.account, event.position.id), cells)]
