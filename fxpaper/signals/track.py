"""What a desk remembers of closed positions: losses in a row, by account, model and symbol."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from fxpaper.domain.approval import Check
from fxpaper.domain.event import PositionClosed, Recorded
from fxpaper.domain.instant import Instant, format_instant
from fxpaper.domain.outcome import Outcome
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Signal
from fxpaper.signals.rules import SignalRules


class Losses(msgspec.Struct, frozen=True):
    """Losses in a row.

    Args:
        count: since the latest win.
        last_at: when the latest one closed, nanoseconds UTC.
    """

    count: int = 0
    last_at: Instant = 0


class Track:
    """Takes closed positions, in the order in which they close."""

    def __init__(self) -> None:
        self._losses: dict[tuple[str, str, str], Losses] = {}

    def restore(self, account: str, outcomes: Iterable[Outcome]) -> None:
        """Take over what an account has closed, oldest first."""
        for one in outcomes:
            self._take((account, one.model, one.symbol), one.closed_at, one.net)

    def note(self, events: Iterable[Recorded]) -> None:
        """Take what has just happened."""
        for recorded in events:
            event = recorded.event
            if isinstance(event, PositionClosed) and event.position.model is not None:
                key = (recorded.account, event.position.model, event.position.symbol)
                self._take(key, recorded.at, event.profit + event.commission + event.swap)

    def losses(self, account: str, model: str, symbol: str) -> Losses:
        """Return the losses in a row of a model in a symbol."""
        return self._losses.get((account, model, symbol), Losses())

    def _take(self, key: tuple[str, str, str], at: Instant, net: Decimal) -> None:
        if net > 0:
            self._losses.pop(key, None)
        elif net < 0:
            self._losses[key] = Losses(self._losses.get(key, Losses()).count + 1, at)


def cooldown(
    signal: Signal, losses: Losses, rules: SignalRules, now: Instant
) -> tuple[Check, Refused | None] | None:
    """Ask whether a model pauses after its losses; None where no rule asks."""
    most = rules.cooldown_losses
    if most is None:
        return None
    ends = losses.last_at + rules.cooldown_ns
    fits = losses.count < most or now >= ends
    found = Check("losses_in_a_row", str(losses.count), f"< {most}", fits)
    if fits:
        return found, None
    return found, Refused(
        code=RefusalCode.COOLING_DOWN,
        actual=str(losses.count),
        limit=f"< {most}",
        text=f'Model "{signal.model}" has lost {losses.count} times in a row in {signal.symbol} '
        f"and pauses until {format_instant(ends)}.",
    )
