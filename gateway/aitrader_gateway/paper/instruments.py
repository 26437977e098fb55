"""The pairs that the paper venue trades: those of the sandbox, with their filters."""

from collections.abc import Mapping
from typing import Final

from aitrader_server.domain.instrument import Instrument

from aitrader_gateway.sandbox.listings import LISTINGS

INSTRUMENTS: Final[Mapping[str, Instrument]] = {
    symbol: listing.instrument for symbol, listing in LISTINGS.items()
}
