"""The doors through which MetaTrader terminals come, as the settings open them."""

from __future__ import annotations

from dataclasses import dataclass

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.endpoint import Endpoint, Place
from fxpaper.bridge.live_line import LiveLine
from fxpaper.bridge.polling import Polls
from fxpaper.bridge.terminals import House, Terminals
from fxpaper.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True)
class Doors:
    """Those that are open; terminals of both are talked with by one and the same.

    Args:
        endpoint: of ZeroMQ, or None.
        terminals: talked with where there is no endpoint that does; None where there are none.
        polls: of MetaTrader 4, which come through the web; None where it is not awaited.
    """

    endpoint: Endpoint | None = None
    terminals: Terminals | None = None
    polls: Polls | None = None

    async def run(self) -> None:
        """Talk until cancelled.

        Raises:
            ConfigurationError: the address of the endpoint cannot be listened on.
        """
        if self.endpoint is not None:
            await self.endpoint.run()
        elif self.terminals is not None:
            await self.terminals.run()


def open_doors(  # noqa: PLR0913 - one for each room behind
    address: str | None,
    token: str,
    house: House,
    feed: TickFeed,
    clock: Clock,
    live: LiveLine | None,
    *,
    plain: bool,
    mt4: bool,
) -> Doors:
    """Return the doors that the settings open.

    Args:
        address: of the endpoint; None for none.
        token: of the daemon.
        house: what terminals are told from.
        feed: takes what they quote.
        clock: of the market.
        live: the line of a live account, or None.
        plain: whether a terminal gives the token to ZeroMQ itself.
        mt4: whether MetaTrader 4 is awaited.

    Raises:
        ConfigurationError: the address is none, or strangers would reach it.
    """
    endpoint = None
    if address is not None:
        place = Place(
            address=address,
            token=token,
            data_dir=house.data_dir,
            instruments=house.instruments,
            chosen=house.chosen,
            plain=plain,
        )
        endpoint = Endpoint(place, feed, clock, live)
    if not mt4:
        return Doors(endpoint)
    terminals = Terminals(house, feed, clock, live) if endpoint is None else endpoint.terminals
    return Doors(endpoint, terminals, Polls(terminals, token, SystemClock()))
