"""What others do on the account: seen, shown, and a reason to hold back until acknowledged."""

from collections.abc import Mapping, Sequence

from aitrader_server.domain.events import SymbolRestricted
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.venue import VenueReport
from aitrader_server.engine.writer import Writer


class ExternalActivity:
    """Restricts a symbol to reducing orders, once for each thing seen."""

    def __init__(self, *, writer: Writer, instruments: Mapping[str, Instrument]) -> None:
        self._writer = writer
        self._instruments = instruments
        self.open_orders: tuple[VenueReport, ...] = ()

    def on_open_orders(self, foreign: Sequence[VenueReport]) -> None:
        """All orders that work at the venue and were never ours."""
        self.open_orders = tuple(foreign)
        for report in foreign:
            self.on_report(report)

    def on_report(self, report: VenueReport) -> None:
        """One statement about an order that was never ours."""
        self._restrict(
            report.symbol,
            f"order:{self._writer.book.state.venue_epoch}:{report.symbol}:{report.venue_order_id}",
            f"order {report.venue_order_id} ({report.request_id}) was not sent from here",
        )

    def on_balance(self, asset: str, difference: str) -> None:
        """The venue held more or less of `asset` than was booked."""
        state = self._writer.book.state
        for symbol, instrument in self._instruments.items():
            if instrument.base == asset:
                self._restrict(
                    symbol,
                    f"balance:{state.sequence}:{symbol}",
                    f"the venue held {difference} {asset} other than what was booked",
                )

    def _restrict(self, symbol: str, key: str, reason: str) -> None:
        if symbol in self._instruments and key not in self._writer.book.state.outside:
            event = SymbolRestricted(symbol=symbol, key=key, reason=reason)
            self._writer.commit([event], trace_id="")
