"""What the operations on an account work with."""

from collections.abc import Callable, Sequence

import msgspec

from aitrader_gateway.sandbox.api.past import Past
from aitrader_gateway.sandbox.limits import Limits
from aitrader_gateway.sandbox.matching.model import Order, OrderList, Refusal
from aitrader_gateway.sandbox.parameters import Values
from aitrader_gateway.sandbox.venue import Venue

INVALID_SYMBOL = Refusal(-1121, "Invalid symbol.")


class Desk(msgspec.Struct, frozen=True):
    """`new_id` makes the client order ids that callers leave to the venue."""

    venue: Venue
    limits: Limits
    past: Past
    new_id: Callable[[], str]

    def given_id(self, values: Values, name: str) -> str:
        """The id that was sent as `name`, or a new one."""
        return values.text(name) or self.new_id()

    def symbol(self, values: Values) -> str | Refusal:
        """The symbol asked about, if it is listed."""
        symbol = values.text("symbol")
        return symbol if symbol in self.venue.exchange.listings else INVALID_SYMBOL


def members(desk: Desk, order_list: OrderList) -> Sequence[Order]:
    """The orders of a list, as far as the venue remembers them."""
    exchange, symbol = desk.venue.exchange, order_list.request.symbol
    found = (
        exchange.order(order_list.account, symbol, order_id=number) for number in order_list.orders
    )
    return [order for order in found if order is not None]
