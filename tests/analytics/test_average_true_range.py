"""Average true range in points."""

from fxpaper.analytics.average_true_range import average_true_range
from fxpaper.domain.bar import Bar


def bar(high: int, low: int, close: int, *, closed: bool = True) -> Bar:
    return Bar("EURUSD", "1h", 0, close, high, low, close, 0, closed, "test")


def test_a_range_reaches_from_the_close_before_it():
    """10, then 30 because of a gap of 20 up, then 12: the mean of three is 17.33, rounded."""
    bars = [bar(110, 100, 105), bar(112, 102, 110), bar(140, 130, 135), bar(141, 129, 130)]
    assert average_true_range(bars, 3) == 17


def test_an_open_bar_and_too_few_bars_do_not_count():
    """One more bar than ranges is needed."""
    bars = [bar(110, 100, 105), bar(112, 102, 110), bar(500, 0, 1, closed=False)]
    assert average_true_range(bars, 1) == 10
    assert average_true_range(bars, 2) is None
