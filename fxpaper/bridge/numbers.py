"""Numbers that can be counted with; JSON knows others: NaN as a text, or 1e99999999."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

LARGEST_NUMBER = 10**12
_MOST_DECIMALS = 20

Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Millis = Annotated[int, msgspec.Meta(ge=0, le=9 * 10**12)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=9 * 10**9)]
Magic = Annotated[str, msgspec.Meta(pattern="^-?[0-9]{1,20}$")]


def is_countable(number: Decimal) -> bool:
    """Tell whether a number is one and not absurdly large."""
    if not number.is_finite() or not -LARGEST_NUMBER < number < LARGEST_NUMBER:
        return False
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_MOST_DECIMALS


class Counted(msgspec.Struct):
    """A message whose numbers can all be counted with."""

    def __post_init__(self) -> None:
        """Refuse the others.

        Raises:
            ValueError: says which.
        """
        for name in self.__struct_fields__:
            number = getattr(self, name)
            if isinstance(number, Decimal) and not is_countable(number):
                raise ValueError(f"{name} is {str(number)[:40]}")
