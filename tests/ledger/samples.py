"""Events with literal values, as the worker and the engine record them."""

from decimal import Decimal

from msgspec.structs import replace

from fxpaper.domain.account import Account, Mode, TradingState
from fxpaper.domain.alert import PriceAlert, PriceSide
from fxpaper.domain.approval import Check
from fxpaper.domain.deal import Deal, Entry
from fxpaper.domain.event import (
    AccountOpened,
    AccountReset,
    CashKind,
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
)
from fxpaper.domain.order import DealReason, Order, OrderKind, OrderState, Side
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import (
    Decision,
    ModelPolicy,
    PipsLevel,
    RLevel,
    Signal,
    SignalSide,
    SignalStatus,
    UnreadableSignal,
)
from fxpaper.domain.terminal import (
    AnswerState,
    TerminalAnswer,
    TerminalCommand,
    TerminalCursor,
    TerminalOp,
)

START = 1_790_000_000_000_000_000
SECOND = 1_000_000_000

QUOTE = Quote(
    "EURUSD",
    108241,
    108253,
    START - SECOND,
    START,
    Evidence("twelve_data", Transport.REST, Spread.MODELLED, Grade.C),
)
CHECKS = (Check("confidence", "0.82", "≥ 0.50", passed=True),)
REFUSED = Refused(RefusalCode.AUTO_EXECUTION_OFF, "Model trend may not execute.", "off", "on")


def account(name: str = "paper") -> Account:
    return Account(
        id=name,
        mode=Mode.PAPER,
        currency="USD",
        leverage=100,
        balance=Decimal("100000.00"),
        initial_balance=Decimal("100000.00"),
        opened_at=START,
    )


def signal(id_: str, *, model: str = "trend", symbol: str = "EURUSD") -> Signal:
    return Signal(
        id=id_,
        account="paper",
        model=model,
        symbol=symbol,
        side=SignalSide.BUY,
        confidence=Decimal("0.82"),
        stop_loss=PipsLevel(Decimal(25)),
        take_profit=RLevel(Decimal(2)),
        at=START,
        expires_at=START + 300 * SECOND,
        received_at=START + SECOND,
        door="http",
        digest="5f" * 32,
    )


def unreadable(
    id_: str, *, given_id: str | None = None, model: str | None = None
) -> UnreadableSignal:
    return UnreadableSignal(
        id=id_,
        account="paper",
        given_id=given_id,
        model=model,
        symbol=None,
        received_at=START + SECOND,
        door="http",
        raw='{"confidence": 70',
        refusal=Refused(RefusalCode.MALFORMED, "The text ends too early.", "17", ""),
    )


def refusal(at: int = START) -> Decision:
    return Decision(status=SignalStatus.REFUSED, at=at, checks=CHECKS, quote=QUOTE, refusal=REFUSED)


def execution(order_id: str | None, position_ids: tuple[str, ...]) -> Decision:
    return Decision(
        status=SignalStatus.EXECUTED,
        at=START + SECOND,
        checks=CHECKS,
        quote=QUOTE,
        order_id=order_id,
        position_ids=position_ids,
        sizing={"equity": "100000.00", "risk_percent": "1"},
        digits=5,
        entry_price=108253,
        stop_loss=108003,
        take_profit=108753,
        lots=Decimal("0.40"),
    )


def entry(first: int, signal_id: str | None, balance: Decimal) -> list[Event]:
    """Return the four events of a fill, ids derived from the number of the first of them."""
    placed = Order(
        id=f"o-{first}",
        account="paper",
        symbol="EURUSD",
        digits=5,
        side=Side.BUY,
        lots=Decimal("0.40"),
        stop_loss=108003,
        take_profit=None,
        signal_id=signal_id,
        placed_at=START,
    )
    filled = Order(
        id=f"o-{first}",
        account="paper",
        symbol="EURUSD",
        digits=5,
        side=Side.BUY,
        lots=Decimal("0.40"),
        stop_loss=108003,
        take_profit=None,
        signal_id=signal_id,
        placed_at=START,
        state=OrderState.FILLED,
        fill_price=108253,
        filled_at=START + SECOND,
    )
    position = Position(
        id=f"p-{first + 3}",
        account="paper",
        symbol="EURUSD",
        digits=5,
        side=Side.BUY,
        lots=Decimal("0.40"),
        open_price=108253,
        opened_at=START + SECOND,
        stop_loss=108003,
        take_profit=None,
        commission=Decimal("-1.40"),
        margin=Decimal("433.01"),
        order_id=f"o-{first}",
        signal_id=signal_id,
        model="trend",
        conversion=Decimal(1),
        risk=Decimal("100.00"),
    )
    deal = _deal(f"d-{first + 2}", position, Entry.IN, balance)
    return [OrderPlaced(placed), OrderFilled(filled), DealBooked(deal), PositionOpened(position)]


def exit_(first: int, position: Position, profit: Decimal, balance: Decimal) -> list[Event]:
    """Return the two events of a close; ``balance`` is the account's after it."""
    deal = _deal(f"d-{first}", position, Entry.OUT, balance, profit)
    return [
        DealBooked(deal),
        PositionClosed(
            position,
            deal.id,
            profit,
            Decimal("-2.80"),
            Decimal("0.00"),
            (profit / 100).quantize(Decimal("0.0001")),
        ),
    ]


