"""The event log: appended to, read in order, never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec
from sqlalchemy import Connection, Row, insert, select

from fxpaper.domain.event import Recorded, decode_event, encode_event, kind_of
from fxpaper.errors import IntegrityError
from fxpaper.ledger.changes import Cell
from fxpaper.ledger.tables import ACCOUNTS, EVENTS

_INSERT = insert(EVENTS)
_ORDERED = select(EVENTS.c.account, EVENTS.c.seq, EVENTS.c.at, EVENTS.c.body).order_by(
    EVENTS.c.account, EVENTS.c.seq
)
_HEADS = select(ACCOUNTS.c.id, ACCOUNTS.c.seq)

Line = dict[str, Cell]


def lines(events: Sequence[Recorded]) -> list[Line]:
    """Return events as rows of the log.

    Raises:
        IntegrityError: one cannot be written, for instance text that is not Unicode.
    """
    rows: list[Line] = []
    for recorded in events:
        try:
            body = encode_event(recorded.event).decode()
        except (TypeError, ValueError, OverflowError) as error:
            raise IntegrityError(
                f"Event {recorded.seq} of account {recorded.account}, {kind_of(recorded.event)}, "
                f"cannot be written: {error}. Nothing was written."
            ) from error
        rows.append(
            {
                "account": recorded.account,
                "seq": recorded.seq,
                "at": recorded.at,
                "kind": kind_of(recorded.event),
                "body": body,
            }
        )
    return rows


def append(connection: Connection, events: Sequence[Recorded], rows: list[Line]) -> None:
    """Add events, given also as ``rows``, at the end of their accounts' logs.

    Raises:
        IntegrityError: an event's number is not the one after its account's latest.
    """
    accounts = {recorded.account for recorded in events}
    found = connection.execute(_HEADS.where(ACCOUNTS.c.id.in_(accounts)))
    heads: dict[str, int] = {row.id: row.seq for row in found}
    for recorded in events:
        expected = heads.get(recorded.account, 0) + 1
        if recorded.seq != expected:
            raise IntegrityError(
                f"Event {recorded.seq} of account {recorded.account} does not continue its log, "
                f"which goes on with {expected}. Nothing was written."
            )
        heads[recorded.account] = expected
    connection.execute(_INSERT, rows)


def since(connection: Connection, account: str, seq: int, limit: int) -> list[Recorded]:
    """Return up to ``limit`` events of an account that come after number ``seq``, in order."""
    wanted = _ORDERED.where(EVENTS.c.account == account, EVENTS.c.seq > seq).limit(limit)
    return [_recorded(row) for row in connection.execute(wanted)]


def of_kinds(
    connection: Connection, account: str, seq: int, kinds: Collection[str]
) -> Iterator[Recorded]:
    """Yield an account's events of some kinds from number ``seq`` on, in order."""
    wanted = _ORDERED.where(
        EVENTS.c.account == account, EVENTS.c.seq >= seq, EVENTS.c.kind.in_(kinds)
    )
    for row in connection.execute(wanted):
        yield _recorded(row)


def whole(connection: Connection, size: int) -> Iterator[list[Recorded]]:
    """Return every account's log in pieces of ``size`` events, in order within an account."""
    for rows in connection.execute(_ORDERED.execution_options(yield_per=size)).partitions():
        yield [_recorded(row) for row in rows]


def _recorded(row: Row[str, int, int, str]) -> Recorded:
    account, seq, at, body = row
    try:
        return Recorded(account, seq, at, decode_event(body))
    except msgspec.MsgspecError as error:
        raise IntegrityError(
            f"Event {seq} of account {account} cannot be read: {error}. "
            "The ledger was changed by something else, or written by a newer fxpaper."
        ) from error
