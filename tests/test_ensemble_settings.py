"""Ensembles as they are set: what they mean, and what is refused at the start."""

from __future__ import annotations

from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxpaper.config import FILE, Settings, read_settings
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.ensemble_settings import overlap
from fxpaper.errors import ConfigurationError
from fxpaper.from_settings import book_of
from fxpaper.signals.ensemble import Ensemble, Method


def read(folder: Path, text: str) -> Settings:
    (folder / FILE).write_text(text, encoding="utf-8")
    return read_settings(folder, None)


def test_what_is_left_out_is_more_than_half_a_minute_and_every_symbol(tmp_path: Path):
    text = """
    [ensembles.blend]
    models = ["trend", "mean", "carry", "news"]
    method = "vote"

    [ensembles.metals]
    models = ["gold*"]
    method = "best"
    weights = { "gold*" = "1.5" }
    window_seconds = 20
    symbols = ["XAU*"]
    """
    vote, best = book_of(read(tmp_path, text)).ensembles
    assert vote == Ensemble(
        name="blend",
        models=("trend", "mean", "carry", "news"),
        method=Method.VOTE,
        window_ns=60 * NS_PER_SECOND,
        quorum=3,
    )
    assert (best.method, best.window_ns, best.symbols) == (
        Method.BEST,
        20 * NS_PER_SECOND,
        ("XAU*",),
    )
    assert best.weight("gold-1") == Decimal("1.5")


def test_without_ensembles_there_is_none(tmp_path: Path):
    assert book_of(read(tmp_path, "")).ensembles == ()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('models = []\nmethod = "vote"', "ensembles.blend.models: Tuple should have at least 1"),
        ('models = ["a"]', "ensembles.blend.method: Field required"),
        ('models = ["a"]\nmethod = "mean"', "Input should be 'vote', 'weighted' or 'best'"),
        (
            'models = ["a", "b"]\nmethod = "best"\nquorum = 2',
            "ensembles.blend: quorum has no meaning with method best; it is for vote.",
        ),
        (
            'models = ["a", "b"]\nmethod = "vote"\nweights = {a = 2}',
            "weights has no meaning with method vote; it is for weighted or best.",
        ),
        (
            'models = ["trend", "mean"]\nmethod = "best"\nweights = {tend = 2}',
            'weights names "tend", which is not among its models; did you mean trend?',
        ),
        ('models = ["a", "b"]\nmethod = "vote"\nquorum = 3', "quorum 3 is more than its 2 models."),
        (
            'models = ["a", "b*"]\nmethod = "vote"',
            'models has the pattern "b*"; say with quorum how many must agree.',
        ),
        ('models = ["a", "b*"]\nmethod = "weighted"', "weighted is a part of the weight of all"),
        (
            'models = ["a", "b"]\nmethod = "best"\nwindow_seconds = 300',
            "window_seconds is 300 and signals live 300 s (signal_lifetime_seconds)",
        ),
        ('models = ["a", "blend"]\nmethod = "best"', '"blend" is an ensemble itself'),
    ],
)
def test_an_ensemble_that_makes_no_sense_is_named_with_what_would(tmp_path, lines, said):
    with pytest.raises(ConfigurationError) as problem:
        read(tmp_path, f"[ensembles.blend]\n{lines}\n")
    assert said in str(problem.value)


TWO = """
[ensembles.one]
models = ["trend", "mean*"]
method = "vote"
quorum = 2
symbols = ["EUR*"]

[ensembles.two]
models = ["{model}", "carry"]
method = "vote"
quorum = 2
symbols = ["{symbol}"]
"""


@pytest.mark.parametrize(
    ("model", "symbol", "said"),
    [
        ("trend", "EURUSD", "trend may be in ensemble one too, for EUR* and EURUSD"),
        ("*-fast", "*USD", "mean* and *-fast may be in ensemble one too, for EUR* and *USD"),
    ],
)
def test_a_model_has_one_vote_per_symbol(tmp_path, model, symbol, said):
    with pytest.raises(ConfigurationError, match=r"ensembles\.two") as problem:
        read(tmp_path, TWO.format(model=model, symbol=symbol))
    assert said in str(problem.value)


def test_in_another_symbol_it_has_another(tmp_path):
    assert len(book_of(read(tmp_path, TWO.format(model="trend", symbol="GBP*"))).ensembles) == 2


PATTERNS = st.text("ab*?", max_size=5)


@given(PATTERNS, PATTERNS)
def test_patterns_overlap_as_their_names_do(one, other):
    """Every word of two letters, as long as both patterns together: the slow way to know."""
    words = ("".join(w) for n in range(len(one + other) + 1) for w in product("ab", repeat=n))
    common = any(fnmatchcase(word, one) and fnmatchcase(word, other) for word in words)
    assert overlap(one, other) is common
