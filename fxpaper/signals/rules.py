"""The rules by which signals become orders; values, read from the configuration elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fnmatch import fnmatchcase

import msgspec
from msgspec.structs import replace

from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.signals.ensemble import Ensemble


class SignalRules(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a signal.

    Args:
        risk_percent: of equity, lost at the stop-loss by a signal of confidence 1.
        max_risk_percent: of equity; the risk gate lets nothing through that loses more.
        max_open_risk_percent: of equity, of everything open and waiting together.
        max_leg_risk_percent: of equity, of everything that buys, or sells, the same currency.
        max_positions: open and waiting together.
        max_spread_percent: of the way from the entry to the stop-loss; a signal waits for a
            narrower spread until it expires.
        min_confidence: less is refused.
        risk_at_min_confidence: share of the risk that a signal of just that confidence gets;
            between the two points the share grows in a straight line.
        lifetime_ns: a signal without an expiry lives this long after its time.
        future_tolerance_ns: a signal may be this far ahead of the clock.
        max_level_distance: a stop-loss or take-profit farther from the market than this fraction
            of the price is taken for a mistake.
        default_stop_pips: stop-loss of a signal that brings none; None refuses such a signal.
        auto_execute_unknown: whether a model that nobody has decided about is executed.
    """

    risk_percent: Decimal = Decimal(1)
    max_risk_percent: Decimal = Decimal(2)
    max_open_risk_percent: Decimal = Decimal(10)
    max_leg_risk_percent: Decimal = Decimal(5)
    max_positions: int = 50
    max_spread_percent: Decimal = Decimal(50)
    min_confidence: Decimal = Decimal("0.5")
    risk_at_min_confidence: Decimal = Decimal("0.5")
    lifetime_ns: int = 300 * NS_PER_SECOND
    future_tolerance_ns: int = 5 * NS_PER_SECOND
    max_level_distance: Decimal = Decimal("0.2")
    default_stop_pips: Decimal | None = None
    auto_execute_unknown: bool = False


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What holds otherwise for some models and symbols.

    Args:
        model: a name, or a pattern with ``*`` and ``?``.
        symbol: the same.
        changes: other values of :class:`SignalRules`, by name.
    """

    model: str = "*"
    symbol: str = "*"
    changes: Mapping[str, object]

    def covers(self, model: str, symbol: str) -> bool:
        """Tell whether it is about a model's signals in a symbol."""
        return fnmatchcase(model, self.model) and fnmatchcase(symbol, self.symbol)


class RuleBook:
    """The rules of one account.

    Args:
        common: hold for every signal.
        rules: hold for some; of two that cover the same signal the later one wins.
        ensembles: that combine models; none covers a model's signals that another one covers.
    """

    def __init__(
        self,
        common: SignalRules,
        rules: tuple[Rule, ...] = (),
        ensembles: tuple[Ensemble, ...] = (),
    ) -> None:
        self.common = common
        self.ensembles = ensembles
        self._rules = rules
        self._known: dict[tuple[str, str], SignalRules] = {}

    def of(self, model: str, symbol: str) -> SignalRules:
        """Return what holds for a model's signals in a symbol."""
        if not self._rules:
            return self.common
        found = self._known.get((model, symbol))
        if found is None:
            found = self.common
            for rule in self._rules:
                if rule.covers(model, symbol):
                    found = replace(found, **rule.changes)
            self._known[model, symbol] = found
        return found
