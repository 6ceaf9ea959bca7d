"""A JSON-lines file of signals that is watched: what is there and what is appended is taken.

A line counts once it ends with a newline, so a half-written one waits for its rest. A restart
reads the file from its beginning; the journal knows every line that was taken, by its id or by
its place and content, and takes none twice. A file that has become shorter was written anew and is
read from its beginning; one that is missing is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import structlog

from fxpaper.worker.fanout import Fanout
from fxpaper.worker.handing_in import hand_in

log = structlog.get_logger(__name__)

_SECONDS = 0.25
_CHUNK = 1 << 20


class LineReader:
    """Cuts what has been appended to a file into numbered lines.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._number = 0
        self._rest = b""

    def read(self) -> Iterator[tuple[int, bytes]]:
        """Yield each complete line that is new, with its number from 1.

        Raises:
            OSError: the file cannot be read.
        """
        if not self._path.exists():
            self._begin()
            return
        with self._path.open("rb") as file:
            if file.seek(0, 2) < self._offset:
                self._begin()
            file.seek(self._offset)
            while chunk := file.read(_CHUNK):
                self._offset += len(chunk)
                *lines, self._rest = (self._rest + chunk).split(b"\n")
                for line in lines:
                    self._number += 1
                    yield self._number, line.removeprefix(b"\xef\xbb\xbf").strip()

    def _begin(self) -> None:
        self._offset, self._number, self._rest = 0, 0, b""


async def watch(path: Path, front: Fanout) -> None:
    """Take the signals of a file until cancelled.

    Args:
        path: of the file; it may not exist yet.
        front: where they are handed in.
    """
    reader = LineReader(path)
    trouble: str | None = None
    while True:
        try:
            for number, line in reader.read():
                if line and not line.startswith(b"#"):
                    await hand_in(front, line, "file", f"{path.name} line {number}")
        except OSError as problem:
            if trouble != str(problem):
                log.warning("signal_file_unreadable", path=str(path), problem=str(problem))
            trouble = str(problem)
        else:
            trouble = None
        await asyncio.sleep(_SECONDS)
