"""Open exposure.

On a hedging account every order that fills opens its own position; on a netting account there is
one position for each symbol.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fxpaper.domain.account import Mode
from fxpaper.domain.exits import NO_EXITS, Exits
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import DealReason, Side, TriggerSide


class Taken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the closed parts of a position have brought, account currency.

    Args:
        profit: price profit.
        commission: of their closes, never positive.
        swap: settled with them.
    """

    profit: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    swap: Decimal = Decimal(0)


NOTHING_TAKEN = Taken()


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One open position.

    Args:
        id: unique within the account.
        account: whose.
        symbol: canonical symbol.
        digits: decimals of its prices.
        side: buy is long, sell is short.
        lots: volume.
        open_price: in points.
        opened_at: nanoseconds UTC.
        stop_loss: level in points, or None.
        take_profit: level in points, or None.
        commission: charged at its opening, account currency, never positive.
        margin: held for it since it was opened, account currency.
        order_id: the order that opened it.
        signal_id: the signal that led to it, or None.
        model: the model whose signal it was, or None.
        conversion: account currency per unit of quote currency when it was opened; converts its
            profit should no conversion quote be known when it closes (just after a restart).
        risk: money lost if it closed exactly at its first stop-loss, costs included, account
            currency; what one R is. None without a stop-loss.
        open_value: lots times points of everything bought or sold and still open, exactly; None
            stands for ``lots * open_price``. On a netting account ``open_price`` is the rounded
            average and this is what profit counts from.
        first_lots: volume it was opened with; None stands for ``lots``.
        exits: what may end it beyond stop-loss and take-profit; rungs that remain.
        trigger: which price of a quote reaches its levels.
        swap: accrued and not settled yet, account currency.
        rolled_at: the latest rollover that is accounted for, nanoseconds UTC; 0 for none.
        stop_reason: why a deal at its stop-loss happens: the stop-loss itself, its trail, or that
            it had moved to break-even.
        entry_mid: lots times the sum of bid and ask, in points, at its entry decisions; what
            attribution counts from. None where it was not recorded.
        entry_fill_mid: the same on the quotes of its fills.
        entry_spread: lots times ask minus bid, in points, of those quotes.
        commission_left: the entry commission that no close has taken its share of yet; None
            stands for ``commission``.
        taken: what closing parts of it has brought so far.
        version: grows with every change that a person or a rule makes.
        magic: a live position's mark at the broker; 0 on paper.
        twin: the shadow account's order that stands for the one that opened it, or None.
        mode: of its account.
    """

    id: str
    account: str
    symbol: str
    digits: int
    side: Side
    lots: Decimal
    open_price: Points
    opened_at: Instant
    stop_loss: Points | None
    take_profit: Points | None
    commission: Decimal
    margin: Decimal
    order_id: str
    signal_id: str | None
    model: str | None
    conversion: Decimal
    risk: Decimal | None
    open_value: Decimal | None = None
    first_lots: Decimal | None = None
    exits: Exits = NO_EXITS
    trigger: TriggerSide = TriggerSide.DEFAULT
    swap: Decimal = Decimal(0)
    rolled_at: Instant = 0
    stop_reason: DealReason = DealReason.STOP_LOSS
    entry_mid: Decimal | None = None
    entry_fill_mid: Decimal | None = None
    entry_spread: Decimal | None = None
    commission_left: Decimal | None = None
    taken: Taken = NOTHING_TAKEN
    version: int = 1
    magic: int = 0
    twin: str | None = None
    mode: Mode = Mode.PAPER

    @property
    def value(self) -> Decimal:
        """Lots times points that it was opened at, exactly."""
        return self.lots * self.open_price if self.open_value is None else self.open_value
