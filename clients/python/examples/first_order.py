"""Place a limit order below the market, watch it, cancel it.

    aitrader serve &
    python clients/python/examples/first_order.py BTCUSDT

AITRADER_ENDPOINT and AITRADER_TOKEN name another engine than the one on this machine.
"""

# ruff: noqa: INP001, T201 -- a program of one file that talks to a person

import asyncio
import sys
from contextlib import aclosing
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from aitrader.v1.common_pb2 import OrderState
from aitrader.v1.market_data_pb2 import GetQuoteRequest
from aitrader.v1.trading_pb2 import CaughtUp, Event, GetStatusRequest
from aitrader_clients import TradingClient
from aitrader_clients.errors import Denied, OutcomeUnknown

BELOW_THE_BID = Decimal("0.99")
WATCH_S = 30.0


async def main(symbol: str) -> int:
    """Return the exit code; events are followed first, so that none of the order's is missed."""
    request_id = ""
    async with (
        asyncio.timeout(WATCH_S),
        TradingClient() as client,
        aclosing(client.events(live_only=True)) as events,
    ):
        async for item in events:
            if isinstance(item, CaughtUp) and not request_id:
                try:
                    request_id = await place(client, symbol)
                except Denied as denied:
                    for breach in denied.breaches:
                        print(f"denied by {breach.code}: {breach.message}")
                    return 4
                except OutcomeUnknown as unknown:
                    print(f"the reply was lost: look for {unknown.request_id}, do not repeat")
                    return 5
            elif isinstance(item, Event) and item.request_id == request_id:
                print(f"{item.sequence}: {item.kind} {OrderState.Name(item.state)}")
                if item.state == OrderState.ORDER_STATE_ACCEPTED:
                    await client.cancel(request_id)
                elif item.state == OrderState.ORDER_STATE_CANCELED:
                    break
    return 0


async def place(client: TradingClient, symbol: str) -> str:
    """Place the smallest order that the symbol admits, where it will rest; return its id."""
    status = await client.trading.GetStatus(GetStatusRequest())
    print(f"{status.environment} on {status.gateway}")
    bounds = status.instruments[symbol]
    quote = (await client.market_data.GetQuote(GetQuoteRequest(symbol=symbol))).quote
    tick, step = Decimal(bounds.price_rounding), Decimal(bounds.quantity_rounding)
    price = (Decimal(quote.bid) * BELOW_THE_BID / tick).to_integral(ROUND_DOWN) * tick
    least = max(Decimal(bounds.min_quantity), Decimal(bounds.min_notional) / price)
    quantity = (least / step).to_integral(ROUND_UP) * step
    order = (await client.place(symbol, "buy", quantity, limit_price=price)).order
    print(f"{order.request_id}: buy {order.quantity} {symbol} at {order.limit_price}")
    return order.request_id


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "BTCUSDT")))
