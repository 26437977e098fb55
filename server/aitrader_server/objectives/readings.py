"""What a running engine shows of itself, for objectives that are judged each second."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from aitrader_server.domain.words import OrderState
from aitrader_server.engine.engine import Engine

NS_PER_S: Final = 1_000_000_000


def unknown_age_s(engine: Engine) -> float:
    """Age of the oldest outcome that is unknown; 0 without."""
    exposure, state = engine.book.exposure, engine.book.state
    if not exposure.unknown:
        return 0.0
    orders = (state.orders[request_id] for request_id in exposure.working)
    return max(
        (_age_s(engine, one.updated_at_ns) for one in orders if one.state is OrderState.UNKNOWN),
        default=0.0,
    )


def stream_down(engine: Engine) -> float:
    """1 while the account stream does not tell what happens."""
    return float(not engine.parts.gatekeeper.gates().stream_up)


def reconcile_age_s(engine: Engine) -> float:
    """Time since books and venue were compared, since the start before the first time.

    Orders that go on and on leave no moment for that, which is nobody's fault.
    """
    return _age_s(engine, engine.parts.reconciler.kept_up_ns or engine.started_ns)


def quote_age_s(engine: Engine) -> float:
    """Age of the price that is the oldest of all symbols; infinite while one has none."""
    quotes = [engine.ports.quotes.quote(symbol) for symbol in engine.parts.instruments]
    ages = [math.inf if quote is None else _age_s(engine, quote.at_ns) for quote in quotes]
    return max(ages, default=0.0)


def dead_man_expired(engine: Engine) -> float | None:
    """1 while there was no heartbeat for too long; nothing to judge without a dead-man switch."""
    dead_man = engine.parts.gatekeeper.dead_man
    return None if dead_man.limit_s is None else float(dead_man.expired)


# By the names that the table has for them.
READINGS: Final[Mapping[str, Callable[[Engine], float | None]]] = {
    read.__name__: read
    for read in (unknown_age_s, stream_down, reconcile_age_s, quote_age_s, dead_man_expired)
}


def _age_s(engine: Engine, since_ns: int) -> float:
    return max(engine.ports.clock.now_ns() - since_ns, 0) / NS_PER_S
