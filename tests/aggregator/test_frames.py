"""Quotes from a pandas data frame are checked as those of a file."""

import pandas as pd
import pytest

from fxpaper.aggregator.recording import recording_of_frame
from fxpaper.errors import InputError
from fxpaper.profiles import read_profile

INSTRUMENTS = read_profile("standard").instruments
TIMES = pd.to_datetime(["2026-11-18T12:00:00Z", "2026-11-18T12:00:01Z"])


def test_a_frame_with_its_times_as_index_becomes_quotes():
    """In points, with nanoseconds."""
    frame = pd.DataFrame({"bid": [1.1, 1.10001], "ask": [1.1001, 1.10011]}, index=TIMES)
    found = recording_of_frame(frame, INSTRUMENTS, "EURUSD")
    assert found.bid.tolist() == [110_000, 110_001]
    assert found.ask.tolist() == [110_010, 110_011]
    assert found.quoted_at.tolist() == [1_795_003_200 * 10**9, 1_795_003_201 * 10**9]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"bid": [1.1, 1.1]}, 'has no column "ask"'),
        ({"bid": [1.1, 1.2], "ask": [1.1, 1.1]}, "data frame row 2: the ask 1.1 is below"),
        ({"bid": [1.1, float("nan")], "ask": [1.1, 1.1]}, "data frame row 2"),
        ({"bid": [1.1, 1.1], "ask": [1.1, 1.1], "timestamp": ["noon", "later"]}, "row 1"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(columns, said):
    """As in a file."""
    with pytest.raises(InputError, match=said):
        recording_of_frame(pd.DataFrame({"timestamp": TIMES, **columns}), INSTRUMENTS, "EURUSD")
