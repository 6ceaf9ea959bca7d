"""Lines that break bytes apart, damage them or fall silent; a busy market, a clock that jumps."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict

import pytest
import zmq
from nacl.bindings import crypto_box

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.keys import make_keys
from fxpaper.domain.instant import NS_PER_SECOND
from tests.mql5.conftest import (
    COMPILES,
    EURUSD,
    KNOWN,
    first_quote,
    pasted,
    taken,
)
from tests.mql5.proxy import Proxy, between, damage, listening, odd_pieces

pytestmark = COMPILES
HURRIED = {"SHIM_HURRY": "100", "InpTimerMs": "2"}
"""Ten seconds of patience pass in a tenth of one."""


def inputs_of(mechanism: str, folder) -> dict[str, str]:
    if mechanism == "CURVE":
        return {"InpToken": "", **pasted(make_keys(folder, "laptop", None))}
    return {"InpPlain": "true"} if mechanism == "PLAIN" else {}


@pytest.mark.parametrize("mechanism", ["NULL", "PLAIN", "CURVE"])
async def test_bytes_one_at_a_time_and_in_odd_pieces_both_ways(
    serve, attach, port, tmp_path, mechanism
):
    inputs, feed = inputs_of(mechanism, tmp_path), TickFeed()
    proxy = Proxy(port, odd_pieces(1), odd_pieces(2), pause=0.003)
    async with (
        serve(feed, plain=mechanism == "PLAIN") as endpoint,
        between(proxy) as through,
        attach(InpPort=str(through), InpTimerMs="1", **inputs) as chart,
    ):
        await chart.say(EURUSD)
        await first_quote(feed, chart)
        await chart.say(*[f"tick EURUSD.£ 0 1.{10_000 + n} 1.{10_010 + n}" for n in range(300)])
        found: list[int] = []
        while not found or found[-1] != 110_299:
            found += [quote.bid for quote in await taken(feed, 1)]
        assert [bid for bid in found if bid != 108_241] == list(range(110_000, 110_300))
        (session,) = endpoint.sessions()
        assert (proxy.dialled, session.missed, dict(session.memory.lost)) == (1, 0, {})


@pytest.mark.parametrize("mechanism", ["NULL", "PLAIN", "CURVE"])
async def test_damaged_bytes_of_a_real_session_break_nothing(
    serve, attach, port, tmp_path, mechanism
):
    """The sanitizers would end it; a line that is whole again works again."""
    inputs, feed = inputs_of(mechanism, tmp_path), TickFeed()
    chance = random.Random(mechanism)  # noqa: S311 - a test
    rounds = 12

    def torn(said: bytes) -> list[bytes]:
        return [damage(chance, said) if proxy.dialled <= rounds else said]

    proxy = Proxy(port, down=torn)
    async with (
        serve(feed, plain=mechanism == "PLAIN"),
        between(proxy) as through,
        attach(InpPort=str(through), **HURRIED, **inputs) as chart,
    ):
        await chart.say(EURUSD)
        async with asyncio.timeout(20):
            while proxy.dialled <= rounds:
                await chart.say("tick EURUSD.£ 0 1.08241 1.08251")
                await asyncio.sleep(0.02)
        await first_quote(feed, chart)


async def test_a_recorded_session_with_random_damage_breaks_nothing(serve, attach, port):
    """Played back by something that is no daemon: it does not listen and says what it likes."""
    feed, proxy = TickFeed(), Proxy(port)
    async with (
        serve(feed),
        between(proxy) as through,
        attach(InpPort=str(through)) as chart,
    ):
        await chart.say(EURUSD)
        await first_quote(feed, chart)
        proxy.close()
        proxy.heard.clear()
        async with asyncio.timeout(8):
            while b'"since":{"' not in proxy.heard:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    recorded, chance = bytes(proxy.heard), random.Random(3)  # noqa: S311 - a test
    assert b"welcome" in recorded
    played = 0

    async def play(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal played
        body = recorded[64:]
        said = [damage(chance, body, 12), chance.randbytes(400), damage(chance, body) * 3]
        writer.write(recorded[:64] + said[played % 3])
        await asyncio.sleep(0.02)
        played += 1

    async with listening(play) as fake, attach(InpPort=str(fake), **HURRIED) as chart:
        await chart.say(EURUSD)
        async with asyncio.timeout(20):
            while played < 45:
                await chart.say("tick EURUSD.£ 0 1.08241 1.08251")
                await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "body",
    [
        b'{"symbols":["EURUSD.\xc2\xa3"],"since":{"EURUSD.\xc2\xa3":9223372036854775807}}',
        b'{"symbols":["EURUSD.\xc2\xa3"],"since":{"EURUSD.\xc2\xa3":-9223372036854775808}}',
        b'{"symbols":["EURUSD.\xc2\xa3"],"since":{"EURUSD.\xc2\xa3":99999999999999999999999999}}',
        b'{"symbols":["\\u","\\u12","\\","\\ud800","\\u0000",""],"since":{"":-}}',
        b'{"symbols":[' + b'"X",' * 3000 + b'"X"]}',
        b'{"symbols":["',
        b'"symbols"',
        b'"since"::::::',
        b"",
    ],
    ids=lambda body: body[:12] + body[-24:],
)
async def test_no_odd_list_of_symbols_breaks_anything(attach, body):
    """Nor does a number that a signed one cannot be one more than."""
    ready = b"\x04\x06\x05READY"
    heard = asyncio.Event()

    def message(kind: bytes, said: bytes) -> bytes:
        return bytes([1, len(kind)]) + kind + b"\x02" + len(said).to_bytes(8, "big") + said

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48)
        writer.write(greeting + ready + message(b"welcome", b"{}") + message(b"sub", body))
        await reader.readuntil(b"hb")
        heard.set()

    async with listening(answer) as fake, attach(InpPort=str(fake), **HURRIED) as chart:
        await chart.say(EURUSD, "tick EURUSD.£ 0 1.08241 1.08251")
        async with asyncio.timeout(5):
            await heard.wait()


async def test_a_line_that_falls_silent_is_given_up_by_both_and_dialled_again(serve, attach, port):
    """The Expert Advisor's ten seconds pass in five here."""
    feed, proxy = TickFeed(), Proxy(port)
    async with (
        serve(feed) as endpoint,
        between(proxy) as through,
        attach(InpPort=str(through), SHIM_HURRY="2") as chart,
    ):
        await chart.say(EURUSD)
        await first_quote(feed, chart)
        proxy.fall_silent()
        begun = time.monotonic()
        async with asyncio.timeout(6):
            while endpoint.sessions():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert 2.5 < time.monotonic() - begun < 6
        async with asyncio.timeout(6):
            while proxy.dialled < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert 2.5 < time.monotonic() - begun < 6.5
        async with asyncio.timeout(9):
            while not endpoint.sessions():  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_twenty_symbols_of_fifty_ticks_a_second_come_whole_and_in_order(serve, attach):
    symbols = [name for name, one in KNOWN.items() if one.digits == 5][:20]
    assert len(symbols) == 20
    feed, seconds, rate = TickFeed(), 5, 50
    async with serve(feed) as endpoint, attach() as chart:
        await chart.say(*[f"symbol {one}.£ 5 {one[:3]} {one[3:]} 0" for one in symbols])
        await first_quote(feed, chart)
        feed.want(frozenset(symbols))
        await asyncio.sleep(0.2)
        begun = time.monotonic()
        for step in range(seconds * rate):
            price = f"1.{10_000 + step} 1.{10_010 + step}"
            await chart.say(*[f"tick {one}.£ 0 {price}" for one in symbols])
            await asyncio.sleep(max(0.0, begun + (step + 1) / rate - time.monotonic()))
        found: dict[str, list[int]] = defaultdict(list)
        total = len(symbols) * seconds * rate
        count = 0
        while count < total:
            (quote,) = await taken(feed, 1)
            if quote.bid >= 110_000:
                found[quote.symbol].append(quote.bid)
                count += 1
        assert found == {one: [110_000 + n for n in range(seconds * rate)] for one in symbols}
        (session,) = endpoint.sessions()
        assert (session.missed, dict(session.memory.lost)) == (0, {})
        assert time.monotonic() - begun < seconds + 2


