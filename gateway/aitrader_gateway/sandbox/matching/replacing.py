"""Cancels one order and places another, in one go."""

from aitrader_gateway.sandbox.matching.admission import check_terms
from aitrader_gateway.sandbox.matching.cancelling import cancel
from aitrader_gateway.sandbox.matching.floor import Floor
from aitrader_gateway.sandbox.matching.model import Refusal, Replaced, ReplaceRequest
from aitrader_gateway.sandbox.matching.placing import place
from aitrader_gateway.sandbox.matching.words import ReplaceMode


def cancel_replace(
    floor: Floor, account: str, request: ReplaceRequest, at_ns: int
) -> Replaced | Refusal:
    """A new order whose own terms are bad leaves the old one alone."""
    terms = check_terms(floor, account, request.order, at_ns)
    if isinstance(terms, Refusal):
        return terms
    canceled = cancel(
        floor,
        account,
        request.order.symbol,
        order_id=request.cancel_order_id,
        client_order_id=request.cancel_client_order_id,
        new_client_order_id=request.cancel_new_client_order_id,
        restriction=request.restriction,
        at_ns=at_ns,
    )
    if isinstance(canceled, Refusal) and request.mode is ReplaceMode.STOP_ON_FAILURE:
        return Replaced(canceled=canceled, placed=None)
    return Replaced(canceled=canceled, placed=place(floor, account, request.order, at_ns))
