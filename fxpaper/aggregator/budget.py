"""What a provider's plan allows, counted before each call and corrected by what the provider says.

Reserve, call, settle: a call is counted before it is made, so that neither a crash nor a second
process sharing the store can spend it twice; afterwards the provider's own count wins where it is
higher. Counting happens in one script inside the store, by the store's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources

import msgspec
from redis.exceptions import RedisError

from fxpaper.aggregator.source import Usage
from fxpaper.aggregator.store import Store
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND, Instant
from fxpaper.errors import TransientError

_SCRIPT = resources.files("fxpaper.aggregator").joinpath("budget.lua").read_text("utf-8")
_DAY_SECONDS = 86_400
_MINUTE_SECONDS = 60
_KEPT_OF_MINUTE = 0.3
_KEPT_OF_DAY = 0.2


class Limits(msgspec.Struct, frozen=True):
    """What a plan allows.

    Args:
        per_minute: calls in a calendar minute; None without such a limit.
        per_day: calls in a UTC day; None without such a limit.
    """

    per_minute: int | None
    per_day: int | None


FREE_PLANS: dict[str, Limits] = {
    "twelve_data": Limits(per_minute=8, per_day=800),
    "yahoo": Limits(per_minute=30, per_day=None),
}
"""Limits of the plans without a price. Yahoo publishes none; 30 is what we allow ourselves."""


class Taken(msgspec.Struct, frozen=True):
    """A call may be made; it is counted already."""

    usage: Usage


class Wait(msgspec.Struct, frozen=True):
    """A call may not be made yet.

    Args:
        until: the earliest instant to try again, nanoseconds UTC.
        window: what is spent: ``minute``, ``day``, or ``ban`` when the provider said so.
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
        plans: Mapping[str, Limits] = FREE_PLANS,
        now: Callable[[], Instant] | None = None,
    ) -> None:
        self._store = store
        self._plans = plans
        self._now = now
        self._script = store.client.register_script(_SCRIPT)

    async def take(self, account: str, cost: int = 1, *, spare: bool = False) -> Taken | Wait:
        """Count a call that is about to be made, if the plan allows it.

        Args:
            account: whose budget.
            cost: what the provider counts for the call.
            spare: leave a part for calls that cannot wait: 30 % of the minute, 20 % of the day.

        Raises:
            TransientError: the store does not answer; nothing may be called.
        """
        allowed, until, limiting, usage = await self._ask(account, "take", cost, spare=spare)
        if not allowed:
            return Wait(until, limiting, usage)
        return Taken(usage)

    async def refund(self, account: str, cost: int = 1) -> None:
        """Take back a call that certainly never left this machine."""
        await self._ask(account, "refund", cost)

    async def settle(self, account: str, minute: int | None = None, day: int | None = None) -> None:
        """Believe the provider's count where it is higher than ours; others may use the key too."""
        if minute is not None:
            await self._ask(account, "settle_minute", minute)
        if day is not None:
            await self._ask(account, "settle_day", day)

    async def ban(self, account: str, until: Instant) -> None:
        """Allow no call before ``until``, because the provider said so."""
        await self._ask(account, "ban", -(-until // NS_PER_MS))

    async def usage(self, account: str) -> Usage:
        """Return what is used of a plan now."""
        return (await self._ask(account, "usage", 0))[3]

    async def pace(self, account: str, now: Instant) -> float:
        """Return the seconds between calls that spread the rest of a plan over the day."""
        used = await self.usage(account)
        gap = 0.0
        if used.limit_minute is not None:
            gap = _MINUTE_SECONDS / max(1, _spare(used.limit_minute, _KEPT_OF_MINUTE))
        if used.limit_day is not None:
            left = max(1, _spare(used.limit_day, _KEPT_OF_DAY) - used.used_day)
            seconds_left = _DAY_SECONDS - now // NS_PER_SECOND % _DAY_SECONDS
            gap = max(gap, seconds_left / left)
        return gap

    async def _ask(
        self, account: str, operation: str, number: int, *, spare: bool = False
    ) -> tuple[bool, Instant, str, Usage]:
        plan = self._plans.get(account.partition(":")[0], Limits(None, None))
        key = f"budget:{account}"
        now = "" if self._now is None else str(self._now() // NS_PER_MS)
        try:
            answer = await self._store.ask(
                self._script(keys=[key], args=[operation, number, now, *_allowances(plan, spare)])
            )
        except RedisError as problem:
            raise TransientError(
                f"The store with the budgets does not answer ({type(problem).__name__}); "
                f"nothing is asked of {account.partition(':')[0]} until it does."
            ) from None
        if operation != "usage":
            await self._store.keep(key)
        allowed, until, minute, day, limiting, ban = answer
        usage = Usage(
            used_minute=int(minute),
            limit_minute=plan.per_minute,
            used_day=int(day),
            limit_day=plan.per_day,
            banned_until=int(ban) * NS_PER_MS,
        )
        return bool(allowed), int(until) * NS_PER_MS, limiting.decode(), usage


def _allowances(plan: Limits, spare: bool) -> tuple[int, int]:  # noqa: FBT001
    minute, day = plan.per_minute or 0, plan.per_day or 0
    if spare:
        return _spare(minute, _KEPT_OF_MINUTE), _spare(day, _KEPT_OF_DAY)
    return minute, day


def _spare(limit: int, kept: float) -> int:
    """Return what may be used of a limit when a part is kept; at least one."""
    return limit and max(1, limit - round(limit * kept))
