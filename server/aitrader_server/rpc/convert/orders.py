"""Orders, fills and breaches in the contract's words."""

import hashlib
from collections.abc import Iterable
from decimal import Decimal

import msgspec
from aitrader.v1 import common_pb2, risk_pb2, trading_pb2

from aitrader_server.domain.money import optional_text, trimmed
from aitrader_server.domain.order import Order
from aitrader_server.domain.state import Intent
from aitrader_server.domain.terms import Breach, Fill, ListPlace, OrderSpec
from aitrader_server.domain.words import Contingency, OrderState, OrderType, Side, TimeInForce
from aitrader_server.engine.commands import Change
from aitrader_server.rpc.convert.words import (
    CONTINGENCIES,
    ORDER_STATES,
    ORDER_TYPES,
    PREVENTIONS,
    SIDES,
    TIMES_IN_FORCE,
    amount,
    timestamp,
)

# Average prices divide: eight decimals are the finest step of any venue we know.
PRICE_STEP = Decimal("1e-8")

CLIENT_ORDER_ID_LENGTH_MAX = 36

NOT_EXECUTED = frozenset({OrderState.DENIED, OrderState.REJECTED, OrderState.LOST})

AnyOrderRequest = (
    trading_pb2.PlaceOrderRequest
    | trading_pb2.TradeRequest
    | trading_pb2.ReplaceOrderRequest
    | risk_pb2.CheckOrderRequest
)


def breach_message(breach: Breach) -> common_pb2.Breach:
    """One limit that an order would break."""
    return common_pb2.Breach(
        code=breach.code, message=breach.message, limit=breach.limit, value=breach.value
    )


def breach_messages(breaches: Iterable[Breach]) -> list[common_pb2.Breach]:
    """All of them, in order."""
    return [breach_message(breach) for breach in breaches]


def fill_message(fill: Fill) -> common_pb2.Fill:
    """One execution."""
    return common_pb2.Fill(
        trade_id=fill.trade_id,
        quantity=trimmed(fill.quantity),
        price=trimmed(fill.price),
        fee=common_pb2.AssetAmount(asset=fill.fee_asset, amount=trimmed(fill.fee)),
        maker=fill.maker,
        executed_at=timestamp(fill.executed_at_ns),
    )


def average_text(order: Order) -> str:
    """Average price, rounded where it does not end; empty without fills."""
    average = order.average_price
    if average is None:
        return ""
    rounded = average.quantize(PRICE_STEP)
    return trimmed(average if average == rounded else rounded)


def _quantity_text(order: Order) -> str:
    """As the caller wrote it, unless the venue understood something else."""
    if order.quantity is None or order.quantity == order.spec.quantity:
        return optional_text(order.spec.quantity)
    return trimmed(order.quantity)


def order_message(order: Order) -> common_pb2.Order:
    """An order as it stands."""
    spec = order.spec
    return common_pb2.Order(
        request_id=spec.request_id,
        venue_order_id=order.venue_order_id,
        symbol=spec.symbol,
        side=SIDES.to_wire(spec.side),
        order_type=ORDER_TYPES.to_wire(spec.order_type),
        time_in_force=TIMES_IN_FORCE.to_wire(spec.time_in_force),
        quantity=_quantity_text(order),
        quote_quantity=optional_text(spec.quote_quantity),
        limit_price=optional_text(spec.limit_price),
        stop_price=optional_text(spec.stop_price),
        trailing_delta_bips=spec.trailing_delta_bips,
        iceberg_quantity=optional_text(spec.iceberg_quantity),
        self_trade_prevention=PREVENTIONS.to_wire(spec.self_trade_prevention),
        reduce_only=spec.reduce_only,
        strategy=spec.strategy,
        state=ORDER_STATES.to_wire(order.state),
        cumulative_quantity=trimmed(order.cumulative_quantity),
        cumulative_quote=trimmed(order.cumulative_quote),
        leaves_quantity=trimmed(order.leaves_quantity),
        average_price=average_text(order),
        fills=[fill_message(fill) for fill in order.fills],
        reason=order.reason,
        breaches=breach_messages(order.breaches),
        retries=max(len(order.attempts) - 1, 0),
        created_at=timestamp(order.created_at_ns),
        updated_at=timestamp(order.updated_at_ns),
        trace_id=order.trace_id,
        list_id="" if spec.place is None else spec.place.list_id,
        contingency=CONTINGENCIES.to_wire(None if spec.place is None else spec.place.contingency),
        waits=order.waits and not order.terminal,
        replaced_by=order.replaced_by,
        approve_by=timestamp(order.approve_by_ns),
        approved_by=order.approved_by,
    )


def order_specs(request: trading_pb2.PlaceOrderRequest, request_id: str) -> tuple[OrderSpec, ...]:
    """What a caller asked for, under `request_id`: the first order, then those placed with it."""
    first = _spec(request, request_id)
    contingency = CONTINGENCIES.from_wire(request.contingency)
    if contingency is None:
        return (first,)
    members = (
        request_id,
        *(
            leg.request_id or _leg_id(request_id, number)
            for number, leg in enumerate(request.legs, 1)
        ),
    )
    specs = (first, *(_leg_spec(leg, first, contingency) for leg in request.legs))
    return tuple(
        msgspec.structs.replace(
            spec,
            request_id=members[index],
            place=ListPlace(contingency=contingency, members=members, index=index),
        )
        for index, spec in enumerate(specs)
    )


