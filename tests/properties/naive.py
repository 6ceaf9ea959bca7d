"""A second engine: slow, obvious, without levels, books, bands or timers.

It looks at every order, position and account on every quote, computes in fractions, and shares no
code with the engine but the words of the domain and the broker's profile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
CONTRACT = {"XAUUSD": 100}
LEVERAGE = 500


def cents(amount: Fraction) -> Decimal:
    """Round half-even to two decimals, the long way."""
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    rounded = exact.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    twice = amount * 200
    if twice.denominator == 1 and twice.numerator % 2:  # exactly between two cents
        below = twice.numerator // 2
        return Decimal(below if below % 2 == 0 else below + 1) / 100
    return rounded


@dataclass
class Order:
    """A waiting order."""

    number: int
    symbol: str
    side: str
    lots: Fraction
    kind: str
    price: int
    stop: int | None
    take: int | None
    trail: int | None
    oco: int | None
    ends: int | None


@dataclass
class Position:
    """An open position."""

    number: int
    symbol: str
    side: str
    lots: Fraction
    opened: int
    at: int
    stop: int | None
    take: int | None
    trail: int | None
    margin: Decimal
    swap: Decimal = Decimal(0)
    trailed: bool = False


@dataclass
class Naive:
    """One hedging account in dollars.

    Args:
        balance: to begin with.
        digits: of each symbol.
        per_lot: commission for each lot and side.
        swaps: long and short, in points, by symbol.
        triple: weekday number of the triple rollover by symbol.
        hedged: units that a covered lot is margined as.
    """

    balance: Decimal
    digits: dict[str, int]
    per_lot: Fraction
    swaps: dict[str, tuple[Fraction, Fraction]]
    triple: dict[str, int]
    hedged: dict[str, Fraction]
    quotes: dict[str, tuple[int, int]] = field(default_factory=dict)
    positions: list[Position] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    deals: list[tuple[str, str, str, Fraction, int, str, Decimal]] = field(default_factory=list)
    now: int = 0

    def quote(self, symbol: str, bid: int, ask: int, at: int) -> None:
        """Take a quote."""
        self.pass_time(at)
        self.quotes[symbol] = (bid, ask)
        self.meet(symbol, at)
        self.margin_call(at)

    def pass_time(self, at: int) -> None:
        """Roll over and expire, second by second where something is due."""
        due = []
        day = datetime.fromtimestamp(self.now // 10**9, UTC).astimezone(NEW_YORK).date()
        last = datetime.fromtimestamp(at // 10**9, UTC).astimezone(NEW_YORK).date()
        while day <= last:
            local = datetime(day.year, day.month, day.day, 17, tzinfo=NEW_YORK)
            instant = int(local.timestamp()) * 10**9
            if self.now < instant <= at and day.weekday() < 5:
                due.append((instant, 0, day.weekday()))
            day += timedelta(days=1)
        due += [(o.ends, 1, 0) for o in self.orders if o.ends is not None and o.ends <= at]
        for instant, kind, weekday in sorted(set(due)):
            if kind == 0:
                self.roll(instant, weekday)
            else:
                self.orders = [o for o in self.orders if o.ends != instant]
        self.now = max(self.now, at)

    def roll(self, instant: int, weekday: int) -> None:
        """Let every position pay."""
        for position in self.positions:
            if position.at >= instant:
                continue
            nights = 3 if weekday == self.triple[position.symbol] else 1
            points = self.swaps[position.symbol][position.side == "sell"]
            amount = points * position.lots * self.worth(position.symbol)
            rate = self.rate(position.symbol, amount >= 0)
            if rate is not None:
                position.swap += cents(amount * nights * rate)
        self.margin_call(instant)

    def worth(self, symbol: str) -> Fraction:
        """Return what a point of a lot is worth in quote currency."""
        return Fraction(CONTRACT.get(symbol, 100_000), 10 ** self.digits[symbol])

    def rate(self, symbol: str, gain: bool) -> Fraction | None:  # noqa: FBT001
        """Return dollars for one unit of a symbol's quote currency."""
        if symbol.endswith("USD"):
            return Fraction(1)
        if symbol.endswith("JPY"):
            if "USDJPY" not in self.quotes:
                return None
            bid, ask = self.quotes["USDJPY"]
            return Fraction(1000, ask if gain else bid)
        if "GBPUSD" not in self.quotes:
            return None
        bid, ask = self.quotes["GBPUSD"]
        return Fraction(bid if gain else ask, 100_000)

    def profit(self, position: Position, price: int) -> Decimal | None:
        """Return what a position brings when it closes at a price."""
        moved = price - position.opened if position.side == "buy" else position.opened - price
        gross = moved * position.lots * self.worth(position.symbol)
        rate = self.rate(position.symbol, gross >= 0)
        return None if rate is None else cents(gross * rate)

    def closing(self, position: Position) -> int:
        """Return what a position would close at."""
        bid, ask = self.quotes[position.symbol]
        return bid if position.side == "buy" else ask

    def equity(self) -> Decimal:
        """Return balance, profits and swaps."""
        total = self.balance
        for position in self.positions:
            profit = Decimal(0)
            if position.symbol in self.quotes:
                profit = self.profit(position, self.closing(position)) or Decimal(0)
            total += profit + position.swap
        return total

    def known(self) -> bool:
        """Tell whether every position can be valued."""
        return all(p.symbol in self.quotes for p in self.positions) and all(
            self.rate(p.symbol, gain=True) is not None for p in self.positions
        )

    def margin(self) -> Decimal:
        """Return what is held, hedges by the broker's rule."""
        total = Decimal(0)
        for symbol in {p.symbol for p in self.positions}:
            sides = [
                [p for p in self.positions if p.symbol == symbol and p.side == side]
                for side in ("buy", "sell")
            ]
            lots = [sum((p.lots for p in side), Fraction(0)) for side in sides]
            held = [Fraction(sum((p.margin for p in side), Decimal(0))) for side in sides]
            if not all(lots):
                total += cents(held[0] + held[1])
                continue
            larger = 0 if lots[0] >= lots[1] else 1
            covered = min(lots)
            alone = held[larger] * (lots[larger] - covered) / lots[larger]
            average = (held[0] + held[1]) / (lots[0] + lots[1])
            share = self.hedged[symbol] / CONTRACT.get(symbol, 100_000)
            total += cents(alone + covered * share * average)
        return total

    def place(self, order: Order, at: int) -> None:
        """Let an order wait; a market order fills."""
        self.pass_time(at)
        if order.kind == "market":
            self.open(order, self.market(order), at, "manual")
        else:
            self.orders.append(order)
        self.meet_all(at)
        self.margin_call(at)

    def market(self, order: Order) -> int:
        """Return what a market order pays."""
        bid, ask = self.quotes[order.symbol]
        return ask if order.side == "buy" else bid

    def close(self, position: Position, at: int, lots: Fraction) -> None:
        """Close a position, or a part of it, by hand."""
        self.pass_time(at)
        self.leave(position, self.closing(position), "manual", lots)
        self.meet_all(at)
        self.margin_call(at)

    def open(self, order: Order, price: int, at: int, reason: str) -> bool:
        """Open a position; False where there is not the margin."""
        units = order.lots * CONTRACT.get(order.symbol, 100_000) / LEVERAGE
        if order.symbol.startswith("USD"):
            rate = Fraction(1)
        elif order.symbol.endswith("USD"):
            rate = Fraction(price, 10 ** self.digits[order.symbol])
        elif "EURUSD" in self.quotes:
            rate = Fraction(self.quotes["EURUSD"][1], 100_000)
        else:
            return False
        if self.rate(order.symbol, gain=False) is None:
            return False
        fresh = Position(
            order.number, order.symbol, order.side, order.lots, price, at, order.stop, order.take,
            order.trail, cents(units * rate),
        )  # fmt: skip
        before, free = self.margin(), self.equity() - self.margin()
        commission = cents(order.lots * self.per_lot)
        self.positions.append(fresh)
        needed = self.margin() - before
        if needed > 0 and needed + commission > free:
            self.positions.remove(fresh)
            return False
        self.balance -= commission
        self.deals.append((fresh.symbol, fresh.side, "in", fresh.lots, price, reason, Decimal(0)))
        if fresh.trail is not None and fresh.stop is None:
            sign = 1 if fresh.side == "buy" else -1
            fresh.stop, fresh.trailed = self.closing(fresh) - sign * fresh.trail, True
        elif fresh.stop is not None and self.beyond(fresh, self.closing(fresh)):
            self.leave(fresh, self.closing(fresh), "stop_loss_on_open", fresh.lots)
        return True

    def beyond(self, position: Position, price: int) -> bool:
        """Tell whether a price reaches a position's stop-loss."""
        if position.stop is None:
            return False
        return price <= position.stop if position.side == "buy" else price >= position.stop

    def leave(self, position: Position, price: int, reason: str, lots: Fraction) -> None:
        """Close so many lots."""
        whole = lots == position.lots
        part = Position(**{**position.__dict__, "lots": lots})
        profit = self.profit(part, price)
        assert profit is not None
        share = lots / position.lots
        swap = position.swap if whole else cents(Fraction(position.swap) * share)
        margin = position.margin if whole else cents(Fraction(position.margin) * share)
        self.balance += profit - cents(lots * self.per_lot) + swap
        side = "sell" if position.side == "buy" else "buy"
        self.deals.append((position.symbol, side, "out", lots, price, reason, profit))
        position.lots -= lots
        position.swap -= swap
        position.margin -= margin
        if whole:
            self.positions.remove(position)

    def meet_all(self, at: int) -> None:
        """Let every symbol's quote meet what waits."""
        for symbol in list(self.quotes):
            self.meet(symbol, at)

    def meet(self, symbol: str, at: int) -> None:
        """Exits first, the older first; then trails; then orders; again while something happens."""
        happened = True
        while happened:
            happened = self.exits(symbol) or self.trails(symbol) or self.fills(symbol, at)

    def exits(self, symbol: str) -> bool:
        """Close what its stop-loss or take-profit is reached of."""
        found = False
        for position in list(self.positions):
            if position.symbol != symbol:
                continue
            price, long = self.closing(position), position.side == "buy"
            if position.stop is not None and self.beyond(position, price):
                paid = min(price, position.stop) if long else max(price, position.stop)
                reason = "trailing_stop" if position.trailed else "stop_loss"
                self.leave(position, paid, reason, position.lots)
                found = True
            elif position.take is not None and (
                price >= position.take if long else price <= position.take
            ):
                self.leave(position, position.take, "take_profit", position.lots)
                found = True
        return found

    def trails(self, symbol: str) -> bool:
        """Move stops that follow."""
        found = False
        for position in self.positions:
            if position.symbol != symbol or position.trail is None:
                continue
            sign = 1 if position.side == "buy" else -1
            wanted = self.closing(position) - sign * position.trail
            if position.stop is None or sign * (wanted - position.stop) >= 1:
                position.stop, position.trailed, found = wanted, True, True
        return found

    def fills(self, symbol: str, at: int) -> bool:
        """Fill orders whose price is reached."""
        bid, ask = self.quotes[symbol]
        reached = []
        for order in sorted(self.orders, key=lambda o: o.number):
            market = ask if order.side == "buy" else bid
            rises = (order.side == "buy") == (order.kind == "stop")
            if order.symbol == symbol and (
                market >= order.price if rises else market <= order.price
            ):
                reached.append((order, market))
        found = False
        for order, market in reached:
            if order not in self.orders:
                continue
            self.orders.remove(order)
            price = order.price
            if order.kind == "stop":
                price = max(price, market) if order.side == "buy" else min(price, market)
            elif order.kind == "market_if_touched":
                price = market
            if self.open(order, price, at, "order") and order.oco is not None:
                self.orders = [o for o in self.orders if o.oco != order.oco]
            found = True
        return found

    def margin_call(self, at: int) -> None:
        """Stop out: the largest loss first, until the level is above a half."""
        del at
        while (
            self.positions and self.known() and all(p.symbol in self.quotes for p in self.positions)
        ):
            held = self.margin()
            if not held or self.equity() * 2 > held:
                break
            losses = [
                ((self.profit(p, self.closing(p)) or Decimal(0)) + p.swap, born, p)
                for born, p in enumerate(self.positions)
            ]
            worst = min(losses, key=lambda loss: loss[:2])[2]
            self.leave(worst, self.closing(worst), "stop_out", worst.lots)
            if not self.positions and self.balance < 0:
                self.balance = Decimal("0.00")
