"""How often the same may be asked of a broker that has refused it."""

from __future__ import annotations

from fxpaper.domain.instant import NS_PER_SECOND, Instant

_FIRST_NS = 30 * NS_PER_SECOND
_LONGEST_NS = 600 * NS_PER_SECOND


class Patience:
    """Lets each thing be asked at once, then after pauses that grow from half a minute to ten."""

    def __init__(self) -> None:
        self._next: dict[str, tuple[Instant, int]] = {}

    def may_ask(self, what: str, now: Instant) -> bool:
        """Tell whether it is time, and count it as asked if so."""
        due, pause = self._next.get(what, (now, _FIRST_NS))
        if now < due:
            return False
        self._next[what] = (now + pause, min(2 * pause, _LONGEST_NS))
        return True
