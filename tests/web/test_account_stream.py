"""Account events: none lost, none merged, no gap, whatever happens while a client resumes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from fxpaper.domain.event import Event, Recorded, SignalDecided, SignalReceived
from fxpaper.web.feeds import account as feed
from tests.ledger import samples
from tests.web.conftest import Daemon
from tests.web.payloads import SIGNAL
from tests.web.world import until

Object = dict[str, Any]
Socket = aiohttp.ClientWebSocketResponse
RESUME = {"epoch": "b81f", "seq": 1}


async def _follow(daemon: Daemon, resume: Object | None = None) -> Socket:
    """Open a socket and ask for the account; nothing is read yet."""
    socket = await daemon.socket()
    operation = {"op": "subscribe", "id": 1, "stream": "account:paper"}
    await socket.send_json(operation if resume is None else operation | {"resume": resume})
    return socket


async def _seqs(socket: Socket, count: int) -> list[int]:
    return [(await socket.receive_json())["seq"] for _ in range(count)]


def _policies(count: int) -> list[Event]:
    return [samples.policy(f"m{number}", auto_execute=True) for number in range(count)]


async def test_without_resume_there_is_a_snapshot(daemon: Daemon):
    await daemon.allow()
    await daemon.ask("POST", "/signals", json=SIGNAL)
    socket = await _follow(daemon)
    assert await socket.receive_json() == {
        "type": "ack",
        "id": 1,
        "stream": "account:paper",
        "epoch": "b81f",
        "seq": 8,
        "resumed": False,
    }
    snapshot = await socket.receive_json()
    assert {name: snapshot[name] for name in ("type", "stream", "epoch", "seq", "mode")} == {
        "type": "snapshot",
        "stream": "account:paper",
        "epoch": "b81f",
        "seq": 8,
        "mode": "paper",
    }
    for noun in ("positions", "orders", "deals", "signals", "models"):
        assert snapshot["data"][noun] == (await daemon.ask("GET", f"/{noun}"))[1]["items"], noun
    assert snapshot["data"]["account"] == (await daemon.ask("GET", "/account"))[1]
    await socket.close()


async def test_every_event_has_the_object_of_the_document(daemon: Daemon):
    socket = await _follow(daemon, RESUME)
    await socket.receive_json()
    await daemon.ask("PUT", "/models/trend", json={"auto_execute": True})
    _, record, _ = await daemon.ask("POST", "/signals", json=SIGNAL)
    await daemon.ask("POST", "/signals", data=b"{")
    _, closed, _ = await daemon.ask("POST", "/positions/p-7/close")
    frames = [await socket.receive_json() for _ in range(10)]
    assert [one["seq"] for one in frames] == list(range(2, 12))
    assert {(one["stream"], one["mode"]) for one in frames} == {("account:paper", "paper")}
    assert frames[0]["time"] == "2026-09-21T14:13:20.000000Z"
    events = [(one["type"], one["data"]) for one in frames]
    assert events[0] == (
        "model_policy_set",
        {"account": "paper", "model": "trend", "auto_execute": True},
    )
    kinds = [kind for kind, _ in events]
    assert kinds[1:] == [
        "signal_received",
        "order_placed",
        "order_filled",
        "deal_booked",
        "position_opened",
        "signal_decided",
        "signal_unreadable",
        "deal_booked",
        "position_closed",
    ]
    _, chain, _ = await daemon.ask("GET", "/signals/s1")
    assert (events[1][1]["id"], events[1][1]["status"]) == ("s1", "waiting")
    assert (events[2][1]["state"], events[3][1]) == ("placed", chain["order"])
    assert events[4][1] == chain["deals"][0]
    assert events[6][1] == {
        key: record[key] for key in record if key not in {"duplicate", "others"}
    }
    assert (events[7][1]["status"], events[7][1]["raw"]) == ("refused", "{")
    assert events[8][1] == closed["deal"]
    assert events[9][1].keys() == {"position", "deal_id", "profit", "commission", "swap", "r"}
    assert events[9][1]["position"] == chain["positions"][0]
    assert (events[9][1]["profit"], events[9][1]["r"]) == ("200.00", "2.0000")
    await socket.close()


async def test_the_first_event_of_a_log_shows_the_account(daemon: Daemon):
    socket = await _follow(daemon, RESUME | {"seq": 0})
    await socket.receive_json()
    opened = await socket.receive_json()
    assert (opened["type"], opened["seq"]) == ("account_opened", 1)
    assert opened["data"] == (await daemon.ask("GET", "/account"))[1]
    await socket.close()


async def test_a_resumed_client_gets_exactly_what_it_missed(daemon: Daemon):
    await daemon.account.record(*_policies(20))
    socket = await _follow(daemon, RESUME | {"seq": 17})
    ack = await socket.receive_json()
    assert (ack["seq"], ack["resumed"]) == (21, True)
    assert await _seqs(socket, 4) == [18, 19, 20, 21]
    await daemon.account.record(*_policies(2))
    assert await _seqs(socket, 2) == [22, 23]
    await socket.close()


@pytest.mark.parametrize(
    ("resume", "why"),
    [
        ({"epoch": "other", "seq": 1}, "another log"),
        ({"epoch": "b81f", "seq": 99}, "a number of the future"),
        ({"epoch": "b81f", "seq": -1}, "no number"),
    ],
)
async def test_who_cannot_resume_gets_a_snapshot(daemon: Daemon, resume: Object, why: str):
    socket = await _follow(daemon, resume)
    ack, snapshot = await socket.receive_json(), await socket.receive_json()
    assert (ack["resumed"], snapshot["type"], snapshot["seq"]) == (False, "snapshot", 1), why
    await socket.close()


async def test_who_missed_too_much_gets_a_snapshot(daemon: Daemon, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feed, "RESUME_EVENTS", 5)
    await daemon.account.record(*_policies(6))
    for seq, resumed in ((2, True), (1, False)):
        socket = await _follow(daemon, RESUME | {"seq": seq})
        assert (await socket.receive_json())["resumed"] is resumed
        await socket.close()


async def test_events_while_a_client_catches_up_are_neither_lost_nor_doubled(daemon: Daemon):
    """They come while the ledger's answer, which lacks them, is still on its way."""
    await daemon.account.record(*_policies(4))
    daemon.shell.hold()
    socket = await _follow(daemon, RESUME)
    await daemon.shell.has_read()
    await daemon.account.record(*_policies(3))
    await daemon.account.record(*_policies(2))
    daemon.shell.go_on()
    assert (await socket.receive_json())["seq"] == 5
    assert await _seqs(socket, 9) == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    await daemon.account.record(*_policies(1))
    assert await _seqs(socket, 1) == [11]
    await socket.close()


