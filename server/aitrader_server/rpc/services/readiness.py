"""Which parts of the engine are fit for orders."""

from aitrader.v1 import trading_pb2

from aitrader_server.engine.engine import Engine

NS_PER_MS = 1_000_000
MS_PER_S = 1_000


def readiness(engine: Engine) -> dict[str, trading_pb2.PartReadiness]:
    """Readiness by part, each with its age in milliseconds and what is wrong."""
    parts, health = engine.parts, engine.ports.broker.health()
    gates, now_ns = parts.gatekeeper.gates(), engine.ports.clock.now_ns()

    def part(*, ok: bool, since_ns: int = 0, detail: str = "") -> trading_pb2.PartReadiness:
        age_ms = max(now_ns - since_ns, 0) // NS_PER_MS if since_ns else 0
        return trading_pb2.PartReadiness(ok=ok, age_ms=age_ms, detail="" if ok else detail)

    offset = health.clock_offset_ms
    failure = engine.writer.failure
    beat_age_s = parts.gatekeeper.dead_man.age_s
    found = {
        "journal": part(ok=failure is None, detail=str(failure)),
        "venue": part(ok=health.connected, detail=health.detail),
        "stream": part(
            ok=gates.stream_up,
            since_ns=health.last_event_ns,
            detail=parts.gatekeeper.stream_detail or health.detail,
        ),
        "clock": part(
            ok=offset is not None and abs(offset) <= gates.clock_offset_ms_max,
            detail=f"offset {offset} ms",
        ),
        "reconciliation": part(
            ok=not gates.reconciling,
            since_ns=parts.reconciler.done_ns,
            detail="orders and balances are being compared with the venue",
        ),
        "quotes": _quotes(engine, now_ns),
        "dead_man": trading_pb2.PartReadiness(
            ok=not gates.dead_man_expired,
            age_ms=int(beat_age_s * MS_PER_S),
            detail=gates.dead_man_detail,
        ),
    }
    if engine.ports.limits_store is not None:
        trouble = gates.limits_store_trouble
        found["limits_store"] = part(ok=not trouble, detail=trouble)
    return found


def ready(engine: Engine) -> bool:
    """Whether orders could leave, trading state apart."""
    return all(part.ok for part in readiness(engine).values())


def _quotes(engine: Engine, now_ns: int) -> trading_pb2.PartReadiness:
    """The stalest symbol speaks for all."""
    quotes = [engine.ports.quotes.quote(symbol) for symbol in engine.parts.instruments]
    missing = [
        symbol for symbol, quote in zip(engine.parts.instruments, quotes, strict=True) if not quote
    ]
    if missing:
        return trading_pb2.PartReadiness(ok=False, detail=f"no quote for {', '.join(missing)}")
    oldest_ns = min((quote.at_ns for quote in quotes if quote), default=now_ns)
    age_ms = max(now_ns - oldest_ns, 0) // NS_PER_MS
    stale = age_ms > engine.book.state.limits.max_quote_age_ms
    detail = f"the oldest quote is {age_ms} ms old" if stale else ""
    return trading_pb2.PartReadiness(ok=not stale, age_ms=age_ms, detail=detail)
