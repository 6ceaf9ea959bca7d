"""Ensembles: how the opinions of several models become one; who holds them is elsewhere.

Each method gives every side a strength. The side with the greatest one wins if that is enough; two
that are equally strong decide nothing. A side only gets stronger by an opinion for it, so one more
in favour never turns a decision away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from fnmatch import fnmatchcase
from fractions import Fraction

import msgspec

from fxpaper.domain.approval import Check
from fxpaper.domain.instant import Instant
from fxpaper.domain.money import floor_decimal, to_decimal
from fxpaper.domain.signal import Contribution, Signal, SignalSide

PREFIX = "ensemble-"
"""Of the ids of ensembles' own signals; nobody else's begin with it."""
DOOR = "ensemble"
"""By which an ensemble's own signals come in."""

_WILD = frozenset("*?")
_CONFIDENCE_DIGITS = 4


class Method(StrEnum):
    """How opinions are combined."""

    VOTE = "vote"
    """So many agree."""
    WEIGHTED = "weighted"
    """The weight times the confidence of those who agree is a large enough part of all weight."""
    BEST = "best"
    """The opinion of the greatest weight times confidence decides alone."""


class Ensemble(msgspec.Struct, frozen=True, kw_only=True):
    """Models that decide together.

    Args:
        name: under which their common signal is judged and executed.
        models: names, or patterns with ``*`` and ``?``.
        method: of combining.
        window_ns: how long an opinion counts after it came in, but never beyond its own expiry.
        weights: by an entry of ``models``; 1 where it has none.
        quorum: of a vote: how many must agree.
        threshold: of a weighted decision: the part of all weight that must agree, 0–1.
        symbols: names or patterns; empty for all.
    """

    name: str
    models: tuple[str, ...]
    method: Method
    window_ns: int
    weights: Mapping[str, Decimal] = {}
    quorum: int = 1
    threshold: Decimal = Decimal("0.5")
    symbols: tuple[str, ...] = ()

    def covers(self, model: str, symbol: str) -> bool:
        """Tell whether a model's signals in a symbol are opinions of this ensemble."""
        if self.symbols and not any(fnmatchcase(symbol, one) for one in self.symbols):
            return False
        return any(fnmatchcase(model, one) for one in self.models)

    def weight(self, model: str) -> Decimal:
        """Return a member's weight; its own name counts before a pattern."""
        patterns = (weight for name, weight in self.weights.items() if fnmatchcase(model, name))
        return self.weights.get(model) or next(patterns, Decimal(1))

    def ends(self, opinion: Signal) -> Instant:
        """Return when an opinion ceases to count."""
        return min(opinion.received_at + self.window_ns, opinion.expires_at)

    @property
    def closed(self) -> bool:
        """Whether it is known how many members there are: no pattern is among them."""
        return not any(_WILD & set(one) for one in self.models)


def force(ensemble: Ensemble, opinion: Signal) -> Fraction:
    """Return weight times confidence."""
    return Fraction(ensemble.weight(opinion.model)) * Fraction(opinion.confidence)


def decide(
    ensemble: Ensemble, opinions: Sequence[Signal], *, closing: bool = False
) -> SignalSide | None:
    """Return the side that opinions decide on; None when they do not, or not yet.

    Args:
        ensemble: whose.
        opinions: the newest of each model that has one; their order does not matter.
        closing: whether the window is over, so that the best opinion need not wait for more.
    """
    if ensemble.method is Method.BEST and not (closing or _all_spoke(ensemble, opinions)):
        return None
    strengths = _strengths(ensemble, opinions)
    greatest = max(strengths.values(), default=None)
    leaders = [side for side, strength in strengths.items() if strength == greatest]
    if greatest is None or len(leaders) > 1 or greatest < _enough(ensemble):
        return None
    return leaders[0]


