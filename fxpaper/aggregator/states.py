"""What is told about the sources."""

from __future__ import annotations

from collections.abc import Sequence

from fxpaper.aggregator.rotation import Rotation
from fxpaper.aggregator.seat import Seat
from fxpaper.aggregator.source import SourceCondition, SourceState
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.quote import Transport

_QUIET_NS = {Transport.STREAM: 30 * NS_PER_SECOND, Transport.REST: 300 * NS_PER_SECOND}
_WORKING = {SourceCondition.LIVE, SourceCondition.QUIET, SourceCondition.FINISHED}


def state_of(seat: Seat, rotation: Rotation, now: Instant, *, is_open: bool) -> SourceState:
    """Return how a source is doing."""
    source, usage = seat.source, seat.usage
    standing = rotation.standing(source.name)
    symbols = rotation.served_by(source.name)
    waits = max(standing.retry_at, standing.limited_until)
    return SourceState(
        name=source.name,
        state=condition(seat, rotation, now, is_open=is_open),
        active=bool(symbols) and seat.heard,
        evidence=source.evidence,
        symbols=symbols,
        last_quote_at=seat.last_quote_at,
        error=standing.error,
        retry_at=waits if waits > now and not standing.gone else None,
        used_minute=usage.used_minute,
        limit_minute=usage.limit_minute,
        used_hour=usage.used_hour,
        limit_hour=usage.limit_hour,
        used_day=usage.used_day,
        limit_day=usage.limit_day,
    )


def condition(seat: Seat, rotation: Rotation, now: Instant, *, is_open: bool) -> SourceCondition:
    """Return the word for how a source is doing."""
    standing = rotation.standing(seat.source.name)
    if standing.gone:
        return SourceCondition.FINISHED if standing.error is None else SourceCondition.FAILED
    if standing.limited_until > now:
        return SourceCondition.LIMITED
    if standing.retry_at > now:
        return SourceCondition.FAILED
    return _running(seat, rotation, now, is_open=is_open)


def _running(seat: Seat, rotation: Rotation, now: Instant, *, is_open: bool) -> SourceCondition:
    if not seat.symbols and not rotation.served_by(seat.source.name):
        return SourceCondition.IDLE
    if not seat.heard or seat.last_quote_at is None:
        return SourceCondition.CONNECTING
    limit = _QUIET_NS.get(seat.source.evidence.transport)
    silent = limit is not None and now - seat.last_quote_at > limit
    return SourceCondition.QUIET if silent or not is_open else SourceCondition.LIVE


def why_no_prices(states: Sequence[SourceState]) -> str | None:
    """Return why there are no prices, in one sentence; None while some source works."""
    if any(state.state in _WORKING for state in states):
        return None
    if any(state.state is SourceCondition.CONNECTING and state.error is None for state in states):
        return None
    troubled = [state for state in states if state.error is not None]
    if not troubled:
        return "No price source has a wanted symbol."
    if all("cannot be reached" in (state.error or "") for state in troubled):
        names = ", ".join(state.name for state in troubled)
        return f"No price source can be reached ({names}); is there a network?"
    reasons = "; ".join(f"{state.name}: {state.error}" for state in troubled)
    return f"No price source works at the moment: {reasons}"
