"""A fake engine: the generated servicers on a real loopback port, answering from a table."""

import asyncio
import collections
import dataclasses
import errno
import os
import signal
import sys
import termios
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from aitrader.v1 import (
    common_pb2,
    market_data_pb2,
    market_data_pb2_grpc,
    observability_pb2,
    observability_pb2_grpc,
    risk_pb2,
    risk_pb2_grpc,
    sentiment_pb2,
    sentiment_pb2_grpc,
    trading_pb2,
    trading_pb2_grpc,
)
from google.api import httpbody_pb2
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2

TOKEN = "t0ken-of-the-engine"
ACCOUNT = "main-7f"
AT = Timestamp(seconds=1_790_000_000)
AITRADER = Path(sys.executable).with_name("aitrader")

SERVICES = (
    (trading_pb2, trading_pb2_grpc, "TradingService"),
    (risk_pb2, risk_pb2_grpc, "RiskService"),
    (sentiment_pb2, sentiment_pb2_grpc, "SentimentService"),
    (market_data_pb2, market_data_pb2_grpc, "MarketDataService"),
    (observability_pb2, observability_pb2_grpc, "ObservabilityService"),
)


def make_order(request_id="q-77", state="ACCEPTED", **fields):
    defaults = {
        "symbol": "BTCUSDT",
        "side": "SIDE_BUY",
        "order_type": "ORDER_TYPE_LIMIT",
        "quantity": "0.00120",
        "limit_price": "64000.00",
        "cumulative_quantity": "0",
        "updated_at": AT,
        "trace_id": "5c1e9a" + "0" * 26,
    }
    return common_pb2.Order(
        request_id=request_id, state=f"ORDER_STATE_{state}", **(defaults | fields)
    )


def make_event(sequence, kind="OrderFilled"):
    return trading_pb2.StreamEventsResponse(
        sequence=sequence,
        event=trading_pb2.Event(
            sequence=sequence, kind=kind, request_id="q-77", occurred_at=AT, state=11
        ),
    )


def caught_up(sequence):
    return trading_pb2.StreamEventsResponse(
        sequence=sequence, caught_up=trading_pb2.CaughtUp(sequence=sequence)
    )


@dataclasses.dataclass
class Refuse:
    """A status with its details, as the engine sends it."""

    code: grpc.StatusCode
    message: str = "no"
    details: tuple[Message, ...] = ()

    async def send(self, context):
        status = status_pb2.Status(code=self.code.value[0], message=self.message)
        for detail in self.details:
            packed = any_pb2.Any()
            packed.Pack(detail)
            status.details.append(packed)
        trailer = (("grpc-status-details-bin", status.SerializeToString()),)
        await context.abort(self.code, self.message, trailing_metadata=trailer)


@pytest.fixture
def refuse():
    """Make an answer of a code's name, a text and details."""
    return lambda code, message="no", details=(): Refuse(grpc.StatusCode[code], message, details)


@pytest.fixture
def reason():
    return lambda text: error_details_pb2.ErrorInfo(reason=text, domain="aitrader")


@pytest.fixture
def retry_after():
    def made(seconds):
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(int(seconds * 1e9))
        return error_details_pb2.RetryInfo(retry_delay=delay)

    return made


def place(request):
    order = make_order(request.request_id)
    order.symbol, order.side, order.order_type = request.symbol, request.side, request.order_type
    order.quantity, order.limit_price = request.quantity, request.limit_price
    order.contingency = request.contingency
    return trading_pb2.PlaceOrderResponse(
        order=order,
        legs=[
            make_order(
                f"{request.request_id}-{number}",
                order_type=leg.order_type,
                quantity=leg.quantity,
                limit_price=leg.limit_price,
                stop_price=leg.stop_price,
                contingency=request.contingency,
                list_id=request.request_id,
                waits=request.contingency != common_pb2.CONTINGENCY_OCO,
            )
            for number, leg in enumerate(request.legs, 1)
        ],
    )


def state(word):
    return common_pb2.TradingStateInfo(
        state=f"TRADING_STATE_{word}", reason="desk call", actor="ops", since=AT
    )


