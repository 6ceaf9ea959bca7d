"""What a provider's plan allows, counted before each call and corrected by what the provider says.

Reserve, call, settle: a call is counted before it is made, so that neither a crash nor a second
process sharing the store can spend it twice; afterwards the provider's own count wins where it is
higher. Counting happens in one script inside the store, by the store's clock.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib import resources
from typing import cast
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace
from redis.exceptions import RedisError

from fxpaper.aggregator.source import Usage
from fxpaper.aggregator.store import Store
from fxpaper.clock import Clock, SystemClock
from fxpaper.domain.instant import NS_PER_MS, Instant, as_datetime
from fxpaper.errors import TransientError

_SCRIPT = resources.files("fxpaper.aggregator").joinpath("budget.lua").read_text("utf-8")
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_TOLD = ("per_minute", "per_day")
"""What providers tell of a key's plan."""
_KEPT_OF_DAY = 0.2
_KEPT_OF_SHORTER = 0.3


class Limits(msgspec.Struct, frozen=True):
    """What a plan allows; None where it does not limit.

    Args:
        per_minute: calls in a calendar minute.
        per_day: calls in a day.
        per_hour: calls in a clock hour.
        spacing_ms: between two calls, milliseconds.
        midnight: zone in which the provider's day ends.
    """

    per_minute: int | None = None
    per_day: int | None = None
    per_hour: int | None = None
    spacing_ms: int = 0
    midnight: str = "UTC"

    def offset_ms(self, now: Instant) -> int:
        """Return how far ahead of UTC the provider's clocks are, milliseconds."""
        if self.midnight == "UTC":
            return 0
        ahead = as_datetime(now).astimezone(ZoneInfo(self.midnight)).utcoffset()
        return 0 if ahead is None else round(ahead.total_seconds() * 1000)

    def day_ends(self, now: Instant) -> Instant:
        """Return when the provider's present day ends, nanoseconds UTC."""
        local = now // NS_PER_MS + self.offset_ms(now)
        return (local // _DAY_MS * _DAY_MS + _DAY_MS - self.offset_ms(now)) * NS_PER_MS


NO_LIMITS = Limits()


class Taken(msgspec.Struct, frozen=True):
    """A call may be made; it is counted already."""

    usage: Usage


class Wait(msgspec.Struct, frozen=True):
    """A call may not be made yet.

    Args:
        until: the earliest instant to try again, nanoseconds UTC.
        window: what is spent: ``minute``, ``hour``, ``day``, ``spacing`` when the last call was
            just now, or ``ban`` when the provider said so.
        usage: what was used.
    """

    until: Instant
    window: str
    usage: Usage


class Budget:
    """The budgets of every provider.

    An account is a provider's name, with a mark of the key behind a colon where there is one, so
    that processes sharing a key and a store share its budget: ``twelve_data:5e884898``.

    Args:
        store: where it is counted.
        plans: limits by provider; one that is not in it has none.
        now: tells the time in tests; otherwise the store's own clock counts.
    """

    def __init__(
        self,
        store: Store,
        plans: Mapping[str, Limits],
        now: Callable[[], Instant] | None = None,
    ) -> None:
        self._store = store
        self._plans = dict(plans)
        self._now = now
        self._clock: Clock = SystemClock()
        self._script = store.client.register_script(_SCRIPT)

    def plan(self, account: str) -> Limits:
        """Return what the plan of an account allows."""
        return self._plans.get(account, self._plans.get(account.partition(":")[0], NO_LIMITS))

    async def learn(self, account: str, plan: Limits) -> None:
        """Count by another plan from now on, because the provider told which one the key has.

        The store remembers it, for other processes and for the next start.

        Raises:
            TransientError: the store does not answer.
        """
        self._plans[account] = plan
        told: dict[str, str] = {
            name: str(value) for name in _TOLD if (value := getattr(plan, name)) is not None
        }
        key = f"plan:{account}"
        try:
            await self._store.ask(self._store.client.delete(key))
            for name, value in told.items():
                await self._store.ask(self._store.client.hset(key, name, value))
        except RedisError as problem:
            raise TransientError(
                f"The store with the budgets does not answer ({type(problem).__name__})"
            ) from None
        await self._store.keep(key)

    async def take(
        self, account: str, cost: int = 1, *, spare: bool = False, gap: float = 0.0
    ) -> Taken | Wait:
        """Count a call that is about to be made, if the plan allows it.

        Args:
            account: whose budget.
            cost: what the provider counts for the call.
            spare: leave a part for calls that cannot wait: 20 % of the day, 30 % of anything
                shorter.
            gap: seconds since the latest call, of whatever process, that must have passed.

        Raises:
            TransientError: the store does not answer; nothing may be called.
        """
        allowed, until, limiting, usage = await self._ask(
            account, "take", cost, spare=spare, gap=gap
        )
        return Taken(usage) if allowed else Wait(until, limiting, usage)

    async def refund(self, account: str, cost: int = 1) -> None:
        """Take back a call that certainly never left this machine."""
        await self._ask(account, "refund", cost)

    async def settle(self, account: str, minute: int | None = None, day: int | None = None) -> None:
        """Believe the provider's count where it is higher than ours; others may use the key too."""
        if minute is not None:
            await self._ask(account, "settle", minute, window="minute")
        if day is not None:
            await self._ask(account, "settle", day, window="day")

    async def ban(self, account: str, until: Instant) -> None:
        """Allow no call before ``until``, because the provider said so."""
        await self._ask(account, "ban", -(-until // NS_PER_MS))

    async def usage(self, account: str) -> Usage:
        """Return what is used of a plan now."""
        return (await self._ask(account, "usage", 0))[3]

    async def _ask(
        self,
        account: str,
        operation: str,
        number: int,
        *,
        window: str = "",
        spare: bool = False,
        gap: float = 0.0,
    ) -> tuple[bool, Instant, str, Usage]:
        key = f"budget:{account}"
        now = "" if self._now is None else str(self._now() // NS_PER_MS)
        try:
            plan = await self._recalled(account)
            allowances = _allowances(plan, self._now_or_ours(), spare=spare)
            spacing = max(plan.spacing_ms, round(gap * 1000))
            words = [operation, number, window, now, spacing, *allowances]
            answer = await self._store.ask(self._script(keys=[key], args=words))
        except RedisError as problem:
            raise TransientError(
                f"The store with the budgets does not answer ({type(problem).__name__}); "
                f"nothing is asked of {account.partition(':')[0]} until it does."
            ) from None
        if operation != "usage":
            await self._store.keep(key)
        granted, until, limiting, ban, minute, hour, day = answer
        usage = Usage(
            used_minute=int(minute),
            limit_minute=plan.per_minute,
            used_hour=int(hour),
            limit_hour=plan.per_hour,
            used_day=int(day),
            limit_day=plan.per_day,
            banned_until=int(ban) * NS_PER_MS,
        )
        return bool(granted), int(until) * NS_PER_MS, limiting.decode(), usage

    async def _recalled(self, account: str) -> Limits:
        """Return the plan of an account, once looked up in the store."""
        if account in self._plans or ":" not in account:
            return self.plan(account)
        hgetall = self._store.client.hgetall(f"plan:{account}")
        found = await self._store.ask(cast("Awaitable[dict[bytes, bytes]]", hgetall))
        plan = self.plan(account)
        if found:
            told = {name: int(found[key]) for name in _TOLD if (key := name.encode()) in found}
            plan = replace(plan, **{**dict.fromkeys(_TOLD), **told})
        self._plans[account] = plan
        return plan

    def _now_or_ours(self) -> Instant:
        return self._clock.now() if self._now is None else self._now()


def spare_of(limit: int | None, *, day: bool) -> int:
    """Return what calls without hurry may use of a limit, at least one; 0 for no limit."""
    kept = _KEPT_OF_DAY if day else _KEPT_OF_SHORTER
    return max(1, limit - round(limit * kept)) if limit else 0


def _allowances(plan: Limits, now: Instant, *, spare: bool) -> list[str | int]:
    words: list[str | int] = []
    for name, length, limit in (
        ("minute", _MINUTE_MS, plan.per_minute),
        ("hour", _HOUR_MS, plan.per_hour),
        ("day", _DAY_MS, plan.per_day),
    ):
        offset = plan.offset_ms(now) if name == "day" else 0
        allowed = spare_of(limit, day=name == "day") if spare else limit or 0
        words += [name, length, offset, allowed]
    return words