def combine(
    ensemble: Ensemble, opinions: Sequence[Signal], side: SignalSide, now: Instant
) -> Signal:
    """Return the ensemble's own signal.

    Its levels are those of the strongest opinion for the side that gives a stop-loss. It expires
    with the first of the opinions that it rests on: all for the side, of ``best`` the best one.

    Args:
        ensemble: that decided.
        opinions: all that were held, for and against.
        side: decided on.
        now: nanoseconds UTC.
    """
    agreeing = sorted(
        (one for one in opinions if one.side is side),
        key=lambda one: (-force(ensemble, one), one.at, one.model),
    )
    if ensemble.method is Method.BEST:
        agreeing = agreeing[:1]
    with_stop = (one for one in agreeing if one.stop_loss is not None)
    strongest = next(with_stop, agreeing[0])
    name = "\n".join((ensemble.name, *sorted(one.id for one in opinions)))
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Signal(
        id=f"{PREFIX}{ensemble.name}-{digest[:16]}",
        account=strongest.account,
        model=ensemble.name,
        symbol=strongest.symbol,
        side=side,
        confidence=_confidence(ensemble, agreeing),
        stop_loss=strongest.stop_loss,
        take_profit=strongest.take_profit,
        rungs=strongest.rungs,
        entry=strongest.entry,
        at=max(one.at for one in agreeing),
        expires_at=min(one.expires_at for one in agreeing),
        received_at=now,
        door=DOOR,
        digest=digest,
        contributions=tuple(
            Contribution(
                one.model,
                one.side,
                one.confidence,
                ensemble.weight(one.model),
                one.id,
                one.side is side,
            )
            for one in sorted(opinions, key=lambda one: (one.received_at, one.model))
        ),
    )


def check(ensemble: Ensemble, opinions: Sequence[Signal], side: SignalSide) -> Check:
    """Return how much a side has of what it needs."""
    strength, enough = _strengths(ensemble, opinions)[side], _enough(ensemble)
    if ensemble.method is Method.BEST:
        greatest = max(_strengths(ensemble, opinions).values())
        return Check(
            "best", f"{_shown(strength)} for {side}", f"≥ {_shown(greatest)}", strength == greatest
        )
    name = "votes" if ensemble.method is Method.VOTE else "weight"
    return Check(name, f"{_shown(strength)} for {side}", f"≥ {_shown(enough)}", strength >= enough)


def standing(ensemble: Ensemble, opinions: Sequence[Signal]) -> str:
    """Return how far opinions are, e.g. ``1 of 2 votes for buy, 1 for sell``."""
    strengths = _strengths(ensemble, opinions)
    ranked = sorted(strengths, key=lambda side: (-strengths[side], side.value))
    sides = [f"{_shown(strengths[side])} for {side}" for side in ranked]
    enough = _shown(_enough(ensemble))
    match ensemble.method:
        case Method.VOTE:
            sides[0] = f"{_shown(strengths[ranked[0]])} of {enough} votes for {ranked[0]}"
            return ", ".join(sides)
        case Method.WEIGHTED:
            return f"of all weight {', '.join(sides)}; {enough} decides"
        case Method.BEST:
            heard = len(opinions)
            of = f"{heard} of {len(ensemble.models)}" if ensemble.closed else str(heard)
            return f"{of} heard, the best {', '.join(sides)}"


def _strengths(ensemble: Ensemble, opinions: Sequence[Signal]) -> dict[SignalSide, Fraction]:
    found: dict[SignalSide, list[Fraction]] = {}
    for one in opinions:
        found.setdefault(one.side, []).append(force(ensemble, one))
    match ensemble.method:
        case Method.VOTE:
            return {side: Fraction(len(forces)) for side, forces in found.items()}
        case Method.WEIGHTED:
            whole = sum(Fraction(ensemble.weight(model)) for model in ensemble.models)
            return {side: sum(forces, Fraction()) / whole for side, forces in found.items()}
        case Method.BEST:
            return {side: max(forces) for side, forces in found.items()}


def _enough(ensemble: Ensemble) -> Fraction:
    match ensemble.method:
        case Method.VOTE:
            return Fraction(ensemble.quorum)
        case Method.WEIGHTED:
            return Fraction(ensemble.threshold)
        case Method.BEST:
            return Fraction()


def _all_spoke(ensemble: Ensemble, opinions: Sequence[Signal]) -> bool:
    return ensemble.closed and {one.model for one in opinions} >= set(ensemble.models)


def _confidence(ensemble: Ensemble, agreeing: Sequence[Signal]) -> Decimal:
    """Return the mean confidence of those who agree, by their weights unless each has one vote."""
    if len(agreeing) == 1:
        return agreeing[0].confidence
    weights = [Fraction(ensemble.weight(one.model)) for one in agreeing]
    if ensemble.method is Method.VOTE:
        weights = [Fraction(1)] * len(agreeing)
    pairs = zip(weights, agreeing, strict=True)
    total = sum((weight * Fraction(one.confidence) for weight, one in pairs), Fraction())
    return to_decimal(total / sum(weights, Fraction()), _CONFIDENCE_DIGITS).normalize()


def _shown(number: Fraction) -> str:
    """Show a number, never as more than it is."""
    return f"{floor_decimal(number, _CONFIDENCE_DIGITS).normalize():f}"