def answers() -> dict[str, Any]:
    """Return what each RPC answers: a message, a `Refuse`, or a function of the request."""
    order = make_order()
    analysis = sentiment_pb2.AnalyzeResponse(label="positive", score=0.83, model="rules-1")
    quote = market_data_pb2.Quote(symbol="BTCUSDT", bid="63999.00", ask="64001.00", age_ms=12)
    config = risk_pb2.RiskConfig(daily_loss_limit="0.06", max_open_orders=20)
    strategy = trading_pb2.Strategy(name="news", enabled=True, max_risk_fraction=0.02)
    balance = trading_pb2.Balance(free="100.5", locked="1", total="101.5")
    holdings = {"positions": {"BTCUSDT": "0.5"}, "balances": {"USDT": balance}}
    return {
        "GetStatus": trading_pb2.GetStatusResponse(
            configured=True,
            gateway="paper",
            environment="paper",
            risk=config,
            trading_state=state("ACTIVE"),
            ready={"stream": trading_pb2.PartReadiness(ok=True, age_ms=200)},
            version="1.4.0",
            started_at=AT,
            account=ACCOUNT,
            open_orders=2,
        ),
        "Trade": trading_pb2.TradeResponse(
            decision=trading_pb2.Decision(
                signal=trading_pb2.Signal(signal="buy", confidence=0.71, reasons=["trend"]),
                quantity="0.00120",
            ),
            order=order,
            executed=True,
        ),
        "PlaceOrder": place,
        "ListOrders": trading_pb2.ListOrdersResponse(orders=[order], as_of=AT, source="engine"),
        "GetOrder": trading_pb2.GetOrderResponse(request_id="q-77", found=True, order=order),
        "GetOrderTrace": trading_pb2.GetOrderTraceResponse(
            order=order,
            events=[make_event(7).event],
            attempts=[
                trading_pb2.Attempt(
                    number=1,
                    signed_at=AT,
                    fence_at=AT,
                    evidence=[
                        trading_pb2.Evidence(
                            at=AT, source="stream", finding="the venue has it as order 8"
                        )
                    ],
                )
            ],
            ledger=[
                trading_pb2.LedgerEntry(
                    sequence=7,
                    postings=[trading_pb2.Posting(account="venue", asset="BTC", amount="0.1")],
                )
            ],
            limits_version=12,
        ),
        "CancelOrder": lambda request: trading_pb2.CancelOrderResponse(
            request_id=request.request_id,
            cancelled=True,
            order=make_order(request.request_id, "CANCELED"),
        ),
        "ReplaceOrder": lambda request: trading_pb2.ReplaceOrderResponse(
            order=make_order(request.new_request_id, limit_price=request.limit_price),
            replaced=make_order(request.request_id, "CANCELED"),
        ),
        "CancelAllOrders": trading_pb2.CancelAllOrdersResponse(
            results=[trading_pb2.CancelResult(request_id="q-77", cancelled=True)]
        ),
        "ResolveOrder": trading_pb2.ResolveOrderResponse(order=make_order(state="LOST")),
        "ApproveOrder": trading_pb2.ApproveOrderResponse(order=order),
        "Flatten": trading_pb2.FlattenResponse(orders=[order], trading_state=state("REDUCING")),
        "SyncAccount": trading_pb2.SyncAccountResponse(synced_at=AT, **holdings),
        "GetPnl": trading_pb2.GetPnlResponse(
            ts=AT, start_equity="1000", realized_pnl="-12.5", unrealized_pnl="2.5", asset="USDT"
        ),
        "GetBroker": trading_pb2.GetBrokerResponse(
            updated_at=AT,
            connected=True,
            rate_budgets=[trading_pb2.RateBudget(name="W", used=31, limit=100)],
            **holdings,
        ),
        "ListTrades": trading_pb2.ListTradesResponse(
            trades=[trading_pb2.Trade(ts=AT, symbol="BTCUSDT", side="buy", quantity="0.1")]
        ),
        "ListStrategies": trading_pb2.ListStrategiesResponse(strategies=[strategy]),
        "UpdateStrategy": trading_pb2.UpdateStrategyResponse(strategy=strategy),
        "StreamEvents": [[make_event(1), make_event(2), caught_up(2)]],
        "GetLimits": risk_pb2.GetLimitsResponse(
            risk_config=config,
            daily=risk_pb2.DailyUsage(day="2026-11-22", pnl="-15", loss_limit="60"),
            version=12,
        ),
        "UpdateLimits": lambda request: risk_pb2.UpdateLimitsResponse(
            risk_config=request.risk_config, version=request.version + 1
        ),
        "CheckOrder": risk_pb2.CheckOrderResponse(allowed=True, limits_version=12),
        "Halt": risk_pb2.HaltResponse(trading_state=state("HALTED"), open_orders=[order]),
        "Reduce": risk_pb2.ReduceResponse(trading_state=state("REDUCING")),
        "Resume": risk_pb2.ResumeResponse(trading_state=state("ACTIVE")),
        "Heartbeat": risk_pb2.HeartbeatResponse(at=AT, limit_ms=45_000),
        "Analyze": analysis,
        "AnalyzeBatch": lambda request: sentiment_pb2.AnalyzeBatchResponse(
            results=[analysis] * len(request.items)
        ),
        "GetModel": sentiment_pb2.GetModelResponse(model="rules-1", engine="rules"),
        "GetSymbolSentiment": lambda request: sentiment_pb2.GetSymbolSentimentResponse(
            symbol=request.symbol, score=0.2, label="positive", count=3, updated_at=AT
        ),
        "GetQuote": market_data_pb2.GetQuoteResponse(quote=quote),
        "StreamQuotes": [
            [
                market_data_pb2.StreamQuotesResponse(sequence=1, quote=quote),
                market_data_pb2.StreamQuotesResponse(sequence=2),
            ]
        ],
        "ListBars": market_data_pb2.ListBarsResponse(
            bars=[market_data_pb2.Bar(open_time=AT, open="1", high="2", low="1", close="2")]
        ),
        "GetSlo": observability_pb2.GetSloResponse(
            slos=[observability_pb2.Slo(name="order_acceptance", objective=0.999, compliance=1)]
        ),
        "GetMetrics": httpbody_pb2.HttpBody(content_type="text/plain", data=b"up 1\n"),
    }


