"""Instants are integers: nanoseconds since 1970 in UTC. Text is RFC 3339."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

Instant = int

NS_PER_SECOND = 1_000_000_000
NS_PER_MS = 1_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})[T ](?P<clock>\d{2}:\d{2}:\d{2})(?:\.(?P<fraction>\d{1,9}))?"
    r"\s?(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)


def parse_instant(text: str) -> Instant:
    """Return the instant that an RFC 3339 text names; a space may stand for the ``T``.

    Raises:
        ValueError: it is not such a text, names no real moment, or lacks its zone.
    """
    match = _RFC3339.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text}" is not a time; write one like 2026-11-20T21:00:00Z')
    if match["zone"] is None:
        raise ValueError(f'"{text}" has no time zone; add Z for UTC or an offset such as +02:00')
    zone = match["zone"].upper().replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(f"{match['date']}T{match['clock']}{zone}")
        seconds = (moment - _EPOCH) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise ValueError(f'"{text}" names no moment of any calendar') from None
    return seconds * NS_PER_SECOND + int((match["fraction"] or "").ljust(9, "0"))


def format_instant(at: Instant) -> str:
    """Return ``at`` as RFC 3339 in UTC, to the microsecond."""
    seconds, nanoseconds = divmod(at, NS_PER_SECOND)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds // 1000:06d}Z"


def as_datetime(at: Instant) -> datetime:
    """Return ``at`` as an aware datetime in UTC, to the microsecond."""
    return _EPOCH + timedelta(microseconds=at // 1000)
