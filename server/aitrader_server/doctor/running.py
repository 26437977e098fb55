"""The engine that runs: asked as its callers ask, and never for an order that is sent."""

import ssl
from collections.abc import AsyncIterator
from decimal import Decimal
from http import HTTPStatus
from typing import Final

import aiohttp
import grpc
import grpc.aio
import msgspec
from aitrader.v1 import common_pb2, trading_pb2, trading_pb2_grpc

from aitrader_server.doctor.case import Case
from aitrader_server.doctor.finding import Finding, failed, ok, skipped, warning

TIMEOUT_S: Final = 10.0
DRY_RUN: Final = "dry run: nothing was sent"
START: Final = "aitrader serve, then run doctor again"
EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 -- compared with, never listened on
# What every engine shows from its first call on.
METRICS: Final = ("aitrader_journal_sequence", "aitrader_orders_open", "aitrader_rpc_calls_total")


async def engine(case: Case) -> AsyncIterator[Finding]:
    """Over gRPC."""
    if (absent := _absent(case)) is not None:
        yield absent
        return
    target = case.endpoint or _address(case.config.grpc.host, case.config.grpc.port)
    try:
        async with _channel(case, target) as channel:
            stub = trading_pb2_grpc.TradingServiceStub(channel)
            status = await stub.GetStatus(
                trading_pb2.GetStatusRequest(),
                metadata=(("authorization", _bearer(case)),),
                timeout=TIMEOUT_S,
            )
    except grpc.aio.AioRpcError as error:
        yield failed(f"{target} answers {error.code().name}: {error.details()}", _mend(error, case))
        return
    config = case.config
    if (status.environment, status.account) != (config.environment, config.account):
        yield failed(
            f"{target} is {status.environment}, account {status.account}: another engine",
            "give the same --config, --environment and --set as to the engine",
        )
        return
    lame = [f"{name}: {part.detail}" for name, part in status.ready.items() if not part.ok]
    told = f"{target} is version {status.version}, since event {status.sequence}"
    if lame:
        yield failed(f"{told}; not ready: {'; '.join(lame)}", "aitrader status says more")
        return
    state = common_pb2.TradingState.Name(status.trading_state.state)
    state = state.removeprefix("TRADING_STATE_")
    if state != "ACTIVE":
        mend = "when that is over: aitrader resume --reason .."
        yield warning(f"{told}; {state}: {status.trading_state.reason}", mend)
        return
    yield ok(f"{told}; {state}, every part is ready")


async def status(case: Case) -> AsyncIterator[Finding]:
    """Over REST."""
    answer = await _ask(case, "GET", "/live/status")
    if isinstance(answer, Finding):
        yield answer
        return
    told = msgspec.json.decode(answer)
    yield ok(f"{_url(case)}/live/status answers, {told['environment']}, account {told['account']}")


async def dry_run(case: Case) -> AsyncIterator[Finding]:
    """Everything of a trade but its sending, up to the venue's own test of it."""
    known = await _ask(case, "GET", "/live/status")
    if isinstance(known, Finding):
        yield known
        return
    symbol = case.config.execution.symbols[0]
    bounds = msgspec.json.decode(known)["instruments"].get(symbol, {})
    least = Decimal(bounds.get("min_notional") or 5)
    order = {"symbol": symbol, "side": "buy", "quote_quantity": f"{2 * least:f}", "dry_run": True}
    answer = await _ask(case, "POST", "/live/trade", order)
    if isinstance(answer, Finding):
        yield answer
        return
    error = msgspec.json.decode(answer)["error"]
    asked = f"a purchase of {symbol} for {order['quote_quantity']}"
    if error == DRY_RUN:
        yield ok(f"{asked} would be sent")
    else:
        yield failed(
            f"{asked} would be denied: {error}", "aitrader limits and aitrader status say why"
        )


async def metrics(case: Case) -> AsyncIterator[Finding]:
    answer = await _ask(case, "GET", "/metrics")
    if isinstance(answer, Finding):
        yield answer
        return
    names = {line.split()[2] for line in answer.decode().splitlines() if line.startswith("# TYPE ")}
    shown = names | {f"{name}_total" for name in names}
    missing = [name for name in METRICS if name not in shown]
    if missing:
        yield failed(
            f"{_url(case)}/metrics lacks {', '.join(missing)}", "is it this engine's port?"
        )
    else:
        yield ok(f"{_url(case)}/metrics shows {len(names)} metrics")


async def slo(case: Case) -> AsyncIterator[Finding]:
    answer = await _ask(case, "GET", "/observability/slo")
    if isinstance(answer, Finding):
        yield answer
        return
    told = msgspec.json.decode(answer)["slos"]
    burnt = [one["name"] for one in told if float(one["error_budget_left"]) <= 0]
    if burnt:
        yield warning(f"budgets that are used up: {', '.join(burnt)}", "aitrader slo says by what")
    else:
        yield ok(f"{len(told)} objectives, each with budget left")


def _absent(case: Case) -> Finding | None:
    """Nobody to ask; with an address given it is asked in any case."""
    if case.engine_pid is not None or case.endpoint or case.url:
        return None
    return skipped(f"no engine runs on {case.config.state}: {START}")


def _mend(error: grpc.aio.AioRpcError, case: Case) -> str:
    if error.code() in {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}:
        return f"another engine has this port, or {case.config.token_path} is not its token"
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return (
            "give its address with --endpoint; with TLS --ca, and --cert and --key where asked for"
        )
    return "look into the engine's log"


def _channel(case: Case, target: str) -> grpc.aio.Channel:
    if case.config.grpc.tls is None:
        return grpc.aio.insecure_channel(target)
    files = (case.ca_file, case.key_file, case.certificate_file)
    pems = [None if path is None else path.read_bytes() for path in files]
    return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(*pems))


def _bearer(case: Case) -> str:
    """The token of this machine's operator; nothing where it cannot be read: see token."""
    try:
        return f"Bearer {case.config.token_path.read_text().strip()}"
    except (OSError, UnicodeDecodeError):
        return "Bearer -"


def _address(host: str, port: int) -> str:
    host = "127.0.0.1" if host in EVERYWHERE else host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _url(case: Case) -> str:
    rest = case.config.rest
    scheme = "http" if rest.tls is None else "https"
    return case.url or f"{scheme}://{_address(rest.host, rest.port)}"


async def _ask(case: Case, method: str, path: str, body: object = None) -> bytes | Finding:
    """The body of a good answer, or why there is none."""
    if (absent := _absent(case)) is not None:
        return absent
    trust: ssl.SSLContext | bool = True
    if case.ca_file is not None:
        trust = ssl.create_default_context(cafile=str(case.ca_file))
        if case.certificate_file is not None:
            trust.load_cert_chain(case.certificate_file, case.key_file)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    headers = {"authorization": _bearer(case)}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.request(method, _url(case) + path, json=body, ssl=trust) as answer,
        ):
            text = await answer.read()
            if answer.status == HTTPStatus.OK:
                return text
            said = f"{_url(case)}{path} answers HTTP {answer.status}: {_message(text)}"
            return failed(said, "look into the engine's log")
    except (aiohttp.ClientError, TimeoutError) as error:
        mend = "start the facade (aitrader serve, or aitrader gateway), or give its address: --url"
        return failed(f"{_url(case)}{path} cannot be reached: {type(error).__name__}", mend)


def _message(text: bytes) -> str:
    try:
        return str(msgspec.json.decode(text)["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return "no answer of the facade"
