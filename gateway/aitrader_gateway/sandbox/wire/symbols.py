"""Symbols and their filters as exchange information spells them."""

from decimal import Decimal
from typing import Any

from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import trimmed
from aitrader_server.domain.words import OrderType, SelfTradePrevention

from aitrader_gateway.sandbox.matching.model import Listing
from aitrader_gateway.sandbox.matching.words import SymbolStatus
from aitrader_gateway.sandbox.wire.scalars import amount

Json = dict[str, Any]


def described(listing: Listing, status: SymbolStatus) -> Json:
    """One symbol with all its filters."""
    instrument = listing.instrument
    trails = bool(instrument.max_trailing_above_bips or instrument.max_trailing_below_bips)
    return {
        "symbol": instrument.symbol,
        "status": status.value,
        "baseAsset": instrument.base,
        "baseAssetPrecision": listing.base_precision,
        "quoteAsset": instrument.quote,
        "quotePrecision": listing.quote_precision,
        "quoteAssetPrecision": listing.quote_precision,
        "baseCommissionPrecision": listing.base_precision,
        "quoteCommissionPrecision": listing.quote_precision,
        "orderTypes": [kind.value for kind in OrderType if kind in instrument.order_types],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": trails,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [*_order_filters(listing), *count_filters(listing)],
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": listing.default_prevention.value,
        "allowedSelfTradePreventionModes": [
            mode.value for mode in SelfTradePrevention if mode in listing.preventions
        ],
    }


def count_filters(listing: Listing) -> list[Json]:
    """The filters that depend on what the account holds and has open."""
    instrument = listing.instrument
    counts = (
        ("MAX_NUM_ORDERS", "maxNumOrders", instrument.max_open_orders),
        ("MAX_NUM_ORDER_LISTS", "maxNumOrderLists", listing.order_lists_max),
        ("MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders", instrument.max_stop_orders),
        ("MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders", listing.iceberg_orders_max),
        ("MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends", listing.amends_max),
    )
    filters: list[Json] = [
        {"filterType": name, field: limit} for name, field, limit in counts if limit
    ]
    if instrument.max_position:
        filters.append(
            {"filterType": "MAX_POSITION", "maxPosition": amount(instrument.max_position)}
        )
    return filters


def _order_filters(listing: Listing) -> list[Json]:
    instrument = listing.instrument
    filters: list[Json] = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": amount(instrument.min_price),
            "maxPrice": amount(instrument.max_price),
            "tickSize": amount(instrument.tick_size),
        },
        _sizes("LOT_SIZE", instrument.min_quantity, instrument.max_quantity, instrument.step_size),
    ]
    if instrument.iceberg_parts_max:
        filters.append({"filterType": "ICEBERG_PARTS", "limit": instrument.iceberg_parts_max})
    if instrument.market_max_quantity:
        filters.append(
            _sizes(
                "MARKET_LOT_SIZE",
                instrument.market_min_quantity,
                instrument.market_max_quantity,
                instrument.market_step_size,
            )
        )
    if instrument.max_trailing_above_bips or instrument.max_trailing_below_bips:
        filters.append(
            {
                "filterType": "TRAILING_DELTA",
                "minTrailingAboveDelta": instrument.min_trailing_above_bips,
                "maxTrailingAboveDelta": instrument.max_trailing_above_bips,
                "minTrailingBelowDelta": instrument.min_trailing_below_bips,
                "maxTrailingBelowDelta": instrument.max_trailing_below_bips,
            }
        )
    if instrument.bid_multiplier_up or instrument.ask_multiplier_up:
        filters.append(_band(instrument, listing.average_price_mins))
    if instrument.min_notional or instrument.max_notional:
        filters.append(
            {
                "filterType": "NOTIONAL",
                "minNotional": amount(instrument.min_notional),
                "applyMinToMarket": instrument.min_notional_applies_to_market,
                "maxNotional": amount(instrument.max_notional),
                "applyMaxToMarket": instrument.max_notional_applies_to_market,
                "avgPriceMins": listing.average_price_mins,
            }
        )
    return filters


def _sizes(name: str, least: Decimal, most: Decimal, step: Decimal) -> Json:
    return {
        "filterType": name,
        "minQty": amount(least),
        "maxQty": amount(most),
        "stepSize": amount(step),
    }


def _band(instrument: Instrument, average_price_mins: int) -> Json:
    return {
        "filterType": "PERCENT_PRICE_BY_SIDE",
        "bidMultiplierUp": trimmed(instrument.bid_multiplier_up),
        "bidMultiplierDown": trimmed(instrument.bid_multiplier_down),
        "askMultiplierUp": trimmed(instrument.ask_multiplier_up),
        "askMultiplierDown": trimmed(instrument.ask_multiplier_down),
        "avgPriceMins": average_price_mins,
    }
