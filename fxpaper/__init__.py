"""fxpaper: forex signals executed on paper, against real quotes, with a reason for every number."""

__version__ = "0.1.0"

__all__ = ["__version__"]
