"""Bad files, settings and places: one sentence, an exit code, nothing begun."""

from __future__ import annotations

import os
import socket

import pytest

from tests.e2e.driving import fxpaper

GOOD = "timestamp,bid,ask\n2026-11-18T12:00:00Z,1.1,1.1001\n2026-11-18T12:00:01Z,1.1,1.1001\n"


@pytest.mark.parametrize(
    ("words", "file", "content", "code", "said"),
    [
        pytest.param(
            "run --port 0 --symbol EURUSD --quotes q.csv",
            "q.csv",
            GOOD + "2026-11-18T12:00:02Z,1.1",
            4,
            'q.csv line 4: "2026-11-18T12:00:02Z,1.1" has not as many values as the header.',
            id="truncated line",
        ),
        pytest.param(
            "replay --symbol EURUSD --quotes q.csv --signals q.csv",
            "q.csv",
            GOOD + "2026-11-18T11:00:00Z,1.1,1.1001\n",
            4,
            "is earlier than the quote before it",
            id="quotes out of order",
        ),
        pytest.param(
            "config check --config c.toml",
            "c.toml",
            "blance = 5\n",
            4,
            'Unknown setting "blance" in c.toml; did you mean balance?',
            id="mistyped setting",
        ),
        pytest.param(
            "demo --port 0 --data-dir d",
            "d",
            "a file",
            4,
            "The data directory d cannot be made: File exists.",
            id="a file where the data should be",
        ),
        pytest.param(
            "demo --prices fake",
            "x",
            "",
            2,
            '--prices is simulated or real, not "fake".',
            id="word",
        ),
        pytest.param(
            "why s-1", "x", "", 3, "No daemon has run with the data directory", id="no daemon"
        ),
    ],
)
def test_it_says_what_is_wrong_and_what_would_be_right(tmp_path, words, file, content, code, said):
    """With the file, the line or the value."""
    (tmp_path / file).write_text(content)
    found, text = fxpaper(tmp_path, *words.split())
    assert (found, said in " ".join(text.split())) == (code, True), text


def test_a_busy_port_is_named_with_another_one(tmp_path):
    """And the program that has it is left alone."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, text = fxpaper(tmp_path, "demo", "--port", str(port))
    assert (code, f"Port {port} is taken by another program." in text) == (4, True), text


def test_a_ledger_that_is_no_database_is_left_as_it_is(tmp_path):
    """Nothing is written over it."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "ledger.db").write_bytes(b"not a database" * 400)
    code, text = fxpaper(tmp_path, "demo", "--port", "0", "--data-dir", "d")
    assert (code, "is not a database" in text) == (4, True), text
    assert (tmp_path / "d" / "ledger.db").read_bytes() == b"not a database" * 400


@pytest.mark.skipif(os.name == "nt", reason="file modes mean something else on Windows")
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written_is_named(tmp_path):
    """Before anything is begun."""
    (tmp_path / "d").mkdir(mode=0o500)
    code, text = fxpaper(tmp_path, "demo", "--port", "0", "--data-dir", "d/e")
    assert (code, "cannot be made" in text) == (4, True), text


def test_a_mistyped_variable_of_the_environment_is_named(tmp_path):
    """As a mistyped key of the file is."""
    code, text = fxpaper(tmp_path, "config", "check", FXPAPER_LEVERAG="50")
    said = "Unknown setting FXPAPER_LEVERAG in the environment; did you mean FXPAPER_LEVERAGE?"
    assert (code, said in " ".join(text.split())) == (4, True), text
