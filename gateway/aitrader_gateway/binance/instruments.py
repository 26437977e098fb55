"""The venue's symbols and filters in our words. Source: Binance Spot API, "Filters"."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import OrderType

from aitrader_gateway.binance.budgets import RateLimit

KNOWN_TYPES: Final = frozenset(OrderType)


class _Filter(msgspec.Struct, frozen=True, rename="camel"):
    """Any filter; every kind has some of these fields."""

    filter_type: str
    min_price: Decimal = ZERO
    max_price: Decimal = ZERO
    tick_size: Decimal = ZERO
    min_qty: Decimal = ZERO
    max_qty: Decimal = ZERO
    step_size: Decimal = ZERO
    min_notional: Decimal = ZERO
    max_notional: Decimal = ZERO
    apply_to_market: bool = True
    apply_min_to_market: bool = True
    apply_max_to_market: bool = False
    multiplier_up: Decimal = ZERO
    multiplier_down: Decimal = ZERO
    bid_multiplier_up: Decimal = ZERO
    bid_multiplier_down: Decimal = ZERO
    ask_multiplier_up: Decimal = ZERO
    ask_multiplier_down: Decimal = ZERO
    limit: int = 0
    max_num_orders: int = 0
    max_num_algo_orders: int = 0
    max_position: Decimal = ZERO
    min_trailing_above_delta: int = 0
    max_trailing_above_delta: int = 0
    min_trailing_below_delta: int = 0
    max_trailing_below_delta: int = 0


class SymbolRecord(msgspec.Struct, frozen=True, rename="camel"):
    """One element of `symbols`."""

    symbol: str
    status: str
    base_asset: str
    quote_asset: str
    order_types: tuple[str, ...]
    filters: tuple[_Filter, ...]
    is_spot_trading_allowed: bool = True


class ExchangeRecord(msgspec.Struct, frozen=True, rename="camel"):
    """The reply to exchangeInfo."""

    symbols: tuple[SymbolRecord, ...]
    rate_limits: tuple[RateLimit, ...] = ()


def exchange_info_parameters(symbols: Sequence[str]) -> dict[str, str]:
    """Asks for these symbols only: everything is several MiB."""
    return {"symbols": json.dumps(list(symbols), separators=(",", ":"), ensure_ascii=False)}


def read_instrument(record: SymbolRecord) -> Instrument:
    """The symbol with every filter that we know; what we do not know the venue still checks."""
    known = {filter_.filter_type: filter_ for filter_ in record.filters}
    none = _Filter(filter_type="")
    price, lot = known.get("PRICE_FILTER", none), known.get("LOT_SIZE", none)
    market_lot = known.get("MARKET_LOT_SIZE", none)
    trailing = known.get("TRAILING_DELTA", none)
    least, most, least_at_market, most_at_market = _notional(known)
    bid_down, bid_up, ask_down, ask_up = _multipliers(known)
    return Instrument(
        symbol=record.symbol,
        base=record.base_asset,
        quote=record.quote_asset,
        trading=record.status == "TRADING" and record.is_spot_trading_allowed,
        tick_size=price.tick_size,
        min_price=price.min_price,
        max_price=price.max_price,
        step_size=lot.step_size,
        min_quantity=lot.min_qty,
        max_quantity=lot.max_qty,
        market_step_size=market_lot.step_size,
        market_min_quantity=market_lot.min_qty,
        market_max_quantity=market_lot.max_qty,
        min_notional=least,
        max_notional=most,
        min_notional_applies_to_market=least_at_market,
        max_notional_applies_to_market=most_at_market,
        bid_multiplier_down=bid_down,
        bid_multiplier_up=bid_up,
        ask_multiplier_down=ask_down,
        ask_multiplier_up=ask_up,
        max_position=known.get("MAX_POSITION", none).max_position,
        max_open_orders=known.get("MAX_NUM_ORDERS", none).max_num_orders,
        max_stop_orders=known.get("MAX_NUM_ALGO_ORDERS", none).max_num_algo_orders,
        iceberg_parts_max=known.get("ICEBERG_PARTS", none).limit,
        min_trailing_above_bips=trailing.min_trailing_above_delta,
        max_trailing_above_bips=trailing.max_trailing_above_delta,
        min_trailing_below_bips=trailing.min_trailing_below_delta,
        max_trailing_below_bips=trailing.max_trailing_below_delta,
        order_types=frozenset(OrderType(t) for t in record.order_types if t in KNOWN_TYPES),
    )


def _notional(known: dict[str, _Filter]) -> tuple[Decimal, Decimal, bool, bool]:
    """Least and most, and whether each counts for market orders; a symbol has one of the two."""
    if (both := known.get("NOTIONAL")) is not None:
        return (
            both.min_notional,
            both.max_notional,
            both.apply_min_to_market,
            both.apply_max_to_market,
        )
    if (least := known.get("MIN_NOTIONAL")) is not None:
        return least.min_notional, ZERO, least.apply_to_market, False
    return ZERO, ZERO, False, False


def _multipliers(known: dict[str, _Filter]) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Bid down and up, ask down and up; a symbol has one of the two filters."""
    if (by_side := known.get("PERCENT_PRICE_BY_SIDE")) is not None:
        return (
            by_side.bid_multiplier_down,
            by_side.bid_multiplier_up,
            by_side.ask_multiplier_down,
            by_side.ask_multiplier_up,
        )
    either = known.get("PERCENT_PRICE")
    if either is None:
        return ZERO, ZERO, ZERO, ZERO
    down, up = either.multiplier_down, either.multiplier_up
    return down, up, down, up