async def test_events_that_are_committed_but_not_told_yet_are_sent_once(daemon: Daemon):
    """The ledger's answer has them already when they come a second time, live."""
    told = daemon.account.publish
    held: list[Sequence[Recorded]] = []
    daemon.account.publish = held.append
    await daemon.account.record(*_policies(3))
    socket = await _follow(daemon, RESUME)
    assert (await socket.receive_json())["seq"] == 1
    assert await _seqs(socket, 3) == [2, 3, 4]
    daemon.account.publish = told
    for events in held:
        told(events)
    await daemon.account.record(*_policies(1))
    assert await _seqs(socket, 1) == [5]
    await socket.close()


async def test_events_while_a_snapshot_is_made_follow_it(daemon: Daemon):
    daemon.shell.hold()
    socket = await _follow(daemon)
    await daemon.shell.has_read()
    await daemon.account.record(*_policies(3))
    daemon.shell.go_on()
    ack, snapshot = await socket.receive_json(), await socket.receive_json()
    assert (ack["seq"], snapshot["seq"], snapshot["data"]["account"]["seq"]) == (1, 1, 1)
    assert await _seqs(socket, 3) == [2, 3, 4]
    await socket.close()


async def test_a_snapshot_is_of_one_commit_even_if_it_is_ahead_of_the_worker(daemon: Daemon):
    entry = samples.entry(2, None, Decimal("99998.60"))
    await daemon.shell.commit(samples.recorded(entry, 2))
    socket = await _follow(daemon)
    ack, snapshot = await socket.receive_json(), await socket.receive_json()
    shown = snapshot["data"]
    assert (ack["seq"], snapshot["seq"], shown["account"]["seq"]) == (5, 5, 5)
    assert (shown["account"]["balance"], shown["account"]["equity"]) == ("99998.60", "99998.60")
    assert [one["id"] for one in shown["positions"]] == ["p-5"]
    await socket.close()


