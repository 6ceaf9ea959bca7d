"""Budgets: never exceeded, by whatever clock, process or crash, on both kinds of store."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fxpaper.aggregator.budget import Budget, Limits, Taken, Wait
from fxpaper.aggregator.store import open_store
from fxpaper.clock import ManualClock
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant

NOON = parse_instant("2026-11-18T12:00:00Z")
PLAN = {"twelve_data": Limits(per_minute=8, per_day=800)}
SECOND = NS_PER_SECOND


async def take_all(budget: Budget, calls: int, **options) -> int:
    """Return how many of some simultaneous calls are allowed."""
    answers = await asyncio.gather(*(budget.take("twelve_data", **options) for _ in range(calls)))
    return sum(isinstance(answer, Taken) for answer in answers)


async def test_of_fifty_simultaneous_calls_a_minute_allows_eight(store):
    assert await take_all(Budget(store, PLAN, ManualClock(NOON).now), 50) == 8


async def test_a_spent_minute_says_when_the_next_one_begins(store):
    clock = ManualClock(NOON + 17 * SECOND)
    budget = Budget(store, PLAN, clock.now)
    await take_all(budget, 8)
    answer = await budget.take("twelve_data")
    assert isinstance(answer, Wait)
    assert (answer.until, answer.window) == (NOON + 60 * SECOND, "minute")
    assert (answer.usage.used_minute, answer.usage.limit_minute) == (8, 8)
    clock.move_to(answer.until - 1_000_000)
    assert isinstance(await budget.take("twelve_data"), Wait)
    clock.move_to(answer.until)
    assert isinstance(await budget.take("twelve_data"), Taken)


async def test_a_spent_day_says_when_the_next_day_begins_in_utc(store):
    clock = ManualClock(NOON)
    budget = Budget(store, PLAN, clock.now)
    await budget.settle("twelve_data", day=800)
    answer = await budget.take("twelve_data")
    assert isinstance(answer, Wait)
    assert (answer.until, answer.window) == (parse_instant("2026-11-19T00:00:00Z"), "day")


async def test_a_refused_call_is_counted_in_no_window(store):
    """Two windows are one decision: a full minute leaves the day untouched."""
    budget = Budget(store, PLAN, ManualClock(NOON).now)
    await take_all(budget, 50)
    assert (await budget.usage("twelve_data")).used_day == 8


async def test_a_cost_that_does_not_fit_is_refused_whole(store):
    budget = Budget(store, PLAN, ManualClock(NOON).now)
    assert isinstance(await budget.take("twelve_data", 5), Taken)
    assert isinstance(await budget.take("twelve_data", 5), Wait)
    assert isinstance(await budget.take("twelve_data", 3), Taken)


async def test_calls_without_hurry_leave_a_part_of_the_minute(store):
    budget = Budget(store, PLAN, ManualClock(NOON).now)
    assert await take_all(budget, 50, spare=True) == 6
    assert await take_all(budget, 50) == 2


async def test_the_providers_count_wins_where_it_is_higher(store):
    budget = Budget(store, PLAN, ManualClock(NOON).now)
    await budget.take("twelve_data")
    await budget.settle("twelve_data", minute=7)
    assert await take_all(budget, 5) == 1
    await budget.settle("twelve_data", minute=2)
    assert await take_all(budget, 5) == 0


async def test_a_ban_lasts_until_its_end(store):
    clock = ManualClock(NOON)
    budget = Budget(store, PLAN, clock.now)
    await budget.ban("twelve_data", NOON + 1_500_000_000)
    answer = await budget.take("twelve_data")
    assert isinstance(answer, Wait)
    assert (answer.until, answer.window) == (NOON + 1_500_000_000, "ban")
    clock.move_to(NOON + 1_500_000_000)
    assert isinstance(await budget.take("twelve_data"), Taken)


async def test_a_refund_gives_a_call_back(store):
    budget = Budget(store, PLAN, ManualClock(NOON).now)
    await take_all(budget, 8)
    await budget.refund("twelve_data")
    assert await take_all(budget, 5) == 1


async def test_keys_of_one_provider_have_budgets_of_their_own(store):
    budget = Budget(store, PLAN, ManualClock(NOON).now)
    for _ in range(8):
        await budget.take("twelve_data:aaaa")
    assert isinstance(await budget.take("twelve_data:aaaa"), Wait)
    assert isinstance(await budget.take("twelve_data:bbbb"), Taken)


async def test_without_a_clock_the_stores_own_counts(store):
    budget = Budget(store, {"twelve_data": Limits(per_minute=None, per_day=3)})
    assert await take_all(budget, 5) == 3


async def test_two_connections_to_one_server_share_a_budget(redis_url, tmp_path):
    first, second = [await open_store(redis_url, tmp_path) for _ in range(2)]
    await first.client.flushall()
    budgets = [Budget(store, PLAN, ManualClock(NOON).now) for store in (first, second)]
    answers = await asyncio.gather(*(take_all(budget, 20) for budget in budgets))
    assert sum(answers) == 8
    await first.close()
    await second.close()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 4)), max_size=30))
async def test_no_minute_ever_holds_more_than_its_limit(tmp_path, steps):
    """Whatever the pauses and the costs, with a restart before every call."""
    (tmp_path / "budgets.json").unlink(missing_ok=True)
    now = NOON
    counted: dict[int, int] = {}
    for pause, cost in steps:
        now += pause * SECOND
        store = await open_store(None, tmp_path)
        answer = await Budget(store, PLAN, ManualClock(now).now).take("twelve_data", cost)
        await store.close()
        minute = now // (60 * SECOND)
        if isinstance(answer, Taken):
            counted[minute] = counted.get(minute, 0) + cost
    assert all(count <= 8 for count in counted.values())


async def test_a_clock_set_back_a_little_grants_nothing_again(store):
    budget = Budget(store, PLAN, ManualClock(NOON).now)
    await take_all(budget, 8)
    earlier = Budget(store, PLAN, ManualClock(NOON - 30 * SECOND).now)
    assert isinstance(await earlier.take("twelve_data"), Wait)


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from fxpaper.aggregator.budget import Budget, Limits
from fxpaper.aggregator.store import open_store

async def main():
    store = await open_store(None, Path(sys.argv[1]))
    budget = Budget(store, {"twelve_data": Limits(per_minute=None, per_day=3)})
    for _ in range(2):
        await budget.take("twelve_data")
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
async def test_what_was_spent_survives_kill_9(tmp_path: Path):
    """The call is on disk before it is made; two of three are gone after the crash."""
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, tmp_path)
    assert await killed.wait() == -9
    store = await open_store(None, tmp_path)
    budget = Budget(store, {"twelve_data": Limits(per_minute=None, per_day=3)})
    assert await take_all(budget, 5) == 1
    await store.close()


async def test_an_hour_is_a_window_of_its_own(store):
    clock = ManualClock(NOON + 59 * 60 * SECOND)
    budget = Budget(store, {"tiingo": Limits(per_hour=50, per_day=1000)}, clock.now)
    answers = [await budget.take("tiingo") for _ in range(51)]
    assert isinstance(answers[-1], Wait)
    assert (answers[-1].until, answers[-1].window) == (NOON + 3600 * SECOND, "hour")
    clock.move_to(NOON + 3600 * SECOND)
    assert isinstance(await budget.take("tiingo"), Taken)


async def test_two_calls_are_spaced(store):
    clock = ManualClock(NOON)
    budget = Budget(store, {"alpha_vantage": Limits(spacing_ms=1100)}, clock.now)
    assert isinstance(await budget.take("alpha_vantage"), Taken)
    answer = await budget.take("alpha_vantage")
    assert isinstance(answer, Wait)
    assert (answer.until, answer.window) == (NOON + 1_100_000_000, "spacing")
    clock.move_to(answer.until)
    assert isinstance(await budget.take("alpha_vantage"), Taken)


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        pytest.param("2026-11-18T12:00:00Z", "2026-11-19T05:00:00Z", id="winter"),
        pytest.param("2026-07-18T03:59:59Z", "2026-07-18T04:00:00Z", id="summer"),
        pytest.param("2026-11-01T04:30:00Z", "2026-11-02T05:00:00Z", id="the day of 25 hours"),
        pytest.param("2026-03-08T12:00:00Z", "2026-03-09T04:00:00Z", id="the day of 23 hours"),
    ],
)
async def test_the_day_ends_at_the_providers_own_midnight(store, now, ends):
    plan = Limits(per_day=2, midnight="America/New_York")
    clock = ManualClock(parse_instant(now))
    budget = Budget(store, {"alpha_vantage": plan}, clock.now)
    for _ in range(2):
        assert isinstance(await budget.take("alpha_vantage"), Taken)
    answer = await budget.take("alpha_vantage")
    assert isinstance(answer, Wait)
    clock.move_to(parse_instant(ends) - 1_000_000)
    assert isinstance(await budget.take("alpha_vantage"), Wait)
    clock.move_to(parse_instant(ends))
    assert isinstance(await budget.take("alpha_vantage"), Taken)


async def test_a_plan_that_the_provider_told_counts_from_then_on(store):
    budget = Budget(store, PLAN, ManualClock(NOON).now)
    await budget.learn("twelve_data:aaaa", Limits(per_minute=9, per_day=None))
    for _ in range(4):
        assert isinstance(await budget.take("twelve_data:aaaa"), Taken)
    another = Budget(store, PLAN, ManualClock(NOON).now)
    for _ in range(5):
        assert isinstance(await another.take("twelve_data:aaaa"), Taken)
    assert isinstance(await another.take("twelve_data:aaaa"), Wait)
    assert (await another.usage("twelve_data:aaaa")).limit_day is None
    assert budget.plan("twelve_data:bbbb") == PLAN["twelve_data"]


async def test_a_learnt_plan_survives_a_restart(tmp_path):
    limits = []
    for plan in (Limits(per_minute=55), None):
        store = await open_store(None, tmp_path)
        budget = Budget(store, PLAN, ManualClock(NOON).now)
        if plan is not None:
            await budget.learn("twelve_data:aaaa", plan)
        limits.append((await budget.usage("twelve_data:aaaa")).limit_minute)
        await store.close()
    assert limits == [55, 55]


async def test_a_gap_counts_from_the_latest_call_of_whatever_process(store):
    clock = ManualClock(NOON)
    budgets = [Budget(store, PLAN, clock.now) for _ in range(2)]
    assert isinstance(await budgets[0].take("twelve_data", spare=True, gap=135.0), Taken)
    answer = await budgets[1].take("twelve_data", spare=True, gap=135.0)
    assert isinstance(answer, Wait)
    assert (answer.until, answer.window) == (NOON + 135 * SECOND, "spacing")
    assert isinstance(await budgets[1].take("twelve_data"), Taken)
