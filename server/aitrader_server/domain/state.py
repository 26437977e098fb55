"""The engine's whole state, and the fold that makes it from events."""

from decimal import Decimal

import msgspec

from aitrader_server.domain.conduct import Conduct
from aitrader_server.domain.events import AnyEvent, Event
from aitrader_server.domain.ledger import Ledger
from aitrader_server.domain.order import Order
from aitrader_server.domain.portfolio import Position
from aitrader_server.domain.terms import DecisionRecord, Limits
from aitrader_server.domain.usage import Day
from aitrader_server.domain.words import TradingState


class TradingStateRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is let through, who said so, why, since when, and in which trace."""

    state: TradingState = TradingState.ACTIVE
    reason: str = ""
    actor: str = ""
    since_ns: int = 0
    trace_id: str = ""


class Restriction(msgspec.Struct, frozen=True, kw_only=True):
    """Why only reducing orders pass for one symbol, and since when."""

    reason: str
    since_ns: int


class Strategy(msgspec.Struct, frozen=True, kw_only=True):
    """Switches of one strategy; `max_risk_fraction` 0 to 1, `max_daily_trades` 0 for no limit."""

    name: str
    enabled: bool = True
    max_risk_fraction: float = 1.0
    max_daily_trades: int = 0
    notes: str = ""
    updated_at_ns: int = 0


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept beside an order: whose request it was and what the account was like."""

    digest: str
    actor: str
    decision: DecisionRecord | None
    equity: Decimal
    day_pnl: Decimal


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One order with all that is kept of it; `answer` is the first one, if there is one yet."""

    order: Order
    intent: Intent
    answer: Order | None


class State(msgspec.Struct, kw_only=True):
    """Everything that the journal says, folded. The single writer alone changes it, in place.

    `ended` names the terminal orders in `orders`, longest ended first; `archived` those that have
    left memory and are in the journal only; `recent` is when each of the latest intents was sent
    last, UTC nanoseconds. `outside` names what was seen of others' activity at the venue, whose
    account has had `venue_epoch` lives, the last since `venue_since_ns`.
    """

    sequence: int = 0
    epoch: int = 0
    account: str = ""
    venue: str = ""
    venue_epoch: int = 1
    venue_since_ns: int = 0
    orders: dict[str, Order] = {}
    intents: dict[str, Intent] = {}
    answers: dict[str, Order] = {}
    ended: dict[str, None] = {}
    archived: dict[str, None] = {}
    recent: dict[str, int] = {}
    ledger: Ledger = msgspec.field(default_factory=Ledger)
    positions: dict[str, Position] = {}
    trading: TradingStateRecord = TradingStateRecord()
    limits: Limits = Limits()
    limits_version: int = 0
    limits_actor: str = ""
    strategies: dict[str, Strategy] = {}
    restrictions: dict[str, Restriction] = {}
    outside: dict[str, None] = {}
    day: Day = Day()
    conduct: Conduct = msgspec.field(default_factory=Conduct)


_EVENT_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(AnyEvent)
# Orders are kept in the order in which they were asked for: sorting keys would lose it.
_ENCODER = msgspec.json.Encoder()
_KEPT_DECODER = msgspec.json.Decoder(Kept)
_STATE_DECODER = msgspec.json.Decoder(State)


def encode_event(event: Event) -> bytes:
    """The event as JSON, its class name under `kind`."""
    return _ENCODER.encode(event)


def decode_event(payload: bytes) -> Event:
    """The event that `encode_event` wrote; raises msgspec.ValidationError for anything else."""
    return _EVENT_DECODER.decode(payload)


def encode_kept(kept: Kept) -> str:
    """All that is kept of an order, as JSON text."""
    return _ENCODER.encode(kept).decode()


def decode_kept(text: str) -> Kept:
    """What `encode_kept` wrote."""
    return _KEPT_DECODER.decode(text)


def encode_state(state: State) -> bytes:
    """The state as JSON; folds of the same events give the same bytes."""
    return _ENCODER.encode(state)


def decode_state(payload: bytes) -> State:
    """The state that `encode_state` wrote."""
    return _STATE_DECODER.decode(payload)
