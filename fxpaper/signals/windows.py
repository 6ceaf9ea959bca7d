"""Whether the time of day lets a signal open a position: trading hours and the rollover."""

from __future__ import annotations

from collections.abc import Sequence

from fxpaper.domain.approval import Check
from fxpaper.domain.instant import Instant, as_datetime, format_instant
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.window import Window, covered_until, next_begin


def within_hours(
    windows: Sequence[Window], model: str, symbol: str, now: Instant
) -> tuple[Check, Refused | None]:
    """Return the check of trading hours, and the refusal outside them.

    Args:
        windows: in which positions may be opened; not empty.
        model: of the signal.
        symbol: of the signal.
        now: nanoseconds UTC.
    """
    hours = " or ".join(window.text for window in windows)
    inside = covered_until(windows, now) is not None
    check = Check("trading_hours", format_instant(now), hours, inside)
    if inside:
        return check, None
    opens = format_instant(next_begin(windows, now))
    return check, Refused(
        code=RefusalCode.OUTSIDE_HOURS,
        actual=format_instant(now),
        limit=hours,
        text=f'Model "{model}" opens positions in {symbol} at {hours} only; it is '
        f"{format_instant(now)}, and the next such time begins {opens}.",
    )


def outside_rollover(
    windows: Sequence[Window], symbol: str, now: Instant
) -> tuple[Check, Refused | None, Instant]:
    """Return the check of rollover windows, the refusal inside one, and when that one ends.

    Args:
        windows: in which no signal opens a position; not empty.
        symbol: of the signal.
        now: nanoseconds UTC.
    """
    named = " and ".join(window.text for window in windows)
    until = covered_until(windows, now)
    check = Check("rollover_window", format_instant(now), f"outside {named}", until is None)
    if until is None:
        return check, None, now
    return (
        check,
        Refused(
            code=RefusalCode.ROLLOVER_WINDOW,
            actual=format_instant(now),
            limit=f"from {format_instant(until)}",
            text=f"It is the rollover window, {named}; entries in {symbol} wait until "
            f"{as_datetime(until):%H:%M} UTC.",
        ),
        until,
    )
