"""The venue's JSON about orders, executions and balances in our words.

One shape serves every answer that tells of an order: placed (ACK, RESULT, FULL), queried,
cancelled, open or historical. Source: Binance Spot API, "REST API".
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.terms import Fill
from aitrader_server.domain.venue import AccountSnapshot, VenueReport

from aitrader_gateway.binance.outcome import Failure, Verdict
from aitrader_gateway.binance.statuses import read_reason, read_status

_NS_PER_MS: Final = 1_000_000


class TimeRecord(msgspec.Struct, frozen=True, rename="camel"):
    server_time: int


class FillRecord(msgspec.Struct, frozen=True, rename="camel"):
    """One element of `fills`; what an order executes at once it takes."""

    trade_id: int
    price: Decimal
    qty: Decimal
    commission: Decimal
    commission_asset: str


class OrderRecord(msgspec.Struct, frozen=True, rename="camel"):
    """One order; times in ms, -1 or 0 when there is none."""

    symbol: str
    order_id: int
    client_order_id: str
    orig_client_order_id: str = ""
    status: str = "NEW"
    type: str = ""
    side: str = ""
    price: Decimal = ZERO
    orig_qty: Decimal | None = None
    executed_qty: Decimal = ZERO
    time: int = 0
    update_time: int = 0
    transact_time: int = 0
    working_time: int | None = None
    is_working: bool = False
    expiry_reason: str = ""
    fills: tuple[FillRecord, ...] = ()

    @property
    def request_id(self) -> str:
        """The order's own client id: a cancel brings one of its own."""
        return self.orig_client_order_id or self.client_order_id

    @property
    def at_ms(self) -> int:
        """When it was last changed."""
        return self.transact_time or self.update_time or self.time

    @property
    def working(self) -> bool:
        """Whether it is live; an untriggered stop is not."""
        return self.is_working if self.working_time is None else self.working_time > 0


class TradeRecord(msgspec.Struct, frozen=True, rename="camel"):
    """One element of `myTrades`."""

    id: int
    order_id: int
    price: Decimal
    qty: Decimal
    commission: Decimal
    commission_asset: str
    time: int
    is_maker: bool


class AmendedRecord(msgspec.Struct, frozen=True, rename="camel"):
    """The order within the reply to an amendment."""

    symbol: str
    order_id: int
    client_order_id: str
    qty: Decimal
    executed_qty: Decimal
    status: str
    type: str = ""
    working_time: int = -1


class AmendmentRecord(msgspec.Struct, frozen=True, rename="camel"):
    transact_time: int
    amended_order: AmendedRecord


class ListRecord(msgspec.Struct, frozen=True, rename="camel"):
    """A list, as far as it tells of its orders."""

    order_reports: tuple[OrderRecord, ...]


class BalanceRecord(msgspec.Struct, frozen=True):
    asset: str
    free: Decimal
    locked: Decimal


class AccountRecord(msgspec.Struct, frozen=True, rename="camel"):
    balances: tuple[BalanceRecord, ...]
    uid: int = 0


Record = TypeVar("Record", bound=msgspec.Struct)


def read(reply: Any, kind: type[Record]) -> Record | Failure:
    """`reply` to a call as `kind`; a Failure stays one, and what is malformed becomes one."""
    if isinstance(reply, Failure):
        return reply
    try:
        return msgspec.convert(reply, kind)
    except msgspec.ValidationError as error:
        return malformed(error)


def read_all(reply: Any, kind: type[Record]) -> list[Record] | Failure:
    """The same for a reply that is an array."""
    if isinstance(reply, Failure):
        return reply
    try:
        return msgspec.convert(reply, list[kind])  # type: ignore[valid-type] # chosen at run time
    except msgspec.ValidationError as error:
        return malformed(error)


def order_report(order: OrderRecord, fills: Iterable[Fill] = ()) -> VenueReport | Failure:
    """The order as it stands, with the executions that the reply has or that are given."""
    executed = (
        Fill(
            trade_id=str(fill.trade_id),
            quantity=fill.qty,
            price=fill.price,
            fee=fill.commission,
            fee_asset=fill.commission_asset,
            executed_at_ns=order.at_ms * _NS_PER_MS,
        )
        for fill in order.fills
    )
    return _checked(
        VenueReport(
            request_id=order.request_id,
            symbol=order.symbol,
            venue_order_id=str(order.order_id),
            status=read_status(order.status, order.type, order.executed_qty, working=order.working),
            quantity=order.orig_qty or None,
            cumulative_quantity=order.executed_qty,
            fills=(*executed, *fills),
            reason=read_reason(order.status, order.expiry_reason),
            at_ns=order.at_ms * _NS_PER_MS,
            created_at_ns=max(order.time, 0) * _NS_PER_MS,
        )
    )


def amended_report(amendment: AmendmentRecord) -> VenueReport | Failure:
    """The amended order with its new quantity."""
    order = amendment.amended_order
    return _checked(
        VenueReport(
            request_id=order.client_order_id,
            symbol=order.symbol,
            venue_order_id=str(order.order_id),
            status=read_status(
                order.status, order.type, order.executed_qty, working=order.working_time > 0
            ),
            quantity=order.qty,
            cumulative_quantity=order.executed_qty,
            at_ns=amendment.transact_time * _NS_PER_MS,
        )
    )


def trade_fill(trade: TradeRecord) -> Fill:
    """One execution."""
    return Fill(
        trade_id=str(trade.id),
        quantity=trade.qty,
        price=trade.price,
        fee=trade.commission,
        fee_asset=trade.commission_asset,
        maker=trade.is_maker,
        executed_at_ns=trade.time * _NS_PER_MS,
    )


def account_snapshot(account: AccountRecord, at_ns: int) -> AccountSnapshot | Failure:
    """All balances."""
    if not all(b.free.is_finite() and b.locked.is_finite() for b in account.balances):
        return malformed("a balance that is no number")
    return AccountSnapshot(
        free={balance.asset: balance.free for balance in account.balances},
        locked={balance.asset: balance.locked for balance in account.balances},
        at_ns=at_ns,
    )


def _checked(report: VenueReport) -> VenueReport | Failure:
    amounts = [report.quantity or ZERO, report.cumulative_quantity]
    for fill in report.fills:
        amounts += (fill.quantity, fill.price, fill.fee)
    if not all(amount.is_finite() for amount in amounts):
        return malformed("an amount that is no number")
    return report


def malformed(problem: object) -> Failure:
    """A reply that does not say what its kind says proves nothing."""
    return Failure(verdict=Verdict.UNKNOWN, reason=f"the venue's reply is malformed: {problem}")
