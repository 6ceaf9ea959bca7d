"""The settings of ensembles: models that decide together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from itertools import combinations, product
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from fxpaper.errors import ConfigurationError

_Pattern = Annotated[str, Field(min_length=1, pattern=r"^[^\[\]]+$")]
_Weight = Annotated[Decimal, Field(gt=0, le=10**6, allow_inf_nan=False)]

_MEANT_FOR = {
    "quorum": ("vote",),
    "threshold": ("weighted",),
    "weights": ("weighted", "best"),
}


class EnsembleSettings(BaseModel):
    """Models that decide together; names may be patterns with ``*`` and ``?``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[_Pattern, ...] = Field(min_length=1)
    """The members."""
    method: Literal["vote", "weighted", "best"]
    """How their opinions are combined."""
    weights: dict[str, _Weight] = Field({})
    """By an entry of models; 1 where it has none."""
    quorum: int | None = Field(None, ge=1, le=1000)
    """How many must agree in a vote; more than half of the models when left out."""
    threshold: Decimal = Field(Decimal("0.5"), gt=0, le=1, allow_inf_nan=False)
    """The part of all weight that must agree."""
    window_seconds: int = Field(60, ge=1, le=86400)
    """How long an opinion counts."""
    symbols: tuple[_Pattern, ...] = ()
    """On which they decide together; all when left out."""


def check_ensembles(settings: Mapping[str, EnsembleSettings], lifetime_seconds: int) -> None:
    """Refuse what makes no sense.

    Args:
        settings: by name of the ensemble.
        lifetime_seconds: of a signal without an expiry.

    Raises:
        ConfigurationError: an ensemble makes no sense, or two are about the same signals.
    """
    for name, one in settings.items():
        problem = _unmeant(one) or _unknown_weight(one) or _uncountable(one)
        problem = problem or _outlived(one, lifetime_seconds) or _another(one, settings)
        if problem is not None:
            raise ConfigurationError(f"Setting ensembles.{name}: {problem}")
    for (name, one), (other_name, other) in combinations(settings.items(), 2):
        shared = _shared(one, other)
        if shared is not None:
            raise ConfigurationError(
                f"Setting ensembles.{other_name}: {shared[0]} may be in ensemble {name} too, "
                f"for {shared[1]}. A model has one vote per symbol: give the ensembles different "
                "models or different symbols."
            )


def _unmeant(one: EnsembleSettings) -> str | None:
    for key, methods in _MEANT_FOR.items():
        if key in one.model_fields_set and one.method not in methods:
            meant = " or ".join(methods)
            return f"{key} has no meaning with method {one.method}; it is for {meant}."
    return None


def _unknown_weight(one: EnsembleSettings) -> str | None:
    for key in one.weights:
        if key not in one.models:
            near = get_close_matches(key, one.models, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(one.models)}."
            return f'weights names "{key}", which is not among its models; {hint}'
    return None


def _uncountable(one: EnsembleSettings) -> str | None:
    """Say what is missing where patterns leave open how many models there are."""
    patterns = [name for name in one.models if set(name) & set("*?")]
    known = len(set(one.models))
    if not patterns:
        too_many = one.quorum is not None and one.quorum > known
        return f"quorum {one.quorum} is more than its {known} models." if too_many else None
    if one.method == "weighted":
        return (
            f'models has the pattern "{patterns[0]}", but weighted is a part of the weight of all '
            "models; name each."
        )
    if one.method == "vote" and one.quorum is None:
        return f'models has the pattern "{patterns[0]}"; say with quorum how many must agree.'
    return None


def _outlived(one: EnsembleSettings, lifetime_seconds: int) -> str | None:
    if one.method != "best" or one.window_seconds < lifetime_seconds:
        return None
    return (
        f"window_seconds is {one.window_seconds} and signals live {lifetime_seconds} s "
        "(signal_lifetime_seconds): the best one would have expired when it is chosen. Make the "
        "window shorter."
    )


def _another(one: EnsembleSettings, settings: Mapping[str, EnsembleSettings]) -> str | None:
    nested = next((name for name in settings if name in one.models), None)
    if nested is None:
        return None
    return (
        f'"{nested}" is an ensemble itself; name the models that it is made of, or call the '
        "ensemble otherwise."
    )


def _shared(one: EnsembleSettings, other: EnsembleSettings) -> tuple[str, str] | None:
    """Return the models, and the symbols, that may belong to both."""
    symbols = _shared_name(one.symbols or ("*",), other.symbols or ("*",))
    models = _shared_name(one.models, other.models)
    if symbols is None or models is None:
        return None
    about = "every symbol" if symbols == ("*", "*") else " and ".join(dict.fromkeys(symbols))
    return " and ".join(dict.fromkeys(models)), about


def _shared_name(some: Iterable[str], others: Iterable[str]) -> tuple[str, str] | None:
    """Return two patterns that the same name may fit."""
    for one, other in product(some, others):
        if overlap(one, other):
            return one, other
    return None


@cache
def overlap(one: str, other: str) -> bool:
    """Tell whether some name fits both of two patterns with ``*`` and ``?``."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return overlap(one[1:], other) or overlap(one, other[1:])
    if other[0] == "*":
        return overlap(other, one)
    same = one[0] == other[0] or "?" in {one[0], other[0]}
    return same and overlap(one[1:], other[1:])
