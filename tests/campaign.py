"""Orders through the real engine process while the sandbox misbehaves, and what came of them.

`python tests/campaign.py --orders 100 --seed 7` prints the table; the tests run a smaller share.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import msgspec
from aitrader.v1 import common_pb2, trading_pb2
from aitrader_clients.client import TradingClient
from aitrader_clients.connection import Connection, Secret
from aitrader_clients.errors import CallError, Denied
from aitrader_gateway.sandbox.faults import Fault, Injection, Rule
from aitrader_gateway.sandbox.limits import LimitSettings
from aitrader_gateway.sandbox.matching.words import SymbolStatus
from aitrader_gateway.sandbox.server import RunningSandbox

sys.path.insert(0, str(Path(__file__).parent))

from sandbox_running import running_sandbox
from serving import Server

SYMBOLS = ("BTCUSDT", "ETHUSDT")
ACCOUNT = "main"
IN_FLIGHT = 16
# Above what a doubt lasts: the receive window, the venue's own delays, and the polls after it.
SETTLE_TIMEOUT_S = 120.0
# A fault that keeps the engine from trading ends its turn.
TURN_S = 12.0
# Streams need time to misbehave in.
LEAST_TURN_S = 1.0
QUIET = LimitSettings(
    weight_max_per_minute=600_000, orders_max_per_10_seconds=100_000, refusals_max=1_000_000
)
STATES = trading_pb2.ListOrdersRequest.DESCRIPTOR.fields_by_name["state"].enum_type
UNSETTLED = {
    common_pb2.ORDER_STATE_SUBMITTED,
    common_pb2.ORDER_STATE_UNKNOWN,
    common_pb2.ORDER_STATE_PENDING_CANCEL,
    common_pb2.ORDER_STATE_PENDING_REPLACE,
}
NEVER_THERE = {common_pb2.ORDER_STATE_DENIED, common_pb2.ORDER_STATE_REJECTED}

# Where each fault strikes, how often, and with what; the delays are this side of every time-out.
RULES: dict[str, tuple[Rule, ...]] = {
    "none": (),
    **{
        fault.value: (Rule(fault=fault, subjects="* /api/v3/order*", chance=0.2),)
        for fault in (
            Fault.DROP_BEFORE,
            Fault.DROP_AFTER,
            Fault.CODE_BEFORE,
            Fault.CODE_AFTER,
            Fault.HTML_BEFORE,
            Fault.HTML_AFTER,
            Fault.HTML_OK,
            Fault.EMPTY_OK,
            Fault.BAD_JSON_OK,
            Fault.REDIRECT,
        )
    },
    "reply-delay": (
        Rule(
            fault=Fault.REPLY_DELAY,
            subjects="* /api/v3/order",
            chance=0.1,
            injection=Injection(delay_ms=3_000),
        ),
    ),
    "reply-delay-past-time-out": (
        Rule(fault=Fault.REPLY_DELAY, subjects="POST /api/v3/order", chance=0.05, hits_max=3),
    ),
    "late-error": (
        Rule(
            fault=Fault.LATE_ERROR,
            subjects="POST /api/v3/order",
            chance=0.1,
            injection=Injection(delay_ms=2_000),
        ),
    ),
    **{
        f"code{code}": (
            Rule(
                fault=Fault.CODE_AFTER,
                subjects="* /api/v3/order*",
                chance=0.2,
                injection=Injection(code=code, status=status),
            ),
        )
        for code, status in ((-1000, 500), (-1001, 500), (-1006, 500), (-1008, 503))
    },
    "throttle": (
        Rule(
            fault=Fault.THROTTLE,
            subjects="POST /api/v3/order",
            chance=0.1,
            hits_max=3,
            injection=Injection(retry_after_s=1),
        ),
    ),
    "ban": (
        Rule(
            fault=Fault.BAN,
            subjects="POST /api/v3/order",
            hits_max=1,
            injection=Injection(retry_after_s=3),
        ),
    ),
    "clock-skew": (
        Rule(
            fault=Fault.CLOCK_SKEW,
            subjects="POST /api/v3/order",
            chance=0.2,
            injection=Injection(skew_ms=5_000),
        ),
    ),
    "query-lag": (
        Rule(fault=Fault.QUERY_LAG, chance=0.5, injection=Injection(delay_ms=1_500)),
        Rule(fault=Fault.DROP_AFTER, subjects="POST /api/v3/order", chance=0.2),
    ),
    **{
        f"close-{code}": (
            Rule(
                fault=Fault.CLOSE_ANSWERED,
                subjects="user*",
                chance=0.1,
                hits_max=3,
                injection=Injection(close_code=code),
            ),
        )
        for code in (1000, 1001, 1006, 1008)
    },
    **{
        fault.value: (Rule(fault=fault, chance=0.05, hits_max=2),)
        for fault in (
            Fault.CLOSE_BEFORE,
            Fault.SESSION_REVOKED,
            Fault.MALFORMED_FRAME,
            Fault.HUGE_FRAME,
        )
    },
    "server-shutdown": (
        Rule(
            fault=Fault.SERVER_SHUTDOWN,
            chance=0.05,
            hits_max=2,
            injection=Injection(delay_ms=500),
        ),
    ),
    "half-open": (Rule(fault=Fault.HALF_OPEN, chance=0.05, hits_max=1),),
    "close-after": (
        Rule(fault=Fault.CLOSE_AFTER, subjects="userDataStream.*", hits_max=1),
        Rule(fault=Fault.CLOSE_ANSWERED, subjects="user*", chance=0.2, hits_max=1),
    ),
    "event-with-reply": (
        Rule(fault=Fault.EVENT_WITH_REPLY),
        Rule(fault=Fault.CLOSE_ANSWERED, subjects="user*", chance=0.2, hits_max=2),
    ),
    **{
        fault.value: (Rule(fault=fault, chance=0.3),)
        for fault in (Fault.EVENT_LOST, Fault.EVENT_DUPLICATED, Fault.EVENT_REORDERED)
    },
    "depth-gap": (Rule(fault=Fault.DEPTH_GAP, chance=0.2),),
    "burst": (Rule(fault=Fault.BURST, chance=0.02, hits_max=2),),
}


# What is ordered rather than drawn: a symbol that does not trade for a while.
CLOSED = {"halt": SymbolStatus.HALT, "cancel-only": SymbolStatus.CANCEL_ONLY}


@dataclass
class Turn:
    """What happened under one set of rules."""

    name: str
    seed: int
    sent: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    injected: int = 0
    took_s: float = 0.0
    broken: list[str] = field(default_factory=list)


class Campaign:
    """One sandbox, one engine, and callers who trade through it."""

    def __init__(self, sandbox: RunningSandbox, client: TradingClient, seed: int) -> None:
        self._sandbox = sandbox
        self._client = client
        self._seed = seed
        self._chance = random.Random(seed)
        self._count = 0
        self.turns: list[Turn] = []

    async def turn(self, name: str, rules: tuple[Rule, ...], orders: int) -> None:
        """Trades while `rules` hold, until `orders` were sent or the turn is over.

        It begins once the engine is fit for orders, whatever the turn before left behind.
        """
        await self.settle(doubts=True)
        await self._client.trading.CancelAllOrders(trading_pb2.CancelAllOrdersRequest())
        turn = Turn(name, self._seed)
        self.turns.append(turn)
        faults = self._sandbox.world.faults
        before = sum(faults.injected.values())
        begun_s = time.monotonic()
        for rule in rules:
            # Once for sure, then as often as chance has it.
            faults.add(msgspec.structs.replace(rule, chance=1.0, hits_max=1))
            faults.add(rule)
        room = asyncio.Semaphore(IN_FLIGHT)
        async with asyncio.TaskGroup() as callers:
            for _ in range(orders):
                await room.acquire()
                if time.monotonic() - begun_s > TURN_S:
                    break
                callers.create_task(self._trade(turn, room))
                await asyncio.sleep(LEAST_TURN_S / orders)
            faults.clear()
        turn.injected = sum(faults.injected.values()) - before
        turn.took_s = time.monotonic() - begun_s

    async def closed(self, name: str, status: SymbolStatus, orders: int) -> None:
        """A turn in which one symbol does not trade."""
        self._set_status(status)
        try:
            await self.turn(name, (), orders)
        finally:
            self._set_status(SymbolStatus.TRADING)
        self.turns[-1].injected = 1

    def _set_status(self, status: SymbolStatus) -> None:
        self._sandbox.world.venue.run(
            lambda exchange, at_ns: exchange.set_status(SYMBOLS[0], status, at_ns)
        )

    async def _trade(self, turn: Turn, room: asyncio.Semaphore) -> None:
        self._count += 1
        request_id = f"{turn.name[:24]}-{self._count}"
        turn.sent.append(request_id)
        try:
            response = await self._client.trading.PlaceOrder(self._order(request_id), timeout=5)
            state = STATES.values_by_number[response.order.state].name
            turn.answers[state.removeprefix("ORDER_STATE_").lower()] += 1
            if self._chance.random() < 0.4:
                await self._meddle(request_id)
        except Denied as denied:
            turn.answers[denied.reason] += 1
        except CallError as error:
            turn.answers[error.code.name.lower()] += 1
        finally:
            room.release()

    async def _meddle(self, request_id: str) -> None:
        """Cancels, shrinks or moves an order that may be open."""
        draw = self._chance.random()
        if draw < 0.6:
            await self._client.cancel(request_id, timeout_s=5)
            return
        change = trading_pb2.ReplaceOrderRequest(request_id=request_id)
        if draw < 0.8:
            change.quantity = "0.006"
        else:
            change.limit_price = "98000"
        with contextlib.suppress(CallError):
            await self._client.trading.ReplaceOrder(change, timeout=5)

    def _order(self, request_id: str) -> trading_pb2.PlaceOrderRequest:
        chance = self._chance
        symbol, side = chance.choice(SYMBOLS), chance.choice(("BUY", "SELL"))
        price = {"BTCUSDT": 100_000, "ETHUSDT": 4_000}[symbol]
        away = chance.choice((-0.02, -0.01, 0.0, 0.01))
        limit = round(price * (1 + away * (1 if side == "BUY" else -1)))
        market = chance.random() < 0.4
        return trading_pb2.PlaceOrderRequest(
            symbol=symbol,
            side=common_pb2.Side.Value(f"SIDE_{side}"),
            order_type="ORDER_TYPE_MARKET" if market else "ORDER_TYPE_LIMIT",
            quantity="0.01",
            limit_price="" if market else str(limit),
            request_id=request_id,
        )

    async def settle(self, *, doubts: bool = False) -> None:
        """Waits until the engine is fit for orders again, and nothing in doubt unless `doubts`."""
        deadline_s = time.monotonic() + SETTLE_TIMEOUT_S
        while True:
            doubtful = [] if doubts else [o.request_id async for o in self._unsettled()]
            status = await self._client.trading.GetStatus(trading_pb2.GetStatusRequest())
            unfit = {name: part.detail for name, part in status.ready.items() if not part.ok}
            broker = await self._client.trading.GetBroker(trading_pb2.GetBrokerRequest())
            if not doubtful and not unfit and not broker.HasField("banned_until"):
                return
            if time.monotonic() > deadline_s:
                raise AssertionError(f"in doubt: {doubtful}; unfit: {unfit}")
            await asyncio.sleep(0.1)

    async def _unsettled(self):
        async for order in self._orders():
            if order.state in UNSETTLED:
                yield order

    async def compare(self) -> None:
        """Finds every difference between the venue's truth and the engine's, turn by turn."""
        ours = {order.request_id: order async for order in self._orders()}
        exchange = self._sandbox.world.venue.exchange
        theirs = [o for symbol in SYMBOLS for o in exchange.orders(ACCOUNT, symbol)]
        by_id = Counter(order.client_order_id for order in theirs)
        trades = {
            symbol: {
                (trade.order_number, str(trade.number)): trade
                for trade in exchange.trades(ACCOUNT, symbol)
            }
            for symbol in SYMBOLS
        }
        for order in theirs:
            broken = self._turn_of(order.client_order_id).broken
            if by_id[order.client_order_id] > 1:
                broken.append(f"{order.client_order_id} is at the venue twice")
            mine = ours.get(order.client_order_id) or await self._archived(order.client_order_id)
            if mine is None:
                broken.append(f"{order.client_order_id} is at the venue and not in the journal")
                continue
            said = STATES.values_by_number[mine.state].name.removeprefix("ORDER_STATE_")
            if said != _state(order.status, order.request.order_type):
                broken.append(f"{mine.request_id} is {said}, at the venue {order.status}")
            their_fills = {
                (number, trade_id): (trade.quantity, trade.price, trade.fee)
                for (number, trade_id), trade in trades[order.symbol].items()
                if number == order.number
            }
            my_fills = [
                (
                    (order.number, fill.trade_id),
                    (Decimal(fill.quantity), Decimal(fill.price), Decimal(fill.fee.amount)),
                )
                for fill in mine.fills
            ]
            if len(my_fills) != len(dict(my_fills)) or dict(my_fills) != their_fills:
                broken.append(f"{mine.request_id} has {len(my_fills)} of {len(their_fills)} fills")
        for request_id, mine in ours.items():
            if request_id not in by_id and mine.state not in NEVER_THERE:
                said = STATES.values_by_number[mine.state].name
                self._turn_of(request_id).broken.append(f"{request_id} is {said}, never there")
        await self._compare_balances()

    async def _archived(self, request_id: str) -> common_pb2.Order | None:
        """Lists reach back over the orders that ended last; older ones are found by their id."""
        found = await self._client.trading.GetOrder(
            trading_pb2.GetOrderRequest(request_id=request_id)
        )
        return found.order if found.found else None

    async def _compare_balances(self) -> None:
        synced = await self._client.trading.SyncAccount(trading_pb2.SyncAccountRequest())
        broken = self.turns[-1].broken
        broken += [f"{asset} differs by {amount}" for asset, amount in synced.external.items()]
        status = await self._client.trading.GetStatus(trading_pb2.GetStatusRequest())
        broken += [f"{one.symbol} is restricted: {one.reason}" for one in status.restrictions]

    async def revive(self) -> None:
        """An order that rests, and that others then take: its fill must come by the stream."""
        request = trading_pb2.PlaceOrderRequest(
            symbol="ETHUSDT",
            side="SIDE_BUY",
            order_type="ORDER_TYPE_LIMIT",
            quantity="0.01",
            limit_price="3950",
            request_id="alive",
        )
        await self._client.trading.PlaceOrder(request, timeout=5)
        self._sandbox.world.crowd.move("ETHUSDT", Decimal(3940))
        async with asyncio.timeout(5):
            while True:
                found = await self._client.trading.GetOrder(
                    trading_pb2.GetOrderRequest(request_id="alive")
                )
                if found.order.state == common_pb2.ORDER_STATE_FILLED:
                    return
                await asyncio.sleep(0.02)

    async def _orders(self):
        token = ""
        while True:
            page = await self._client.trading.ListOrders(
                trading_pb2.ListOrdersRequest(page_size=1000, page_token=token)
            )
            for order in page.orders:
                yield order
            token = page.next_page_token
            if not token:
                return

    def _turn_of(self, request_id: str) -> Turn:
        for turn in self.turns:
            if request_id in turn.sent:
                return turn
        # Orders that replaced others have names of the engine's making.
        return self.turns[-1]


def _state(status: str, order_type: str) -> str:
    return {"NEW": "ACCEPTED", "EXPIRED_IN_MATCH": "EXPIRED"}.get(status, str(status))


def lines(turns: list[Turn]) -> Iterator[str]:
    yield f"seed {turns[0].seed}"
    yield f"{'fault':26} {'injected':>8} {'orders':>6}  {'answered':44} {'s':>5}  truth"
    for turn in turns:
        answers = ", ".join(f"{count} {name}" for name, count in sorted(turn.answers.items()))
        verdict = "equal" if not turn.broken else "; ".join(turn.broken[:3])
        yield (
            f"{turn.name:26} {turn.injected:8} {len(turn.sent):6}  {answers:44} "
            f"{turn.took_s:5.1f}  {verdict}"
        )


async def run(folder: Path, *, orders: int, mixed: int, seed: int, only: str = "") -> list[Turn]:
    """Every fault in turn, then all of them mixed by seed; raises when doubts do not end."""
    balances = {asset: Decimal(10**6) for asset in ("BTC", "ETH")} | {"USDT": Decimal(10**9)}
    async with running_sandbox(
        folder, limits=QUIET, balances=balances, pace_per_s=60.0, seed=seed
    ) as sandbox:
        server = Server(
            folder,
            "execution.gateway=binance",
            "account=sandbox",
            f"execution.binance.sandbox_url={sandbox.rest_url}",
            f"execution.symbols=[{', '.join(SYMBOLS)}]",
            "risk.max_unknown_orders=0",
            "risk.max_open_orders=0",
            "risk.max_rejects_per_minute=0",
            "risk.deny_self_trade=false",
            "risk.automatic={rejects: ACTIVE, unknown_orders: ACTIVE, ban: ACTIVE}",
        )
        server.environ = {
            "BINANCE_SANDBOX_API_KEY": sandbox.credentials.api_key,
            "BINANCE_SANDBOX_API_SECRET": sandbox.credentials.api_secret,
        }
        await asyncio.to_thread(server.start)
        connection = Connection(endpoint=server.endpoint, token=Secret(server.token))
        try:
            async with TradingClient(connection) as client:
                campaign = Campaign(sandbox, client, seed)
                await campaign.settle()
                for name, rules in RULES.items():
                    if only in name:
                        await campaign.turn(name, rules, orders)
                for name, status in CLOSED.items():
                    if only in name:
                        await campaign.closed(name, status, orders)
                for number in range(mixed):
                    await campaign.turn(f"mixed-{number}", _mix(seed + number), orders)
                await campaign.settle()
                await campaign.revive()
                await campaign.settle()
                await campaign.compare()
                return campaign.turns
        finally:
            await asyncio.to_thread(server.stop)


def _mix(seed: int) -> tuple[Rule, ...]:
    chance = random.Random(seed)
    chosen = chance.sample([rules for name, rules in RULES.items() if rules], k=6)
    return tuple(rule for rules in chosen for rule in rules)


def fresh_seed() -> int:
    """One that nobody chose; the table names it, and `--seed` runs it again."""
    return random.SystemRandom().randrange(10**6)


def main() -> int:
    """Prints the table; 1 when something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=60, help="orders a turn")
    parser.add_argument("--mixed", type=int, default=10, help="turns with six faults at once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="faults whose names contain this")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        turns = asyncio.run(
            run(
                Path(folder),
                orders=given.orders,
                mixed=given.mixed,
                seed=given.seed,
                only=given.only,
            )
        )
    for line in lines(turns):
        print(line)  # noqa: T201 - this is a command
    return any(turn.broken for turn in turns)


if __name__ == "__main__":
    sys.exit(main())