async def test_an_impostor_with_another_key_learns_nothing(attach, port, tmp_path):
    """Its welcome is sealed, but not by the daemon: no initiate follows."""
    keys = make_keys(tmp_path, "laptop", None)
    _, secret = zmq.curve_keypair()
    heard: list[bytes] = []

    async def pretend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\xff" + bytes(8) + b"\x7f\x03\x00CURVE" + bytes(47))
        await reader.readexactly(64)
        hello = await reader.readexactly(202)
        theirs, nonce = hello[82:114], b"WELCOME-" + bytes(16)
        box = crypto_box(bytes(128), nonce, theirs, zmq.utils.z85.decode(secret))
        writer.write(b"\x04\xa8\x07WELCOME" + bytes(16) + box)
        heard.append(await reader.read(100))

    async with listening(pretend, port), attach(InpToken="", **pasted(keys)) as chart:
        await chart.shows("the daemon's key is not the one in InpServerKey")
    assert set(heard) == {b""}


async def test_times_stay_right_when_the_broker_changes_its_clock(serve, attach):
    """From the first tick on: it comes before the next sign of life."""
    feed = TickFeed()
    async with serve(feed) as endpoint, attach() as chart:
        await chart.say(EURUSD)
        await first_quote(feed, chart)
        for step, ahead in enumerate((7200, 10_800, 10_800, 14_400)):
            await chart.say(f"ahead {ahead}", f"tick EURUSD.£ 0 1.2{step} 1.3")
            (quote,) = await taken(feed, 1)
            assert quote.bid == 120_000 + 1000 * step
            assert 0 <= quote.received_at - quote.quoted_at < NS_PER_SECOND
        (session,) = endpoint.sessions()
        assert session.memory.clock.offset == 14_400
