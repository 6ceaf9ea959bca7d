"""What can be asked about sources before a start, and a source that another package adds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fxpaper.aggregator.recorded_bars import read_bars
from fxpaper.profiles import read_profile
from tests.e2e.driving import fxpaper

PLUG_IN = """
from fxpaper.aggregator.registry import SourceSpec
from fxpaper.aggregator.source import Capabilities
from fxpaper.aggregator.sources.polled import Polled
from fxpaper.aggregator.sources.polling import Spending
from fxpaper.aggregator.budget import Limits
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport

EVIDENCE = Evidence("acme", Transport.REST, Spread.REAL, Grade.C)
CAPABILITIES = Capabilities(
    title="Acme", evidence=EVIDENCE, sides="bid and ask", updates="when asked",
    history="all of it", free_plan="5 calls a minute", past=("1m", "1h"), past_bars=100,
)

class Acme(Polled):
    name, evidence, capabilities = "acme", EVIDENCE, CAPABILITIES
    def __init__(self, setup):
        assert setup.keys["acme_key"] == "secret-of-acme"
        super().__init__(setup.instruments, Spending("Acme", "acme:1", setup.budget, setup.clock))
    def quotes_instrument(self, instrument):
        return True
    async def ask_quote(self, symbol, hurry):
        await self._spending.reserve(hurry)
        self.raw = '{"bid": 1.1}'
        now = self._clock.now()
        return Quote(symbol, 110000, 110010, now, now, EVIDENCE)
    async def history(self, symbol, span=None):
        length = INTERVALS[span.interval] * 10**9
        first = -(-span.begins // length) * length
        return [
            Bar(symbol, span.interval, at, 110000, 110020, 109990, 110010, 0, True, "acme")
            for at in range(first, span.ends, length)
        ]
    async def close(self):
        pass

SPEC = SourceSpec(
    name="acme", capabilities=CAPABILITIES, make=Acme, keys=("acme_key",),
    limits=Limits(per_minute=5),
)
"""


PLAIN_KEYRING = """
from pathlib import Path
from keyring.backend import KeyringBackend

FILE = Path("keys.txt")

class Plain(KeyringBackend):
    priority = 1
    def get_password(self, service, name):
        return FILE.read_text().partition("=")[2] if FILE.exists() else None
    def set_password(self, service, name, password):
        FILE.write_text(f"{name}={password}")
    def delete_password(self, service, name):
        FILE.unlink()
"""


@pytest.fixture
def acme(tmp_path: Path) -> dict[str, str]:
    """Install a package with a source of its own; return the environment that knows it."""
    home = tmp_path / "site"
    about = home / "acme_prices-1.0.dist-info"
    about.mkdir(parents=True)
    (home / "acme_prices.py").write_text(PLUG_IN)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-prices\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[fxpaper.sources]\nacme = acme_prices:SPEC\n")
    settings = tmp_path / "data" / "fxpaper"
    settings.mkdir(parents=True)
    (settings / "fxpaper.toml").write_text(
        'sources = ["acme"]\n[keys]\nacme_key = "secret-of-acme"\n'
    )
    path = os.pathsep.join([str(home), str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
    return {"PYTHONPATH": path, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


def test_a_plan_is_shown_before_a_start_and_names_what_keys_would_add(tmp_path):
    code, said = fxpaper(tmp_path, "sources", "plan")
    assert code == 0
    assert "yahoo_stream" in said
    assert "https://www.tiingo.com/account/api/token" in said
    assert not (tmp_path / "data" / "fxpaper" / "budgets.json").exists()


def test_a_plan_of_a_source_that_is_asked_tells_how_old_its_quotes_get(tmp_path):
    code, said = fxpaper(
        tmp_path,
        "sources",
        "plan",
        "--json",
        FXPAPER_SOURCES="twelve_data",
        FXPAPER_TWELVE_DATA_KEY="k",
        FXPAPER_SYMBOLS="EURUSD,GBPUSD",
    )
    rows = json.loads(said)
    assert code == 0
    assert [(one["symbol"], one["every"], one["calls a day"]) for one in rows] == [
        ("EURUSD", "4 min 30 s", 320),
        ("GBPUSD", "4 min 30 s", 320),
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("sources test tingo", 4, "did you mean tiingo?"),
        ("sources test tiingo", 4, "set FXPAPER_TIINGO_KEY, or keep it with: fxpaper sources key"),
        ("sources test yahoo --symbol XAUUSD", 4, "does not quote XAUUSD itself"),
        ("sources test yahoo --symbol NOTHING", 4, 'no instrument "NOTHING"'),
        ("sources key nothing", 4, 'No source has a key "nothing"'),
        ("sources", 3, "No daemon"),
        ("history get EURUSD 2h --from 2026-11-01", 4, 'Unknown interval "2h"'),
        ("history get EURUSD 1h", 4, "Say from when"),
        ("history get EURUSD 1h --from yesterday", 4, '--from: "yesterday" is not a time'),
        ("history get EURUSD 1h --from 2030-01-01", 4, "is empty"),
        ("history get EURUSD 1h --from 2026-11-01 --out x.txt", 4, "neither .csv nor .parquet"),
        ("history get NOTHING 1h --from 2026-11-01", 4, 'no instrument "NOTHING"'),
    ],
)
def test_wrong_words_get_one_sentence(tmp_path, words, code, said):
    found = fxpaper(tmp_path, *words.split())
    assert found[0] == code
    assert said in found[1]


def test_a_key_goes_nowhere_without_a_keyring(tmp_path):
    code, said = fxpaper(
        tmp_path,
        "sources",
        "key",
        "tiingo_key",
        "--forget",
        PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring",
    )
    assert (code, said.strip()) == (0, "tiingo_key was not in the keyring.")


def test_a_key_is_kept_in_the_keyring_found_there_and_forgotten(tmp_path):
    """With a keyring that is a file, as a person's own would be unlocked."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "plain_keyring.py").write_text(PLAIN_KEYRING)
    path = os.pathsep.join([str(tmp_path / "site"), str(Path.cwd())])
    given = {"PYTHONPATH": path, "PYTHON_KEYRING_BACKEND": "plain_keyring.Plain"}

    def run(*words: str, typed: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "fxpaper.cli", "sources", *words],
            input=typed,
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), **given},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    assert "tiingo_key is in the keyring" in run("key", "tiingo_key", typed="secret-of-mine\n")
    assert "secret-of-mine" in (tmp_path / "keys.txt").read_text()
    planned = run("plan", "--json")
    assert json.loads(planned[planned.index("[") :])[0]["source"] == "tiingo"
    assert "tiingo_key is forgotten" in run("key", "tiingo_key", "--forget")
    planned = run("plan", "--json")
    assert json.loads(planned[planned.index("[") :])[0]["source"] != "tiingo"


