"""Signals over ZeroMQ, pushed by the real pyzmq."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import zmq
import zmq.asyncio

from fxpaper.bridge.keys import NewTerminal, make_keys
from fxpaper.clock import ManualClock
from fxpaper.errors import ConfigurationError
from fxpaper.worker import handing_in
from fxpaper.worker.signal_socket import SignalSocket, bodies
from tests.worker.standing_in import Desk


@pytest.fixture
def address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def opened(address: str, tmp_path: Path):
    """Run the door until the block ends; its end takes no longer than a moment."""

    @asynccontextmanager
    async def opened(desk: Desk):
        door = SignalSocket(address, tmp_path, desk, ManualClock(0))  # type: ignore[arg-type]
        async with asyncio.TaskGroup() as group:
            task = group.create_task(door.run())
            yield door
            task.cancel()
            async with asyncio.timeout(2):
                await asyncio.wait((task,))

    return opened


@asynccontextmanager
async def sender(address: str, keys: NewTerminal | None = None):
    context = zmq.asyncio.Context()
    line = context.socket(zmq.PUSH)
    line.setsockopt(zmq.LINGER, 0)
    if keys is not None:
        line.curve_publickey = keys.public.encode()
        line.curve_secretkey = keys.secret.encode()
        line.curve_serverkey = keys.server.encode()
    line.connect(f"tcp://{address}")
    try:
        yield line
    finally:
        line.close()
        context.term()


ONE = b'{"id": "one"}'


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (ONE, [ONE]),
        (b'{"id":\n "one"}', [b'{"id":\n "one"}']),
        (b'{"id":\n "one"', [b'{"id":\n "one"']),
        (ONE + b"\r\n\n# note\n" + b'{"id": "two"}\n', [ONE, b'{"id": "two"}']),
        (b"broken\n" + ONE, [b"broken", ONE]),
        (b"[1,\n2]", [b"[1,\n2]"]),
        (b"", [b""]),
        (b"\xff\n\xfe", [b"\xff\n\xfe"]),
        (b"[" * 60_000 + b"\n1", [b"[" * 60_000 + b"\n1"]),
    ],
)
def test_a_message_is_an_object_or_lines(message: bytes, found: list[bytes]):
    """What cannot be read is handed in too, to be journalled."""
    assert list(bodies(message)) == found


async def test_each_signal_is_handed_in_at_a_place_of_its_own(opened, address):
    desk = Desk()
    async with opened(desk), sender(address) as line:
        await line.send(ONE)
        await line.send(ONE + b"\n" + ONE)
        await line.send_multipart([b"topic", ONE])
        taken = await desk.has_taken(5)
    assert [body for body, _, _ in taken] == [ONE, ONE, ONE, b"topic", ONE]
    assert {door for _, door, _ in taken} == {"zmq"}
    assert len({place for _, _, place in taken}) == 5
    assert taken[2][2] == "message 2 since 1970-01-01T00:00:00.000000Z, signal 2"


async def test_while_nothing_can_be_recorded_the_same_is_handed_in_again(
    opened, address, monkeypatch
):
    monkeypatch.setattr(handing_in, "_AGAIN_SECONDS", 0.01)
    desk = Desk(failures=2)
    async with opened(desk), sender(address) as line:
        await line.send(ONE)
        await line.send(b"{}")
        assert [body for body, _, _ in await desk.has_taken(2)] == [ONE, b"{}"]
    assert len({place for _, _, place in desk.asked}) == 2
    assert len(desk.asked) == 4


async def test_what_is_too_large_is_not_let_in_and_the_door_stays_open(opened, address):
    """Its sender's line is closed, with what is behind it; in parts it is cut, and journalled."""
    desk = Desk()
    async with opened(desk), sender(address) as line:
        await line.send(b"x" * 70_000)
        async with sender(address) as another:
            await another.send(ONE)
            await desk.has_taken(1)
            await another.send_multipart([b"x" * 60_000] * 3)
            taken = await desk.has_taken(2)
    assert taken[0][0] == ONE
    assert len(taken[1][0]) == 65_536
    assert taken[1][2].endswith("signal 1, cut after 65536 bytes")


async def test_with_keys_only_who_has_one_is_heard(opened, address, tmp_path):
    keys = make_keys(tmp_path, "model", None)
    desk = Desk()
    async with opened(desk), sender(address) as stranger, sender(address, keys) as known:
        await stranger.send(b'{"id": "strange"}')
        await known.send(ONE)
        await desk.has_taken(1)
        await asyncio.sleep(0.2)
    assert [body for body, _, _ in desk.taken] == [ONE]


async def test_a_flood_waits_at_its_sender(opened, address):
    """Whoever cannot hand in holds a bounded part of what is sent."""
    desk = Desk()
    desk.stand_still()
    sent = 0
    async with opened(desk), sender(address) as line:
        line.set_hwm(10)
        body = json.dumps({"id": "x" * 60_000}).encode()
        try:
            async with asyncio.timeout(2):
                for _ in range(2000):
                    await asyncio.wait_for(line.send(body), 0.5)
                    sent += 1
        except TimeoutError:
            pass
    assert 100 <= sent < 1500


async def test_what_was_sent_by_who_has_gone_is_taken_in_its_order(opened, address):
    """More than the socket holds, and taken up longer after than a heartbeat would wait."""
    sent = [json.dumps({"id": number}).encode() for number in range(1500)]
    desk = Desk()
    desk.stand_still()

    def send_and_go() -> None:
        with zmq.Context() as context, context.socket(zmq.PUSH) as line:
            line.connect(f"tcp://{address}")
            for one in sent:
                line.send(one)

    async with opened(desk):
        await asyncio.to_thread(send_and_go)
        await asyncio.sleep(2.5)
        desk.go_on()
        taken = await desk.has_taken(len(sent))
    assert [body for body, _, _ in taken] == sent


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("5560", 'signals_zmq "5560" is no address; write one like 127.0.0.1:5560'),
        ("localhost:5560", "no IP address"),
        ("127.0.0.1:0", "is no address"),
        ("0.0.0.0:5560", "signals_zmq 0.0.0.0:5560 can be reached from other machines"),
    ],
)
def test_an_address_that_cannot_be_is_a_sentence(tmp_path, address, said):
    with pytest.raises(ConfigurationError, match=said):
        SignalSocket(address, tmp_path, Desk(), ManualClock(0))  # type: ignore[arg-type]


async def test_an_address_that_is_taken_is_a_sentence(address, tmp_path):
    door = SignalSocket(address, tmp_path, Desk(), ManualClock(0))  # type: ignore[arg-type]
    host, port = address.split(":")
    with socket.create_server((host, int(port))), pytest.raises(ConfigurationError) as caught:
        await door.run()
    assert str(caught.value) == (
        f"Signals cannot be awaited at {address} (Address already in use); "
        "correct signals_zmq, or stop what listens there."
    )
