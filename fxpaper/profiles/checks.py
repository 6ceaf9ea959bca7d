"""What the values of a broker profile must satisfy, each with what would be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from fxpaper.domain.instrument import BrokerProfile, Instrument, MarginMode, SwapMode
from fxpaper.engine.calendar import day_list
from fxpaper.engine.sessions import trading_hours
from fxpaper.errors import ConfigurationError

_INTEREST = (SwapMode.INTEREST_CURRENT, SwapMode.INTEREST_OPEN)
_BY_TICKS = (MarginMode.CFD_INDEX, MarginMode.FUTURES)
_SWAP_YEARS = (360, 365)


class _Rule(NamedTuple):
    """What a value must satisfy.

    Args:
        holds: tells whether it does.
        right: what would be right, after "it must be".
    """

    holds: Callable[[Any], bool]
    right: str


_POSITIVE = _Rule(lambda value: value > 0, "more than 0")
_NOT_NEGATIVE = _Rule(lambda value: value >= 0, "0 or more")
_INSTRUMENT_RULES = {
    "digits": _Rule(lambda value: 0 <= value <= 8, "from 0 to 8"),  # noqa: PLR2004
    "pip": _POSITIVE,
    "contract_size": _POSITIVE,
    "min_lots": _POSITIVE,
    "max_lots": _POSITIVE,
    "lot_step": _POSITIVE,
    "margin_rate": _Rule(lambda value: value >= 0, "0 or more; 0.05 means 5 % of the value"),
    "initial_margin": _NOT_NEGATIVE,
    "tick_size": _NOT_NEGATIVE,
    "tick_value": _NOT_NEGATIVE,
    "stops_level": _NOT_NEGATIVE,
    "typical_spread": _NOT_NEGATIVE,
    "hedged_margin": _Rule(lambda value: value is None or value >= 0, "0 or more units of base"),
    "swap_year": _Rule(lambda value: value in _SWAP_YEARS, "360 or 365"),
}
_PROFILE_RULES = {
    "commission_per_lot": _NOT_NEGATIVE,
    "commission_per_million": _NOT_NEGATIVE,
    "commission_percent": _Rule(lambda value: 0 <= value < 100, "per cent, from 0 to below 100"),  # noqa: PLR2004
    "margin_call": _POSITIVE,
    "stop_out": _NOT_NEGATIVE,
}


def check_instrument(instrument: Instrument, where: str) -> None:
    """Refuse an instrument with a value that cannot be right.

    Args:
        instrument: as it was read.
        where: how to call its table in messages.

    Raises:
        ConfigurationError: names the key, its value and what would be right.
    """
    _check_each(instrument, _INSTRUMENT_RULES, where)
    if instrument.max_lots < instrument.min_lots:
        raise ConfigurationError(
            f"{where}: max_lots {instrument.max_lots} is less than min_lots {instrument.min_lots}."
        )
    _check_ticks(instrument, where)
    _check_swap(instrument, where)
    _check_times(instrument, where)


def check_profile(profile: BrokerProfile, where: str) -> None:
    """Refuse a broker's charges and margin levels that cannot be right; see the other check."""
    _check_each(profile, _PROFILE_RULES, where)
    if profile.stop_out > profile.margin_call:
        raise ConfigurationError(
            f"{where}: stop_out {profile.stop_out} is above margin_call {profile.margin_call}; "
            "positions are closed at a lower margin level than the warning's."
        )


def _check_each(read: msgspec.Struct, rules: Mapping[str, _Rule], where: str) -> None:
    for key in read.__struct_fields__:
        value = getattr(read, key)
        if isinstance(value, Decimal) and not value.is_finite():
            raise ConfigurationError(f'{where}: {key} is {value}; write a number such as "0.5".')
        if key in rules and not rules[key].holds(value):
            raise ConfigurationError(f"{where}: {key} is {value}; it must be {rules[key].right}.")


def _check_ticks(instrument: Instrument, where: str) -> None:
    if instrument.margin_mode not in _BY_TICKS:
        return
    for key in ("tick_size", "tick_value"):
        if not getattr(instrument, key):
            raise ConfigurationError(
                f"{where}: {key} is 0; margin_mode {instrument.margin_mode} needs it."
            )


def _check_swap(instrument: Instrument, where: str) -> None:
    for key in ("swap_long", "swap_short"):
        rate = getattr(instrument, key)
        if instrument.swap_mode in _INTEREST and abs(rate) > 100:  # noqa: PLR2004
            raise ConfigurationError(
                f"{where}: {key} is {rate}; in swap_mode {instrument.swap_mode} it is per cent a "
                "year and must be from -100 to 100."
            )


def _check_times(instrument: Instrument, where: str) -> None:
    for key in ("daily_break", "holidays", "value_holidays"):
        value = getattr(instrument, key)
        try:
            if key == "daily_break":
                trading_hours(value, ())
            else:
                day_list(value)
        except ValueError as problem:
            raise ConfigurationError(f"{where}: {key}: {problem}.") from None