async def test_clients_that_come_and_go_under_load_all_see_every_event(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
):
    """Twelve clients resume at various moments of 300 commits; each gets every number once."""
    monkeypatch.setattr(feed, "_PAGE", 7)

    async def fire() -> None:
        for _ in range(300):
            await daemon.account.record(*_policies(2))

    async def follow(number: int) -> list[int]:
        await until(lambda: daemon.server.hub.account.seq >= number * 40)
        seen: list[int] = []
        while not seen or seen[-1] < 601:
            socket = await _follow(daemon, RESUME | {"seq": seen[-1] if seen else 1})
            assert (await socket.receive_json())["resumed"] is True
            wanted = min(601, (seen[-1] if seen else 1) + 150)
            while not seen or seen[-1] < wanted:
                seen += await _seqs(socket, 1)
            await socket.close()
        return seen

    async with asyncio.TaskGroup() as group:
        followers = [group.create_task(follow(number)) for number in range(12)]
        group.create_task(fire())
    assert all(one.result() == list(range(2, 602)) for one in followers)


async def test_a_decision_long_after_its_signal_is_looked_up(daemon: Daemon):
    """The signal came before this process; only the ledger knows it."""
    signal = samples.signal("s-old")
    told, daemon.account.publish = daemon.account.publish, lambda _: None
    await daemon.account.record(SignalReceived(signal))
    daemon.account.publish = told
    socket = await _follow(daemon, RESUME | {"seq": 1})
    assert (await socket.receive_json())["resumed"] is True
    assert (await socket.receive_json())["type"] == "signal_received"
    await daemon.account.record(*_policies(1))
    await daemon.account.record(SignalDecided("s-old", samples.refusal()))
    await daemon.account.record(*_policies(1))
    frames = [await socket.receive_json() for _ in range(3)]
    assert [one["seq"] for one in frames] == [3, 4, 5]
    assert (frames[1]["data"]["id"], frames[1]["data"]["status"]) == ("s-old", "refused")
    assert frames[1]["data"]["confidence"] == "0.82"
    await socket.close()


@pytest.mark.usefixtures("quick_heart")
async def test_heartbeats_never_run_ahead_of_a_client_that_catches_up(daemon: Daemon):
    other = await daemon.socket()
    daemon.shell.hold()
    socket = await _follow(daemon, RESUME)
    await daemon.shell.has_read()
    await daemon.account.record(*_policies(2))
    while (await other.receive_json())["seq"]["account:paper"] != 3:
        pass
    daemon.shell.go_on()
    seen = 1
    while seen < 3:
        frame = json.loads((await socket.receive()).data)
        if frame["type"] == "model_policy_set":
            seen = frame["seq"]
        elif frame["type"] == "heartbeat":
            assert frame["seq"]["account:paper"] <= seen
    await socket.close()
    await other.close()


async def test_asking_again_starts_again(daemon: Daemon):
    await daemon.account.record(*_policies(3))
    socket = await _follow(daemon, RESUME)
    await socket.receive_json()
    assert await _seqs(socket, 3) == [2, 3, 4]
    await socket.send_json(
        {"op": "subscribe", "id": 2, "stream": "account:paper", "resume": RESUME | {"seq": 3}}
    )
    assert (await socket.receive_json())["id"] == 2
    assert await _seqs(socket, 1) == [4]
    await socket.send_json({"op": "unsubscribe", "id": 3, "stream": "account:paper"})
    assert (await socket.receive_json())["id"] == 3
    await daemon.account.record(*_policies(1))
    await socket.send_json({"op": "subscribe", "id": 4, "stream": "none"})
    assert (await socket.receive_json())["type"] == "error"
    await socket.close()
