"""The instruments that are traded here, by symbol."""

from collections.abc import Mapping

from aitrader_server.domain.instrument import Instrument
from aitrader_server.errors import InvalidRequest


def find_instrument(
    instruments: Mapping[str, Instrument], symbol: str, *, field: str = "symbol"
) -> Instrument:
    """The instrument of `symbol`; raises InvalidRequest, naming `field` and what there is."""
    instrument = instruments.get(symbol)
    if instrument is None:
        known = ", ".join(sorted(instruments))
        raise InvalidRequest(
            f"symbol {symbol} is not configured; known: {known}",
            field=field,
            reason="INSTRUMENT_NOT_FOUND",
        )
    return instrument
