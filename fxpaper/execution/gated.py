"""The one gate to every broker: while an account is halted nothing opens or grows a position.

Halting cancels what waits to open something. What ends or protects a position stays possible, and
levels at the broker go on standing. Only a person resumes.
"""

from __future__ import annotations

from fxpaper.domain.account import TradingState
from fxpaper.domain.approval import Approved
from fxpaper.domain.command import (
    CancelOrder,
    ModifyOrder,
    Opening,
    PlaceGroup,
    Reducing,
    SetTrading,
)
from fxpaper.domain.event import TradingStateSet
from fxpaper.domain.instant import Instant
from fxpaper.domain.order import Order, OrderState
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.state import State
from fxpaper.execution.broker import Answer, Broker


class GatedBroker:
    """Lets a broker execute what the account's state allows.

    Args:
        broker: executes.
        state: of the accounts.
    """

    def __init__(self, broker: Broker, state: State) -> None:
        self._broker = broker
        self._state = state

    def submit(self, approved: Approved[Opening], now: Instant) -> Answer:
        """Execute what may open something, unless its account is halted."""
        command = approved.command
        account = command.orders[0].account if isinstance(command, PlaceGroup) else command.account
        return self._halted(account) or self._broker.submit(approved, now)

    def carry_out(self, command: Reducing, now: Instant) -> Answer:
        """Execute what opens nothing; no waiting order changes while its account is halted."""
        if isinstance(command, SetTrading):
            return self._set(command, now)
        refused = self._halted(command.account) if isinstance(command, ModifyOrder) else None
        return refused or self._broker.carry_out(command, now)

    def _set(self, command: SetTrading, now: Instant) -> Answer:
        account = self._state.accounts.get(command.account)
        if account is None:
            return Refused(
                code=RefusalCode.UNKNOWN_ACCOUNT,
                actual=command.account,
                text=f'There is no account "{command.account}".',
            )
        changed = TradingStateSet(command.state, command.reason)
        events = [self._state.record(command.account, now, changed)]
        if command.state is TradingState.HALTED:
            for order in [one for one in account.orders.values() if _opens(one)]:
                cancel = CancelOrder(account=command.account, order_id=order.id)
                answer = self._broker.carry_out(cancel, now)
                events += [] if isinstance(answer, Refused) else answer
        return events

    def _halted(self, account: str) -> Refused | None:
        known = self._state.accounts.get(account)
        if known is None or known.account.trading is TradingState.ACTIVE:
            return None
        return Refused(
            code=RefusalCode.TRADING_HALTED,
            actual=known.account.trading,
            limit=TradingState.ACTIVE,
            text=f"Account {account} is halted; nothing opens until somebody runs fxpaper resume.",
        )


def _opens(order: Order) -> bool:
    """Tell whether an order may still open something, and can be told to cancel.

    Nobody can tell of an uncertain one; it stays for a person to look after.
    """
    return order.closes is None and order.state is not OrderState.UNCERTAIN
