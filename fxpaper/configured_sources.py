"""Price sources from settings."""

from __future__ import annotations

from dataclasses import replace

from fxpaper.aggregator.registry import Setup, spec_of
from fxpaper.aggregator.source import Source
from fxpaper.config import Settings
from fxpaper.errors import ConfigurationError
from fxpaper.keys import find_keys


def sources_of(settings: Settings, setup: Setup) -> list[Source]:
    """Return the configured sources that work here and have their keys, in the configured order.

    Raises:
        ConfigurationError: a name is unknown, or no source is left.
    """
    made, missing = list[Source](), list[str]()
    for name in settings.sources:
        spec = spec_of(name)
        keys = find_keys(spec.keys, settings, spec.switch)
        if spec.unfit:
            missing.append(spec.unfit)
        elif keys is None:
            missing.append(f"{name} needs {' and '.join(spec.keys)}")
        else:
            made.append(spec.make(replace(setup, keys=keys)))
    if not made:
        raise ConfigurationError(
            f"No price source is left: {'; '.join(missing) or 'none is configured'}. Give a key, "
            "or add yahoo_stream and yahoo to sources: they need none."
        )
    return made
