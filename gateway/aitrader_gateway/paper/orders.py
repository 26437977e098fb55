"""What the paper venue keeps of an order."""

from decimal import Decimal

import msgspec
from aitrader_server.domain.events import Fill, OrderSpec
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import STOP_TYPES, OrderType, Side

TERMINAL_STATUSES = frozenset(
    {
        VenueStatus.FILLED,
        VenueStatus.CANCELED,
        VenueStatus.EXPIRED,
        VenueStatus.REJECTED,
    }
)
# A stop of these kinds waits for the price to rise, every other one for it to fall.
_RISING = frozenset(
    {
        (OrderType.STOP_LOSS, Side.BUY),
        (OrderType.STOP_LOSS_LIMIT, Side.BUY),
        (OrderType.TAKE_PROFIT, Side.SELL),
        (OrderType.TAKE_PROFIT_LIMIT, Side.SELL),
    }
)


def triggers_upward(spec: OrderSpec) -> bool:
    """Whether a stop order goes live when the price rises to its stop price."""
    return (spec.order_type, spec.side) in _RISING


def paid_asset(spec: OrderSpec, instrument: Instrument) -> str:
    """The asset that the order gives away."""
    return instrument.quote if spec.side is Side.BUY else instrument.base


class PaperOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order at the venue; a change makes a new value.

    `quantity` is in base, `cumulative_quote` in quote, `locked` in the asset that the order pays
    with. `live` is False while a stop waits for its price.
    """

    number: int
    spec: OrderSpec
    quantity: Decimal
    status: VenueStatus
    locked: Decimal
    live: bool
    created_at_ns: int
    updated_at_ns: int
    cumulative_quantity: Decimal = ZERO
    cumulative_quote: Decimal = ZERO
    reason: str = ""

    @property
    def leaves_quantity(self) -> Decimal:
        """Base asset not executed yet, whatever the status."""
        return self.quantity - self.cumulative_quantity

    @property
    def terminal(self) -> bool:
        """Nothing can happen to the order any more."""
        return self.status in TERMINAL_STATUSES

    @property
    def waits_for_trigger(self) -> bool:
        """A stop that is not live yet."""
        return self.spec.order_type in STOP_TYPES and not self.live

    def report(self, fills: tuple[Fill, ...] = ()) -> VenueReport:
        """The order as the venue states it, with the executions that the statement is about."""
        return VenueReport(
            request_id=self.spec.request_id,
            symbol=self.spec.symbol,
            venue_order_id=str(self.number),
            status=self.status,
            quantity=self.quantity,
            cumulative_quantity=self.cumulative_quantity,
            fills=fills,
            reason=self.reason,
            at_ns=self.updated_at_ns,
        )
