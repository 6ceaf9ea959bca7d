"""What to expect of the sources before they are started: who quotes what, and how old it gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

import msgspec

from fxpaper.aggregator.planner import gap_seconds, open_seconds, staleness
from fxpaper.aggregator.registry import SourceSpec
from fxpaper.aggregator.source import Usage
from fxpaper.aggregator.triangulation import find_triangle
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Grade, Transport
from fxpaper.engine.sessions import FOREX_HOLIDAYS, trading_hours

_DAY_NS = 86_400 * NS_PER_SECOND


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """Where a symbol's prices will come from.

    Args:
        symbol: canonical symbol.
        source: that serves it; None where none does.
        grade: of its quotes.
        updates: how often they change there.
        oldest_seconds: how old a quote gets before the next one; None for a stream.
        calls_a_day: spent on it on a full day; None for a stream.
        then: what serves it when that fails.
        near_seconds: the same age while a level is near, and nothing else is.
    """

    symbol: str
    source: str | None
    grade: Grade | None = None
    updates: str = ""
    oldest_seconds: float | None = None
    near_seconds: float | None = None
    calls_a_day: int | None = None
    then: tuple[str, ...] = ()


def standing_order(spec: SourceSpec) -> tuple[bool, Grade]:
    """Return by what sources are sorted: streams first, then better grades."""
    evidence = spec.capabilities.evidence
    return evidence.transport is Transport.REST, evidence.grade


def expectations(
    specs: Sequence[SourceSpec],
    wanted: Sequence[Instrument],
    instruments: Mapping[str, Instrument],
    now: Instant,
) -> list[Expected]:
    """Return what to expect for each wanted instrument.

    Args:
        specs: sources whose keys are there, in the configured order.
        wanted: to watch.
        instruments: the known ones.
        now: nanoseconds UTC; a closed market is looked at from its next opening on.
    """
    ranked = sorted(specs, key=standing_order)
    serving = {one.symbol: [spec for spec in ranked if spec.supports(one)] for one in wanted}
    shares: dict[str, int] = {}
    for options in serving.values():
        if options:
            shares[options[0].name] = shares.get(options[0].name, 0) + 1
    found = []
    for instrument in wanted:
        options = serving[instrument.symbol]
        if options:
            found.append(_expected(instrument, options, shares[options[0].name], now))
        else:
            found.append(_worked_out(instrument, ranked, instruments))
    return found


def _expected(
    instrument: Instrument, options: Sequence[SourceSpec], sharing: int, now: Instant
) -> Expected:
    spec, others = options[0], tuple(spec.name for spec in options[1:])
    evidence, updates = spec.capabilities.evidence, spec.capabilities.updates
    if evidence.transport is not Transport.REST:
        return Expected(
            symbol=instrument.symbol,
            source=spec.name,
            grade=evidence.grade,
            updates=updates,
            then=others,
        )
    gap, a_day = _pace(spec, now)
    others_of_it = {str(number): 1 for number in range(sharing - 1)}
    even = staleness(gap, {**others_of_it, instrument.symbol: 1})[instrument.symbol]
    near = staleness(gap, {**others_of_it, instrument.symbol: 9})[instrument.symbol]
    return Expected(
        symbol=instrument.symbol,
        source=spec.name,
        grade=evidence.grade,
        updates=updates,
        oldest_seconds=even,
        near_seconds=near,
        calls_a_day=a_day // sharing,
        then=others,
    )


def _pace(spec: SourceSpec, now: Instant) -> tuple[float, int]:
    """Return the seconds between two calls, and the calls, of a full day of trading."""
    hours = trading_hours("", FOREX_HOLIDAYS)
    at = hours.next_open(now)
    begins = spec.limits.day_ends(at) - _DAY_NS
    while open_seconds(hours, begins, begins + _DAY_NS) < _DAY_NS / NS_PER_SECOND:
        begins += _DAY_NS
    gap = max(1.0, gap_seconds(spec.limits, Usage(), hours, begins))
    return gap, round(_DAY_NS / NS_PER_SECOND / gap) if isfinite(gap) else 0


def _worked_out(
    instrument: Instrument, ranked: Sequence[SourceSpec], instruments: Mapping[str, Instrument]
) -> Expected:
    def quoted(symbol: str) -> bool:
        return any(spec.supports(instruments[symbol]) for spec in ranked)

    triangle = find_triangle(instrument.symbol, instruments, quoted)
    if triangle is None:
        return Expected(symbol=instrument.symbol, source=None, updates="no source quotes it")
    legs = " and ".join(leg.symbol for leg in triangle.legs)
    text = f"worked out from {legs}; they are watched too"
    return Expected(symbol=instrument.symbol, source=triangle.name, updates=text)
