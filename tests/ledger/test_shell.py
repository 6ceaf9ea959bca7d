"""The asyncio face: order, one state per question, and an end."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from fxpaper.domain.event import Event, Recorded, SignalReceived
from fxpaper.errors import IntegrityError
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.shell import LedgerShell
from tests.ledger import samples


@pytest.fixture
async def shell(ledger: Ledger) -> AsyncIterator[LedgerShell]:
    shell = LedgerShell(ledger)
    yield shell
    await shell.close()


def _arrivals(count: int) -> list[Recorded]:
    events: list[Event] = [SignalReceived(samples.signal(f"s{i}")) for i in range(count)]
    return samples.opened() + samples.recorded(events, first=2)


async def test_commits_are_written_in_the_order_they_were_asked_for(shell: LedgerShell):
    events = _arrivals(30)
    assert shell.epoch == await shell.read(lambda ledger: ledger.epoch)
    async with asyncio.TaskGroup() as group:
        for event in events:
            group.create_task(shell.commit([event]))
    assert await shell.read(lambda ledger: ledger.events_since("paper", 0, 100)) == events


async def test_a_failed_commit_is_told_to_its_caller_alone(shell: LedgerShell):
    events = _arrivals(2)
    await shell.commit(events[:1])
    with pytest.raises(IntegrityError, match="does not continue its log"):
        await shell.commit(events[2:])
    await shell.commit(events[1:])
    assert await shell.read(lambda ledger: ledger.verify()) == []


async def test_a_question_sees_one_commit_while_others_go_on(shell: LedgerShell):
    events = _arrivals(3)
    await shell.commit(events[:2])
    asked, go_on = threading.Event(), threading.Event()

    def question(ledger: Ledger) -> tuple[int, int]:
        before = len(ledger.signals("paper", 10).items)
        asked.set()
        assert go_on.wait(10)
        return before, len(ledger.signals("paper", 10).items)

    async with asyncio.TaskGroup() as group:
        answer = group.create_task(shell.read(question))
        assert await asyncio.to_thread(asked.wait, 10)
        await shell.commit(events[2:])
        go_on.set()
    assert answer.result() == (1, 1)
    assert await shell.read(lambda ledger: len(ledger.signals("paper", 10).items)) == 3


async def test_a_cancelled_commit_has_ended_when_the_cancellation_arrives(shell: LedgerShell):
    events = _arrivals(500)
    committing = asyncio.ensure_future(shell.commit(events))
    await asyncio.sleep(0)
    committing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await committing
    assert len(await shell.read(lambda ledger: ledger.events_since("paper", 0, 1_000))) == 501


async def test_closing_finishes_what_was_asked_for_and_frees_the_ledger(ledger: Ledger):
    shell = LedgerShell(ledger)
    events = _arrivals(500)
    parts = [events[first : first + 50] for first in range(0, len(events), 50)]
    committing = [asyncio.ensure_future(shell.commit(part)) for part in parts]
    await asyncio.sleep(0)
    await shell.close()
    await asyncio.gather(*committing)
    again = Ledger(ledger.where)
    again.open()
    assert len(again.events_since("paper", 0, 1_000)) == 501
    again.close()
