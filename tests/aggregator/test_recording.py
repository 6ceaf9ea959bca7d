"""Reading recordings: exact, in order, and every wrong line named."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fxpaper.aggregator.recording import read_recording
from fxpaper.domain.instant import parse_instant
from fxpaper.domain.quote import Grade, Spread, Transport
from fxpaper.errors import InputError
from fxpaper.profiles import read_profile

HEADER = "timestamp,bid,ask\n"
FIRST = "2013-01-01 22:00:00.295000+00:00,86.655,86.728\n"


@pytest.fixture
def write(tmp_path):
    """Write a file and return its path."""

    def write(text: str | bytes, name: str = "usdjpy-ticks.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_a_quote_has_points_its_time_and_the_evidence_of_a_recording(write, instruments):
    recording = read_recording(write(HEADER + FIRST), instruments)
    (quote,) = recording
    assert len(recording) == 1
    assert (quote.symbol, quote.bid, quote.ask) == ("USDJPY", 86_655, 86_728)
    assert quote.quoted_at == quote.received_at == 1_357_077_600_295_000_000
    assert recording.started_at == recording.ended_at == quote.quoted_at
    assert quote.evidence.source == "recorded"
    assert quote.evidence.transport is Transport.FILE
    assert quote.evidence.spread is Spread.REAL
    assert quote.evidence.grade is Grade.A


@pytest.mark.parametrize(
    "time",
    [
        "2013-01-01T22:00:00.295Z",
        "2013-01-01 22:00:00.295000+00:00",
        "2013-01-02T00:00:00.295000000+02:00",
        "2013-01-01t22:00:00.295z",
        "2013-01-01 17:00:00.295 -05:00",
    ],
)
def test_times_may_be_written_in_every_rfc_3339_way(write, instruments, time):
    recording = read_recording(write(f"{HEADER}{time},86.655,86.728\n"), instruments)
    assert recording.started_at == 1_357_077_600_295_000_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param((HEADER + FIRST).replace("\n", "\r\n"), id="lines of Windows"),
        pytest.param("\ufeff" + HEADER + FIRST, id="byte order mark"),
        pytest.param((HEADER + FIRST).rstrip(), id="no end of the last line"),
        pytest.param(HEADER + "\n" + FIRST + "\n\n", id="empty lines"),
        pytest.param(
            'Timestamp,"Bid",ASK,volume\n2013-01-01 22:00:00Z,"86.655", 86.728 ,5\n',
            id="quoted names, capitals, spaces and one column more",
        ),
    ],
)
def test_files_may_look_different(write, instruments, text):
    (quote,) = read_recording(write(text), instruments)
    assert (quote.bid, quote.ask) == (86_655, 86_728)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        pytest.param(
            "2013-01-01 22:00:01Z,86.6",
            'line 3: "2013-01-01 22:00:01Z,86.6" has not as many values as the header',
            id="torn",
        ),
        pytest.param("2013-01-01 22:00:01Z,nan,86.7", "line 3: bid nan is not a price", id="NaN"),
        pytest.param("2013-01-01 22:00:01Z,inf,86.7", "line 3: bid inf is not a price", id="inf"),
        pytest.param("\n2013-01-01 22:00:01Z,0,86.7", "line 4: bid 0 is not a price", id="zero"),
        pytest.param("2013-01-01 22:00:01Z,86,-1", "line 3: ask -1 is not a price", id="negative"),
        pytest.param(
            "2013-01-01 22:00:01Z,86.8,86.7",
            "line 3: the ask 86.7 is below the bid 86.8",
            id="crossed",
        ),
        pytest.param("2013-01-01 22:00:01Z,x,86.7", 'line 3: bid "x" is not a price', id="a word"),
        pytest.param("2013-01-01 22:00:01Z,,86.7", 'line 3: bid "" is not a price', id="nothing"),
        pytest.param(
            "2013-01-01 22:00:01Z,86.6551,86.7",
            "line 3: bid 86.6551 has more decimals than its instrument is quoted with (3)",
            id="decimals",
        ),
        pytest.param(
            "2013-01-01 22:00:01,86.6,86.7",
            'line 3: "2013-01-01 22:00:01" has no time zone; add Z',
            id="no zone",
        ),
        pytest.param("noon,86.6,86.7", 'line 3: "noon" is not a time', id="no time"),
        pytest.param("2300-01-01 22:00:01Z,86.6,86.7", "is outside 1678–2261", id="far future"),
        pytest.param(
            "2013-01-01 21:59:59Z,86.6,86.7",
            "line 3: 2013-01-01T21:59:59.000000Z is earlier than the quote before it",
            id="not in order",
        ),
        pytest.param(
            "2013-01-01 22:00:01Z,1e300,86.7", "line 3: bid 1e300", id="larger than any price"
        ),
    ],
)
def test_a_wrong_line_is_named_with_its_value(write, instruments, line, text):
    path = write(f"{HEADER}{FIRST}{line}\n{FIRST.replace('2013', '2014')}")
    with pytest.raises(InputError) as caught:
        read_recording(path, instruments)
    assert str(caught.value).startswith(str(path))
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("content", "name", "text"),
    [
        pytest.param("", "usdjpy.csv", "is empty; it needs a header", id="empty"),
        pytest.param(HEADER, "usdjpy.csv", "has no quotes", id="only a header"),
        pytest.param("timestamp,bid\n", "usdjpy.csv", 'has no column "ask", only', id="no ask"),
        pytest.param(
            HEADER.encode() + b"2013-01-01 22:00:01Z,86.6\xe9,86.7\n",
            "usdjpy.csv",
            "line 2: not UTF-8",
            id="Latin-1",
        ),
        pytest.param((HEADER + FIRST).encode("utf-16"), "usdjpy.csv", "not UTF-8", id="UTF-16"),
        pytest.param(HEADER + FIRST, "ticks.csv", "add|Say which it is: --symbol", id="no symbol"),
        pytest.param(HEADER + FIRST, "usdjpy.txt", "neither .csv nor .parquet", id="other file"),
        pytest.param(b"PAR1nonsense", "usdjpy.parquet", "cannot be read as Parquet", id="parquet"),
        pytest.param(
            "timestamp,symbol,bid,ask\n2013-01-01 22:00:01Z,EURUDS,1.1,1.1\n",
            "x.csv",
            'line 2: unknown symbol "EURUDS". Known and close: EURUSD',
            id="unknown symbol",
        ),
    ],
)
def test_a_wrong_file_says_what_would_be_right(write, instruments, content, name, text):
    with pytest.raises(InputError) as caught:
        read_recording(write(content, name), instruments)
    assert any(part in str(caught.value) for part in text.split("|"))


def test_a_missing_file_is_no_traceback(tmp_path, instruments):
    with pytest.raises(InputError, match=r"gone\.csv cannot be read: No such file"):
        read_recording(tmp_path / "gone.csv", instruments)


def test_a_symbol_column_is_understood_and_may_be_filtered(write, instruments):
    path = write(
        "timestamp,symbol,bid,ask\n"
        "2013-01-01 22:00:01Z,USD/JPY,86.655,86.7\n"
        "2013-01-01 22:00:01Z,eurusd,1.1,1.10012\n",
        "ticks.csv",
    )
    both = read_recording(path, instruments)
    assert [(quote.symbol, quote.bid) for quote in both] == [
        ("USDJPY", 86_655),
        ("EURUSD", 110_000),
    ]
    (one,) = read_recording(path, instruments, "EUR/USD")
    assert (one.symbol, one.ask) == ("EURUSD", 110_012)


def test_the_symbol_asked_for_wins_over_the_files_name(write, instruments):
    (quote,) = read_recording(write(HEADER + FIRST), instruments, "EURJPY")
    assert quote.symbol == "EURJPY"


def test_an_unknown_symbol_that_was_asked_for_is_answered_with_near_ones(write, instruments):
    with pytest.raises(InputError, match=r'--symbol: unknown symbol "EURUDS".*EURUSD'):
        read_recording(write(HEADER + FIRST), instruments, "EURUDS")


def test_equal_times_keep_the_order_of_the_file(write, instruments):
    text = HEADER + "".join(f"2013-01-01 22:00:00Z,86.{n},86.9\n" for n in (655, 650, 660))
    assert [q.bid for q in read_recording(write(text), instruments)] == [86_655, 86_650, 86_660]


def test_parquet_reads_like_csv(write, instruments, tmp_path):
    csv = read_recording(write(HEADER + FIRST), instruments)
    times = pd.to_datetime(["2013-01-01T22:00:00.295Z"], utc=True)
    frame = pd.DataFrame({"timestamp": times, "bid": [86.655], "ask": [86.728]})
    frame.to_parquet(tmp_path / "usdjpy.parquet")
    assert list(read_recording(tmp_path / "usdjpy.parquet", instruments)) == list(csv)


def test_parquet_times_need_a_zone_and_wrong_rows_are_named(instruments, tmp_path):
    times = pd.to_datetime(["2013-01-01T22:00:00", "2013-01-01T22:00:01"])
    frame = pd.DataFrame({"timestamp": times, "bid": [86.655, 86.0], "ask": [86.728, 85.0]})
    path = tmp_path / "usdjpy.parquet"
    frame.to_parquet(path)
    with pytest.raises(InputError, match="no time zone; store them as UTC"):
        read_recording(path, instruments)
    frame.assign(timestamp=times.tz_localize("UTC")).to_parquet(path)
    with pytest.raises(InputError, match=r"row 2: the ask 85\.0 is below the bid 86\.0"):
        read_recording(path, instruments)


def test_files_of_many_blocks_are_read_whole_and_checked_across_blocks(write, instruments):
    count = 200_000
    instants = pd.to_datetime(1_357_077_600_000_000_000 + np.arange(count) * 10**9, utc=True)
    lines = [f"{at},86.655,86.728\n" for at in instants.astype(str)]
    fractions: list[float] = []
    path = write(HEADER + "".join(lines))
    assert len(read_recording(path, instruments, progress=fractions.append)) == count
    assert len(fractions) > 1
    assert fractions[-1] == 1.0
    write(HEADER + "".join(lines) + lines[-2])
    with pytest.raises(InputError, match=f"line {count + 2}: .* is earlier"):
        read_recording(path, instruments)


@settings(max_examples=200, deadline=None)
@given(points=st.integers(1, 10**9), digits=st.sampled_from(["EURUSD", "USDJPY", "XAUUSD"]))
def test_every_price_becomes_exactly_its_points(tmp_path_factory, points, digits):
    """As text and as a double from Parquet."""
    instruments = read_profile("standard").instruments
    price = Decimal(points).scaleb(-instruments[digits].digits)
    folder = tmp_path_factory.getbasetemp()
    path = folder / "exact.csv"
    path.write_text(f"{HEADER}2013-01-01 22:00:00Z,{price},{float(price)!r}\n")
    recording = read_recording(path, instruments, digits)
    assert (int(recording.bid[0]), int(recording.ask[0])) == (points, points)
    assert recording.quoted_at.dtype == np.int64
    assert recording.started_at == parse_instant("2013-01-01T22:00:00Z")