def _deal(
    id_: str, position: Position, entered: Entry, balance: Decimal, profit: Decimal = Decimal(0)
) -> Deal:
    opening = entered is Entry.IN
    return Deal(
        id=id_,
        account="paper",
        position_id=position.id,
        order_id=position.order_id if opening else None,
        signal_id=position.signal_id if opening else None,
        symbol="EURUSD",
        digits=5,
        side=Side.BUY if opening else Side.SELL,
        entry=entered,
        lots=position.lots,
        price=108253,
        at=START + SECOND,
        reason=DealReason.SIGNAL if opening else DealReason.TAKE_PROFIT,
        commission=Decimal("-1.40"),
        swap=Decimal("0.00"),
        profit=profit,
        gross=profit,
        conversion=None,
        balance=balance,
        quote=QUOTE,
    )


def recorded(events: list[Event], first: int = 1, name: str = "paper") -> list[Recorded]:
    return [Recorded(name, first + i, START + i, event) for i, event in enumerate(events)]


def opened(name: str = "paper") -> list[Recorded]:
    return recorded([AccountOpened(account(name))], name=name)


def policy(model: str, *, auto_execute: bool) -> ModelPolicySet:
    return ModelPolicySet(ModelPolicy(account="paper", model=model, auto_execute=auto_execute))


def day() -> list[Recorded]:
    """Return one event of every type: a winner, a refusal, an unreadable and a waiting signal."""
    events: list[Event] = [
        AccountOpened(account()),
        policy("trend", auto_execute=True),
        SignalReceived(signal("s1")),
    ]
    fill = entry(4, "s1", Decimal("99998.60"))
    closing = fill[3]
    assert isinstance(closing, PositionOpened)
    events += fill
    events += [
        SignalDecided("s1", execution("o-4", ("p-7",))),
        SignalUnreadable(unreadable("u-9", given_id="s2", model="trend")),
        SignalReceived(signal("s3", model="carry", symbol="USDJPY")),
        SignalDecided("s3", refusal()),
        SignalReceived(signal("s4")),
        *exit_(13, closing.position, Decimal("200.00"), Decimal("100197.20")),
    ]
    return recorded(events)


def day_after() -> list[Recorded]:
    """Return, after :func:`day`, one event of every type that came with the second schema."""
    fill = entry(15, None, Decimal("100195.80"))
    placed, opening = fill[0], fill[3]
    assert isinstance(placed, OrderPlaced)
    assert isinstance(opening, PositionOpened)
    waiting = replace(
        placed.order, id="o-19", kind=OrderKind.LIMIT, price=107000, due_at=None, version=1
    )
    ended = replace(
        waiting,
        state=OrderState.CANCELLED,
        ended_at=START,
        ended=Refused(RefusalCode.ASKED, "It was cancelled on request."),
    )
    moved = replace(opening.position, stop_loss=108100, version=2)
    rolled = replace(moved, swap=Decimal("-0.26"), rolled_at=START)
    anew = replace(account(), seq=28, epoch=2)
    events: list[Event] = [
        *fill,
        OrderPlaced(waiting),
        OrderChanged(replace(waiting, price=107100, version=2)),
        OrderEnded(ended),
        PositionChanged(moved),
        SwapAccrued(rolled, Decimal("-0.26"), 1, 108200),
        CashMoved(CashKind.DEPOSIT, Decimal("50.00"), Decimal("100245.80"), "more"),
        MarginCalled(Decimal("400.00"), Decimal("433.01"), Decimal("92.38")),
        MarginRestored(Decimal("500.00"), Decimal("433.01"), Decimal("115.47")),
        StoppedOut(Decimal("200.00"), Decimal("433.01"), Decimal("46.19")),
        AccountReset(anew, ("p-18",), (), "again"),
    ]
    return recorded(events, first=15)


def live_day() -> list[Recorded]:
    """Return, after :func:`day_after`, one event of every type that came with the third schema."""
    command = TerminalCommand(
        id="b81f.30",
        account="paper",
        op=TerminalOp.OPEN,
        symbol="EURUSD",
        written_at=START,
        deadline=START + 10,
        side=Side.BUY,
        lots=Decimal("0.10"),
    )
    events: list[Event] = [
        TradingStateSet(TradingState.HALTED, "enough"),
        TerminalCommanded(command),
        TerminalAnswered(TerminalAnswer(command_id="b81f.30", state=AnswerState.DONE, ticket="77")),
        TerminalCommanded(replace(command, id="b81f.32")),
        TerminalDealsTaken(TerminalCursor(ticket=78, at=1_700_000_000_000)),
        Reconciled("The terminal has a buy of 0.1 lots of EURUSD, 77."),
    ]
    return recorded(events, first=29)


def price_alert(seq: int, side: PriceSide = PriceSide.ABOVE) -> PriceAlert:
    return PriceAlert(
        id=f"a-{seq}",
        account="paper",
        symbol="EURUSD",
        digits=5,
        side=side,
        price=110500 if side is PriceSide.ABOVE else 107000,
        set_at=START,
        note="the range ends",
    )


def alert_day() -> list[Recorded]:
    """Return, after :func:`live_day`, three price alerts and a signal that is released."""
    reached, removed = price_alert(35), price_alert(36, PriceSide.BELOW)
    events: list[Event] = [
        PriceAlertSet(reached),
        PriceAlertSet(removed),
        PriceAlertSet(price_alert(37)),
        PriceAlertReached(reached, QUOTE),
        PriceAlertRemoved(removed),
        SignalReleased(replace(signal("s4"), released=True)),
    ]
    return recorded(events, first=35)


def limited_day() -> list[Recorded]:
    """Return, after :func:`alert_day`, one event of every type that came with the fifth schema."""
    balance = Decimal("100000.00")
    events: list[Event] = [
        DayBegan("2026-11-23", balance, balance - 1, balance + 1, balance, late=True),
        LimitReached("daily_loss", Decimal("94999.99"), Decimal("95000.00")),
    ]
    return recorded(events, first=41)