def _leg_id(request_id: str, number: int) -> str:
    """An id of its own that fits into the venue's 36 characters, the same for the same request."""
    suffix = f"-{number}"
    if len(request_id) + len(suffix) <= CLIENT_ORDER_ID_LENGTH_MAX:
        return request_id + suffix
    digest_text = hashlib.sha256(request_id.encode()).hexdigest()
    return digest_text[: CLIENT_ORDER_ID_LENGTH_MAX - len(suffix)] + suffix


def _leg_spec(leg: trading_pb2.OrderLeg, first: OrderSpec, contingency: Contingency) -> OrderSpec:
    kind = ORDER_TYPES.from_wire(leg.order_type)
    assert kind is not None, "the contract's rules refuse an order without a type"
    opposite = Side.SELL if first.side is Side.BUY else Side.BUY
    side = first.side if contingency is Contingency.OCO else opposite
    return OrderSpec(
        request_id=leg.request_id,
        symbol=first.symbol,
        side=SIDES.from_wire(leg.side) or side,
        order_type=kind,
        quantity=amount(leg.quantity) or first.quantity,
        limit_price=amount(leg.limit_price),
        stop_price=amount(leg.stop_price),
        trailing_delta_bips=leg.trailing_delta_bips,
        iceberg_quantity=amount(leg.iceberg_quantity),
        time_in_force=TIMES_IN_FORCE.from_wire(leg.time_in_force) or TimeInForce.GTC,
        self_trade_prevention=first.self_trade_prevention,
        reduce_only=first.reduce_only,
        strategy=first.strategy,
    )


def change_of(request: trading_pb2.ReplaceOrderRequest, new_request_id: str) -> Change:
    """What is to be different about an open order."""
    return Change(
        request_id=request.request_id,
        new_request_id=new_request_id,
        quantity=amount(request.quantity),
        limit_price=amount(request.limit_price),
        stop_price=amount(request.stop_price),
    )


def trade_spec(request: trading_pb2.TradeRequest, request_id: str) -> OrderSpec:
    """The explicit order inside a request to trade; market unless a type is given."""
    kind = ORDER_TYPES.from_wire(request.order_type) or OrderType.MARKET
    return OrderSpec(
        request_id=request_id,
        symbol=request.symbol,
        side=SIDES.from_wire(request.side) or Side.BUY,
        order_type=kind,
        quantity=amount(request.quantity),
        quote_quantity=amount(request.quote_quantity),
        limit_price=amount(request.limit_price),
        stop_price=amount(request.stop_price),
        time_in_force=TIMES_IN_FORCE.from_wire(request.time_in_force) or TimeInForce.GTC,
        strategy=request.strategy,
    )


def checked_spec(request: risk_pb2.CheckOrderRequest, request_id: str) -> OrderSpec:
    """The order that a caller only wants checked."""
    return _spec(request, request_id)


def _spec(
    request: trading_pb2.PlaceOrderRequest | risk_pb2.CheckOrderRequest, request_id: str
) -> OrderSpec:
    side, kind = SIDES.from_wire(request.side), ORDER_TYPES.from_wire(request.order_type)
    assert side is not None, "the contract's rules refuse an order without a side"
    assert kind is not None, "the contract's rules refuse an order without a type"
    return OrderSpec(
        request_id=request_id,
        symbol=request.symbol,
        side=side,
        order_type=kind,
        quantity=amount(request.quantity),
        quote_quantity=amount(request.quote_quantity),
        limit_price=amount(request.limit_price),
        stop_price=amount(request.stop_price),
        trailing_delta_bips=request.trailing_delta_bips,
        iceberg_quantity=amount(request.iceberg_quantity),
        time_in_force=TIMES_IN_FORCE.from_wire(request.time_in_force) or TimeInForce.GTC,
        self_trade_prevention=PREVENTIONS.from_wire(request.self_trade_prevention),
        reduce_only=request.reduce_only,
        strategy=request.strategy,
    )


def digest(request: AnyOrderRequest) -> str:
    """Identifies the content of a request, whatever its id."""
    content = request.SerializeToString(deterministic=True)
    return hashlib.sha256(type(request).__name__.encode() + content).hexdigest()[:32]


def trade_message(order: Order, intent: Intent) -> trading_pb2.Trade:
    """An order in the words of a blotter."""
    executed, decision = order.state not in NOT_EXECUTED, intent.decision
    return trading_pb2.Trade(
        ts=timestamp(order.created_at_ns),
        symbol=order.spec.symbol,
        strategy=order.spec.strategy,
        side=order.spec.side.lower(),
        quantity=_quantity_text(order),
        price=average_text(order) or optional_text(order.spec.limit_price),
        executed=executed,
        error="" if executed else order.reason,
        risk_fraction=0.0 if decision is None else decision.risk_fraction,
        notional=trimmed(order.cumulative_quote),
        request_id=order.request_id,
        status=order.state.lower(),
        filled_quantity=trimmed(order.cumulative_quantity),
        average_price=average_text(order),
        confidence=0.0 if decision is None else decision.confidence,
        day_pnl=trimmed(intent.day_pnl),
        equity=trimmed(intent.equity),
    )
