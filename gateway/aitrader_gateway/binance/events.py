"""The user data stream's events in our words. Source: Binance Spot API, "User Data Streams"."""

from decimal import Decimal
from typing import Any, Final

import msgspec
from aitrader_server.domain.money import ZERO, text
from aitrader_server.domain.terms import Fill
from aitrader_server.domain.venue import VenueReport
from aitrader_server.errors import AiTraderError

from aitrader_gateway.binance.statuses import SELF_TRADE, read_reason, read_status

_NS_PER_MS: Final = 1_000_000
# What other events tell is in the execution reports, too.
_REPEATED_ELSEWHERE: Final = frozenset({"outboundAccountPosition", "listStatus"})


class MalformedEvent(AiTraderError):
    """An event that lacks what its kind has; says where, and nothing of the content."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, reason="MALFORMED_EVENT")


class OrderUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """One execution report; `key` is the same on every connection that delivers it.

    `sent_at_ns` is when the venue sent it, by its clock. `renamed`: from now on the venue calls
    the order by another client order id than the report does.
    """

    report: VenueReport
    key: tuple[str, ...]
    sent_at_ns: int
    renamed: bool


class ExternalChange(msgspec.Struct, frozen=True, kw_only=True):
    """A balance moved by something other than an order."""

    detail: str
    key: tuple[str, ...]
    sent_at_ns: int


class Shutdown(msgspec.Struct, frozen=True):
    """The venue is about to close the connection."""


class Terminated(msgspec.Struct, frozen=True):
    """The subscription has ended while its connection lives."""


class NothingNew(msgspec.Struct, frozen=True):
    """An event whose facts arrive by other events."""


class UnknownKind(msgspec.Struct, frozen=True):
    """An event of a kind that was not there when this was written."""

    kind: str


StreamEvent = OrderUpdate | ExternalChange | NothingNew | UnknownKind
ConnectionEvent = Shutdown | Terminated


class _ExecutionReport(msgspec.Struct, frozen=True):
    """The fields that we use, with the venue's names; amounts in their own assets, times in ms."""

    symbol: str = msgspec.field(name="s")
    client_order_id: str = msgspec.field(name="c")
    original_client_order_id: str | None = msgspec.field(name="C")
    order_id: int = msgspec.field(name="i")
    execution_id: int = msgspec.field(name="I")
    kind: str = msgspec.field(name="x")
    status: str = msgspec.field(name="X")
    order_type: str = msgspec.field(name="o")
    on_book: bool = msgspec.field(name="w")
    quantity: Decimal = msgspec.field(name="q")
    cumulative_quantity: Decimal = msgspec.field(name="z")
    last_quantity: Decimal = msgspec.field(name="l")
    last_price: Decimal = msgspec.field(name="L")
    transact_ms: int = msgspec.field(name="T")
    sent_ms: int = msgspec.field(name="E")
    created_ms: int = msgspec.field(name="O", default=0)
    trade_id: int = msgspec.field(name="t", default=-1)
    maker: bool = msgspec.field(name="m", default=False)
    fee: Decimal | None = msgspec.field(name="n", default=None)
    fee_asset: str | None = msgspec.field(name="N", default=None)
    reject_reason: str = msgspec.field(name="r", default="NONE")
    expiry_reason: str = msgspec.field(name="eR", default="")


class _BalanceChange(msgspec.Struct, frozen=True):
    asset: str = msgspec.field(name="a")
    delta: Decimal = msgspec.field(name="d")
    sent_ms: int = msgspec.field(name="E")
    transact_ms: int = msgspec.field(name="T")


def read_event(event: Any) -> StreamEvent | ConnectionEvent:
    """What `event` says, decoded from JSON.

    Raises MalformedEvent: then nothing else on the same connection can be trusted either.
    """
    kind = event.get("e") if isinstance(event, dict) else None
    if not isinstance(kind, str):
        raise MalformedEvent("an event without a kind")
    try:
        match kind:
            case "executionReport":
                return _order_update(msgspec.convert(event, _ExecutionReport))
            case "balanceUpdate" | "externalLockUpdate":
                return _external_change(kind, msgspec.convert(event, _BalanceChange))
            case "serverShutdown":
                return Shutdown()
            case "eventStreamTerminated":
                return Terminated()
            case _ if kind in _REPEATED_ELSEWHERE:
                return NothingNew()
            case _:
                return UnknownKind(kind)
    except msgspec.ValidationError as error:
        raise MalformedEvent(f"{kind}: {error}") from error


def _order_update(event: _ExecutionReport) -> OrderUpdate:
    amounts = (event.quantity, event.cumulative_quantity, event.last_quantity, event.last_price)
    if not all(amount.is_finite() for amount in (*amounts, event.fee or ZERO)):
        raise MalformedEvent("executionReport: an amount that is no number")
    order_id = str(event.order_id)
    return OrderUpdate(
        report=VenueReport(
            # A cancel and an amendment bring an id of their own; then `C` is the order's.
            request_id=event.original_client_order_id or event.client_order_id,
            symbol=event.symbol,
            venue_order_id=order_id,
            status=read_status(
                event.status,
                event.order_type,
                event.cumulative_quantity,
                working=event.on_book,
            ),
            quantity=event.quantity or None,
            cumulative_quantity=event.cumulative_quantity,
            fills=_fills(event),
            reason=_reason(event),
            at_ns=event.transact_ms * _NS_PER_MS,
            created_at_ns=event.created_ms * _NS_PER_MS,
        ),
        key=(event.symbol, order_id, str(event.execution_id), event.kind),
        sent_at_ns=event.sent_ms * _NS_PER_MS,
        renamed=event.kind == "REPLACED"
        and event.original_client_order_id not in (None, "", event.client_order_id),
    )


def _fills(event: _ExecutionReport) -> tuple[Fill, ...]:
    if event.kind != "TRADE":
        return ()
    return (
        Fill(
            trade_id=str(event.trade_id),
            quantity=event.last_quantity,
            price=event.last_price,
            fee=event.fee or ZERO,
            fee_asset=event.fee_asset or "",
            maker=event.maker,
            executed_at_ns=event.transact_ms * _NS_PER_MS,
        ),
    )


def _reason(event: _ExecutionReport) -> str:
    if event.kind == "TRADE_PREVENTION":
        return SELF_TRADE
    refused = "" if event.reject_reason == "NONE" else event.reject_reason
    return read_reason(event.status, event.expiry_reason) or refused


def _external_change(kind: str, event: _BalanceChange) -> ExternalChange:
    if not event.delta.is_finite():
        raise MalformedEvent(f"{kind}: an amount that is no number")
    amount = text(event.delta)
    return ExternalChange(
        detail=f"{kind} of {amount} {event.asset}",
        key=(kind, event.asset, amount, str(event.transact_ms)),
        sent_at_ns=event.sent_ms * _NS_PER_MS,
    )
