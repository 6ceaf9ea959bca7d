"""Signals: handing them in, and asking what became of them."""

from __future__ import annotations

from http import HTTPStatus

from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import SignalStatus, UnreadableSignal
from fxpaper.ledger.ledger import Ledger
from fxpaper.web import problem, views
from fxpaper.web.answers import AccountQuery, SignalBody, SignalChain, SignalList, SignalsQuery
from fxpaper.web.objects import SignalRecord
from fxpaper.web.problem import ProblemError
from fxpaper.web.rooms import Rooms
from fxpaper.web.routing import Answer, Call, route
from fxpaper.web.signal_views import signal_record
from fxpaper.web.taken_signal import TakenSignal, taken_signal

DOOR = "http"


@route("GET", "/signals", {HTTPStatus.OK: SignalList})
async def signals(call: Call, query: SignalsQuery) -> Answer:
    """List the journal, newest first."""
    account, instruments = call.rooms.account, call.rooms.market.instruments()

    def read(ledger: Ledger) -> Answer:
        page = ledger.signals(
            account,
            query.limit,
            query.cursor,
            model=query.model,
            symbol=query.symbol,
            status=query.status,
        )
        shown = [signal_record(one, instruments, call.rooms.mode) for one in page.items]
        return Answer.of(SignalList(items=shown, next=page.next))

    return await call.rooms.ledger.read(read)


@route("GET", "/signals/{id}", {HTTPStatus.OK: SignalChain})
async def signal(call: Call, query: AccountQuery, id: str) -> Answer:  # noqa: A002, ARG001 - the path's name
    """Return a signal with everything it led to."""
    account, instruments = call.rooms.account, call.rooms.market.instruments()
    view = call.rooms.execution.view()
    chain = await call.rooms.ledger.read(lambda ledger: ledger.chain(account, id))
    if chain is None:
        raise _unknown(id)
    waits_for = call.rooms.execution.waits_for(id)
    return Answer.of(
        SignalChain(
            signal=signal_record(chain.record, instruments, call.rooms.mode, waits_for),
            order=None if chain.order is None else views.order(chain.order),
            positions=[views.position(one, view) for one in chain.positions],
            deals=[views.deal(one, instruments) for one in chain.deals],
        )
    )


@route(
    "POST",
    "/signals",
    {
        HTTPStatus.OK: TakenSignal,
        HTTPStatus.CREATED: TakenSignal,
        HTTPStatus.ACCEPTED: TakenSignal,
    },
    raw_body=SignalBody,
)
async def submit(call: Call, query: AccountQuery) -> Answer:  # noqa: ARG001 - checked by the route
    """Journal and decide a signal."""
    body = await call.request.read()
    answer = await call.rooms.execution.submit(body, DOOR)
    record = answer.record
    if answer.reused is not None:
        raise problem.refused_signal(answer.reused, body, record.signal.id, "id")
    signal = record.signal
    if isinstance(signal, UnreadableSignal):
        raise problem.refused_signal(signal.refusal, body, signal.id, signal.pointer)
    rooms = _of(signal.account, call.rooms)
    shown = taken_signal(
        answer,
        rooms.market.instruments(),
        rooms.mode,
        lambda account, id_: _of(account, call.rooms).execution.waits_for(id_),
    )
    if answer.duplicate:
        return Answer.of(shown)
    waiting = record.status is SignalStatus.WAITING
    return Answer.of(shown, HTTPStatus.ACCEPTED if waiting else HTTPStatus.CREATED)


@route("POST", "/signals/{id}/execute", {HTTPStatus.OK: SignalRecord})
async def execute(call: Call, query: AccountQuery, id: str) -> Answer:  # noqa: A002, ARG001 - the path's name
    """Execute a signal that waits for a person; one that is decided stays as it is."""
    return await _decided(call, id, execute=True)


@route("POST", "/signals/{id}/dismiss", {HTTPStatus.OK: SignalRecord})
async def dismiss(call: Call, query: AccountQuery, id: str) -> Answer:  # noqa: A002, ARG001 - the path's name
    """Refuse a signal that waits; one that is decided stays as it is."""
    return await _decided(call, id, execute=False)


async def _decided(call: Call, id_: str, *, execute: bool) -> Answer:
    record = await call.rooms.execution.decide_waiting(id_, execute=execute)
    if record is None:
        raise _unknown(id_)
    if isinstance(record, Refused):
        raise problem.refused(record)
    waits_for = call.rooms.execution.waits_for(id_)
    instruments = call.rooms.market.instruments()
    return Answer.of(signal_record(record, instruments, call.rooms.mode, waits_for))


def _unknown(id_: str) -> ProblemError:
    return ProblemError(
        RefusalCode.UNKNOWN_SIGNAL, f'There is no signal "{id_[:80]}".', actual=id_[:80]
    )


def _of(account: str, rooms: Rooms) -> Rooms:
    """Return the rooms of the account that a signal has gone to, as it named it."""
    return rooms.of(account) if account in rooms.seats else rooms


ROUTES = (signals, signal, submit, execute, dismiss)
