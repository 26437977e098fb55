"""Orders, lists and what became of them, as answers spell them.

Binance Spot API, "Trading endpoints"; `cummulativeQuoteQty` is the venue's own spelling.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import TimeInForce

from aitrader_gateway.sandbox.matching.model import (
    NO_TRADE,
    AccountTrade,
    Amendment,
    Canceled,
    CanceledList,
    Order,
    OrderList,
    Placed,
    PlacedList,
    Prevented,
)
from aitrader_gateway.sandbox.parameters import ResponseType
from aitrader_gateway.sandbox.wire.scalars import TimeUnit, amount

Json = dict[str, Any]


def placed(outcome: Placed, response: ResponseType, unit: TimeUnit) -> Json:
    """A new order, told as briefly or as fully as its sender asked."""
    order = outcome.order
    body = {
        "symbol": order.symbol,
        "orderId": order.number,
        "orderListId": order.list_number,
        "clientOrderId": order.client_order_id,
        "transactTime": unit.of(order.updated_at_ns),
    }
    if response is ResponseType.ACK:
        return body
    body |= _result(order) | {"workingTime": unit.of(order.working_at_ns)} | _tail(order, unit)
    if response is ResponseType.FULL:
        body["fills"] = [_fill(trade) for trade in outcome.trades]
        if outcome.prevented:
            body["preventedMatches"] = [_prevented_match(match) for match in outcome.prevented]
    return body


def queried(order: Order, unit: TimeUnit) -> Json:
    """An order as a query tells it."""
    body = {
        "symbol": order.symbol,
        "orderId": order.number,
        "orderListId": order.list_number,
        "clientOrderId": order.client_order_id,
        "price": amount(order.price),
        "origQty": amount(order.quantity),
        "executedQty": amount(order.cumulative_quantity),
        "cummulativeQuoteQty": amount(order.cumulative_quote),
        "status": order.status.value,
        "timeInForce": _time_in_force(order),
        "type": order.request.order_type.value,
        "side": order.side.value,
        "stopPrice": amount(order.stop_price),
        "icebergQty": amount(order.request.iceberg_quantity or ZERO),
        "time": unit.of(order.created_at_ns),
        "updateTime": unit.of(order.updated_at_ns),
        "isWorking": order.working_at_ns >= 0,
        "workingTime": unit.of(order.working_at_ns),
        "origQuoteOrderQty": amount(order.request.quote_quantity or ZERO),
    }
    return body | _tail(order, unit)


def canceled(outcome: Canceled, unit: TimeUnit) -> Json:
    """An order that its owner cancelled; `clientOrderId` is the cancel's own."""
    order = outcome.order
    return {
        "symbol": order.symbol,
        "origClientOrderId": order.client_order_id,
        "orderId": order.number,
        "orderListId": order.list_number,
        "clientOrderId": outcome.client_order_id,
        "transactTime": unit.of(order.updated_at_ns),
        **_result(order),
        **_tail(order, unit),
    }


def amended(
    amendment: Amendment, order_list: OrderList | None, orders: Sequence[Order], unit: TimeUnit
) -> Json:
    """A reduction that was made; `orders` are those of the list that the order belongs to."""
    order = amendment.order
    body: Json = {
        "transactTime": unit.of(amendment.at_ns),
        "executionId": amendment.execution,
        "amendedOrder": {
            "symbol": order.symbol,
            "orderId": order.number,
            "orderListId": order.list_number,
            "origClientOrderId": amendment.original_client_order_id,
            "clientOrderId": order.client_order_id,
            "price": amount(order.price),
            "qty": amount(order.quantity),
            "executedQty": amount(order.cumulative_quantity),
            "preventedQty": amount(order.prevented_quantity),
            "quoteOrderQty": amount(order.request.quote_quantity or ZERO),
            "cumulativeQuoteQty": amount(order.cumulative_quote),
            "status": order.status.value,
            "timeInForce": _time_in_force(order),
            "type": order.request.order_type.value,
            "side": order.side.value,
            "workingTime": unit.of(order.working_at_ns),
            **_tail(order, unit),
        },
    }
    if order_list is not None:
        body["listStatus"] = {
            "orderListId": order_list.number,
            "contingencyType": order_list.request.contingency.value,
            "listOrderStatus": order_list.order_status.value,
            "listClientOrderId": order_list.list_client_order_id,
            "symbol": order_list.request.symbol,
            "orders": _members(orders),
        }
    return body


def amendment_record(amendment: Amendment, unit: TimeUnit) -> Json:
    """A reduction as the history of an order tells it."""
    order = amendment.order
    return {
        "symbol": order.symbol,
        "orderId": order.number,
        "executionId": amendment.execution,
        "origClientOrderId": amendment.original_client_order_id,
        "newClientOrderId": order.client_order_id,
        "origQty": amount(amendment.original_quantity),
        "newQty": amount(amendment.new_quantity),
        "time": unit.of(amendment.at_ns),
    }