def test_a_source_of_another_package_is_known_tested_and_gives_history(tmp_path, acme):
    assert "acme" in fxpaper(tmp_path, "sources", "known", **acme)[1]
    code, said = fxpaper(tmp_path, "sources", "test", "acme", **acme)
    assert code == 0
    assert "Acme: EURUSD is answered, 0 s old, grade C." in said
    assert '{"bid": 1.1}' in said
    assert "1.10010" in said
    assert "secret-of-acme" not in said
    words = ("history", "get", "EURUSD", "4h", "--from", "2026-11-02", "--to", "2026-11-09")
    code, said = fxpaper(tmp_path, *words, "--out", "eurusd.csv", **acme)
    assert code == 0
    bars = read_bars(tmp_path / "eurusd.csv", read_profile("standard").instruments, "4h")
    # Monday 00:00 to Friday 22:00, 30 bars, and Sunday's last two hours, one more.
    assert f"{len(bars)} bars from acme, 2026-11-02T00:00:00.000000Z" in said
    assert len(bars) == 31
    kept = list((tmp_path / "data" / "fxpaper" / "history").rglob("*.parquet"))
    assert [path.parent.name for path in kept] == ["1h"]
    code, said = fxpaper(tmp_path, *words, "--out", "eurusd.parquet", **acme)
    assert code == 0
    again = read_bars(tmp_path / "eurusd.parquet", read_profile("standard").instruments, "4h")
    assert again == bars


def test_a_broken_package_is_named(tmp_path, acme):
    (tmp_path / "site" / "acme_prices.py").write_text("SPEC = 5\n")
    code, said = fxpaper(tmp_path, "sources", "known", **acme)
    assert code == 4
    assert '"acme" of another package is a int' in said
    (tmp_path / "site" / "acme_prices.py").write_text("import nothing_of_that_name\n")
    code, said = fxpaper(tmp_path, "sources", "known", **acme)
    assert code == 4
    assert "cannot be loaded: ModuleNotFoundError" in said
