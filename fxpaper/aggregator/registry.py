"""The sources there are: ours, and those that other packages add.

Another package adds one by an entry point of the group ``fxpaper.sources`` whose object is a
:class:`SourceSpec`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from fxpaper.aggregator.budget import NO_LIMITS, Budget, Limits
from fxpaper.aggregator.planner import Urgency
from fxpaper.aggregator.source import Capabilities, Source
from fxpaper.aggregator.sources.polling import watched
from fxpaper.clock import Clock
from fxpaper.domain.instrument import Instrument
from fxpaper.errors import ConfigurationError

if TYPE_CHECKING:
    from fxpaper.aggregator.sources.metatrader import TickFeed

GROUP = "fxpaper.sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a source is made with.

    Args:
        instruments: the known ones, by canonical symbol.
        clock: of the market.
        budget: counts its calls.
        keys: what :attr:`SourceSpec.keys` names.
        urgency: how much a fresh quote of a symbol matters now.
        terminals: what MetaTrader terminals quote; None outside a daemon that awaits any.
        broker_names: a broker's name of a symbol where a person has chosen it, by our name.
    """

    instruments: Mapping[str, Instrument]
    clock: Clock
    budget: Budget
    keys: Mapping[str, str] = field(default_factory=dict)
    urgency: Callable[[str], Urgency] = watched
    terminals: TickFeed | None = None
    broker_names: Mapping[str, str] = field(default_factory=dict)


def anything(instrument: Instrument) -> bool:
    """Say of every instrument that the provider may have it."""
    del instrument
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """A kind of source.

    Args:
        name: as in the setting ``sources``.
        capabilities: what it can do.
        make: makes one.
        supports: tells whether the provider quotes an instrument itself.
        keys: names of the settings it cannot work without, such as ``finnhub_key``.
        switch: a setting that is as good as the keys when it is on.
        limits: of the plan without a price.
        unfit: why it cannot work on this system, without a full stop; empty where it can.
    """

    name: str
    capabilities: Capabilities
    make: Callable[[Setup], Source]
    supports: Callable[[Instrument], bool] = anything
    keys: tuple[str, ...] = ()
    switch: str = ""
    limits: Limits = NO_LIMITS
    unfit: str = ""


@lru_cache(maxsize=1)
def known_sources() -> dict[str, SourceSpec]:
    """Return every source that can be configured, by name.

    Raises:
        ConfigurationError: another package's entry point cannot be loaded or is none of ours.
    """
    from fxpaper.aggregator.sources import (  # noqa: PLC0415 - each of them imports this module
        alpha_vantage,
        dwx,
        finnhub,
        finnhub_stream,
        metatrader,
        metatrader5,
        mql5_json,
        oanda,
        tiingo,
        twelve_data,
        twelve_data_stream,
        yahoo,
        yahoo_stream,
    )

    ours = (
        metatrader,
        metatrader5,
        mql5_json,
        dwx,
        oanda,
        tiingo,
        twelve_data_stream,
        finnhub_stream,
        yahoo_stream,
        twelve_data,
        finnhub,
        yahoo,
        alpha_vantage,
    )
    found = {module.SPEC.name: module.SPEC for module in ours}
    for point in entry_points(group=GROUP):
        try:
            spec = point.load()
        except Exception as problem:
            raise ConfigurationError(
                f'The price source "{point.name}" of another package cannot be loaded: '
                f"{type(problem).__name__}: {problem}"
            ) from problem
        if not isinstance(spec, SourceSpec):
            raise ConfigurationError(
                f'The price source "{point.name}" of another package is a {type(spec).__name__}; '
                "it must be a fxpaper.aggregator.registry.SourceSpec."
            )
        found.setdefault(spec.name, spec)
    return found


def spec_of(name: str) -> SourceSpec:
    """Return the source of a name.

    Raises:
        ConfigurationError: there is none.
    """
    known = known_sources()
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}."
    raise ConfigurationError(f'There is no price source "{name}"; {hint}')


def plans() -> dict[str, Limits]:
    """Return the limits of every source's plan without a price, by provider."""
    return {spec.name: spec.limits for spec in known_sources().values()}
