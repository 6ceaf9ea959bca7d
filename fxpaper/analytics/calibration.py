"""How often a model wins when it states a confidence, learnt from its own closed trades.

Trades are ordered by confidence and pooled until the rate of winning rises from block to block:
isotonic regression by pool-adjacent-violators, which is the rising step function with the smallest
squared error (M. Ayer and others, Annals of Mathematical Statistics 26, 1955). Blocks of the same
rate are one. Each block's lower bound is the lower end of a one-sided 90 % Wilson interval; as the
true probability is taken to rise with confidence, a bound also holds for every higher block, so
the running maximum of the bounds is used.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import msgspec

from fxpaper.analytics.reliability import Reliability, reliability
from fxpaper.analytics.tally import NONE_YET, Tally, Won, one_more, tally
from fxpaper.analytics.wilson import wilson_lower
from fxpaper.domain.outcome import Outcome

MINIMUM = 50
"""Fewer trades say too little."""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Neighbouring confidences that won equally often.

    Args:
        begins: the lowest confidence in it.
        ends: the highest.
        count: trades.
        wins: of them.
        lower: what the probability of winning is at least, with 90 %.
    """

    begins: Decimal
    ends: Decimal
    count: int
    wins: int
    lower: Fraction

    @property
    def probability(self) -> Fraction:
        """How often they won."""
        return Fraction(self.wins, self.count)


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """From stated confidence to the probability of winning.

    Args:
        about: whose trades it was learnt from, e.g. ``trend EURUSD``.
        minimum: trades that are enough.
        counted: the trades by confidence.
        blocks: from the lowest confidence on; at least one.
    """

    about: str
    minimum: int
    counted: Tally
    blocks: tuple[Block, ...]

    @property
    def count(self) -> int:
        """How many trades it was learnt from."""
        return sum(block.count for block in self.blocks)

    @property
    def enough(self) -> bool:
        """Whether these are enough trades to act on."""
        return self.count >= self.minimum

    @property
    def basis(self) -> str:
        """What it rests on, e.g. ``trend EURUSD, 73 trades``."""
        return f"{self.about}, {self.count} trade{'' if self.count == 1 else 's'}"

    @property
    def reliability(self) -> Reliability:
        """How far stated confidence was from what happened."""
        return reliability(self.counted)

    def probability(self, confidence: Decimal) -> Fraction:
        """Return how often trades of this confidence won; it never falls as confidence rises.

        Between two blocks the lower one speaks; below the first the first.
        """
        return self._block(confidence).probability

    def lower(self, confidence: Decimal) -> Fraction:
        """Return what that probability is at least, with 90 %; it never falls either."""
        return self._block(confidence).lower

    def _block(self, confidence: Decimal) -> Block:
        place = bisect_right(self.blocks, confidence, key=lambda block: block.begins)
        return self.blocks[max(0, place - 1)]


def calibrate(
    outcomes: Iterable[Outcome], minimum: int = MINIMUM, about: str = ""
) -> Calibration | None:
    """Return the calibration that outcomes, in any order, lead to; None without any."""
    return calibrated(tally(outcomes), minimum, about)


def calibrated(counted: Tally, minimum: int, about: str) -> Calibration | None:
    """Return the calibration that counted outcomes lead to; None without any."""
    if not counted:
        return None
    return Calibration(about=about, minimum=minimum, counted=counted, blocks=_blocks(counted))


class Calibrations:
    """The calibration of every model, kept up with each trade that closes.

    Args:
        minimum: trades that are enough.
    """

    def __init__(self, minimum: int = MINIMUM) -> None:
        self._minimum = minimum
        self._tallies: dict[tuple[str, str | None], dict[Decimal, Won]] = {}
        self._counts: dict[tuple[str, str | None], int] = {}
        self._known: dict[tuple[str, str | None], Calibration | None] = {}

    def add(self, outcome: Outcome) -> None:
        """Take one closed trade."""
        for key in ((outcome.model, outcome.symbol), (outcome.model, None)):
            counted = self._tallies.setdefault(key, {})
            won = counted.get(outcome.confidence, NONE_YET)
            counted[outcome.confidence] = one_more(won, outcome)
            self._counts[key] = self._counts.get(key, 0) + 1
            self._known.pop(key, None)

    def forget(self) -> None:
        """Begin anew, without any trade."""
        self._tallies.clear()
        self._counts.clear()
        self._known.clear()

    def of(self, model: str, symbol: str, minimum: int | None = None) -> Calibration | None:
        """Return a model's calibration for a symbol, else over all of its symbols, else None.

        Each only when it has enough trades; its ``basis`` says which it is.

        Args:
            model: whose.
            symbol: of what.
            minimum: trades that are enough here, when it is another number.
        """
        for key in ((model, symbol), (model, None)):
            if self._counts.get(key, 0) >= (minimum or self._minimum):
                return self._computed(key)
        return None

    def count(self, model: str) -> int:
        """Return how many closed trades a model has so far, over all symbols."""
        return self._counts.get((model, None), 0)

    def _computed(self, key: tuple[str, str | None]) -> Calibration | None:
        if key not in self._known:
            model, symbol = key
            about = f"{model} on all symbols" if symbol is None else f"{model} {symbol}"
            self._known[key] = calibrated(dict(self._tallies[key]), self._minimum, about)
        return self._known[key]


def _blocks(counted: Tally) -> tuple[Block, ...]:
    pooled: list[tuple[Decimal, Decimal, Won]] = []
    for confidence in sorted(counted):
        begins, won = confidence, counted[confidence]
        while pooled and _no_lower(pooled[-1][2], won):
            begins, _, before = pooled.pop()
            won = Won(before.trades + won.trades, before.wins + won.wins)
        pooled.append((begins, confidence, won))
    blocks: list[Block] = []
    lower = Fraction(0)
    for begins, ends, won in pooled:
        lower = max(lower, wilson_lower(won.wins, won.trades))
        blocks.append(Block(begins=begins, ends=ends, count=won.trades, wins=won.wins, lower=lower))
    return tuple(blocks)


def _no_lower(one: Won, other: Won) -> bool:
    """Tell whether one won at least as often as the other."""
    return one.wins * other.trades >= other.wins * one.trades
