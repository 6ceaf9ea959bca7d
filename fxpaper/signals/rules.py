"""The rules by which signals become orders; values, read from the configuration elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Literal

import msgspec
from msgspec.structs import replace

from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.sizing import LADDER, SizingMode, Tiers
from fxpaper.domain.window import Window
from fxpaper.signals.ensemble import Ensemble


class Conflict(StrEnum):
    """What becomes of a signal to buy while a sell is open, or the other way round."""

    HEDGE = "hedge"
    """It is executed beside it; a netting account nets the two."""
    IGNORE = "ignore"
    """It is refused."""
    CLOSE = "close"
    """What is open is closed, and nothing opened."""
    REVERSE = "reverse"
    """What is open is closed, and then it is executed."""


class ConflictWith(StrEnum):
    """Whose open positions a signal is held against."""

    MODEL = "model"
    """Those of its own model in its symbol."""
    ACCOUNT = "account"
    """All of its symbol."""


class Theme(msgspec.Struct, frozen=True):
    """Symbols whose risk counts together, because one thing moves them.

    Args:
        name: for people.
        symbols: names, or patterns with ``*`` and ``?``.
    """

    name: str
    symbols: tuple[str, ...]

    def covers(self, symbol: str) -> bool:
        """Tell whether a symbol belongs to it."""
        return any(fnmatchcase(symbol, pattern) for pattern in self.symbols)


class SignalRules(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a signal.

    Args:
        risk_percent: of equity, lost at the stop-loss by a signal of confidence 1.
        max_risk_percent: of equity; the risk gate lets nothing through that loses more.
        max_open_risk_percent: of equity, of everything open and waiting together.
        max_leg_risk_percent: of equity, of everything that buys, or sells, the same currency.
        max_theme_risk_percent: the same of everything of one theme.
        max_symbol_risk_percent: the same of everything in one symbol; None for any.
        max_model_risk_percent: the same of everything of one model; None for any.
        themes: of the account.
        max_positions: open and waiting together.
        max_spread_percent: of the way from the entry to the stop-loss; a signal waits for a
            narrower spread until it expires.
        max_entry_drift_percent: of the way to the stop-loss; a signal that tells its entry waits
            while the market is farther on than this.
        min_reward_risk: least way to the take-profit over the way to the stop-loss, at the price
            that would be paid; None asks for none.
        conflict: what becomes of a signal against an open position.
        conflict_with: whose positions count, for conflicts and entries.
        max_entries: most open and waiting entries in a symbol on one side; None for any.
        cooldown_losses: after so many losses in a row of a model in a symbol it pauses; None never.
        cooldown_ns: how long it pauses after the last of them.
        min_confidence: less is refused.
        risk_at_min_confidence: share of the risk that a signal of just that confidence gets;
            between the two points the share grows in a straight line.
        sizing: what decides how many lots a signal gets.
        lots: of ``fixed_lots``.
        max_lots: no signal gets more; None: the instrument's own limit only.
        risk_money: of ``risk_money``, account currency.
        tiers: of ``tiers``; at least one.
        volatility_percent: of equity, that an average day costs under ``volatility``.
        kelly_fraction: of Kelly's share, that is staked under ``kelly``.
        kelly_cap_percent: of equity; Kelly's share never stakes more.
        kelly_trades: closed trades that it takes before Kelly's share is believed.
        lifetime_ns: a signal without an expiry lives this long after its time.
        future_tolerance_ns: a signal may be this far ahead of the clock.
        max_level_distance: a stop-loss or take-profit farther from the market than this fraction
            of the price is taken for a mistake.
        default_stop_pips: stop-loss of a signal that brings none; None refuses such a signal.
        trading_hours: in which positions may be opened; empty for always.
        rollover_window: in which none is opened; signals wait until it ends or they expire.
        news_before_minutes: how long before an event none is opened in its currency.
        news_after_minutes: the same after it.
        news_impact: ``high``, ``medium`` or ``low``; of events that matter less none is minded.
        option: of commands about the account; empty for the daemon's own.
        auto_execute_unknown: whether a model that nobody has decided about is executed.
    """

    risk_percent: Decimal = Decimal(1)
    max_risk_percent: Decimal = Decimal(2)
    max_open_risk_percent: Decimal = Decimal(10)
    max_leg_risk_percent: Decimal = Decimal(5)
    max_theme_risk_percent: Decimal = Decimal(5)
    max_symbol_risk_percent: Decimal | None = None
    max_model_risk_percent: Decimal | None = None
    themes: tuple[Theme, ...] = ()
    max_positions: int = 50
    max_spread_percent: Decimal = Decimal(50)
    max_entry_drift_percent: Decimal = Decimal(50)
    min_reward_risk: Decimal | None = None
    conflict: Conflict = Conflict.HEDGE
    conflict_with: ConflictWith = ConflictWith.MODEL
    max_entries: int | None = None
    cooldown_losses: int | None = None
    cooldown_ns: int = 3600 * NS_PER_SECOND
    min_confidence: Decimal = Decimal("0.5")
    risk_at_min_confidence: Decimal = Decimal("0.5")
    sizing: SizingMode = SizingMode.CONFIDENCE
    lots: Decimal = Decimal("0.01")
    max_lots: Decimal | None = None
    risk_money: Decimal = Decimal(100)
    tiers: Tiers = LADDER
    volatility_percent: Decimal = Decimal(1)
    kelly_fraction: Decimal = Decimal("0.25")
    kelly_cap_percent: Decimal = Decimal(2)
    kelly_trades: int = 50
    lifetime_ns: int = 300 * NS_PER_SECOND
    future_tolerance_ns: int = 5 * NS_PER_SECOND
    max_level_distance: Decimal = Decimal("0.2")
    default_stop_pips: Decimal | None = None
    trading_hours: tuple[Window, ...] = ()
    rollover_window: tuple[Window, ...] = ()
    news_before_minutes: int = 30
    news_after_minutes: int = 30
    news_impact: Literal["high", "medium", "low"] = "high"
    option: str = ""
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

    def may_use(self, mode: SizingMode) -> bool:
        """Tell whether any signal may be sized in a way."""
        changed = any(rule.changes.get("sizing") is mode for rule in self._rules)
        return changed or self.common.sizing is mode

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
