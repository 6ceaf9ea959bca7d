"""What a desk remembers of closed positions: losses in a row, and what confidence was worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from fxpaper.analytics.calibration import Calibrations
from fxpaper.domain.account import SHADOW
from fxpaper.domain.approval import Check
from fxpaper.domain.event import AccountReset, PositionClosed, Recorded
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
    """Takes closed positions, in the order in which they close.

    A live account's shadow is left out: the same advice would count twice.

    Args:
        calibrations: are kept up with each of them.
    """

    def __init__(self, calibrations: Calibrations) -> None:
        self._calibrations = calibrations
        self._losses: dict[tuple[str, str, str], Losses] = {}
        self._stated: dict[tuple[str, str], Decimal] = {}

    def restore(
        self, account: str, outcomes: Iterable[Outcome], stated: Mapping[str, Decimal]
    ) -> None:
        """Take over what an account has closed, oldest first, and what is still open.

        Args:
            account: which.
            outcomes: of its closed positions.
            stated: confidence of the signals that have something open, by id.
        """
        for one in outcomes:
            self._take(account, one)
        self._stated |= {(account, signal): confidence for signal, confidence in stated.items()}

    def executed(self, signal: Signal) -> None:
        """Remember what a signal stated until its position closes."""
        self._stated[signal.account, signal.id] = signal.confidence

    def note(self, events: Iterable[Recorded]) -> None:
        """Take what has just happened."""
        for recorded in events:
            if isinstance(recorded.event, PositionClosed):
                self._closed(recorded.account, recorded.event, recorded.at)
            elif isinstance(recorded.event, AccountReset):
                self._forget(recorded.account)

    def _forget(self, account: str) -> None:
        """An account that begins anew has no past; its shadow has none of its own here."""
        self._losses = {key: one for key, one in self._losses.items() if key[0] != account}
        self._stated = {key: one for key, one in self._stated.items() if key[0] != account}
        if not account.endswith(SHADOW):
            self._calibrations.forget()

    def _closed(self, account: str, event: PositionClosed, at: Instant) -> None:
        position = event.position
        stated = self._stated.pop((account, position.signal_id or ""), None)
        if position.model is None or stated is None or account.endswith(SHADOW):
            return
        outcome = Outcome(
            position_id=position.id,
            model=position.model,
            symbol=position.symbol,
            confidence=stated,
            net=event.profit + event.commission + event.swap,
            r=event.r,
            opened_at=position.opened_at,
            closed_at=at,
        )
        self._take(account, outcome)

    def losses(self, account: str, model: str, symbol: str) -> Losses:
        """Return the losses in a row of a model in a symbol."""
        return self._losses.get((account, model, symbol), Losses())

    def _take(self, account: str, one: Outcome) -> None:
        self._calibrations.add(one)
        key = (account, one.model, one.symbol)
        if one.net > 0:
            self._losses.pop(key, None)
        elif one.net < 0:
            count = self._losses.get(key, Losses()).count + 1
            self._losses[key] = Losses(count, one.closed_at)


def cooldown(
    signal: Signal, losses: Losses, rules: SignalRules, now: Instant
) -> Iterator[tuple[Check, Refused | None]]:
    """Ask whether a model pauses after its losses, where a rule asks."""
    most = rules.cooldown_losses
    if most is None:
        return
    ends = losses.last_at + rules.cooldown_ns
    fits = losses.count < most or now >= ends
    found = Check("losses_in_a_row", str(losses.count), f"< {most}", fits)
    refused = Refused(
        code=RefusalCode.COOLING_DOWN,
        actual=str(losses.count),
        limit=f"< {most}",
        text=f'Model "{signal.model}" has lost {losses.count} times in a row in {signal.symbol} '
        f"and pauses until {format_instant(ends)}.",
    )
    yield found, None if fits else refused
