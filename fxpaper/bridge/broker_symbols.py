"""Which of a broker's symbols is EURUSD; see :mod:`fxpaper.aggregator.broker_symbols`."""

from fxpaper.aggregator.broker_symbols import concerns, resolve

__all__ = ["concerns", "resolve"]
