"""Orders that are placed together: OCO, OTO and OTOCO."""

from typing import Final

from aitrader_server.domain.terms import Attempt, OrderSpec
from aitrader_server.domain.venue import (
    AcknowledgedList,
    Ambiguous,
    ApprovedList,
    ListOutcome,
    VenueReport,
)
from aitrader_server.domain.words import Contingency, OrderType, Side

from aitrader_gateway.binance.attempts import Attempts
from aitrader_gateway.binance.operations import PLACE_OCO, PLACE_OTO, PLACE_OTOCO
from aitrader_gateway.binance.outcome import Failure, failed_outcome
from aitrader_gateway.binance.parameters import leg_parameters
from aitrader_gateway.binance.reports import ListRecord, order_report, read

OPERATIONS: Final = {
    Contingency.OCO: PLACE_OCO,
    Contingency.OTO: PLACE_OTO,
    Contingency.OTOCO: PLACE_OTOCO,
}
STOP_LOSSES: Final = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT})
# Said once for both legs.
SHARED: Final = ("side", "quantity")


class OrderLists:
    """Lists of orders, each one request."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    def prepare(self, specs: tuple[OrderSpec, ...], now_ns: int) -> Attempt:
        """Signs the whole list."""
        return self._attempts.prepare(list_parameters(specs), 1, now_ns)

    async def submit(self, approved: ApprovedList) -> ListOutcome:
        """Sends the attempt; acknowledged with the reports in the order of the specs."""
        operation = OPERATIONS[contingency_of(approved.specs)]
        placed = read(await self._attempts.send(operation, approved.attempt), ListRecord)
        if isinstance(placed, Failure):
            return failed_outcome(placed)
        records = {record.request_id: record for record in placed.order_reports}
        reports: list[VenueReport] = []
        for spec in approved.specs:
            record = records.get(spec.request_id)
            if record is None:
                return Ambiguous("the venue's reply lacks an order of the list")
            report = order_report(record)
            if isinstance(report, Failure):
                return failed_outcome(report)
            reports.append(report)
        return AcknowledgedList(tuple(reports))


def contingency_of(specs: tuple[OrderSpec, ...]) -> Contingency:
    """What binds the orders; each of them says it."""
    place = specs[0].place
    assert place is not None, "an order on its own is no list"
    return place.contingency


def list_parameters(specs: tuple[OrderSpec, ...]) -> dict[str, str]:
    """What POST orderList/oco, /oto or /otoco takes."""
    first, *rest = specs
    parameters = {"symbol": first.symbol, "newOrderRespType": "FULL"}
    if first.self_trade_prevention is not None:
        parameters["selfTradePreventionMode"] = first.self_trade_prevention
    match contingency_of(specs):
        case Contingency.OCO:
            parameters |= _shared("", first) | _legs("above", "below", specs)
        case Contingency.OTO:
            parameters |= _whole("working", first) | _whole("pending", rest[0])
        case Contingency.OTOCO:
            parameters |= _whole("working", first) | _shared("pending", rest[0])
            parameters |= _legs("pendingAbove", "pendingBelow", tuple(rest))
    return parameters


def _legs(above: str, below: str, legs: tuple[OrderSpec, ...]) -> dict[str, str]:
    """Both legs, each under the name of its place relative to the market."""
    lower_first = sorted(legs, key=_is_above)
    return {
        name: value
        for prefix, leg in zip((below, above), lower_first, strict=True)
        for name, value in _whole(prefix, leg).items()
        if name not in {f"{prefix}Side", f"{prefix}Quantity"}
    }


def _is_above(leg: OrderSpec) -> bool:
    """A stop loss limits a fall of what is held, or a rise of what is to be bought."""
    return (leg.order_type in STOP_LOSSES) == (leg.side is Side.BUY)


def _shared(prefix: str, spec: OrderSpec) -> dict[str, str]:
    """What both legs have in common."""
    named = _named(prefix, leg_parameters(spec))
    return {name: named[name] for name in _named(prefix, dict.fromkeys(SHARED, ""))}


def _whole(prefix: str, spec: OrderSpec) -> dict[str, str]:
    parameters = {**leg_parameters(spec), "clientOrderId": spec.request_id}
    parameters.pop("selfTradePreventionMode", None)
    return _named(prefix, parameters)


def _named(prefix: str, parameters: dict[str, str]) -> dict[str, str]:
    if not prefix:
        return parameters
    return {f"{prefix}{name[0].upper()}{name[1:]}": value for name, value in parameters.items()}
