"""The typed gate: a broker accepts only what the risk gate has approved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

T_co = TypeVar("T_co", covariant=True)


class Check(msgspec.Struct, frozen=True):
    """One question that was asked before acting, with both of its numbers.

    Args:
        name: what was asked, e.g. ``confidence``.
        actual: what was found.
        limit: what was allowed; empty where the check only records a number.
        passed: the answer.
    """

    name: str
    actual: str
    limit: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Approved(Generic[T_co]):
    """A command that the risk gate let through. Only ``signals/risk.py`` makes one.

    Args:
        command: what may be done.
        checks: every number that was seen.
    """

    command: T_co
    checks: tuple[Check, ...]
