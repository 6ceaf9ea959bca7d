"""The equity curve stays small and true."""

from decimal import Decimal

from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.web.equity import EquityRing


def _fill(ring: EquityRing, seconds: range) -> None:
    for second in seconds:
        ring.sample(second * NS_PER_SECOND, Decimal(1000), Decimal(second))


def test_only_changes_are_kept_and_no_more_than_one_a_second():
    ring = EquityRing()
    ring.sample(0, Decimal(10), Decimal(10))
    ring.sample(NS_PER_SECOND, Decimal(10), Decimal(10))
    ring.sample(NS_PER_SECOND * 2 - 1, Decimal(10), Decimal(11))
    ring.sample(NS_PER_SECOND * 2, Decimal(10), Decimal(12))
    ring.sample(NS_PER_SECOND * 3 - 1, Decimal(10), Decimal(13))
    ring.sample(NS_PER_SECOND * 3, Decimal(11), Decimal(12))
    assert [(one.at, int(one.equity)) for one in ring.samples()] == [
        (0, 10),
        (NS_PER_SECOND * 2 - 1, 11),
        (NS_PER_SECOND * 3 - 1, 13),
    ]


def test_beyond_the_limit_every_other_sample_goes_and_the_ends_stay():
    ring = EquityRing(limit=4)
    _fill(ring, range(5))
    assert [one.at // NS_PER_SECOND for one in ring.samples()] == [0, 2, 4]
    _fill(ring, range(5, 40))
    kept = [one.at // NS_PER_SECOND for one in ring.samples()]
    assert kept[0] == 0
    assert len(kept) <= 4
    assert kept == sorted(set(kept))


def test_a_balance_that_moves_alone_is_a_change():
    ring = EquityRing()
    ring.sample(0, Decimal(10), Decimal(10))
    ring.sample(NS_PER_SECOND, Decimal(11), Decimal(10))
    assert len(ring.samples()) == 2
