"""An account of 10,000 USD at its desk, quotes and signals, for the tests of rules."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.event import AccountOpened, Recorded, SignalDecided
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.signal import Decision, ModelPolicy, PipsLevel, Signal, SignalSide
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.profiles import read_profile
from fxpaper.signals.desk import Desk
from fxpaper.signals.ensemble import Ensemble
from fxpaper.signals.rules import Rule, RuleBook, SignalRules
from fxpaper.signals.sizing.sizer import Past

PROFILE = read_profile("standard")
NOW = 1_790_000_000_000_000_000
"""Monday 21 September 2026, 14:13:20 UTC, 10:13:20 in New York."""
STREAM = Evidence("t", Transport.STREAM, Spread.REAL, Grade.A)
SIGNAL = Signal(
    id="one",
    account="a",
    model="m",
    symbol="EURUSD",
    side=SignalSide.BUY,
    confidence=Decimal(1),
    stop_loss=PipsLevel(Decimal(10)),
    take_profit=None,
    at=NOW,
    expires_at=NOW + 60 * NS_PER_SECOND,
    received_at=NOW,
    door="http",
    digest="",
)


def quoted(spread: int = 10, at: int = NOW, bid: int = 108_000, symbol: str = "EURUSD") -> Quote:
    return Quote(symbol, bid, bid + spread, at, at, STREAM)


def signal(id_: str, at: int = NOW, **changes: Any) -> Signal:
    """Return :data:`SIGNAL` under another id, at an instant, with changes."""
    lifetime = 60 * NS_PER_SECOND
    moved = replace(SIGNAL, id=id_, at=at, received_at=at, expires_at=at + lifetime)
    return replace(moved, **changes)


def open_account(engine: Engine, **given: object) -> None:
    """Open the paper account "a" with 10,000 dollars."""
    account = Account(
        id="a",
        mode=Mode.PAPER,
        currency="USD",
        leverage=100,
        balance=Decimal("10000.00"),
        initial_balance=Decimal("10000.00"),
        opened_at=NOW,
        **given,  # type: ignore[arg-type]
    )
    engine.state.record("a", NOW, AccountOpened(account))


def desk(
    rules: SignalRules | None = None,
    *exceptions: Rule,
    models: Iterable[str] = ("m",),
    past: Past | None = None,
    ensembles: Iterable[Ensemble] = (),
) -> Desk:
    """Return a desk at which the models are executed."""
    made = Engine(PROFILE, FillLimits(around_the_clock=True))
    open_account(made)
    here = Desk(made, RuleBook(rules or SignalRules(), exceptions, tuple(ensembles)), past=past)
    for model in models:
        here.set_policy(ModelPolicy(account="a", model=model, auto_execute=True), NOW)
    return here


def decided(events: Iterable[Recorded]) -> Decision | None:
    """Return the first decision among events."""
    found = [one.event.decision for one in events if isinstance(one.event, SignalDecided)]
    return found[0] if found else None
