"""What can be asked about models' results; positions and journal are read, not the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select

from fxpaper.domain.instant import Instant
from fxpaper.domain.outcome import Outcome
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.signal import SignalStatus
from fxpaper.ledger import bodies
from fxpaper.ledger.bodies import Body
from fxpaper.ledger.tables import ACCOUNTS, POSITIONS, SIGNALS

_IDS_AT_ONCE = 500


class _Opened(msgspec.Struct, frozen=True):
    """What an outcome needs of a position."""

    symbol: str
    opened_at: Instant
    signal_id: str | None
    model: str | None


class _Advised(msgspec.Struct, frozen=True):
    """What an outcome needs of a signal; an unreadable one has no confidence."""

    confidence: Decimal | None = None


class _Coded(msgspec.Struct, frozen=True):
    """Which code a refusal has."""

    code: RefusalCode


class _Refusing(msgspec.Struct, frozen=True):
    """A decision, or an unreadable signal, with what was wrong."""

    refusal: _Coded


_OPENED = Body(_Opened, "position")
_ADVISED = Body(_Advised, "signal")
_REFUSING = Body(_Refusing, "refusal")


def outcomes(
    connection: Connection, account: str, model: str | None, symbol: str | None
) -> list[Outcome]:
    """Return closed positions that a model's signal opened, oldest first by closing.

    Those since the account was last reset. One that a reset ended has no result and is left out;
    the result of one closed in parts is of all parts, and it is there once, when the last is gone.
    """
    found = []
    for row in connection.execute(_closed(account, _begun(connection, account))):
        opened = _OPENED.read(row.body)
        wanted = opened.model is not None and opened.signal_id is not None
        if wanted and model in {None, opened.model} and symbol in {None, opened.symbol}:
            found.append((row, opened))
    confidences = stated(connection, account, (opened.signal_id for _, opened in found))
    return [
        Outcome(
            position_id=row.id,
            model=opened.model or "",
            symbol=opened.symbol,
            confidence=confidences[opened.signal_id or ""],
            net=Decimal(row.profit) + Decimal(row.commission) + Decimal(row.swap),
            r=None if row.r is None else Decimal(row.r),
            opened_at=opened.opened_at,
            closed_at=row.closed_at,
        )
        for row, opened in found
        if opened.signal_id in confidences
    ]


def refusals_by_code(
    connection: Connection, account: str, model: str, symbol: str | None
) -> dict[RefusalCode, int]:
    """Count a model's refused signals by reason, the most frequent first."""
    wanted = _of_model(select(SIGNALS.c.body, SIGNALS.c.decision), account, model, symbol)
    refused = wanted.where(SIGNALS.c.status == SignalStatus.REFUSED.value)
    counted = Counter(
        _REFUSING.read(body if decision is None else decision).refusal.code
        for body, decision in connection.execute(refused)
    )
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def signals_by_status(
    connection: Connection, account: str, model: str, symbol: str | None
) -> dict[SignalStatus, int]:
    """Count a model's signals by what became of them; every status is there."""
    wanted = _of_model(select(SIGNALS.c.status, func.count()), account, model, symbol)
    counted = {
        SignalStatus(status): count
        for status, count in connection.execute(wanted.group_by(SIGNALS.c.status))
    }
    return {status: counted.get(status, 0) for status in SignalStatus}


def _begun(connection: Connection, account: str) -> int:
    """Return the number of the event that began the account's present epoch; 0 for its first."""
    body = connection.scalar(select(ACCOUNTS.c.body).where(ACCOUNTS.c.id == account))
    return 0 if body is None else bodies.ACCOUNT.read(body).seq


def _closed(account: str, begun: int) -> Select[Any]:
    columns = (POSITIONS.c.id, POSITIONS.c.body, POSITIONS.c.closed_at, POSITIONS.c.profit)
    costs = (POSITIONS.c.commission, POSITIONS.c.swap, POSITIONS.c.r)
    wanted = select(*columns, *costs).where(
        POSITIONS.c.account == account,
        POSITIONS.c.seq > begun,
        POSITIONS.c.closed_at.is_not(None),
    )
    return wanted.order_by(POSITIONS.c.closed_at, POSITIONS.c.seq)


def stated(
    connection: Connection, account: str, signal_ids: Iterable[str | None]
) -> dict[str, Decimal]:
    """Return the confidence of readable signals, by id."""
    found: dict[str, Decimal] = {}
    names = sorted({name for name in signal_ids if name is not None})
    for first in range(0, len(names), _IDS_AT_ONCE):
        some = names[first : first + _IDS_AT_ONCE]
        wanted = select(SIGNALS.c.id, SIGNALS.c.body).where(
            SIGNALS.c.account == account, SIGNALS.c.id.in_(some)
        )
        for id_, body in connection.execute(wanted):
            confidence = _ADVISED.read(body).confidence
            if confidence is not None:
                found[id_] = confidence
    return found


def _of_model(wanted: Select[Any], account: str, model: str, symbol: str | None) -> Select[Any]:
    chosen = wanted.where(SIGNALS.c.account == account, SIGNALS.c.model == model)
    return chosen if symbol is None else chosen.where(SIGNALS.c.symbol == symbol)
