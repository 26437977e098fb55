"""NautilusTrader at the same orders as `engine_worker.py`, with its own risk checks on.

Run by `bench_engine.py`; needs nothing of ours, so that any interpreter will do.
"""

import json
import sys
import time

import nautilus_trader
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig, RiskEngineConfig
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

VERSION = "1.221.0"
START_NS = 1_700_000_000_000_000_000
QUANTITY = Quantity.from_str("0.100000")
LIMIT_PRICE = Price.from_str("100.00")


class Orders(Strategy):
    """Sends what standard input asks for, from within its first quote."""

    def __init__(self, instrument):
        super().__init__()
        self.instrument = instrument

    def on_start(self):
        self.subscribe_quote_ticks(self.instrument.id)

    def on_quote_tick(self, tick):
        print("ready", flush=True)  # noqa: T201 -- its output
        for line in sys.stdin:
            kind, count = line.split()
            place = {"market": self.market, "limit_cancel": self.limit_cancel}[kind]
            laps = [place() for _ in range(int(count))]
            print(json.dumps(laps), flush=True)  # noqa: T201 -- its output

    def market(self):
        begun_ns = time.perf_counter_ns()
        order = self.order_factory.market(self.instrument.id, OrderSide.BUY, QUANTITY)
        self.submit_order(order)
        took_ns = time.perf_counter_ns() - begun_ns
        assert order.is_closed, order
        assert order.filled_qty == QUANTITY, order
        return took_ns / 1e3

    def limit_cancel(self):
        begun_ns = time.perf_counter_ns()
        order = self.order_factory.limit(self.instrument.id, OrderSide.BUY, QUANTITY, LIMIT_PRICE)
        self.submit_order(order)
        self.cancel_order(order)
        took_ns = time.perf_counter_ns() - begun_ns
        assert order.is_canceled, order
        return took_ns / 1e3


def main():
    assert nautilus_trader.__version__ == VERSION, nautilus_trader.__version__
    engine = BacktestEngine(
        BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=RiskEngineConfig(max_order_submit_rate="1000000000/00:00:01"),
        )
    )
    # Netting and a cash account are its fastest; without the queue an order is one plain call.
    engine.add_venue(
        Venue("BINANCE"),
        OmsType.NETTING,
        AccountType.CASH,
        [Money(1_000_000, USDT), Money(1_000, BTC)],
        use_message_queue=False,
    )
    instrument = TestInstrumentProvider.btcusdt_binance()
    engine.add_instrument(instrument)
    size = Quantity.from_str("1.000000")
    bid, ask = Price.from_str("99.99"), Price.from_str("100.01")
    engine.add_data([QuoteTick(instrument.id, bid, ask, size, size, START_NS, START_NS)])
    engine.add_strategy(Orders(instrument))
    engine.run()


if __name__ == "__main__":
    main()
