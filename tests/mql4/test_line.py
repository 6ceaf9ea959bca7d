"""Quotes, what the chart says, and answers that get lost."""

from __future__ import annotations

import asyncio
import re
from itertools import count

import pytest

from fxpaper.aggregator.source import Span
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.terminal import AnswerState, TerminalOp
from tests.mql4.conftest import EURUSD, ROOT, until


async def test_prices_come_through_with_their_broker_name_and_time(side, attach):
    async with attach() as chart:
        await chart.say("symbol GBPUSD 5 GBP USD 1")
        await side.ready(chart)
        numbers = count()

        async def move() -> None:
            while True:
                await asyncio.sleep(0.3)
                await chart.say(f"tick EURUSD.£ 1.08241 1.0825{next(numbers) % 9}")

        moving = asyncio.create_task(move())
        quote = await side.quote()
        moving.cancel()
        assert (quote.symbol, quote.bid) == ("EURUSD", 108_241)
        assert abs(quote.received_at - quote.quoted_at) < 3_000_000_000
        assert side.session.hello.company == 'A "Broker" £'
        assert side.session.symbols["EURUSD"].symbol == "EURUSD.£"
        assert not side.feed.has("GBPUSD")


async def test_only_listed_symbols_are_told_of(side, attach):
    async with attach(InpSymbols="GBPUSD, EURUSD.£") as chart:
        await chart.say("symbol USDJPY 3 USD JPY 0", "symbol GBPUSD 5 GBP USD 0")
        await side.ready(chart)
        assert set(side.session.symbols) == {"EURUSD", "GBPUSD"}


async def test_the_chart_says_why_it_does_not_connect(side, attach, unused_port):
    async with attach(port=unused_port) as chart:
        await chart.shows(f"no daemon answers at http://127.0.0.1:{unused_port}: does it run?")
    async with attach(SHIM_ALLOWED="http://10.0.0.1") as chart:
        await chart.shows(
            f"add http://127.0.0.1:{side.port} to Tools > Options > Expert Advisors > Allow "
            "WebRequest for listed URL (error 4060)"
        )
    async with attach(InpToken="guess") as chart:
        await chart.shows("InpToken is not the daemon's; copy it from the file token")
        await chart.shows("(HTTP 401)")
    async with attach(InpUrl="127.0.0.1:8765") as chart:
        await chart.shows("InpUrl is no address: 127.0.0.1:8765 (error 5200)")
    object.__setattr__(side.server._rooms, "polls", None)
    async with attach() as chart:
        await chart.shows("set mt4 = true and restart it (HTTP 404)")
    assert side.terminals.sessions() == []


async def test_bars_of_the_past_are_told(side, attach):
    async with attach() as chart:
        await side.ready(chart)
        side.session.memory.clock.learn(7200, 0, valid=True)
        begins = 1_763_960_400 * NS_PER_SECOND
        span = Span("5m", begins, begins + 3600 * NS_PER_SECOND)
        bars = await side.terminals.bars("EURUSD", span)
        assert [(one.opened_at - begins) // NS_PER_SECOND for one in bars] == list(
            range(0, 3600, 300)
        )
        first = bars[0]
        assert (first.high - first.open, first.open - first.low) == (20, 10)
        assert first.closed


async def test_a_hello_that_is_refused_is_shown_in_the_daemons_words(side, attach):
    side.polls._admission._token = "another"  # noqa: S105 - of a test
    async with attach() as chart:
        await chart.shows("refused: The token is not the daemon's")


async def test_a_daemon_that_was_restarted_is_greeted_anew(side, attach):
    async with attach() as chart:
        await side.ready(chart)
        before = side.session
        side.polls._lines.clear()
        side.terminals.leave(next(iter(side.terminals._sessions)), "restarted")
        await until(lambda: side.terminals.sessions() not in ([], [before]))
        assert side.session.hello.epoch != before.hello.epoch


async def test_a_chart_is_known_again_after_a_restart_and_its_line_is_another(side, attach):
    """So a command that was sent to it may still be carried out by it, and by no other chart."""
    charts, lines = [], set()
    for _ in range(2):
        async with attach() as chart:
            await side.ready(chart)
            charts.append(side.line._chart)
            lines |= {line.identity for line in side.terminals._sessions}
    assert charts == ["mt4:123-131923187654321"] * 2
    assert len(lines) == 2


async def test_a_counter_that_begins_anew_stops_nothing(side, attach):
    """GetTickCount goes back to zero after 49.7 days; here after four seconds."""
    async with attach(SHIM_TICKS=str(2**32 - 4000)) as chart:
        await side.ready(chart)
        await asyncio.sleep(4)
        heard = side.session.heard_at
        await until(lambda: side.session.heard_at > heard + 1_500_000_000)
        answer = await side.ask("e.1", TerminalOp.OPEN, side="buy")
        assert answer.state is AnswerState.DONE


