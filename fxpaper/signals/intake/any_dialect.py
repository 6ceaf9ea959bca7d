"""A signal in whatever dialect it is written."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fxpaper.domain.signal import Signal, UnreadableSignal
from fxpaper.signals.intake.dialects import Dialect, interpreted
from fxpaper.signals.intake.fields import Unreadable
from fxpaper.signals.intake.native import Arrival, read_signal, unreadable


def read_any(body: bytes, arrival: Arrival, given: Mapping[str, str]) -> Signal | UnreadableSignal:
    """Return the signal that a payload means, or a record of why it cannot be read.

    Args:
        body: as it came.
        arrival: how and where.
        given: our own keys for what it does not say.
    """
    try:
        found = interpreted(body, arrival.instruments)
    except Unreadable as problem:
        return unreadable(body, arrival, {}, problem)
    if found.dialect is Dialect.NATIVE and not given.keys() - found.table.keys():
        return read_signal(body, arrival)
    return read_signal(msgspec.json.encode({**given, **found.table}), arrival)
