"""What the front does for the sender of an ensemble's member: a real worker, ledger and desk."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

from fxpaper.clock import ManualClock
from fxpaper.domain.event import AccountOpened, Recorded
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.signal import ModelPolicy, SignalStatus
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.shell import LedgerShell
from fxpaper.signals.desk import Desk
from fxpaper.signals.ensemble import Ensemble, Method
from fxpaper.worker.execution import ExecutionWorker
from fxpaper.worker.front import AccountFront
from tests.signals.builders import NOW, PROFILE, desk, quoted

BLEND = Ensemble(
    name="blend",
    models=("trend", "mean"),
    method=Method.VOTE,
    window_ns=60 * NS_PER_SECOND,
    quorum=2,
)


def said(model: str) -> bytes:
    table = {"id": model, "model": model, "symbol": "EURUSD", "side": "buy", "confidence": 0.8}
    return json.dumps(table | {"stop_loss": {"pips": 30}}).encode()


@asynccontextmanager
async def front(folder: Path):
    """A front whose source is asked for each quote, and what it was asked for."""
    ledger, asked = Ledger(folder / "ledger.db"), list[str]()
    ledger.open()
    here = desk(models=(), ensembles=[BLEND])
    account = here.engine.state.accounts["a"].account
    allowed = here.set_policy(ModelPolicy(account="a", model="blend", auto_execute=True), NOW)
    ledger.commit([Recorded("a", 1, NOW, AccountOpened(account)), *allowed])
    shell = LedgerShell(ledger)

    async def built() -> Desk:
        return here

    async def fetch(symbol: str) -> None:
        asked.append(symbol)
        worker.put(quoted())

    worker = ExecutionWorker("a", built, shell, ManualClock(NOW), lambda _: None)
    await worker.open()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(worker.run())
        lifetime = 300 * NS_PER_SECOND
        made = AccountFront(worker, shell, ManualClock(NOW), PROFILE.instruments, lifetime, fetch)
        yield made, asked, ledger
        running.cancel()
    await shell.close()


async def test_an_opinion_needs_no_quote_and_the_decision_fetches_one(tmp_path: Path):
    async with front(tmp_path) as (here, asked, ledger):
        first = await here.submit(said("trend"), "http", patience=60)
        assert (first.record.status, asked) == (SignalStatus.WAITING, [])
        second = await here.submit(said("mean"), "http", patience=60)
        assert (second.record.status, asked) == (SignalStatus.COMBINED, ["EURUSD"])
        assert second.record.decision is not None
        made = second.record.decision.ensemble_signal_id
        await here.worker.decided(made, 5)
        found = ledger.signal("a", made)
        assert found is not None
        assert found.status is SignalStatus.EXECUTED
