"""What the settings mean to the rooms: rules, limits, costs, an account, where the ledger is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from fxpaper.config import Settings
from fxpaper.domain.account import Account, Accounting, Mode
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND, Instant
from fxpaper.domain.instrument import BrokerProfile
from fxpaper.domain.limits import Limits, OnBreach
from fxpaper.domain.money import post
from fxpaper.domain.quote import Grade
from fxpaper.domain.refusal import Refused
from fxpaper.engine.board import conversion_symbols
from fxpaper.engine.costs import CostModel, Slippage, SlippageKind
from fxpaper.engine.gate import ClosedMarket, FillLimits
from fxpaper.engine.margin import margin_currency
from fxpaper.errors import ConfigurationError
from fxpaper.limit_packs import read_limits
from fxpaper.rule_settings import SignalRuleSettings
from fxpaper.signals.ensemble import Ensemble, Method
from fxpaper.signals.intake.symbols import canonical_symbol
from fxpaper.signals.rules import Conflict, ConflictWith, Rule, RuleBook, SignalRules, Theme
from fxpaper.web.hooks import Hook

LEDGER_FILE = "ledger.db"


def rules_of(settings: Settings) -> SignalRules:
    """Return the rules by which signals become orders."""
    given = {name: getattr(settings, name) for name in SignalRuleSettings.model_fields}
    lifetime_ns = settings.signal_lifetime_seconds * NS_PER_SECOND
    themes = tuple(Theme(name, symbols) for name, symbols in settings.themes.items())
    return SignalRules(lifetime_ns=lifetime_ns, themes=themes, **rule_values(given))


def book_of(
    settings: Settings, *, auto_execute_unknown: bool = False, option: str = ""
) -> RuleBook:
    """Return the rules with those that hold for some models and symbols only, and the ensembles."""
    common = replace(rules_of(settings), auto_execute_unknown=auto_execute_unknown, option=option)
    rules = (
        Rule(model=one.model, symbol=one.symbol, changes=rule_values(one.given()))
        for one in settings.rules
    )
    return RuleBook(common, tuple(rules), ensembles_of(settings))


def ensembles_of(settings: Settings) -> tuple[Ensemble, ...]:
    """Return the models that decide together."""
    return tuple(
        Ensemble(
            name=name,
            models=tuple(dict.fromkeys(one.models)),
            method=Method(one.method),
            window_ns=one.window_seconds * NS_PER_SECOND,
            weights=one.weights,
            quorum=one.quorum or len(set(one.models)) // 2 + 1,
            threshold=one.threshold,
            symbols=one.symbols,
        )
        for name, one in settings.ensembles.items()
    )


def rule_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of rules under the names and in the units that the rules have."""
    values = dict(given)
    if "cooldown_minutes" in values:
        values["cooldown_ns"] = values.pop("cooldown_minutes") * 60 * NS_PER_SECOND
    if values.get("tiers", ()) is None:
        del values["tiers"]
    for name, kind in (("conflict", Conflict), ("conflict_with", ConflictWith)):
        if name in values:
            values[name] = kind(values[name])
    return values


def limits_of(settings: Settings, *, around_the_clock: bool = False) -> FillLimits:
    """Return what a quote must satisfy to be traded on."""
    return FillLimits(
        lowest_grade=Grade(settings.lowest_grade),
        stream_age_ns=round(settings.stream_age_seconds * NS_PER_SECOND),
        rest_age_ns=round(settings.rest_age_seconds * NS_PER_SECOND),
        around_the_clock=around_the_clock,
        closed_market=ClosedMarket(settings.closed_market),
    )


def account_limits_of(settings: Settings, directory: Path) -> Limits:
    """Return what the account may lose; a relative file counts from ``directory``.

    Raises:
        ConfigurationError: there is no such pack, or something in it is wrong.
    """
    pack = read_limits(settings.limits, directory)
    return replace(pack, on_breach=OnBreach(settings.limit_action))


def costs_of(settings: Settings) -> CostModel:
    """Return how orders reach the market."""
    return CostModel(
        slippage=Slippage(
            kind=SlippageKind(settings.slippage),
            amount=settings.slippage_amount,
            seed=settings.slippage_seed,
        ),
        latency_ns=settings.latency_ms * NS_PER_MS,
    )


def account_of(settings: Settings, opened_at: Instant) -> Account:
    """Return a new paper account as configured."""
    balance = post(Fraction(settings.balance), settings.currency)
    return Account(
        id=settings.account,
        mode=Mode.PAPER,
        currency=settings.currency,
        leverage=settings.leverage,
        balance=balance,
        initial_balance=balance,
        opened_at=opened_at,
        accounting=Accounting(settings.accounting),
    )


def wanted_symbols(
    settings: Settings, profile: BrokerProfile, currencies: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return the configured symbols, and behind them those that convert their money.

    Args:
        settings: read once.
        profile: the broker's rules.
        currencies: of accounts beside the daemon's own.

    Raises:
        ConfigurationError: a symbol is not in the broker profile.
    """
    wanted: dict[str, None] = {}
    for name in settings.symbols:
        symbol = canonical_symbol(name, profile.instruments)
        if isinstance(symbol, Refused):
            raise ConfigurationError(f"Setting symbols: {symbol.text}")
        wanted[symbol] = None
    for symbol in tuple(wanted):
        instrument = profile.instruments[symbol]
        for currency in (instrument.quote, margin_currency(instrument)):
            for of_account in (settings.currency, *currencies):
                for needed in conversion_symbols(currency, of_account, profile.instruments):
                    wanted[needed] = None
    return tuple(wanted)


def ledger_of(settings: Settings, data_dir: Path) -> Path | str:
    """Return where the ledger is: the configured database, or the file in the data directory."""
    if settings.ledger_url is None:
        return data_dir / LEDGER_FILE
    return settings.ledger_url.get_secret_value()


def hooks_of(settings: Settings) -> dict[str, Hook]:
    """Return the configured webhooks, by name."""
    return {
        name: Hook(
            name=name,
            secret=one.secret.get_secret_value(),
            signed=one.signed,
            model=one.model,
            confidence=None if one.confidence is None else str(one.confidence),
        )
        for name, one in settings.hooks.items()
    }
