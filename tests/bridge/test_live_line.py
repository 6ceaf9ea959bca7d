"""The line of a live account: which terminal is asked, what counts of what it says."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from fxpaper.bridge.live_line import LiveLine
from fxpaper.bridge.messages import Beat, FromTerminal, Hello, ToTerminal, decode
from fxpaper.bridge.session import Memory, Session
from fxpaper.bridge.trade_messages import Cmd
from fxpaper.clock import ManualClock
from fxpaper.domain.account import Account, Mode
from fxpaper.domain.order import Side
from fxpaper.domain.terminal import (
    TerminalCommand,
    TerminalDown,
    TerminalLook,
    TerminalOp,
    TerminalSaid,
    TerminalUp,
)
from fxpaper.profiles import read_profile

KNOWN = read_profile("standard").instruments
NOW = 1_790_000_000_000_000_000
DEADLINE = NOW + 10**10
COMMAND = TerminalCommand(
    id="l.5",
    account="real",
    op=TerminalOp.OPEN,
    symbol="EURUSD",
    written_at=NOW,
    deadline=DEADLINE,
    side=Side.BUY,
    lots=Decimal("0.10"),
)


class World:
    """A line, what the account heard, and what each chart was sent."""

    def __init__(self) -> None:
        account = Account(
            id="real",
            mode=Mode.LIVE,
            currency="USD",
            leverage=100,
            balance=Decimal(1000),
            initial_balance=Decimal(1000),
            opened_at=NOW,
            terminal="1@Demo",
        )
        self.heard: list[TerminalSaid] = []
        self.sent: dict[str, list[ToTerminal]] = {}
        self.line = LiveLine(account, KNOWN, ManualClock(NOW), lambda: None, self.heard.append)

    def connect(self, chart: str, **said: object) -> Session:
        told = {"login": "1", "server": "Demo", "currency": "USD", "offset_valid": True, **said}
        hello = decode([b"hello", json.dumps({"s": 0, "t": 0, **told}).encode()])
        assert isinstance(hello, Hello)
        session = Session(hello, "1@Demo", Memory(), KNOWN, {}, NOW)
        spec = {"symbol": "EURUSD", "digits": 5, "point": 0.00001, "contract": 100000}
        session.take(message("spec", base="EUR", profit="USD", **spec), NOW)
        self.sent[chart] = []
        self.line.meet(session, chart, self.sent[chart].append)
        return session

    def commands(self, chart: str) -> list[Cmd]:
        return [one for one in self.sent[chart] if isinstance(one, Cmd)]


def message(kind: str, **said: object) -> FromTerminal:
    return decode([kind.encode(), json.dumps({"s": 1, "t": 0, **said}).encode()])


def account(**said: object) -> FromTerminal:
    return message("acct", **{"balance": 1000, "equity": 1000, "margin": 0, "trade": True, **said})


DEAL = [7, 7, 7, "EURUSD", 2, 0, 0, 0, 0, 0, 0, 500, 1_790_000_000_000, "0", 0, "Deposit"]


@pytest.fixture
def side() -> World:
    return World()


def test_a_command_that_may_have_gone_to_another_terminal_has_no_time_left(side: World):
    first = side.connect("a")
    side.line.send(COMMAND)
    first.over = "gone"
    side.line.part(first)
    again = side.connect("a")
    side.line.send(COMMAND, again=True)
    assert [one.deadline for one in side.commands("a")] == [DEADLINE // 10**6]
    again.over = "gone"
    side.line.part(again)
    side.connect("b")
    side.line.send(COMMAND, again=True)
    assert [(one.deadline, one.again) for one in side.commands("b")] == [(0, True)]


def test_after_a_restart_nobody_knows_where_it_went(side: World):
    side.connect("a")
    side.line.send(COMMAND, again=True)
    assert [one.deadline for one in side.commands("a")] == [0]


def test_the_account_follows_one_terminal_at_a_time(side: World):
    side.connect("a")
    side.connect("b")
    side.line.send(COMMAND)
    assert (len(side.commands("a")), side.commands("b")) == (1, [])


def test_what_is_told_while_the_broker_is_lost_does_not_count(side: World):
    session = side.connect("a")
    lost, back = (message("hb", connected=connected) for connected in (False, True))
    assert isinstance(lost, Beat)
    side.line.take(session, lost)
    side.line.take(session, message("deals", rows=[DEAL]))
    side.line.take(session, account())
    side.line.take(session, message("deals", rows=[DEAL]))
    side.line.take(session, back)
    side.line.take(session, message("deals", rows=[DEAL]))
    side.line.take(session, account())
    kinds = [type(one) for one in side.heard]
    assert kinds == [TerminalUp, TerminalDown, TerminalUp, TerminalLook]
    look = side.heard[-1]
    assert isinstance(look, TerminalLook)
    assert [(one.ticket, one.amount) for one in look.cash] == [(7, Decimal(500))]


def test_nothing_of_no_lots_is_a_position_or_a_trade(side: World):
    session = side.connect("a")
    opening = [8, 8, 8, "EURUSD", 0, 0, 0, 1.1, 0, 0, 0, 0, 1_790_000_000_000, "0", 0, ""]
    empty = [8, "EURUSD", 0, 0, 1.1, 0, 0, 0, 1_790_000_000_000, "0"]
    side.line.take(session, message("deals", rows=[opening]))
    side.line.take(session, account(positions=[empty]))
    look = side.heard[-1]
    assert isinstance(look, TerminalLook)
    assert (look.deals, look.positions, look.cash) == ((), (), ())


def test_another_currency_or_kind_of_account_is_not_the_one(side: World):
    side.connect("a", currency="EUR")
    (said,) = side.heard
    assert isinstance(said, TerminalDown)
    assert "EUR" in said.why
