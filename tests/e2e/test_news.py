"""A calendar of news and the real program: hours, a window that is lifted, the list, a bad file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from tests.e2e.driving import advice, daemon, fxpaper, write_quotes

HEADER = "time,currency,impact,title\n"
DURING = "2026-11-18T12:10:00Z,{},high,Payrolls\n"
"""The quotes begin at noon of that day; thirty minutes around it hold from the first on."""


def test_a_signal_waits_for_the_news_and_a_changed_file_lets_it_go(tmp_path):
    quotes, data = tmp_path / "eurusd.csv", tmp_path / "data"
    write_quotes(quotes)
    data.mkdir()
    (data / "fxpaper.toml").write_text('news_file = "news.csv"\nsignal_lifetime_seconds = 3600\n')
    news = data / "news.csv"
    news.write_text(HEADER + DURING.format("USD"))
    with daemon(data, "run", "--quotes", str(quotes)) as (ask, _):
        ask("PUT", "/models/m", {"auto_execute": True})
        _, waiting = ask("POST", "/signals", advice("one"))
        assert waiting["status"] == "waiting"
        assert "News: USD Payrolls at 12:10 UTC" in json.dumps(ask("GET", "/signals/one")[1])
        news.write_text(HEADER + "soon,USD,high,Payrolls\n")
        body = ask.until("/health", lambda body: body["note"])
        assert body["note"].startswith('news.csv line 2: "soon" is not a time')
        assert ask("GET", "/signals/one")[1]["signal"]["status"] == "waiting"
        news.write_text(HEADER + DURING.format("JPY"))
        done = ask.until("/signals/one", lambda body: body["signal"]["status"] != "waiting")
        assert done["signal"]["status"] == "executed"
        assert ask("GET", "/health")[1]["note"] is None


def test_the_list_of_what_is_coming(tmp_path):
    soon = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)
    rows = [
        f"{soon.isoformat()},USD,high,Payrolls",
        f"{soon.isoformat()},USD,low,Speech",
        f"{soon.isoformat()},NOK,high,Rates",
        f"{(soon + timedelta(days=9)).isoformat()},USD,high,Later",
    ]
    (tmp_path / "news.csv").write_text(HEADER + "\n".join(rows))
    (tmp_path / "fxpaper.toml").write_text('news_file = "news.csv"\nsymbols = ["EURUSD"]\n')
    code, said = fxpaper(tmp_path, "news", "--json", "--data-dir", ".")
    [row] = json.loads(said)
    assert (code, row["title"], row["symbols"]) == (0, "Payrolls", ["EURUSD"])
    assert (row["time"][:16], row["until"][:16]) == (
        f"{soon:%Y-%m-%dT%H:%M}",
        f"{soon + timedelta(minutes=30):%Y-%m-%dT%H:%M}",
    )
    code, said = fxpaper(tmp_path, "news", "--data-dir", ".", "--days", "30")
    assert (code, "Payrolls" in said, "Later" in said, "Rates" in said) == (0, True, True, False)


def test_a_wrong_file_keeps_the_daemon_from_starting(tmp_path):
    (tmp_path / "news.csv").write_text(HEADER + "soon,USD,high,Payrolls\n")
    code, said = fxpaper(
        tmp_path, "run", "--data-dir", ".", "--port", "0", FXPAPER_NEWS_FILE="news.csv"
    )
    assert (code, 'news.csv line 2: "soon" is not a time' in said) == (4, True)
    code, said = fxpaper(tmp_path, "news", "--data-dir", ".")
    assert (code, "No calendar of news is set" in said) == (4, True)
