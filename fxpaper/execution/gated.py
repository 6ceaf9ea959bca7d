"""The one gate to every broker: what an account's state forbids reaches none.

Unless an account is ACTIVE nothing opens or grows a position, and what waits to open something is
cancelled. While it is REDUCING, signals may still close; while it is HALTED only people may.
FLATTEN closes everything as soon as each market lets it, and becomes HALTED. What protects a
position stays possible, and levels at the broker go on standing. Only a person resumes.
"""

from __future__ import annotations

from fxpaper.domain.account import Mode, TradingState, shadow_of
from fxpaper.domain.approval import Approved
from fxpaper.domain.command import (
    CancelOrder,
    ClosePosition,
    ModifyOrder,
    Opening,
    PlaceGroup,
    Reducing,
    SetTrading,
)
from fxpaper.domain.event import Recorded, TradingStateSet
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.order import DealReason, Order, OrderState
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.state import AccountState, State
from fxpaper.execution.broker import Answer, Broker

_AGAIN_NS = NS_PER_SECOND
"""A terminal that refused to close something is asked again no sooner."""
_SAYS = {
    TradingState.REDUCING: "only reduces what is open",
    TradingState.HALTED: "is halted",
    TradingState.FLATTEN: "is being closed and then halted",
}


class GatedBroker:
    """Lets a broker execute what the account's state allows.

    Args:
        broker: executes.
        state: of the accounts.
        option: of commands about the account; empty for the daemon's own.
    """

    def __init__(self, broker: Broker, state: State, option: str = "") -> None:
        self._option = option
        self._broker = broker
        self._state = state
        self._asked: dict[str, Instant] = {}
        self.flattening = {
            name
            for name, one in state.accounts.items()
            if one.account.trading is TradingState.FLATTEN
        }
        """Accounts whose positions are being closed."""

    def submit(self, approved: Approved[Opening], now: Instant) -> Answer:
        """Execute what may open something, if its account is active."""
        command = approved.command
        account = command.orders[0].account if isinstance(command, PlaceGroup) else command.account
        return self.forbids(account, opens=True) or self._broker.submit(approved, now)

    def carry_out(self, command: Reducing, now: Instant) -> Answer:
        """Execute what opens nothing; waiting orders change in an active account only."""
        if isinstance(command, SetTrading):
            return self._set(command, now)
        by_signal = isinstance(command, ClosePosition) and command.reason is DealReason.SIGNAL
        refused = None
        if by_signal or isinstance(command, ModifyOrder):
            refused = self.forbids(command.account, opens=not by_signal)
        return refused or self._broker.carry_out(command, now)

    def forbids(self, account: str, *, opens: bool) -> Refused | None:
        """Return why an account's state forbids to act; None when it does not.

        Args:
            account: which.
            opens: whether something may open; False asks whether a signal may close.
        """
        known = self._state.accounts.get(account)
        if known is None or known.account.trading is TradingState.ACTIVE:
            return None
        trading = known.account.trading
        if trading is TradingState.REDUCING and not opens:
            return None
        return Refused(
            code=RefusalCode.TRADING_HALTED,
            actual=trading,
            limit=TradingState.ACTIVE,
            text=f"Account {account} {_SAYS[trading]}; "
            f"{'nothing opens' if opens else 'no signal closes anything'} until somebody runs "
            f"fxpaper resume{self._option}.",
        )

    def flatten(self, now: Instant, symbol: str | None = None) -> list[Recorded]:
        """Close what can be closed now of the accounts that are being closed.

        Args:
            now: nanoseconds UTC.
            symbol: has a new quote; None when only time has passed, which cures nothing on paper.
        """
        events: list[Recorded] = []
        for name in sorted(self.flattening):
            state = self._state.accounts[name]
            if symbol is not None or state.account.mode is Mode.LIVE:
                events += self._close_all(state, now, symbol)
            if not state.positions and not any(map(_opens, state.orders.values())):
                self.flattening.discard(name)
                flat = TradingStateSet(TradingState.HALTED, "Everything is closed.")
                events.append(self._state.record(name, now, flat))
        return events

    def _close_all(
        self, state: AccountState, now: Instant, symbol: str | None = None
    ) -> list[Recorded]:
        events: list[Recorded] = []
        for position in list(state.positions.values()):
            if symbol not in {None, position.symbol} or not self._may_ask(state, position.id, now):
                continue
            command = ClosePosition(
                account=position.account, position_id=position.id, reason=DealReason.FLATTEN
            )
            answer = self._broker.carry_out(command, now)
            events += [] if isinstance(answer, Refused) else answer
        return events

    def _may_ask(self, state: AccountState, position_id: str, now: Instant) -> bool:
        if any(order.closes == position_id for order in state.orders.values()):
            return False
        if state.account.mode is not Mode.LIVE:
            return True
        if now - self._asked.get(position_id, -_AGAIN_NS) < _AGAIN_NS:
            return False
        self._asked[position_id] = now
        return True

    def _set(self, command: SetTrading, now: Instant) -> Answer:
        state = self._state.accounts.get(command.account)
        if state is None:
            return Refused(
                code=RefusalCode.UNKNOWN_ACCOUNT,
                actual=command.account,
                text=f'There is no account "{command.account}".',
            )
        changed = TradingStateSet(command.state, command.reason)
        events = [self._state.record(command.account, now, changed)]
        self.flattening.discard(command.account)
        if command.state is TradingState.ACTIVE:
            return events
        events += self._cancel_waiting(command.account, now)
        events += self._cancel_waiting(shadow_of(command.account), now)
        if command.state is TradingState.FLATTEN:
            self.flattening.add(command.account)
            events += self._close_all(state, now) + self.flatten(now)
        return events

    def _cancel_waiting(self, account: str, now: Instant) -> list[Recorded]:
        """Cancel what waits to open something; what is on its way to a terminal cannot be yet."""
        state = self._state.accounts.get(account)
        waiting = [] if state is None else [one for one in state.orders.values() if _opens(one)]
        events: list[Recorded] = []
        for order in waiting:
            cancel = CancelOrder(account=account, order_id=order.id)
            answer = self._broker.carry_out(cancel, now)
            events += [] if isinstance(answer, Refused) else answer
        return events


def _opens(order: Order) -> bool:
    """Tell whether an order may still open something, and can be told to cancel.

    Nobody can tell of an uncertain one; it stays for a person to look after.
    """
    return order.closes is None and order.state is not OrderState.UNCERTAIN
