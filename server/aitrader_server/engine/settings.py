"""What the engine is told when it is built."""

import msgspec

from aitrader_server.domain.book import ENDED_ORDERS_MAX
from aitrader_server.domain.risk.tripwires import Automatic
from aitrader_server.domain.terms import Limits
from aitrader_server.domain.words import TradingState


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds and choices of one engine; each bound's unit is in its name.

    `limits` and `trading_state` are what the configuration says: limits that were changed at run
    time live on in the journal, and the stricter trading state of the two wins at a start. While
    `pending_records_max` records wait for the disk no order is taken on: the journal must hold as
    many again, for what the venue says of those that are under way cannot be turned away.
    `record_lag_s` is how much later than it happened the venue's records may tell something.
    """

    account: str
    quote_asset: str
    version: str
    limits: Limits = Limits()
    trading_state: TradingState = TradingState.ACTIVE
    pending_records_max: int = 5_000
    subscriber_queue_size_max: int = 10_000
    snapshot_every_events: int = 20_000
    ended_orders_max: int = ENDED_ORDERS_MAX
    clock_offset_ms_max: int = 1000
    dead_man_limit_s: float | None = None
    stall_limit_s: float | None = None
    automatic: Automatic = Automatic()
    answer_timeout_s: float = 10.0
    query_interval_s: float = 0.25
    query_interval_s_max: float = 5.0
    audit_orders_interval_s: float = 10.0
    audit_balances_interval_s: float = 60.0
    record_lag_s: float = 2.0
    sentiment_timeout_s: float = 0.25
    symbol_sentiment_decides: bool = False
