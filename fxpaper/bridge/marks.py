"""How a command is known at the broker: by a number that orders and deals carry (MT5's magic)."""

from __future__ import annotations

from hashlib import sha256

_PREFIX = 0x4658
_BITS = 48


def mark_of(command_id: str) -> int:
    """Return the mark of a command: 63 bits, the first fifteen the same for all of ours."""
    digest = sha256(command_id.encode()).digest()
    return _PREFIX << _BITS | int.from_bytes(digest[: _BITS // 8], "big")


def is_ours(mark: int) -> bool:
    """Tell whether fxpaper has made a mark."""
    return mark >> _BITS == _PREFIX
