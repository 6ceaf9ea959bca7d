"""What can be asked of the projections; none of it reads the log."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any, TypeVar

from msgspec.structs import replace
from sqlalchemy import Connection, Row, Select, Table, func, select

from fxpaper.domain.account import Account, TradingState
from fxpaper.domain.alert import PriceAlertState
from fxpaper.domain.deal import Deal
from fxpaper.domain.event import Recorded
from fxpaper.domain.order import Order
from fxpaper.domain.signal import ModelPolicy, Signal, SignalRecord, SignalStatus
from fxpaper.ledger import bodies, log
from fxpaper.ledger.bodies import Body
from fxpaper.ledger.paging import part
from fxpaper.ledger.projections import OPEN_COMMAND
from fxpaper.ledger.records import AlertRow, Chain, LedgerState, ModelCount, Page, Twins
from fxpaper.ledger.tables import (
    ACCOUNTS,
    COMMANDS,
    DAYS,
    DEALS,
    MODEL_POLICIES,
    ORDERS,
    POSITIONS,
    PRICE_ALERTS,
    SIGNALS,
    TERMINALS,
)

T = TypeVar("T")

_COUNTED = ("day_began", "cash_moved", "position_closed", "order_placed", "limit_reached")
"""Kinds of events that a day's limits follow from."""

_IDS_AT_ONCE = 500
_SIGNAL = select(SIGNALS.c.seq, SIGNALS.c.id, SIGNALS.c.body, SIGNALS.c.decision)


def account_ids(connection: Connection) -> list[str]:
    """Return every account's id, by name."""
    return list(connection.scalars(select(ACCOUNTS.c.id).order_by(ACCOUNTS.c.id)))


def state(connection: Connection, account: str) -> LedgerState | None:
    """Return an account as it was last committed; None when there is none of that name."""
    row = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == account)).one_or_none()
    if row is None:
        return None
    opened = bodies.ACCOUNT.read(row.body)
    still_open = _of(POSITIONS, account).where(POSITIONS.c.closed_at.is_(None))
    still_waiting = _of(ORDERS, account).where(ORDERS.c.open == 1)
    undecided = _SIGNAL.where(
        SIGNALS.c.account == account, SIGNALS.c.status == SignalStatus.WAITING.value
    )
    waiting = (_record(row).signal for row in connection.execute(undecided.order_by("seq")))
    unanswered = _of(COMMANDS, account).where(COMMANDS.c.state == OPEN_COMMAND)
    unreached = _of(PRICE_ALERTS, account).where(
        PRICE_ALERTS.c.state == PriceAlertState.WAITING.value
    )
    cursor = connection.scalar(select(TERMINALS.c.cursor).where(TERMINALS.c.account == account))
    return LedgerState(
        account=replace(
            opened,
            balance=Decimal(row.balance),
            seq=row.seq,
            margin_called=bool(row.margin_called),
            trading=TradingState(row.trading),
        ),
        orders=_all(connection, still_waiting, ORDERS, bodies.ORDER),
        positions=_all(connection, still_open, POSITIONS, bodies.POSITION),
        waiting=tuple(signal for signal in waiting if isinstance(signal, Signal)),
        policies=tuple(policies(connection, account)),
        commands=_all(connection, unanswered, COMMANDS, bodies.COMMAND),
        cursor=None if cursor is None else bodies.CURSOR.read(cursor),
        alerts=_all(connection, unreached, PRICE_ALERTS, bodies.PRICE_ALERT),
        today=_today(connection, opened),
    )


def _today(connection: Connection, opened: Account) -> tuple[Recorded, ...]:
    """Return what an account's limits count: the day's events, its beginning first."""
    latest = select(func.max(DAYS.c.seq)).where(DAYS.c.account == opened.id)
    since = max(connection.scalar(latest) or 0, opened.seq)
    return tuple(log.of_kinds(connection, opened.id, since, _COUNTED))


def policies(connection: Connection, account: str) -> list[ModelPolicy]:
    """Return what each known model may do, by its name."""
    wanted = select(MODEL_POLICIES.c.body).where(MODEL_POLICIES.c.account == account)
    found = connection.scalars(wanted.order_by(MODEL_POLICIES.c.model))
    return [bodies.POLICY.read(body) for body in found]


def orders(connection: Connection, account: str, limit: int, cursor: str | None) -> Page[Order]:
    """Return orders, newest first."""
    rows, more = part(connection, _of(ORDERS, account), ORDERS, limit, cursor)
    return Page(tuple(bodies.ORDER.read(row.body) for row in rows), more)


def deals(connection: Connection, account: str, limit: int, cursor: str | None) -> Page[Deal]:
    """Return deals, newest first."""
    rows, more = part(connection, _of(DEALS, account), DEALS, limit, cursor)
    return Page(tuple(bodies.DEAL.read(row.body) for row in rows), more)


def price_alerts(
    connection: Connection, account: str, limit: int, cursor: str | None
) -> Page[AlertRow]:
    """Return price alerts, newest first."""
    wanted = select(PRICE_ALERTS.c.seq, PRICE_ALERTS).where(PRICE_ALERTS.c.account == account)
    rows, more = part(connection, wanted, PRICE_ALERTS, limit, cursor)
    found = (
        AlertRow(bodies.PRICE_ALERT.read(row.body), PriceAlertState(row.state), row.ended_at)
        for row in rows
    )
    return Page(tuple(found), more)


def deals_of_positions(
    connection: Connection, account: str, position_ids: Collection[str]
) -> tuple[Deal, ...]:
    """Return the fills that opened and closed positions, oldest first."""
    wanted = _of(DEALS, account).where(DEALS.c.position_id.in_(position_ids))
    return _all(connection, wanted, DEALS, bodies.DEAL)


