"""Who hears of what: the rules that alerts are routed by, and when what has gathered is told.

Pure. The first alert of a group (one rule's for one target) is told at once; those that follow
within the rule's time are told together when it is over. A target that fails is tried again after
growing waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

import msgspec

from fxpaper.domain.alert import Alert, AlertKind, Tone
from fxpaper.domain.instant import NS_PER_SECOND, Instant

PAGE = "page"
"""The target that every daemon has."""

OWN_RULE = -1
"""What alerts about the delivery itself are told by."""

_DAY_NS = 86_400 * NS_PER_SECOND
_WAITS_SECONDS = (5, 15, 60, 300, 900, 1800, 3600, 3600, 3600, 3600)


class AlertRule(msgspec.Struct, frozen=True, kw_only=True):
    """What is told to whom.

    Args:
        on: kinds of alerts.
        models: patterns such as ``trend*``, one of which the model has to match; empty for any.
        symbols: patterns such as ``EUR*``, one of which the symbol has to match; empty for any.
        to: names of targets.
        every_ns: what follows within this time is told together.
    """

    on: frozenset[AlertKind]
    models: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    to: tuple[str, ...] = (PAGE,)
    every_ns: int = 0

    def wants(self, alert: Alert) -> bool:
        """Tell whether an alert is one of the rule's."""
        kinds = {alert.kind}
        if alert.kind is AlertKind.LIMIT:
            kinds.add(AlertKind.SIGNAL_REFUSED)
        return (
            bool(kinds & self.on)
            and _matches(alert.model, self.models)
            and _matches(alert.symbol, self.symbols)
        )


DEFAULT_RULES = (
    AlertRule(
        on=frozenset(
            {
                AlertKind.DEAL,
                AlertKind.STOP_OUT,
                AlertKind.MARGIN_CALL,
                AlertKind.LIMIT,
                AlertKind.SIGNAL_REFUSED,
                AlertKind.TRADING,
                AlertKind.BRIDGE,
                AlertKind.FAILOVER,
                AlertKind.PRICE,
            }
        ),
        every_ns=2 * NS_PER_SECOND,
    ),
)
"""What the page is told where nothing is configured."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long an alert is tried to be delivered.

    Args:
        waits_ns: after each failure in a row; after the last one it is given up.
        life_ns: what is older is dropped untold.
    """

    waits_ns: tuple[int, ...] = tuple(one * NS_PER_SECOND for one in _WAITS_SECONDS)
    life_ns: int = _DAY_NS


class Routed(msgspec.Struct, frozen=True):
    """An alert on its way.

    Args:
        alert: what is told.
        target: to whom.
        rule: number of the rule that says so.
    """

    alert: Alert
    target: str
    rule: int


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What waits to be told by one rule to one target.

    Args:
        target: to whom.
        rule: number of the rule.
        told_at: when the group was told something last, nanoseconds UTC; 0 for never.
        failures: in a row.
        retry_at: not to be tried before, nanoseconds UTC.
    """

    target: str
    rule: int
    told_at: Instant = 0
    failures: int = 0
    retry_at: Instant = 0

    def due_at(self, every_ns: int) -> Instant:
        """Return when it is to be told."""
        return max(self.told_at + every_ns, self.retry_at)


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """What is told in one message.

    Args:
        group: whose.
        last_id: of the newest alert in it; it and those before are told.
        count: how many alerts.
        first_at: when the oldest came, nanoseconds UTC.
        kinds: of all of them.
        tones: of all of them.
        lines: the first few texts.
    """

    group: Group
    last_id: int
    count: int
    first_at: Instant
    kinds: tuple[AlertKind, ...]
    tones: tuple[Tone, ...]
    lines: tuple[str, ...]

    @property
    def tone(self) -> Tone:
        """How the whole is meant: as bad as the worst of it."""
        if Tone.BAD in self.tones:
            return Tone.BAD
        return Tone.GOOD if set(self.tones) == {Tone.GOOD} else Tone.PLAIN

    @property
    def text(self) -> str:
        """The whole as one text: a sentence, or their number and the first few."""
        if self.count == 1:
            return self.lines[0]
        shown = [f"{self.count} alerts:", *(f"- {line}" for line in self.lines)]
        more = self.count - len(self.lines)
        return "\n".join([*shown, *([f"and {more} more."] if more else [])])


def routed(alerts: Iterable[Alert], rules: Sequence[AlertRule]) -> list[Routed]:
    """Return where alerts go; each target hears of one once, by the first rule that wants it."""
    found: list[Routed] = []
    for alert in alerts:
        targets: dict[str, int] = {}
        for number, rule in enumerate(rules):
            if rule.wants(alert):
                targets = {**dict.fromkeys(rule.to, number), **targets}
        found += [Routed(alert, target, number) for target, number in targets.items()]
    return found


def retry_wait(failures: int, patience: Patience) -> int | None:
    """Return how long to wait after so many failures in a row; None to give up."""
    waits = patience.waits_ns
    return waits[failures - 1] if failures <= len(waits) else None


def _matches(value: str | None, patterns: tuple[str, ...]) -> bool:
    if not patterns:
        return True
    return value is not None and any(fnmatchcase(value, pattern) for pattern in patterns)
