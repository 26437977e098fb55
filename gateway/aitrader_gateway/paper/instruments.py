"""The pairs that the paper venue trades, with the filters that Binance Spot puts on them."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import msgspec
from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.words import OrderType

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
    order_types=frozenset(OrderType),
)

INSTRUMENTS: Final[Mapping[str, Instrument]] = MappingProxyType(
    {
        "BTCUSDT": _BTCUSDT,
        "ETHUSDT": msgspec.structs.replace(
            _BTCUSDT,
            symbol="ETHUSDT",
            base="ETH",
            step_size=Decimal("0.0001"),
            min_quantity=Decimal("0.0001"),
            market_max_quantity=Decimal(2500),
        ),
        "BNBUSDT": msgspec.structs.replace(
            _BTCUSDT,
            symbol="BNBUSDT",
            base="BNB",
            max_price=Decimal(100_000),
            step_size=Decimal("0.001"),
            min_quantity=Decimal("0.001"),
            max_quantity=Decimal(900_000),
            market_max_quantity=Decimal(6000),
        ),
    }
)
