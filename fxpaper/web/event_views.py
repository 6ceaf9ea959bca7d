"""From events of the log to the frames of an account's stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fxpaper.domain.account import Mode
from fxpaper.domain.event import (
    AccountOpened,
    AccountReset,
    CashMoved,
    DayBegan,
    DealBooked,
    Event,
    LimitReached,
    MarginCalled,
    MarginRestored,
    ModelPolicySet,
    OrderChanged,
    OrderEnded,
    OrderFilled,
    OrderPlaced,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    PriceAlertReached,
    PriceAlertRemoved,
    PriceAlertSet,
    Reconciled,
    Recorded,
    SignalDecided,
    SignalReceived,
    SignalReleased,
    SignalUnreadable,
    StoppedOut,
    SwapAccrued,
    TerminalAnswered,
    TerminalCommanded,
    TerminalDealsTaken,
    TradingStateSet,
    kind_of,
)
from fxpaper.domain.signal import Signal, SignalRecord
from fxpaper.errors import IntegrityError
from fxpaper.web import alert_views, limit_objects, live_objects, objects, views
from fxpaper.web.frames import event_frame, raw
from fxpaper.web.ports import AccountView
from fxpaper.web.signal_views import signal_record
from fxpaper.web.views import Instruments


@dataclass(frozen=True, slots=True)
class Framing:
    """Makes frames of events.

    Args:
        stream: their stream, e.g. ``account:paper``.
        instruments: by symbol.
        view: the account as it is now, for what open positions are worth; None leaves it open.
        mode: of the account.
    """

    stream: str
    instruments: Instruments
    view: AccountView | None
    mode: Mode

    def frame(self, recorded: Recorded, signals: Mapping[str, Signal]) -> bytes:
        """Return the frame of an event; ``signals`` has those that it may decide, by id.

        Raises:
            IntegrityError: it decides a signal that is not known.
        """
        event, seq = recorded.event, recorded.seq
        if isinstance(event, SignalDecided):
            shown: objects.Shown = self._decided(event, signals)
        elif isinstance(event, PriceAlertSet | PriceAlertReached | PriceAlertRemoved):
            shown = alert_views.of_event(event, recorded.at)
        else:
            shown = self._shown(event, seq)
        return event_frame(kind_of(event), (self.stream, self.mode), seq, recorded.at, raw(shown))

    def _decided(self, event: SignalDecided, signals: Mapping[str, Signal]) -> objects.SignalRecord:
        signal = signals.get(event.signal_id)
        if signal is None:
            raise IntegrityError(f'There is a decision about "{event.signal_id}", but no signal.')
        record = SignalRecord(signal=signal, decision=event.decision)
        return signal_record(record, self.instruments, self.mode)

    def _shown(self, event: Event, seq: int) -> objects.Shown:  # noqa: PLR0911 - one per kind
        match event:
            case SignalReceived(signal) | SignalReleased(signal) | SignalUnreadable(signal):
                record = SignalRecord(signal=signal, decision=None)
                return signal_record(record, self.instruments, self.mode)
            case OrderPlaced(order) | OrderFilled(order) | OrderChanged(order) | OrderEnded(order):
                return views.order(order)
            case DealBooked(deal):
                return views.deal(deal, self.instruments)
            case PositionOpened(position) | PositionChanged(position):
                return views.position(position, self.view)
            case PositionClosed():
                return self._closed(event)
            case SwapAccrued(position, amount, nights):
                shown = views.position(position, self.view)
                return objects.SwapAccrued(position=shown, amount=amount, nights=nights)
            case _:
                return _of_account(event, seq)

    def _closed(self, event: PositionClosed) -> objects.PositionClosed:
        return objects.PositionClosed(
            position=views.position(event.position, self.view),
            deal_id=event.deal_id,
            profit=event.profit,
            commission=event.commission,
            swap=event.swap,
            r=event.r,
        )


def _of_account(event: Event, seq: int) -> objects.Shown:
    match event:
        case AccountOpened(account) | AccountReset(account):
            shown = views.account(account, views.without_positions(account))
            return shown.model_copy(update={"seq": seq})
        case ModelPolicySet(policy):
            return objects.ModelPolicy(
                account=policy.account, model=policy.model, auto_execute=policy.auto_execute
            )
        case CashMoved(kind, amount, balance, comment):
            return objects.CashMoved(kind=kind, amount=amount, balance=balance, comment=comment)
        case MarginCalled() | MarginRestored() | StoppedOut():
            return objects.MarginEvent(equity=event.equity, margin=event.margin, level=event.level)
        case _:
            return _of_terminal(event)


def _of_terminal(event: Event) -> objects.Shown:
    match event:
        case TradingStateSet(state, reason):
            return live_objects.TradingStateSet(state=state, reason=reason)
        case TerminalCommanded(command):
            return live_objects.command(command)
        case TerminalAnswered(answer):
            return live_objects.answer(answer)
        case TerminalDealsTaken(cursor):
            return live_objects.DealsTaken(ticket=str(cursor.ticket))
        case Reconciled(text):
            return live_objects.Reconciled(text=text)
        case DayBegan() | LimitReached():
            return _of_limits(event)
        case _:
            raise TypeError(f"no frame for {kind_of(event)}")


def _of_limits(event: DayBegan | LimitReached) -> objects.Shown:
    if isinstance(event, LimitReached):
        return limit_objects.LimitReached(limit=event.limit, equity=event.equity, floor=event.floor)
    return limit_objects.DayBegan(
        day=event.day,
        balance=event.balance,
        equity=event.equity,
        peak=event.peak,
        initial=event.initial,
        late=event.late,
    )
