"""A day's limits go on counting after a restart from the ledger, and the ledger verifies."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from fxpaper.domain.command import MoveCash
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.refusal import Refused
from fxpaper.domain.signal import ModelPolicy
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.ledger.ledger import Ledger
from fxpaper.signals.desk import Desk
from fxpaper.signals.rules import RuleBook
from tests.signals.builders import NOW, PROFILE, quoted, signal
from tests.signals.test_account_limits import ACCOUNT, ENDS, STANDARD, WIDE


def test_a_ledger_remembers_what_the_day_has_counted(tmp_path: Path):
    """Before the first day's end and after it: same mark, losses, orders and reached floors."""
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.open()
    engine = Engine(PROFILE, FillLimits(around_the_clock=True), account_limits=STANDARD)
    written = engine.open_account(ACCOUNT)
    here = Desk(engine, RuleBook(WIDE))
    written += here.set_policy(ModelPolicy(account="a", model="m", auto_execute=True), NOW)
    for at, losses in ((NOW, 1), (ENDS + NS_PER_SECOND, 2)):
        written += day(here, at)
        ledger.commit(written)
        written = []
        state = ledger.load("a")
        assert state is not None
        again = Engine(PROFILE, FillLimits(around_the_clock=True), account_limits=STANDARD)
        again.restore(state.account, state.positions, state.orders, state.today)
        known, new = (one.state.accounts["a"].today for one in (engine, again))
        assert known.orders == 2
        assert known.losses == losses
        for name in ("mark", "losses", "orders", "recent", "reached"):
            assert getattr(new, name) == getattr(known, name)
    assert ledger.verify() == []
    ledger.rebuild()
    assert ledger.verify() == []
    ledger.close()


def day(here: Desk, at: int) -> list[Recorded]:
    """Lose what is open, open another, pay 500 in; begin the next day if it is time."""
    events = here.on_time(at)
    events += here.on_quote(quoted(at=at))
    events += here.receive(signal(f"s{at}", at), at)
    events += here.on_quote(quoted(at=at + 1, bid=107_800))
    events += here.on_quote(quoted(at=at + 2))
    events += here.receive(signal(f"t{at}", at + 2), at + 2)
    moved = here.carry_out(MoveCash(account="a", amount=Decimal(500)), at + 3)
    assert not isinstance(moved, Refused)
    return events + moved
