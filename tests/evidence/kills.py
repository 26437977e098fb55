"""Kills a trading engine again and again, and compares its journal with the venue's own books.

Each life is a process: the engine, its journal in a file and the Binance gateway, before a sandbox
exchange that lives on. First it dies before each operation on its journal in turn, then at any
moment. What a caller was told must be in the journal; in the end the venue has every order once, as
the journal has it, with the same executions, and the balances are equal.
"""

import asyncio
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from aitrader_gateway.sandbox.limits import LimitSettings
from aitrader_gateway.sandbox.server import RunningSandbox
from aitrader_server.adapters.journal.store import SqliteStore
from aitrader_server.domain.book import Book
from aitrader_server.domain.order import Order
from aitrader_server.domain.state import decode_event
from aitrader_server.domain.words import TERMINAL_STATES, OrderState
from msgspec.structs import replace
from sandbox_running import running_sandbox

from evidence.cradle import Cradle, Moment, cradled
from evidence.mortal import SYMBOL, Life
from evidence.rungs import CORES, Figures, Rung, fanned, main, shares

ACCOUNT = "main"
KILLS_A_VENUE = 250
LIFE_S = 0.7
# The others are killed at any moment of their start.
AT_WORK_SHARE = 0.7
BALANCES = {"USDT": Decimal(10**9), "BTC": Decimal(10**6)}
QUIET = LimitSettings(
    weight_max_per_minute=10**9,
    orders_max_per_10_seconds=10**7,
    orders_max_per_day=10**9,
    refusals_max=10**9,
    connections_max_per_5_minutes=10**6,
)
STATES = {"NEW": "ACCEPTED", "EXPIRED_IN_MATCH": "EXPIRED"}


@dataclass(frozen=True)
class Part:
    """So many kills at random moments, and every `stride`-th operation from the `first` on.

    Without a `first` one there are none of these; a `hasty` journal is a planted bug.
    """

    seed: int
    random_kills: int
    first: int = 0
    stride: int = 1
    hasty: bool = False


@dataclass
class Tried:
    kills: int = 0
    points: int = 0
    orders: int = 0
    told: dict[str, OrderState | None] = field(default_factory=dict)


def climb(count: int, seed: int) -> Figures:
    """`count` random kills, after one before each operation."""
    venues = max(CORES, -(-count // KILLS_A_VENUE))
    parts = [
        Part(seed + number, share, number + 1 if number < CORES else 0, CORES)
        for number, share in enumerate(shares(count, venues))
    ]
    found = fanned(kill_all, parts)
    return {
        "points": sum(tried.points for tried in found),
        "orders": sum(tried.orders for tried in found),
        "told": sum(len(tried.told) for tried in found),
    }


def kill_all(part: Part) -> Tried:
    """The kills of one part, at a venue of their own; raises AssertionError for what differs."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_campaign(part, Path(folder)))


async def _campaign(part: Part, folder: Path) -> Tried:
    tried = Tried()
    async with running_sandbox(
        folder, limits=QUIET, balances=BALANCES, pace_per_s=20.0, seed=part.seed
    ) as sandbox:
        life = Life(
            number=0,
            folder=str(folder / "state"),
            settings={
                "environment": "sandbox",
                "rest_url": sandbox.rest_url,
                "ws_api_url": sandbox.ws_api_url,
                "stream_url": sandbox.stream_url,
                "symbols": [SYMBOL],
                "order_recv_window_ms": 500,
            },
            environ={
                "BINANCE_SANDBOX_API_KEY": sandbox.credentials.api_key,
                "BINANCE_SANDBOX_API_SECRET": sandbox.credentials.api_secret,
            },
            seed=part.seed,
            hasty=part.hasty,
        )
        async with cradled(tried.told) as cradle:
            await _at_every_operation(part, life, cradle, tried)
            await _at_any_moment(part, life, cradle, tried)
            assert await cradle.lived(replace(life, number=-1, last=True))
        _compare(sandbox, folder / "state", tried)
    return tried


async def _at_every_operation(part: Part, life: Life, cradle: Cradle, tried: Tried) -> None:
    """Until a life has come to its end before the operation that was to be its last."""
    operation = part.first
    while operation:
        doomed = replace(life, number=operation, seed=operation, die_at_io=operation, orders=4)
        if await cradle.lived(doomed):
            break
        tried.points += 1
        operation += part.stride


async def _at_any_moment(part: Part, life: Life, cradle: Cradle, tried: Tried) -> None:
    chance = random.Random(part.seed)
    for number in range(part.random_kills):
        doomed = replace(life, number=100_000 + number, seed=part.seed + number)
        moment = Moment(chance.uniform(0, LIFE_S), at_work=chance.random() < AT_WORK_SHARE)
        assert not await cradle.lived(doomed, moment)
        tried.kills += 1


def _compare(sandbox: RunningSandbox, state: Path, tried: Tried) -> None:
    book = _folded(state)
    ours = book.state.orders
    exchange = sandbox.world.venue.exchange
    theirs = {order.client_order_id: order for order in exchange.orders(ACCOUNT, SYMBOL)}
    twice = Counter(order.client_order_id for order in exchange.orders(ACCOUNT, SYMBOL))
    assert max(twice.values(), default=0) <= 1, f"placed twice: {twice.most_common(3)}"
    assert theirs.keys() <= ours.keys(), f"not in the journal: {theirs.keys() - ours.keys()}"
    fills: dict[int, dict[str, tuple[Decimal, Decimal, Decimal]]] = {}
    for trade in exchange.trades(ACCOUNT, SYMBOL):
        amounts = (trade.quantity, trade.price, trade.fee)
        fills.setdefault(trade.order_number, {})[str(trade.number)] = amounts
    for request_id, order in ours.items():
        _compare_order(order, theirs.get(request_id), fills)
    for request_id, told in tried.told.items():
        assert request_id in ours, f"{request_id} was acknowledged and is not in the journal"
        assert told not in TERMINAL_STATES or ours[request_id].state is told, request_id
    for asset, balance in exchange.balances(ACCOUNT).items():
        assert book.state.ledger.held(asset) == sum(balance), f"{asset} differs"
    assert not book.state.restrictions
    tried.orders = len(ours)


def _compare_order(order: Order, there, fills) -> None:
    mine = {fill.trade_id: (fill.quantity, fill.price, fill.fee) for fill in order.fills}
    assert len(mine) == len(order.fills), f"{order.request_id}: a trade was booked twice"
    if there is None:
        assert order.state in (OrderState.DENIED, OrderState.REJECTED), order
        return
    assert order.state == STATES.get(there.status, str(there.status)), (order, there)
    assert mine == fills.get(there.number, {}), (order, there)


def _folded(state: Path) -> Book:
    """The whole journal, read by nobody that wrote it, with every order that it ever had."""
    book = Book(ended_orders_max=10**9)
    store = SqliteStore(str(state / "journal.db"))
    after = 0
    while records := store.read(after, 5_000):
        for record in records:
            event = decode_event(record.payload)
            book.evolve(event, at_ns=record.at_ns, trace_id=record.trace_id)
        after = records[-1].sequence
    store.close()
    return book


RUNG = Rung("kills", "kills", in_tests=200, on_demand=10_000, climb=climb)

if __name__ == "__main__":
    sys.exit(main(RUNG))
