"""A JSON-lines file of signals: one per line, blank lines and lines that start with # skipped."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Signal, UnreadableSignal
from fxpaper.signals.intake.native import Arrival, read_signal
from fxpaper.signals.journal import unknown_account


def signal_lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the text of each line that holds something."""
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        text = line.strip()
        if text and not text.startswith(b"#"):
            yield number, text


def read_recorded(
    content: bytes, name: str, arrival: Arrival, quotes_end_at: int
) -> list[Signal | UnreadableSignal]:
    """Return the signals of a file for a replay, in the order of their own times.

    Args:
        content: of the file.
        name: of the file, for messages.
        arrival: as for every line; its receive time is where unreadable lines are recorded.
        quotes_end_at: nanoseconds UTC; a lifetime is not counted from the day of the replay.

    A line that cannot be read, names another account or has no time to be taken at, becomes an
    unreadable signal whose text names the line; the others go on.
    """
    found: list[Signal | UnreadableSignal] = []
    for number, line in signal_lines(content):
        place = f"{name} line {number}"
        signal = read_signal(line, replace(arrival, place=place))
        if isinstance(signal, Signal):
            signal = _at_its_own_time(signal, line)
        if isinstance(signal, Signal) and signal.account != arrival.account:
            signal = unknown_account(signal, arrival.account)
        if isinstance(signal, UnreadableSignal):
            received = min(signal.received_at, quotes_end_at)
            signal = replace(at_place(signal, place), received_at=received)
        found.append(signal)
    return sorted(found, key=lambda signal: signal.received_at)


def at_place(signal: UnreadableSignal, place: str) -> UnreadableSignal:
    """Return an unreadable signal whose text names where it stands, e.g. ``a.jsonl line 3``."""
    refusal = replace(signal.refusal, text=f"{place}: {signal.refusal.text}")
    return replace(signal, refusal=refusal)


def _at_its_own_time(signal: Signal, line: bytes) -> Signal | UnreadableSignal:
    if "time" in msgspec.json.decode(line):
        return replace(signal, received_at=signal.at)
    return UnreadableSignal(
        id=f"x-{signal.digest[:16]}",
        account=signal.account,
        given_id=signal.id,
        model=signal.model,
        symbol=signal.symbol,
        received_at=signal.received_at,
        door=signal.door,
        raw=line.decode("utf-8", errors="replace")[:2000],
        refusal=Refused(
            code=RefusalCode.MALFORMED,
            actual="no time",
            limit="a time",
            text='time is missing; a replayed signal is taken at its own time, e.g. "time": '
            '"2013-01-01T22:05:00Z".',
        ),
    )