def signals(
    connection: Connection,
    account: str,
    limit: int,
    cursor: str | None,
    filters: dict[str, str],
) -> Page[SignalRecord]:
    """Return the journal, newest first, where columns have the values of ``filters``."""
    wanted = _SIGNAL.where(SIGNALS.c.account == account)
    for column, value in filters.items():
        wanted = wanted.where(SIGNALS.c[column] == value)
    rows, more = part(connection, wanted, SIGNALS, limit, cursor)
    return Page(tuple(map(_record, rows)), more)


def signal(connection: Connection, account: str, id_: str) -> SignalRecord | None:
    """Return the signal of that id, else the newest unreadable one that was sent with it."""
    of_account = _SIGNAL.where(SIGNALS.c.account == account)
    row = connection.execute(of_account.where(SIGNALS.c.id == id_)).one_or_none()
    if row is None:
        given = of_account.where(SIGNALS.c.given_id == id_).order_by(SIGNALS.c.seq.desc())
        row = connection.execute(given.limit(1)).one_or_none()
    return None if row is None else _record(row)


def signals_named(
    connection: Connection, account: str, ids: Collection[str]
) -> dict[str, SignalRecord]:
    """Return those signals, readable or not, that are known among ``ids``."""
    found: dict[str, SignalRecord] = {}
    names = sorted(ids)
    for first in range(0, len(names), _IDS_AT_ONCE):
        some = names[first : first + _IDS_AT_ONCE]
        wanted = _SIGNAL.where(SIGNALS.c.account == account, SIGNALS.c.id.in_(some))
        records = map(_record, connection.execute(wanted))
        found |= {record.signal.id: record for record in records}
    return found


def chain(connection: Connection, account: str, id_: str) -> Chain | None:
    """Return a signal, found as by :func:`signal`, with everything it led to."""
    record = signal(connection, account, id_)
    if record is None:
        return None
    decision = record.decision
    order_id = None if decision is None else decision.order_id
    position_ids = () if decision is None else decision.position_ids
    order = _of(ORDERS, account).where(ORDERS.c.id == order_id)
    if order_id is not None and not position_ids:
        position_ids = _opened_by(connection, account, order_id)
    positions = _of(POSITIONS, account).where(POSITIONS.c.id.in_(position_ids))
    return Chain(
        record=record,
        order=next(iter(_all(connection, order, ORDERS, bodies.ORDER)), None),
        positions=_all(connection, positions, POSITIONS, bodies.POSITION),
        deals=deals_of_positions(connection, account, position_ids),
    )


def _opened_by(connection: Connection, account: str, order_id: str) -> tuple[str, ...]:
    """Return the positions of an order that was filled after its signal was decided."""
    named = POSITIONS.c.body.contains(f'"order_id":"{order_id}"')
    wanted = select(POSITIONS.c.id).where(POSITIONS.c.account == account, named)
    return tuple(connection.scalars(wanted.order_by(POSITIONS.c.seq)))


def twins(connection: Connection, account: str, shadow: str, limit: int) -> list[Twins]:
    """Return the newest positions of an account that have a twin in its shadow, newest first."""
    with_twin = _bodies(account).where(POSITIONS.c.body.contains('"twin":"'))
    live = connection.execute(with_twin.order_by(POSITIONS.c.seq.desc()).limit(limit)).all()
    paper = connection.execute(_bodies(shadow).order_by(POSITIONS.c.seq.desc()).limit(2 * limit))
    by_order = {}
    for row in paper:
        position = bodies.POSITION.read(row.body)
        by_order[position.order_id] = (position, row.closed_at)
    found = []
    for row in live:
        position = bodies.POSITION.read(row.body)
        twin, closed_at = by_order.get(position.twin or "", (None, None))
        if twin is not None:
            pair = Twins(
                live=position,
                live_deals=deals_of_positions(connection, account, (position.id,)),
                paper_deals=deals_of_positions(connection, shadow, (twin.id,)),
                both_closed=None not in {row.closed_at, closed_at},
            )
            found.append(pair)
    return found


def _bodies(account: str) -> Select[Any]:
    columns = (POSITIONS.c.seq, POSITIONS.c.body, POSITIONS.c.closed_at)
    return select(*columns).where(POSITIONS.c.account == account)


def model_counts(connection: Connection, account: str) -> list[ModelCount]:
    """Count the signals of every model that sent one whose author could be read, by name."""
    column = SIGNALS.c.status
    of_status = {
        status: func.count().filter(column == status.value)
        for status in (SignalStatus.EXECUTED, SignalStatus.REFUSED, SignalStatus.COMBINED)
    }
    wanted = (
        select(SIGNALS.c.model, func.count(), *of_status.values())
        .where(SIGNALS.c.account == account, SIGNALS.c.model.is_not(None))
        .group_by(SIGNALS.c.model)
        .order_by(SIGNALS.c.model)
    )
    return [
        ModelCount(model=model, signals=all_, executed=executed, refused=refused, combined=combined)
        for model, all_, executed, refused, combined in connection.execute(wanted)
    ]


def _of(table: Table, account: str) -> Select[Any]:
    return select(table.c.seq, table.c.body).where(table.c.account == account)


def _all(connection: Connection, wanted: Select[Any], table: Table, body: Body[T]) -> tuple[T, ...]:
    rows = connection.execute(wanted.order_by(table.c.seq))
    return tuple(body.read(row.body) for row in rows)


def _record(row: Row[*tuple[Any, ...]]) -> SignalRecord:
    decision = None if row.decision is None else bodies.DECISION.read(row.decision)
    return SignalRecord(signal=bodies.SIGNAL.read(row.body), decision=decision)
