"""Ready-made accounts, profiles and quotes in literal numbers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.instant import parse_instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.profiles import read_profile

NOON = parse_instant("2026-11-18T12:00:00Z")
STREAM = Evidence("test", Transport.STREAM, Spread.REAL, Grade.A)


@pytest.fixture
def profile():
    return read_profile("standard")


@pytest.fixture
def quote(profile) -> Callable[..., Quote]:
    """Make a quote from prices as text; without an ask the spread is zero."""

    def make(symbol: str, bid: str, ask: str | None = None, at: int = NOON) -> Quote:
        instrument = profile.instruments[symbol]
        return Quote(
            symbol,
            instrument.points(Decimal(bid)),
            instrument.points(Decimal(ask or bid)),
            at,
            at,
            STREAM,
        )

    return make


@pytest.fixture
def engine(profile) -> Engine:
    """Return an engine with one account of 100,000 USD at 1:100."""
    engine = Engine(profile, FillLimits())
    engine.open_account(
        Account(
            id="paper",
            mode=Mode.PAPER,
            currency="USD",
            leverage=100,
            balance=Decimal("100000.00"),
            initial_balance=Decimal("100000.00"),
            opened_at=NOON,
        )
    )
    return engine
