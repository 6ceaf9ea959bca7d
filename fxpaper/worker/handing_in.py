"""How doors that nobody waits at hand a signal in: none is skipped."""

from __future__ import annotations

import asyncio

import structlog

from fxpaper.domain.instant import Instant
from fxpaper.errors import TransientError
from fxpaper.worker.fanout import Fanout

log = structlog.get_logger(__name__)

LARGEST_BYTES = 64 * 1024
"""Of a signal; what is longer is cut there, so that it is journalled but cannot be read."""
_AGAIN_SECONDS = 1.0


async def hand_in(
    front: Fanout, body: bytes, door: str, place: str, at: Instant | None = None
) -> None:
    """Return once a signal is journalled; asks again and again while nothing can be recorded.

    Journalled by every account that it goes to: those that have it take it for a repeat.

    Args:
        front: where it is handed in.
        body: what was received.
        door: how it came in.
        place: of this signal alone, so that it is one signal however often it is handed in.
        at: when it came in, where that was before now, nanoseconds UTC.
    """
    if len(body) > LARGEST_BYTES:
        body, place = body[:LARGEST_BYTES], f"{place}, cut after {LARGEST_BYTES} bytes"
    while True:
        try:
            taken = await front.submit(body, door, place, patience=0, at=at)
        except TransientError as problem:
            log.warning("signal_not_taken", place=place, problem=str(problem))
        else:
            if not taken.missing:
                return
            log.warning("signal_not_taken", place=place, accounts=taken.missing)
        await asyncio.sleep(_AGAIN_SECONDS)