class FakeEngine:
    """Answers from `answers` and remembers every call in `calls` as (rpc, request, metadata).

    A stream's answer is a list of connections, each a list of messages, `Refuse`s, pauses in
    seconds and coroutine functions that wait for a message; the last connection is repeated.
    """

    def __init__(self):
        self.answers = answers()
        self.calls = []
        self.arrived = collections.defaultdict(asyncio.Event)
        self.endpoint = ""
        self.server = None

    async def start(self, port=0, credentials=None):
        self.server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
        for messages, stubs, service in SERVICES:
            servicer = getattr(stubs, f"{service}Servicer")()
            for method in messages.DESCRIPTOR.services_by_name[service].methods:
                setattr(servicer, method.name, self._handler(method))
            getattr(stubs, f"add_{service}Servicer_to_server")(servicer, self.server)
        address = f"127.0.0.1:{port}"
        if credentials is None:
            port = self.server.add_insecure_port(address)
        else:
            port = self.server.add_secure_port(address, credentials)
        self.endpoint = f"127.0.0.1:{port}"
        await self.server.start()

    async def stop(self):
        await self.server.stop(0)

    def requests(self, rpc):
        return [request for name, request, _ in self.calls if name == rpc]

    def names(self):
        return [name for name, _, _ in self.calls]

    def _handler(self, method) -> Callable[..., Any]:
        async def unary(request, context):
            self._remember(method, request, context)
            answer = self.answers[method.name]
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
            if hasattr(answer, "send"):
                await answer.send(context)
            if callable(answer):
                answer = answer(request)
            return await answer if asyncio.iscoroutine(answer) else answer

        async def stream(request, context):
            self._remember(method, request, context)
            connections = self.answers[method.name]
            for step in connections.pop(0) if len(connections) > 1 else connections[0]:
                if isinstance(step, Refuse):
                    await step.send(context)
                elif isinstance(step, float):
                    await asyncio.sleep(step)
                else:
                    yield await step() if callable(step) else step

        return stream if method.server_streaming else unary

    def _remember(self, method, request, context):
        self.calls.append((method.name, request, dict(context.invocation_metadata())))
        self.arrived[method.name].set()


@pytest.fixture
async def engine() -> AsyncIterator[FakeEngine]:
    fake = FakeEngine()
    await fake.start()
    yield fake
    await fake.stop()


@dataclasses.dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def aitrader(tmp_path, engine):
    """Run the installed `aitrader` away from any terminal."""

    async def run(*arguments, stdin="", interrupt_at="", **environment):
        process = await asyncio.create_subprocess_exec(
            str(AITRADER),
            *arguments,
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "AITRADER_ENDPOINT": engine.endpoint,
                "AITRADER_TOKEN": TOKEN,
            }
            | environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(30):
            if interrupt_at:
                await engine.arrived[interrupt_at].wait()
                process.send_signal(signal.SIGINT)
            out, err = await process.communicate(stdin.encode())
        return Ran(process.returncode, out.decode(errors="replace"), err.decode())

    return run


@pytest.fixture
def terminal(tmp_path, engine):
    """Run the installed `aitrader` on a pseudo-terminal of 80 columns."""

    async def run(*arguments, answer="", **environment):
        ours, theirs = os.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        process = await asyncio.create_subprocess_exec(
            str(AITRADER),
            *arguments,
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "TERM": "xterm-256color",
                "AITRADER_ENDPOINT": engine.endpoint,
            }
            | environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        if answer:
            os.write(ours, f"{answer}\n".encode())
        async with asyncio.timeout(30):
            shown = await asyncio.to_thread(read_terminal, ours)
            return Ran(await process.wait(), shown, "")

    return run


def read_terminal(descriptor):
    """Read until the other side is closed, which Linux says with EIO."""
    shown = b""
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        while True:
            try:
                shown += file.read(4096)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                return shown.decode()
