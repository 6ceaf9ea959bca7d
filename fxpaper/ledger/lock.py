"""One process writes a ledger; a file beside it says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from fxpaper.errors import ConfigurationError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the ledger at ``path`` for this process alone; the system lets go when it dies.

    Raises:
        ConfigurationError: another process holds it.
        OSError: the lock's file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{path}.lock", thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise ConfigurationError(
            f"Another fxpaper is using the directory {path.parent}. Stop it, or give this one a "
            "directory of its own with --data-dir."
        ) from None
    try:
        yield
    finally:
        lock.release()
