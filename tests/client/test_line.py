"""What is asked again over a connection that breaks, and what is not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from fxpaper.client import AsyncClient, NoDaemonError, RefusedError
from fxpaper.client.errors import ProtocolError
from tests.client.test_client import ADVICE

TAKEN = {"id": "one", "status": "executed", "side": "close", "duplicate": True}
UNAVAILABLE = {
    "type": "urn:fxpaper:problem:unavailable",
    "status": 503,
    "code": "unavailable",
    "detail": "The ledger is away.",
}


class Frail:
    """A daemon that hangs up on some requests.

    Args:
        answers: to what is posted, in order, the last one for ever; None hangs up.
    """

    def __init__(self, *answers: dict[str, object] | None) -> None:
        self.answers = list(answers)
        self.posted: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if b"content-length" in line]
        body = await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
        said: dict[str, object] | None = {"status": "ok"}
        if head.startswith(b"POST"):
            self.posted.append(body)
            said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if said is not None:
            text = json.dumps(said).replace('{"type": ', '{"type":').encode()
            status = 503 if said == UNAVAILABLE else 200
            top = f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\n\r\n"
            writer.write(top.encode() + text)
            await writer.drain()
        writer.close()

    @asynccontextmanager
    async def asked(self, patience: float = 5) -> AsyncIterator[AsyncClient]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with server, AsyncClient(url, "fxp_x", patience=patience) as fx:
            yield fx


@pytest.mark.parametrize("fault", [None, UNAVAILABLE], ids=["hangs up", "unavailable"])
async def test_a_signal_is_sent_again_with_the_same_id(fault: dict[str, object] | None):
    """Also one without an id of its own: it gets one before it is sent first."""
    frail = Frail(fault, fault, TAKEN)
    async with frail.asked() as fx:
        assert (await fx.send(**ADVICE)).duplicate
    ids = [json.loads(one)["id"] for one in frail.posted]
    assert len(ids) == 3
    assert len(set(ids)) == 1


@pytest.mark.parametrize("ask", ["close", "close_all"])
async def test_closing_is_not_asked_twice_when_its_answer_is_lost(ask: str):
    frail = Frail(None)
    async with frail.asked() as fx:
        with pytest.raises(NoDaemonError, match="look before you ask again"):
            await getattr(fx, ask)("P-1")
    assert len(frail.posted) == 1


async def test_patience_has_an_end():
    frail, began = Frail(None), time.monotonic()
    async with frail.asked(patience=0.5) as fx:
        with pytest.raises(NoDaemonError, match="fxpaper run"):
            await fx.send(**ADVICE)
        assert 0.1 < time.monotonic() - began < 2
        frail.answers = [UNAVAILABLE]
        with pytest.raises(RefusedError, match="ledger is away"):
            await fx.send(**ADVICE)
        frail.answers = [{"strange": 1}]
        with pytest.raises(ProtocolError, match="another version"):
            await fx.send(**ADVICE)


async def test_an_order_to_close_that_waits_for_a_quote_has_no_deal_yet():
    waits = {
        "type": "urn:fxpaper:problem:no_quote",
        "status": 202,
        "code": "no_quote",
        "detail": "The order to close P-1 is placed; it waits for a quote.",
    }
    async with Frail(waits).asked() as fx:
        assert await fx.close("P-1", lots=Decimal("0.5")) is None