def placed_list(outcome: PlacedList, response: ResponseType, unit: TimeUnit) -> Json:
    """A new list with a report on each of its orders."""
    return {
        **listed(outcome.list, [item.order for item in outcome.orders], unit),
        "orderReports": [placed(item, response, unit) for item in outcome.orders],
    }


def canceled_list(outcome: CanceledList, unit: TimeUnit) -> Json:
    """A list that was cancelled with all of its orders."""
    return {
        **listed(outcome.list, [item.order for item in outcome.orders], unit),
        "orderReports": [canceled(item, unit) for item in outcome.orders],
    }


def listed(order_list: OrderList, orders: Iterable[Order], unit: TimeUnit) -> Json:
    """A list as a query tells it."""
    return {
        "orderListId": order_list.number,
        "contingencyType": order_list.request.contingency.value,
        "listStatusType": order_list.status_type.value,
        "listOrderStatus": order_list.order_status.value,
        "listClientOrderId": order_list.list_client_order_id,
        "transactionTime": unit.of(order_list.updated_at_ns),
        "symbol": order_list.request.symbol,
        "orders": _members(orders),
    }


def traded(trade: AccountTrade, unit: TimeUnit) -> Json:
    """One execution as its account sees it."""
    return {
        "symbol": trade.symbol,
        "id": trade.number,
        "orderId": trade.order_number,
        "orderListId": trade.list_number,
        "price": amount(trade.price),
        "qty": amount(trade.quantity),
        "quoteQty": amount(trade.quote_quantity),
        "commission": amount(trade.fee),
        "commissionAsset": trade.fee_asset,
        "time": unit.of(trade.at_ns),
        "isBuyer": trade.side.value == "BUY",
        "isMaker": trade.maker,
        "isBestMatch": True,
    }


def prevented(match: Prevented, unit: TimeUnit) -> Json:
    """A match that self-trade prevention stopped; groups of accounts are not modelled."""
    body = {
        "symbol": match.symbol,
        "preventedMatchId": match.number,
        "takerOrderId": match.taker_order,
        "makerSymbol": match.symbol,
        "makerOrderId": match.maker_order,
        "tradeGroupId": 1,
        "selfTradePreventionMode": match.prevention.value,
        "price": amount(match.price),
    }
    if match.taker_prevented_quantity:
        body["takerPreventedQuantity"] = amount(match.taker_prevented_quantity)
    if match.maker_prevented_quantity:
        body["makerPreventedQuantity"] = amount(match.maker_prevented_quantity)
    return body | {"transactTime": unit.of(match.at_ns)}


def _time_in_force(order: Order) -> str:
    """What the order was given, or what the venue puts in its place."""
    return (order.request.time_in_force or TimeInForce.GTC).value


def _result(order: Order) -> Json:
    return {
        "price": amount(order.price),
        "origQty": amount(order.quantity),
        "executedQty": amount(order.cumulative_quantity),
        "origQuoteOrderQty": amount(order.request.quote_quantity or ZERO),
        "cummulativeQuoteQty": amount(order.cumulative_quote),
        "status": order.status.value,
        "timeInForce": _time_in_force(order),
        "type": order.request.order_type.value,
        "side": order.side.value,
    }


def _tail(order: Order, unit: TimeUnit) -> Json:
    """The prevention mode, and what only some orders have."""
    request = order.request
    body: Json = {}
    if order.stop_price:
        body["stopPrice"] = amount(order.stop_price)
    if request.iceberg_quantity:
        body["icebergQty"] = amount(request.iceberg_quantity)
    if request.trailing_delta:
        body["trailingDelta"] = request.trailing_delta
        body["trailingTime"] = unit.of(order.trailing_at_ns)
    if request.strategy_id is not None:
        body["strategyId"] = request.strategy_id
    if request.strategy_type is not None:
        body["strategyType"] = request.strategy_type
    if order.prevented_match != NO_TRADE:
        body["preventedMatchId"] = order.prevented_match
        body["preventedQuantity"] = amount(order.prevented_quantity)
    if order.expiry:
        body["expiryReason"] = order.expiry.value
    return {**body, "selfTradePreventionMode": order.prevention.value}


def _fill(trade: AccountTrade) -> Json:
    return {
        "price": amount(trade.price),
        "qty": amount(trade.quantity),
        "commission": amount(trade.fee),
        "commissionAsset": trade.fee_asset,
        "tradeId": trade.number,
    }


def _prevented_match(match: Prevented) -> Json:
    return {
        "preventedMatchId": match.number,
        "makerOrderId": match.maker_order,
        "price": amount(match.price),
        "takerPreventedQuantity": amount(match.taker_prevented_quantity),
        "makerPreventedQuantity": amount(match.maker_prevented_quantity),
    }


def _members(orders: Iterable[Order]) -> list[Json]:
    return [
        {
            "symbol": order.symbol,
            "orderId": order.number,
            "clientOrderId": order.client_order_id,
        }
        for order in orders
    ]
