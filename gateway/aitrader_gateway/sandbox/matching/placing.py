"""Single orders: accepted, then matched, or left to wait for their price."""

from aitrader_gateway.sandbox.matching.admission import admit
from aitrader_gateway.sandbox.matching.floor import Floor
from aitrader_gateway.sandbox.matching.life import begin
from aitrader_gateway.sandbox.matching.matching import execute
from aitrader_gateway.sandbox.matching.model import OrderRequest, Placed, Refusal


def place(floor: Floor, account: str, request: OrderRequest, at_ns: int) -> Placed | Refusal:
    """The order as it stands after it met the book."""
    admitted = admit(floor, account, request, at_ns)
    if isinstance(admitted, Refusal):
        return admitted
    order = begin(
        floor,
        account,
        request,
        at_ns,
        quantity=admitted.plan.quantity,
        locked=admitted.locked,
    )
    if not order.live:
        floor.markets[request.symbol].stops.add(order)
        return Placed(order=order)
    return execute(floor, order, admitted.plan.meetings, at_ns)
