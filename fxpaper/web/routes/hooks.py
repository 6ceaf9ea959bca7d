"""Webhooks: signals from who has no token, and what a payload would mean."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from fxpaper.domain.signal import SignalStatus, UnreadableSignal
from fxpaper.signals.intake.any_dialect import read_any
from fxpaper.signals.intake.dialects import Dialect, interpreted
from fxpaper.signals.intake.fields import Unreadable
from fxpaper.signals.intake.native import Arrival
from fxpaper.web import problem
from fxpaper.web.answers import AccountQuery, Meaning, Queued, SignalBody
from fxpaper.web.hooks import Hook, hook_by_path, hook_by_signature
from fxpaper.web.ports import HookDefaults
from fxpaper.web.routing import Answer, Call, route

_PATIENCE_SECONDS = 0.3
"""TradingView gives up after three seconds; it is answered long before, decided or not."""
_ANY_LIFETIME_NS = 1
"""A payload that is only looked at may expire at once."""
_OF_A_HOOK = {"model": "hook", "confidence": "1"}
"""What a hook may say for a payload that does not."""


@route(
    "POST",
    "/hooks/{name}/{secret}",
    {HTTPStatus.OK: Queued, HTTPStatus.ACCEPTED: Queued},
    raw_body=SignalBody,
    open_to_all=True,
)
async def hook_with_secret(call: Call, name: str, secret: str) -> Answer:
    """Take a signal in any dialect from who knows the path."""
    hook = hook_by_path(call.rooms.hooks, name, secret)
    return await _taken(call, hook, await call.request.read(), "")


@route(
    "POST",
    "/hooks/{name}",
    {HTTPStatus.OK: Queued, HTTPStatus.ACCEPTED: Queued},
    raw_body=SignalBody,
    open_to_all=True,
)
async def signed_hook(call: Call, name: str) -> Answer:
    """Take a signal in any dialect from who signs it; the same again within minutes is the same."""
    body = await call.request.read()
    now = call.rooms.clock.now()
    hook, signature = hook_by_signature(call.rooms.hooks, name, body, call.request.headers, now)
    return await _taken(call, hook, body, signature)


@route("POST", "/signals/dry-run", {HTTPStatus.OK: Meaning}, raw_body=SignalBody)
async def dry_run(call: Call, query: AccountQuery) -> Answer:  # noqa: ARG001 - checked by the route
    """Tell what a payload would mean, in whatever dialect; nothing is journalled or executed."""
    body = await call.request.read()
    instruments = call.rooms.market.instruments()
    try:
        found = interpreted(body, instruments)
    except Unreadable as wrong:
        return Answer.of(Meaning(dialect=None, signal={}, set_aside=[], problem=wrong.refused.text))
    arrival = Arrival(
        account=call.rooms.execution.view().account.id,
        instruments=instruments,
        door="dry-run",
        received_at=call.rooms.clock.now(),
        lifetime_ns=_ANY_LIFETIME_NS,
    )
    given = {} if found.dialect is Dialect.NATIVE else _OF_A_HOOK
    read = read_any(body, arrival, given)
    meaning = Meaning(
        dialect=found.dialect,
        signal={key: _text(value) for key, value in found.table.items()},
        set_aside=list(found.set_aside),
        problem=read.refusal.text if isinstance(read, UnreadableSignal) else None,
    )
    return Answer.of(meaning)


async def _taken(call: Call, hook: Hook, body: bytes, place: str) -> Answer:
    defaults = HookDefaults(model=hook.model or hook.name, confidence=hook.confidence)
    work = asyncio.shield(
        call.rooms.execution.submit_any(body, f"hook {hook.name}", place, defaults)
    )
    try:
        answer = await asyncio.wait_for(work, _PATIENCE_SECONDS)
    except TimeoutError:
        queued = Queued(status="queued", id=None, duplicate=False)
        return Answer.of(queued, HTTPStatus.ACCEPTED)
    record = answer.record
    if answer.reused is not None:
        raise problem.refused_signal(answer.reused, body, record.signal.id, "id")
    signal = record.signal
    if isinstance(signal, UnreadableSignal):
        raise problem.refused_signal(signal.refusal, body, signal.id, signal.pointer)
    waits = record.status is SignalStatus.WAITING
    shown = Queued(status="queued" if waits else "taken", id=signal.id, duplicate=answer.duplicate)
    return Answer.of(shown, HTTPStatus.ACCEPTED if waits else HTTPStatus.OK)


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, dict):
        return " ".join(f"{amount} {unit}" for unit, amount in value.items())
    return str(value)


ROUTES = (hook_with_secret, signed_hook, dry_run)
