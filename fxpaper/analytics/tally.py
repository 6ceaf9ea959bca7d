"""Outcomes counted by the confidence they were opened with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from fxpaper.domain.outcome import Outcome


class Won(NamedTuple):
    """How many trades there were, and how many of them won."""

    trades: int
    wins: int


NONE_YET = Won(0, 0)

Tally = Mapping[Decimal, Won]


def one_more(won: Won, outcome: Outcome) -> Won:
    """Return a count with one more outcome."""
    return Won(won.trades + 1, won.wins + outcome.won)


def tally(outcomes: Iterable[Outcome]) -> Tally:
    """Count outcomes by confidence."""
    found: dict[Decimal, Won] = {}
    for outcome in outcomes:
        found[outcome.confidence] = one_more(found.get(outcome.confidence, NONE_YET), outcome)
    return found


def together(counts: Iterable[Won]) -> Won:
    """Add counts up."""
    known = tuple(counts)
    return Won(sum(one.trades for one in known), sum(one.wins for one in known))
