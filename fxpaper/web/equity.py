"""The equity curve since the start of the process, kept small by thinning."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fxpaper.domain.instant import NS_PER_SECOND, Instant

LIMIT = 5000


class EquitySample(msgspec.Struct, frozen=True):
    """What the account was worth at an instant.

    Args:
        at: nanoseconds UTC, of the market's clock.
        balance: money without open positions.
        equity: balance plus floating profit.
    """

    at: Instant
    balance: Decimal
    equity: Decimal


class EquityRing:
    """Keeps what has changed, at most one sample a second; beyond the limit every other one goes.

    Args:
        limit: how many samples are kept at most; 2 or more.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._step_ns = NS_PER_SECOND
        self._samples: list[EquitySample] = []

    def sample(self, at: Instant, balance: Decimal, equity: Decimal) -> None:
        """Take what the account is worth now, unless it is the same or too soon after the last."""
        if self._samples:
            last = self._samples[-1]
            same = (last.balance, last.equity) == (balance, equity)
            if same or at - last.at < self._step_ns:
                return
        self._samples.append(EquitySample(at, balance, equity))
        if len(self._samples) > self._limit:
            self._thin()

    def samples(self) -> tuple[EquitySample, ...]:
        """Return what is kept, oldest first."""
        return tuple(self._samples)

    def _thin(self) -> None:
        """Drop every other sample but the first and the last; sample half as often from now on."""
        last = self._samples[-1]
        self._samples = self._samples[:-1:2]
        self._samples.append(last)
        self._step_ns *= 2
