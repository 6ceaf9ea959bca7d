"""The client against the real daemon."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fxpaper.client import AsyncClient, Client, NoDaemonError, NotAllowedError, RefusedError
from fxpaper.client.errors import InputError
from fxpaper.client.objects import Deal, Order
from fxpaper.config import read_settings

ADVICE: dict[str, Any] = {
    "model": "m",
    "symbol": "EURUSD",
    "side": "buy",
    "confidence": 0.8,
    "stop_loss": "30pips",
    "take_profit": "2r",
}


def now(fx: Client) -> datetime:
    """Return the market's time; it is the recording's."""
    return fx.quote("EURUSD").quoted_at


def test_a_signal_is_sent_explained_and_closed_by_hand(fx: Client):
    taken = fx.send(**ADVICE, id="one/first")
    assert (taken.status, taken.executed, taken.duplicate) == ("executed", True, False)
    assert taken.order_id is not None
    assert str(taken).startswith(f"executed: buy {taken.lots} EURUSD at 1.1")
    assert "<td>executed</td>" in taken._repr_html_()
    assert fx.send(**ADVICE, id="one/first").duplicate

    chain = fx.why("one/first")
    assert chain.signal.position_ids == tuple(one.id for one in chain.positions)
    assert all(one.passed for one in chain.signal.checks)
    assert "passed confidence: 0.8" in str(chain)

    [position] = [one for one in fx.positions() if one.signal_id == "one/first"]
    assert isinstance(position.lots, Decimal)
    assert position.opened_at.utcoffset() == timedelta(0)
    part = fx.close(position.id, lots="0.01")
    assert part is not None
    assert (part.lots, part.entry) == (Decimal("0.01"), "out")
    rest = fx.close(position.id)
    assert rest is not None
    assert rest.lots == position.lots - Decimal("0.01")
    with pytest.raises(RefusedError, match="unknown_position") as caught:
        fx.close(position.id)
    assert caught.value.actual == position.id
    assert [one.entry for one in fx.why("one/first").deals] == ["in", "out", "out"]


def test_a_signal_that_is_not_executed_is_an_answer_whatever_the_reason(fx: Client):
    off = fx.send(**{**ADVICE, "model": "off"}, id="off")
    assert (off.status, off.code) == ("waiting", "auto_execution_off")
    unknown = fx.send(**{**ADVICE, "symbol": "EURUDS"})
    assert (unknown.status, unknown.code, unknown.executed) == ("refused", "unknown_symbol", False)
    assert fx.why(unknown.id).signal.code == "unknown_symbol"
    other = fx.send(**{**ADVICE, "model": "off", "side": "sell"}, id="off")
    assert other.code == "signal_id_reused"


def test_a_frame_that_is_sent_twice_trades_once(fx: Client):
    at = now(fx)
    frame = pd.DataFrame(
        [ADVICE, {**ADVICE, "side": "close", "confidence": None}],
        index=pd.DatetimeIndex([at, at]),
    )
    first, again = fx.send_all(frame), fx.send_all(frame)
    assert [one.duplicate for one in first] == [False, False]
    assert [one.duplicate for one in again] == [True, True]
    assert [one.id for one in first] == [one.id for one in again]
    assert [one.executed for one in first] == [True, True]
    assert first[0].id == f"m-EURUSD-{at:%Y-%m-%dT%H:%M:%S.%f}Z"
    seen = fx.signals(model="m", status="executed").frame()
    assert (seen["id"] == first[0].id).sum() == 1


def test_nothing_is_sent_when_a_row_could_trade_twice_or_is_mistyped(fx: Client):
    before = len(fx.signals(limit=1000))
    good = {**ADVICE, "id": "never"}
    with pytest.raises(InputError, match=r"Row 1: It has neither id nor time"):
        fx.send_all([good, ADVICE])
    with pytest.raises(InputError, match='did you mean "stop_loss"'):
        fx.send_all([good, {**ADVICE, "stoploss": 1}])
    with pytest.raises(InputError, match="has no zone"):
        fx.send(**ADVICE, time=datetime(2026, 11, 18, 12, 0))  # noqa: DTZ001 - the point
    assert len(fx.signals(limit=1000)) == before


def test_what_is_read_is_exact_and_makes_frames(fx: Client):
    account = fx.account()
    assert (account.currency, type(account.balance)) == ("USD", Decimal)
    quote = fx.quote("EURUSD")
    assert quote.ask - quote.bid == Decimal("0.00010")
    bars = fx.bars("EURUSD", "1m", limit=2)
    assert 1 <= len(bars) <= 2
    frame = bars.frame()
    assert str(frame["close"].dtype) == "float64"
    assert str(frame["opened_at"].dtype).startswith("datetime64")
    assert frame["opened_at"].dt.tz is not None
    assert frame["close"].iloc[-1] == float(bars[-1].close)
    assert fx.deals(limit=1).frame()["symbol"].tolist() == ["EURUSD"]
    assert {one.model for one in fx.models()} >= {"m"}
    empty = fx.signals(model="nobody").frame()
    assert list(empty.columns)[:2] == ["id", "status"]
    assert str(empty["time"].dtype) == "datetime64[us, UTC]"
    assert str(bars).splitlines()[-1].startswith("EURUSD 1m 2026-11-18 12:")
    for rows in (fx.orders(), fx.deals(), fx.models(), fx.signals()):
        assert len(str(rows).splitlines()) == len(rows) > 0
    assert "<th>close</th>" in bars._repr_html_()
    with pytest.raises(RefusedError, match="no_quote"):
        fx.quote("USDJPY")
    with pytest.raises(RefusedError, match="unknown_symbol"):
        fx.bars("EURUDS")


def test_lists_go_on_from_page_to_page(fx: Client, monkeypatch: pytest.MonkeyPatch):
    whole = fx.signals()
    assert len(whole) > 2
    monkeypatch.setattr("fxpaper.client.asynchronous._PAGE", 1)
    assert fx.signals() == whole
    assert fx.signals(limit=2) == whole[:2]


def test_halting_switching_and_closing_all(fx: Client):
    assert fx.halt("looking").trading == "halted"
    assert fx.send(**ADVICE, id="halted").code == "trading_halted"
    assert fx.resume().trading == "active"
    assert not fx.switch("m", on=False).auto_execute
    assert fx.send(**ADVICE, id="switched off").code == "auto_execution_off"
    assert fx.execute("switched off").status == "executed"
    assert fx.dismiss("switched off").status == "executed"
    fx.send(**ADVICE, id="unwanted")
    assert fx.dismiss("unwanted").code == "dismissed"
    assert fx.switch("m").auto_execute
    assert fx.send(**ADVICE, id="on").executed
    assert len(fx.close_all(symbol="EURUSD", side="buy").deals) >= 1
    assert fx.positions() == ()


def test_events_from_the_first_and_from_now(fx: Client):
    past = list(fx.events(from_seq=1, quiet=0.5))
    assert [one.seq for one in past] == list(range(1, fx.account().seq + 1))
    assert past[0].type == "account_opened"
    assert {type(one.data) for one in past} >= {Order, Deal, dict}

    sent = threading.Timer(0.5, fx.send, kwargs={**ADVICE, "id": "heard"})
    sent.start()
    heard = []
    for event in fx.events(quiet=5):
        heard.append(event)
        if event.type == "position_opened":
            break
    sent.join()
    assert [one.seq for one in heard] == list(range(past[-1].seq + 1, heard[-1].seq + 1))
    assert str(heard[0]).endswith("signal_received heard")
    kept = fx.events(from_seq=1)
    assert next(kept).seq == 1
    fx.disconnect()
    with pytest.raises(RefusedError, match="events_missed"):
        list(fx.events(from_seq=10**6, quiet=1))
    fx.close_all()


async def test_it_works_inside_a_running_loop_and_beside_it(data_dir: Path):
    """As in Jupyter: the cell runs in a loop; the synchronous client blocks just the cell."""
    with Client(data_dir=data_dir) as fx:
        assert fx.account().currency == "USD"
        assert next(iter(fx.events(from_seq=1))).type == "account_opened"
    async with AsyncClient(data_dir=data_dir) as there:
        account, quote = await asyncio.gather(there.account(), there.quote("EURUSD"))
        assert (account.mode, quote.symbol) == ("paper", "EURUSD")
        async for event in there.events(from_seq=account.seq, quiet=3):
            assert event.seq == account.seq
            break


def test_a_daemon_is_named_by_arguments_or_environment(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    url = f"http://127.0.0.1:{(data_dir / 'port').read_text()}"
    token = (data_dir / "token").read_text().strip()
    monkeypatch.setattr("fxpaper.client.places.default_data_dir", lambda: tmp_path)
    with Client(url.removeprefix("http://"), token) as fx:
        assert fx.account().id == "paper"
    with pytest.raises(NotAllowedError, match="no token"):
        Client(url).account()
    with pytest.raises(NotAllowedError, match="unauthorized"), Client(url, "fxp_wrong"):
        pass
    monkeypatch.setenv("FXPAPER_URL", url)
    monkeypatch.setenv("FXPAPER_TOKEN", token)
    fx = Client()
    assert fx.account().id == "paper"
    fx.disconnect()
    assert read_settings(tmp_path, None).account == "paper"


def test_the_own_daemon_comes_before_the_demo(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("fxpaper.client.places.default_data_dir", lambda: tmp_path)
    with pytest.raises(NoDaemonError, match="fxpaper run"), Client():
        pass
    (tmp_path / "port").write_text("1")
    (tmp_path / "token").write_text("fxp_gone")
    with pytest.raises(NoDaemonError, match=r"127\.0\.0\.1:1\b.*fxpaper run"), Client():
        pass
    (tmp_path / "demo").symlink_to(data_dir)
    with Client(token=(data_dir / "token").read_text()) as fx:
        assert fx.account().id == "paper"
    (tmp_path / "port").write_text((data_dir / "port").read_text())  # the demo has taken it over
    with Client() as fx:
        assert fx.account().id == "paper"


def test_a_time_is_sent_as_it_is_meant(fx: Client):
    berlin = now(fx).astimezone(UTC)
    taken = fx.send(**ADVICE, id="timed", time=berlin, expiry=berlin + timedelta(seconds=90))
    record = fx.why("timed").signal
    assert (record.time, taken.executed) == (berlin, True)
    fx.close_all()
