"""The calendar of news in a file: read at the start, and again whenever the file has changed.

A file that cannot be read any more, or has a wrong line, changes nothing: the events that were read
before go on counting, and the daemon's note says what is wrong until the file is right again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from fxpaper.clock import Clock
from fxpaper.domain.instant import format_instant
from fxpaper.errors import InputError
from fxpaper.signals.intake.calendars import read_calendar
from fxpaper.signals.news import Calendar

log = structlog.get_logger(__name__)

_SECONDS = 1.0


def calendar_at(path: Path, zone: str | None) -> Calendar:
    """Return the news of a file.

    Args:
        path: of the file.
        zone: of times that name none.

    Raises:
        InputError: it cannot be read; names the line.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise InputError(
            f"The calendar of news {path} cannot be read: {problem.strerror}."
        ) from None
    return read_calendar(content, path.name, zone)


class NewsFile:
    """A file of news that is kept an eye on.

    Args:
        path: of the file.
        zone: of times that name none.
        clock: of the market.
    """

    def __init__(self, path: Path, zone: str | None, clock: Clock) -> None:
        self.note: str | None = None
        """What is wrong with the file, in one sentence; None while all is well."""
        self._path = path
        self._zone = zone
        self._clock = clock
        self._seen: tuple[int, int] | None = None
        self._told_stale = False
        self.calendar = Calendar()

    def open(self) -> None:
        """Read the file at the start.

        Raises:
            InputError: it cannot be read; names the line.
        """
        self._seen = _print_of(self._path)
        self.calendar = calendar_at(self._path, self._zone)

    async def watch(self, use: Callable[[Calendar], None]) -> None:
        """Hand over what the file has whenever it changes, until cancelled."""
        while True:
            self.tell_stale()
            await asyncio.sleep(_SECONDS)
            if self.look():
                use(self.calendar)

    def look(self) -> bool:
        """Read the file if it has changed; tell whether there is another calendar."""
        print_ = _print_of(self._path)
        if print_ == self._seen:
            return False
        self._seen = print_
        try:
            self.calendar = calendar_at(self._path, self._zone)
        except InputError as problem:
            self.note = f"{problem} The {len(self.calendar.events)} events read before still count."
            log.warning("news_file_unreadable", path=str(self._path), problem=str(problem))
            return False
        self.note, self._told_stale = None, False
        log.info("news_file_read", path=str(self._path), events=len(self.calendar.events))
        return True

    def tell_stale(self) -> None:
        """Say once that every event of the file is past."""
        ends = self.calendar.ends_at
        if self._told_stale or (ends is not None and ends >= self._clock.now()):
            return
        self._told_stale = True
        last = "it has none" if ends is None else f"the last one was {format_instant(ends)}"
        log.warning("news_file_stale", path=str(self._path), problem=f"No event ahead; {last}.")


def news_file(path: Path | None, zone: str | None, clock: Clock) -> NewsFile | None:
    """Return the file to keep an eye on; None where none is configured."""
    return None if path is None else NewsFile(path, zone, clock)


def _print_of(path: Path) -> tuple[int, int] | None:
    """Return what changes with the content of a file; None while it is not there."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_size
