"""The Expert Advisor itself, translated line by line and compiled, against the real endpoint."""

from __future__ import annotations

import asyncio
import re

import pytest
import zmq

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.keys import make_keys
from tests.mql5.conftest import COMPILES, EURUSD, ROOT, first_quote, pasted, taken

pytestmark = COMPILES


async def test_prices_come_through_with_their_broker_name_and_time(serve, attach):
    feed = TickFeed()
    async with serve(feed) as endpoint, attach() as chart:
        await chart.say("symbol GBPUSD 5 GBP USD 1", EURUSD)
        await chart.shows("connected to 127.0.0.1")
        quote = await first_quote(feed, chart)
        assert (quote.symbol, quote.bid, quote.ask) == ("EURUSD", 108_241, 108_251)
        assert abs(quote.received_at - quote.quoted_at) < 2_000_000_000
        (session,) = endpoint.sessions()
        assert session.hello.company == 'A "Broker" £'
        assert session.symbols["EURUSD"].symbol == "EURUSD.£"
        assert not feed.has("GBPUSD")


async def test_every_tick_comes_once_though_many_share_a_millisecond(serve, attach):
    feed = TickFeed()
    async with serve(feed) as endpoint, attach() as chart:
        await chart.say(EURUSD)
        await first_quote(feed, chart)
        lines = [f"tick EURUSD.£ 0 1.{10_000 + n} 1.{10_010 + n}" for n in range(1500)]
        await chart.say(*lines)
        found: list[int] = []
        while not found or found[-1] != 111_499:
            found += [quote.bid for quote in await taken(feed, 1)]
        assert [bid for bid in found if bid != 108_241] == list(range(110_000, 111_500))
        (session,) = endpoint.sessions()
        assert (session.missed, dict(session.memory.lost)) == (0, {})


async def test_a_restart_of_the_daemon_loses_no_tick(serve, attach):
    feed = TickFeed()
    async with attach() as chart:
        await chart.say(EURUSD)
        async with serve(feed):
            await first_quote(feed, chart)
        await chart.shows("closed the line")
        again = TickFeed()
        async with serve(again):
            quote = await first_quote(again, chart)
            assert quote.bid == 108_241


async def test_the_chart_says_why_it_does_not_connect(serve, attach, tmp_path):
    async with attach() as chart:
        await chart.shows("no daemon listens at 127.0.0.1")
    async with attach(SHIM_ALLOWED="10.0.0.1") as chart:
        await chart.shows("add 127.0.0.1 to Tools > Options > Expert Advisors > Allow WebRequest")
    async with serve(TickFeed()), attach(InpToken="guess") as chart:
        await chart.shows("refused: The token is not the daemon's")
    keys = make_keys(tmp_path, "laptop", None)
    async with serve(TickFeed()), attach() as chart:
        await chart.shows("encrypted")
    other = {**pasted(keys), "InpServerKey": zmq.curve_keypair()[0].decode()}
    async with serve(TickFeed()), attach(**other) as chart:
        await chart.shows("closed the line at once")


async def test_keys_that_cannot_be_are_said_on_the_chart(attach, tmp_path):
    keys = pasted(make_keys(tmp_path, "laptop", None))
    for wrong, said in (
        ({"InpSecretKey": "short"}, "each key has 40 characters"),
        ({"InpPublicKey": keys["InpServerKey"]}, "does not belong to InpSecretKey"),
    ):
        async with attach(expect=2, **{**keys, **wrong}) as chart:
            await chart.shows(said)


async def test_an_encrypted_line_carries_the_same(serve, attach, tmp_path):
    keys = make_keys(tmp_path, "laptop", "123")
    feed = TickFeed()
    async with serve(feed) as endpoint, attach(InpToken="", **pasted(keys)) as chart:
        await chart.say(EURUSD)
        await first_quote(feed, chart)
        await chart.say(*[f"tick EURUSD.£ 0 1.{10_000 + n} 1.{10_010 + n}" for n in range(300)])
        found: list[int] = []
        while not found or found[-1] != 110_299:
            found += [quote.bid for quote in await taken(feed, 1)]
        assert [bid for bid in found if bid != 108_241] == list(range(110_000, 110_300))
        (session,) = endpoint.sessions()
        assert session.hello.login == "123"


async def test_a_key_that_is_not_on_the_list_is_not_let_in(serve, attach, tmp_path):
    keys = make_keys(tmp_path, "laptop", None)
    public, secret = (one.decode() for one in zmq.curve_keypair())
    stranger = {**pasted(keys), "InpPublicKey": public, "InpSecretKey": secret}
    async with serve(TickFeed()) as endpoint, attach(**stranger) as chart:
        await chart.shows("this key is not on its list")
        assert endpoint.sessions() == []


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" + b" " * 64,
        b"\xff" + b"\x00" * 8 + b"\x7f\x03\x00NULL" + b"\x00" * 48 + b"\x04\x00",
        b"\xff" + b"\x00" * 8 + b"\x7f\x03\x00NULL" + b"\x00" * 48 + b"\x06" + b"\xff" * 8,
        b"\xff" + b"\x00" * 8 + b"\x7f\x03\x00NULL" + b"\x00" * 48 + b"\x04\x02\x09AB",
        bytes(range(256)) * 8,
    ],
)
async def test_whatever_answers_breaks_nothing(attach, port, said):
    """The sanitizers would end it."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    async with attach() as chart:
        await asyncio.sleep(0.6)
        assert chart.shown
    server.close()
    await server.wait_closed()


FORBIDDEN = {
    r"#import": "no DLL",
    r"\bnew\b|\bdelete\b": "no pointers",
    r"->": "no pointers",
    r"\bthis\b": "differs",
    r"#if\b": "MQL5 has ifdef only",
    r"\b(auto|register|asm|explicit|signed|unsigned)\b": "a word of C++ only",
    r"\[\s*\w*\s*\]\s*\[": "one dimension",
    r"\b\d+(U|L|UL|ULL|LL)\b": "no suffixes",
    r"switch\s*\(\s*(kind|name|text)": "no switch on texts",
}


@pytest.mark.parametrize("path", sorted((ROOT / "mql5").rglob("*.mq*")), ids=lambda p: p.name)
def test_the_source_stays_inside_what_both_compilers_take(path):
    text = re.sub(r'"(?:\\.|[^"\\])*"|//.*', '""', path.read_text(encoding="utf-8"))
    found = [why for pattern, why in FORBIDDEN.items() if re.search(pattern, text)]
    assert found == []
