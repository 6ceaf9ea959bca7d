"""Days on free plans in virtual time: two processes, restarts, signals that cannot wait."""

from __future__ import annotations

import pytest

from benchmarks.free_plans import SYMBOLS, live_through, waits
from fxpaper.aggregator.budget import Limits
from fxpaper.aggregator.registry import plans

DAYS = 2.0


@pytest.mark.parametrize("name", ["twelve_data", "alpha_vantage", "tiingo"])
async def test_no_window_of_a_plan_is_ever_exceeded(store, name):
    """The provider counts for itself and would have ended the run."""
    plan = plans()[name]
    provider = await live_through(name, plan, DAYS, store)
    assert plan.per_day is not None
    assert 0.5 * plan.per_day < provider.most("day") <= plan.per_day
    assert all(provider.asked_at[symbol] for symbol in SYMBOLS)


async def test_the_rehearsal_notices_a_plan_that_is_exceeded(store):
    """A provider that allows less than is counted on must end the run."""
    real = Limits(per_minute=8, per_day=800)
    less = Limits(per_minute=8, per_day=300)
    with pytest.raises(AssertionError, match="more than 300 in the day"):
        await live_through("twelve_data", real, DAYS, store, allowed=less)


async def test_a_symbol_waits_no_longer_than_its_share(store):
    """Five symbols, one of them near a level: 13 shares of a call every 135 s at most."""
    provider = await live_through("twelve_data", plans()["twelve_data"], DAYS, store)
    assert max(waits(provider)) < 3 * 13 * 135
