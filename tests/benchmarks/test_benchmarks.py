"""Benchmarks go on working; how fast anything is, is nothing that a test may assert."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the benchmarks read /proc")


def figures_of(benchmark, *options):
    """Return what a small run of a benchmark measured."""
    command = [sys.executable, "-m", f"benchmarks.{benchmark}", "--json", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@linux_only
def test_signals_are_measured_alone_by_many_and_beside_open_positions():
    """Each that is refused, and each position too many, would have ended it."""
    measured = figures_of("http_orders", "--signals", "10", "--resting", "3")
    assert [(one["name"], one["clients"], one["resting"]) for one in measured["figures"]] == [
        ("read", 1, 0),
        ("read", 50, 0),
        ("commit", 1, 0),
        ("signal", 1, 0),
        ("signal", 50, 0),
        ("commit", 1, 3),
        ("signal", 1, 3),
        ("signal", 50, 3),
    ]
    assert all(ratio > 0 for ratio in measured["ratios"].values())


@linux_only
def test_every_client_of_the_fan_out_gets_frames_and_none_is_lost():
    """The first figure is of a tenth of the clients."""
    few, many = figures_of("fan_out", "--clients", "20", "--seconds", "1")
    assert (few["clients"], many["clients"]) == (2, 20)
    for figure in (few, many):
        assert figure["lost"] == 0
        assert figure["frames_per_second"] >= 1
        assert figure["spread_p99_ms"] >= 0
        assert figure["age_p99_ms"] >= figure["age_p50_ms"] >= 0


@linux_only
def test_every_tick_is_measured_over_each_line():
    """A tick that never came would have been waited for."""
    figures = figures_of("bridge", "--ticks", "400", "--without-ea")
    assert [one["mechanism"] for one in figures] == ["NULL", "PLAIN", "CURVE"]
    for one in figures:
        assert min(one["single_per_second"], one["batched_per_second"], one["welcome_ms"]) > 0
        assert one["p99_ms"] >= one["p50_ms"] > 0


@linux_only
def test_fan_out_says_how_many_clients_would_do_where_files_are_short():
    """The limit is of this machine; the answer names a number that works."""
    command = f'ulimit -n 600; exec "{sys.executable}" -m benchmarks.fan_out --clients 1000'
    done = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "1000 clients need 1200 open files in one process and this machine allows 600. "
        "Raise it (ulimit -Hn 1200) or start with --clients 400.\n"
    )


@linux_only
def test_bench_lists_every_benchmark_and_knows_no_other():
    """From whatever directory it is started."""
    bench = str(ROOT / "scripts" / "bench")
    listed = subprocess.run([bench, "--help"], cwd="/", capture_output=True, text=True, check=True)
    names = [line.split()[0] for line in listed.stdout.splitlines()[1:]]
    assert names == sorted(file.stem for file in (ROOT / "benchmarks").glob("*.py"))
    assert {"engine", "fan_out", "http_orders", "replay"} <= set(names)
    unknown = subprocess.run([bench, "nosuch"], capture_output=True, text=True, check=False)
    assert (unknown.returncode, unknown.stderr) == (
        2,
        'There is no benchmark "nosuch". scripts/bench --help lists them.\n',
    )


def test_quotes_go_through_the_feed_and_many_callers_share_one_call():
    """Each quote must have been passed on for it to end."""
    measured = figures_of("aggregator", "--quotes", "2000", "--callers", "50")
    assert measured["quotes_per_second"] > 0
    assert (measured["callers"], measured["calls"]) == (50, 1)
