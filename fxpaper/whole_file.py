"""Files that are either the old one or the new one, whatever happens while they are written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def write_whole(path: Path, body: bytes) -> None:
    """Replace a file's content; it is on the disk when this returns.

    Raises:
        OSError: it cannot be written; the old file is still there.
    """

    def write(beside: Path) -> None:
        with beside.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())

    replace_whole(path, write)


def replace_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Replace a file by one that ``write`` makes at the path it is given.

    Raises:
        OSError: it cannot be written; the old file is still there.
    """
    beside = path.with_name(f"{path.name}.new")
    write(beside)
    beside.replace(path)
