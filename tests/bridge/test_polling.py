"""Polls: every message once and in order, whatever answer is lost; bounded memory."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge import polling
from fxpaper.bridge.polling import FORGOTTEN_NS, MOST_LINES, Polls
from fxpaper.bridge.terminals import House, Terminals
from fxpaper.clock import ManualClock
from tests.bridge.conftest import KNOWN, TOKEN

NOON = 1_795_176_000_000_000_000
NOON_MS = NOON // 1_000_000


class World:
    """Terminals behind polls, and one terminal's side."""

    def __init__(self, folder) -> None:
        self.clock = ManualClock(NOON)
        self.feed = TickFeed()
        house = House(data_dir=folder, instruments=KNOWN)
        self.terminals = Terminals(house, self.feed, self.clock)
        self.polls = Polls(self.terminals, TOKEN, self.clock)

    async def poll(self, number: int, *said, line: str = "a") -> list[tuple[str, dict[str, Any]]]:
        body = json.dumps([[kind, {"s": number, "t": 0, **fields}] for kind, fields in said])
        return [tuple(one) for one in json.loads(await self.raw(number, body.encode(), line))]

    async def raw(self, number: int, body: bytes, line: str = "a") -> bytes:
        return await self.polls.poll(line, number, body)

    def quotes(self) -> int:
        return self.feed._queue.qsize()


HELLO = ("hello", {"token": TOKEN, "login": "1", "server": "D", "offset_valid": True, "epoch": "e"})
SPEC = ("spec", {"symbol": "EURUSD", "digits": 5, "point": 0.00001, "contract": 100000})
EURUSD = (SPEC[0], {**SPEC[1], "base": "EUR", "profit": "USD"})


def tick(n: int) -> tuple[str, dict[str, Any]]:
    return "ticks", {"sym": "EURUSD", "n": n, "ticks": [[NOON_MS, 1.1, 1.1002 + n / 1e5]]}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(polling, "HELD_SECONDS", 0.01)


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path)


def kinds(answer: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [kind for kind, _ in answer]


async def test_a_poll_that_comes_again_is_answered_alike_and_takes_nothing(world):
    first = await world.poll(1, HELLO)
    assert kinds(first) == ["welcome"]
    assert await world.poll(1, HELLO) == first
    world.feed.want(frozenset({"EURUSD"}))
    assert kinds(await world.poll(2, EURUSD)) == ["sub"]
    lost = await world.poll(3, tick(0))
    again = await world.poll(3, tick(0))
    assert (again, world.quotes()) == (lost, 1)
    await world.poll(4, tick(1))
    assert world.quotes() == 2
    (session,) = world.terminals.sessions()
    assert session.missed == 0


async def test_what_is_said_while_an_answer_is_lost_waits_for_the_next(world):
    await world.poll(1, HELLO)
    running = asyncio.create_task(world.terminals.run())
    await asyncio.sleep(0)
    lost = await world.poll(2)
    world.feed.changed.set()
    await asyncio.sleep(0.01)
    assert kinds(lost) == ["hb"]
    assert await world.poll(2) == lost
    later = await world.poll(3)
    assert [one[1]["s"] for one in lost + later] == [2, 3]
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_an_answer_is_held_back_until_there_is_something_to_say(world, monkeypatch):
    monkeypatch.setattr(polling, "HELD_SECONDS", 60)
    await world.poll(1, HELLO)
    waiting = asyncio.create_task(world.poll(2, EURUSD))
    twin = asyncio.create_task(world.poll(2, EURUSD))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    running = asyncio.create_task(world.terminals.run())
    assert kinds(await waiting) == ["hb"]
    assert await twin == await waiting
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize("number", [1, 2, 5, 2**62])
async def test_a_number_out_of_order_changes_nothing(world, number):
    for one in (1, 2, 3):
        await world.poll(one, *([HELLO] if one == 1 else []))
    ((kind, said),) = await world.poll(number, ("bye", {}))
    assert (kind, said["code"]) == ("reject", "line")
    assert f"poll {number} came where 4 was due" in said["why"]
    assert len(world.terminals.sessions()) == 1
    assert await world.poll(4) == []


async def test_a_line_that_nobody_knows_has_to_say_hello(world):
    ((kind, said),) = await world.poll(7, tick(0))
    assert (kind, said["code"]) == ("reject", "hello")
    assert kinds(await world.poll(1, tick(0))) == ["reject"]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[[]]", b'[["hb",{"s":"x"}]]', b'[["nix",{}]]', b"\xff", b"[" * 9999]
)
async def test_nonsense_ends_the_session_with_a_sentence_that_can_be_fetched_again(world, body):
    await world.poll(1, HELLO)
    answer = await world.raw(2, body)
    ((kind, said),) = json.loads(answer)
    assert (kind, said["code"]) == ("reject", "protocol")
    assert await world.raw(2, body) == answer
    assert world.terminals.sessions() == []


async def test_a_refused_hello_is_told_why(world):
    ((_, said),) = await world.poll(1, ("hello", {"token": "guess"}), tick(0))
    assert said["code"] == "token"
    assert world.terminals.sessions() == []


async def test_lines_are_few_and_forgotten_when_they_poll_no_more(world):
    for number in range(MOST_LINES):
        assert kinds(await world.poll(1, HELLO, line=f"l{number}")) == ["welcome"]
    ((_, said),) = await world.poll(1, HELLO, line="more")
    assert said["code"] == "lines"
    world.clock.move_to(NOON + FORGOTTEN_NS)
    assert await world.poll(2, line="l3") == []
    world.clock.move_to(NOON + FORGOTTEN_NS + 1)
    assert kinds(await world.poll(1, HELLO, line="more")) == ["welcome"]
    assert len(world.terminals.sessions()) == 2


async def test_lines_that_were_refused_make_room_for_others(world):
    for number in range(3 * MOST_LINES):
        ((kind, said),) = await world.poll(1, ("hello", {"token": "guess"}), line=f"l{number}")
        assert (kind, said["code"]) == ("reject", "token")
        assert len(world.polls._lines) <= MOST_LINES
    assert kinds(await world.poll(1, HELLO, line="good")) == ["welcome"]


async def test_more_than_can_be_kept_breaks_the_line_and_is_not_dropped_in_silence(
    world, monkeypatch
):
    monkeypatch.setattr(polling, "_MOST_WAITING", 2)
    await world.poll(1, HELLO)
    (line,) = world.polls._lines.values()
    (session,) = world.terminals.sessions()
    for _ in range(3):
        line.line.say(session.beat(NOON))
    ((kind, said),) = await world.poll(2)
    assert (kind, said["code"]) == ("reject", "line")
