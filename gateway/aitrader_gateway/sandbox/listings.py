"""The symbols that the sandbox lists, with filters like those of Binance Spot."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import msgspec
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.words import OrderType

from aitrader_gateway.sandbox.matching.model import Listing

_BTCUSDT: Final = Instrument(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.01"),
    min_price=Decimal("0.01"),
    max_price=Decimal(1_000_000),
    step_size=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    max_quantity=Decimal(9000),
    market_max_quantity=Decimal(140),
    min_notional=Decimal(5),
    max_notional=Decimal(9_000_000),
    bid_multiplier_down=Decimal("0.2"),
    bid_multiplier_up=Decimal(5),
    ask_multiplier_down=Decimal("0.2"),
    ask_multiplier_up=Decimal(5),
    max_open_orders=200,
    max_stop_orders=5,
    iceberg_parts_max=100,
    min_trailing_above_bips=10,
    max_trailing_above_bips=2000,
    min_trailing_below_bips=10,
    max_trailing_below_bips=2000,
    order_types=frozenset(OrderType),
)
_INSTRUMENTS: Final = (
    _BTCUSDT,
    msgspec.structs.replace(
        _BTCUSDT,
        symbol="ETHUSDT",
        base="ETH",
        step_size=Decimal("0.0001"),
        min_quantity=Decimal("0.0001"),
        market_max_quantity=Decimal(2500),
    ),
    msgspec.structs.replace(
        _BTCUSDT,
        symbol="BNBUSDT",
        base="BNB",
        max_price=Decimal(100_000),
        step_size=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(900_000),
        market_max_quantity=Decimal(6000),
    ),
    msgspec.structs.replace(
        _BTCUSDT,
        symbol="SOLUSDT",
        base="SOL",
        max_price=Decimal(100_000),
        step_size=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(90_000),
        market_max_quantity=Decimal(15_000),
    ),
    msgspec.structs.replace(
        _BTCUSDT,
        symbol="XRPUSDT",
        base="XRP",
        tick_size=Decimal("0.0001"),
        min_price=Decimal("0.0001"),
        max_price=Decimal(10_000),
        step_size=Decimal("0.1"),
        min_quantity=Decimal("0.1"),
        max_quantity=Decimal(9_222_449),
        market_max_quantity=Decimal(1_500_000),
    ),
    msgspec.structs.replace(
        _BTCUSDT,
        symbol="ETHBTC",
        base="ETH",
        quote="BTC",
        tick_size=Decimal("0.00001"),
        min_price=Decimal("0.00001"),
        max_price=Decimal(922_327),
        step_size=Decimal("0.0001"),
        min_quantity=Decimal("0.0001"),
        max_quantity=Decimal(100_000),
        market_max_quantity=Decimal(1800),
        min_notional=Decimal("0.0001"),
    ),
)

LISTINGS: Final[Mapping[str, Listing]] = MappingProxyType(
    {instrument.symbol: Listing(instrument=instrument) for instrument in _INSTRUMENTS}
)
# Where each market begins, in quote per base: about where it stood when this was written.
START_PRICES: Final[Mapping[str, Decimal]] = MappingProxyType(
    {
        "BTCUSDT": Decimal(100_000),
        "ETHUSDT": Decimal(4000),
        "BNBUSDT": Decimal(900),
        "SOLUSDT": Decimal(200),
        "XRPUSDT": Decimal("2.5"),
        "ETHBTC": Decimal("0.04"),
    }
)
