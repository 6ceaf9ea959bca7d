"""From a sender's way of writing a symbol to its canonical name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from fxpaper.domain.refusal import RefusalCode, Refused

_SEPARATORS = str.maketrans("", "", "/_-. ")


def canonical_symbol(text: str, known: Iterable[str]) -> str | Refused:
    """Return the canonical name of a symbol, or a refusal that names the nearest ones.

    ``eur/usd``, ``EUR_USD`` and ``EURUSD`` are the same; broker suffixes are not guessed.
    """
    symbols = tuple(known)
    name = text.translate(_SEPARATORS).upper()
    if name in symbols:
        return name
    near = get_close_matches(name, symbols, n=3, cutoff=0.6)
    hint = f"Known and close: {', '.join(near)}." if near else f"Known: {', '.join(symbols)}."
    return Refused(
        code=RefusalCode.UNKNOWN_SYMBOL,
        actual=text[:40],
        limit=", ".join(near),
        text=f'Unknown symbol "{text[:40]}". {hint}',
    )