class Proxy:
    """Forwards polls to the daemon and loses some: the question, or the answer to it."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.count = 0
        self.lost: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", asked)
        assert length is not None
        asked += await reader.readexactly(int(length[1]))
        self.count += 1
        if self.count % 7 == 3:
            self.lost.append("question")
        else:
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
            back.write(asked)
            answer = await there.read()
            back.close()
            if self.count % 7 in (1, 2, 5):
                self.lost.append("answer")
                writer.write(answer[: len(answer) // 2] if self.count % 2 else b"")
            else:
                writer.write(answer)
        writer.close()


async def test_whatever_gets_lost_on_the_way_nothing_is_lost_or_doubled(side, attach, broker):
    """More than half of the polls fail, the very first among them."""
    proxy = Proxy(side.port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with attach(port=port) as chart:
        await side.ready(chart)
        bids = []
        answers = []
        for number in range(12):
            await chart.say(f"tick EURUSD.£ 1.1000{number % 10} 1.1002{number % 10}")
            answers.append(await side.ask(f"e.{number}", TerminalOp.OPEN, side="buy"))
            while not side.feed._queue.empty():
                bids.append((await side.quote()).bid)
        states = [one.state for one in answers]
        assert states == [AnswerState.DONE] * 10 + [AnswerState.REFUSED] * 2
        assert not any(one.duplicate for one in answers)
        assert "InpMaxPositions is 10" in answers[-1].text
        await until(lambda: len(side.booked) == 10)
        assert len({one.ticket for one in side.booked}) == 10
        session = side.session
        assert (session.missed, dict(session.memory.lost)) == (0, {})
        assert len(side.answers("e.3")) == 1
    server.close()
    await server.wait_closed()
    assert len(broker()) == 10
    assert {"question", "answer"} == set(proxy.lost)
    assert len(proxy.lost) > 10


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
        b'HTTP/1.1 200 OK\r\n\r\n[["cmd",{"id":"a',
        b'HTTP/1.1 200 OK\r\n\r\n[["cmd",{"id":"a|b","op":"open","symbol":"x","magic":"1"}]]',
        b'HTTP/1.1 200 OK\r\n\r\n[["sub",{"symbols":["x","\\u00"]}],["look",{"after":"z"}]]',
        b'HTTP/1.1 200 OK\r\n\r\n[["welcome",{"t":1}],["cmd",{"id":"","deadline":-9}],["x"',
        b"HTTP/1.1 500 No\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
    ],
)
async def test_whatever_answers_breaks_nothing(attach, said):
    """The sanitizers would end it."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await asyncio.sleep(0.02)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with attach(port=server.sockets[0].getsockname()[1]) as chart:
        await chart.say(EURUSD, "tick EURUSD.£ 1.1 1.2")
        await asyncio.sleep(0.5)
        assert chart.shown
    server.close()
    await server.wait_closed()


FORBIDDEN = {
    r"#import": "no DLL",
    r"\bnew\b|\bdelete\b": "no pointers",
    r"->": "no pointers",
    r"\bthis\b": "differs",
    r"#if\b": "MQL4 has ifdef only",
    r"\b(auto|register|asm|explicit|signed|unsigned)\b": "a word of C++ only",
    r"\[\s*\w*\s*\]\s*\[": "one dimension",
    r"\b\d+(U|L|UL|ULL|LL)\b": "no suffixes",
    r"switch\s*\(": "no switch on texts, and none on others",
    r"\b(Socket\w+|CopyTicks\w*|Position(Select|Get)\w*|HistorySelect\w*|HistoryDeal\w*)\(": "MQL5",
    r"\b(GetTickCount64|TimeTradeServer|OrderGet\w+|OrderSendAsync)\b": "MQL5 only",
    r"\b(ACCOUNT_MARGIN_MODE|SYMBOL_FILLING_MODE|WHOLE_ARRAY|MqlTrade\w+|time_msc)\b": "not here",
}


@pytest.mark.parametrize("path", sorted((ROOT / "mql4").rglob("*.mq*")), ids=lambda p: p.name)
def test_the_source_stays_inside_what_both_compilers_take(path):
    text = path.read_text(encoding="ascii")
    text = re.sub(r'"(?:\\.|[^"\\])*"|//.*', '""', text)
    assert [why for pattern, why in FORBIDDEN.items() if re.search(pattern, text)] == []
