"""What the API shows of an account's limits."""

from __future__ import annotations

from fxpaper.web.objects import Amount, Shown, Time


class DayBegan(Shown):
    """A trading day has begun."""

    day: str
    balance: Amount
    equity: Amount
    peak: Amount
    initial: Amount
    late: bool


class LimitReached(Shown):
    """Equity has fallen to a limit's floor."""

    limit: str
    equity: Amount
    floor: Amount


class LimitRoom(Shown):
    """How far equity is from a limit's floor; ``left_at_stops`` with everything at risk lost."""

    limit: str
    floor: Amount
    allowed: Amount
    left: Amount
    left_at_stops: Amount
    formula: str
    reached: bool


class SymbolRoom(Shown):
    """How many lots an order of a symbol may have whose stop-loss is so many pips away."""

    symbol: str
    lots: Amount | None


class Headroom(Shown):
    """What an account may lose yet, and trade yet; null where nothing limits it."""

    limits: str
    on_breach: str
    currency: str
    equity: Amount
    complete: bool
    day: str
    day_ends_at: Time
    floors: list[LimitRoom]
    stop_pips: Amount
    symbols: list[SymbolRoom]
    losses_in_a_row: int
    losses_limit: int | None
    orders_minute: int
    orders_minute_limit: int | None
    orders_day: int
    orders_day_limit: int | None
