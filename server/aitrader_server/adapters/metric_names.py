"""Every metric there is: its name, what it means, its labels. Nothing else may be counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# From a cached read to a venue that hardly answers.
SECONDS_BUCKETS: Final = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0,
)  # fmt: skip
TEXTS_BUCKETS: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
SHARE_BUCKETS: Final = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True, slots=True)
class CounterSpec:
    """A counter; its name ends in `_total`.

    `values` are those of its one label, where they are known: shown from the start, so that the
    first is seen to rise.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HistogramSpec:
    """A histogram; `buckets` are upper bounds in the unit that the name says.

    `values` as of a counter.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS_BUCKETS
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GaugeSpec:
    """A gauge that is read when somebody looks, in the unit that the name says."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


Spec = CounterSpec | HistogramSpec | GaugeSpec

RPC_METRICS: Final[tuple[Spec, ...]] = (
    CounterSpec("aitrader_rpc_calls_total", "Finished calls.", ("method", "code")),
    HistogramSpec("aitrader_rpc_seconds", "Time per call; streams to their end.", ("method",)),
    GaugeSpec("aitrader_rpc_in_flight", "Calls in progress."),
    CounterSpec("aitrader_rpc_limited_total", "Calls over a caller's rate.", ("caller",)),
    CounterSpec("aitrader_rpc_unauthenticated_total", "Calls by nobody we know."),
)

REST_METRICS: Final[tuple[Spec, ...]] = (
    CounterSpec(
        "aitrader_rest_requests_total",
        "Finished requests; `route` is the template, never what a caller wrote.",
        ("route", "method", "status"),
    ),
    HistogramSpec(
        "aitrader_rest_seconds", "Time per request; streams to their end.", ("route", "method")
    ),
)

PROCESS_METRICS: Final[tuple[Spec, ...]] = (
    GaugeSpec(
        "aitrader_build_info", "1; what runs.", ("version", "python", "environment", "gateway")
    ),
    GaugeSpec("aitrader_started_seconds", "When the engine started, Unix time."),
    CounterSpec("aitrader_spans_total", "Spans for a collector, where one is set.", ("outcome",)),
    CounterSpec(
        "aitrader_pushes_total", "Pushes to a Pushgateway: pushed, failed, refused.", ("outcome",)
    ),
    CounterSpec("aitrader_secret_rotations_total", "New secrets by outcome.", ("name", "outcome")),
    GaugeSpec(
        "aitrader_secret_age_seconds", "Age of the last successful look at a secret.", ("name",)
    ),
)

ENGINE_METRICS: Final[tuple[Spec, ...]] = (
    CounterSpec("aitrader_events_total", "Durable journal events.", ("kind",)),
    CounterSpec("aitrader_model_failures_total", "Models that failed or were late.", ("model",)),
    CounterSpec("aitrader_venue_reports_foreign_total", "Reports on orders that are not ours."),
    CounterSpec("aitrader_alerts_total", "Alarms for Alertmanager.", ("outcome",)),
    # Orders.
    CounterSpec("aitrader_orders_denied_total", "Breaches that denied an order.", ("reason",)),
    CounterSpec(
        "aitrader_order_outcomes_total",
        "First answers to orders that were sent: accepted, rejected, unknown, not_sent.",
        ("outcome",),
        ("accepted", "rejected", "unknown", "not_sent"),
    ),
    HistogramSpec(
        "aitrader_order_stage_seconds",
        "Time per order and stage: queue, risk, journal, venue, ack, ledger.",
        ("stage",),
        values=("queue", "risk", "journal", "venue", "ack", "ledger"),
    ),
    GaugeSpec("aitrader_orders_open", "Orders that are not terminal."),
    GaugeSpec("aitrader_orders_working", "Orders that are not terminal, by state.", ("state",)),
    GaugeSpec("aitrader_orders_unknown", "Orders of unknown outcome."),
    GaugeSpec("aitrader_unknown_age_seconds", "Age of the oldest unknown outcome; 0 without."),
    GaugeSpec(
        "aitrader_last_denial_info", "1; the latest denied order.", ("reason", "symbol", "trace_id")
    ),
    # Trading.
    GaugeSpec("aitrader_trading_state", "1 for the state that stands, else 0.", ("state",)),
    GaugeSpec(
        "aitrader_last_halt_info",
        "1; the latest move away from ACTIVE, for as long as it stands.",
        ("state", "actor", "trace_id"),
    ),
    GaugeSpec("aitrader_ready", "1 while a part is fit for orders.", ("part",)),
    GaugeSpec("aitrader_dead_man_age_seconds", "Age of the last heartbeat; 0 without a dead man."),
    GaugeSpec("aitrader_dead_man_limit_seconds", "Age that halts; 0 without a dead man."),
    GaugeSpec("aitrader_limit_used_ratio", "Share of a limit that is used.", ("limit",)),
    GaugeSpec("aitrader_limits_version", "Version of the limits in force."),
    GaugeSpec(
        "aitrader_limits_store_writable",
        "1 while the limits store knows what it must, or none is used.",
    ),
    GaugeSpec("aitrader_equity", "Value of the account; NaN while a price is missing.", ("asset",)),
    GaugeSpec("aitrader_day_pnl", "Gain of this UTC day; NaN while unknown.", ("asset",)),
    GaugeSpec("aitrader_drawdown_ratio", "Fall from the highest equity, share of it."),
    # Venue.
    GaugeSpec("aitrader_stream_up", "1 while the account stream is up."),
    GaugeSpec("aitrader_stream_age_seconds", "Time since the account stream said anything."),
    GaugeSpec("aitrader_stream_lag_seconds", "Age of its last event at receipt."),
    CounterSpec("aitrader_stream_gaps_total", "Losses of the account stream."),
    GaugeSpec("aitrader_clock_offset_seconds", "The venue's clock minus ours; NaN while unknown."),
    GaugeSpec("aitrader_rate_budget_used_ratio", "Share of a rate budget used.", ("window",)),
    GaugeSpec("aitrader_quote_age_seconds", "Age of the newest price.", ("symbol",)),
    CounterSpec(
        "aitrader_reconciliations_total",
        "Comparisons with the venue: clean, mended, undecided.",
        ("outcome",),
        ("clean", "mended", "undecided"),
    ),
    GaugeSpec("aitrader_reconcile_age_seconds", "Time since books and venue were compared."),
    GaugeSpec("aitrader_reconcile_drift", "Assets and orders in which the venue differs."),
    # Journal and readers.
    GaugeSpec("aitrader_journal_sequence", "Last durable sequence."),
    GaugeSpec("aitrader_journal_pending_records", "Records that wait for the disk."),
    GaugeSpec("aitrader_event_subscribers", "Readers of the event stream."),
    # Objectives.
    CounterSpec("aitrader_slo_events_total", "What an objective judged.", ("slo",)),
    CounterSpec("aitrader_slo_good_total", "What it found good.", ("slo",)),
    GaugeSpec("aitrader_slo_objective_ratio", "Share that must be good.", ("slo",)),
)

SENTIMENT_METRICS: Final[tuple[Spec, ...]] = (
    CounterSpec("aitrader_sentiment_texts_total", "Scored texts.", ("engine", "label")),
    CounterSpec(
        "aitrader_sentiment_fallbacks_total",
        "Texts that a model left to the next one.",
        ("engine", "reason"),
    ),
    CounterSpec("aitrader_sentiment_refusals_total", "Texts refused by a full queue."),
    CounterSpec("aitrader_sentiment_cache_hits_total", "Texts scored before."),
    CounterSpec(
        "aitrader_sentiment_truncated_total", "Texts longer than the model reads.", ("engine",)
    ),
    HistogramSpec("aitrader_sentiment_seconds", "Time per text, models in turn.", ("engine",)),
    HistogramSpec(
        "aitrader_sentiment_stage_seconds", "Time per text and stage.", ("engine", "stage")
    ),
    HistogramSpec(
        "aitrader_sentiment_batch_size", "Texts scored in one go.", ("engine",), TEXTS_BUCKETS
    ),
    HistogramSpec(
        "aitrader_sentiment_padding_ratio",
        "Share of a batch's tokens that only fill it up.",
        ("engine",),
        SHARE_BUCKETS,
    ),
    GaugeSpec(
        "aitrader_sentiment_ready", "1 while the chosen model serves, 0 while another stands in."
    ),
    GaugeSpec("aitrader_sentiment_queue_tokens", "Tokens that wait for the chosen model."),
    GaugeSpec(
        "aitrader_sentiment_neutral_share",
        "Share of neutral among the chosen model's latest labels.",
    ),
    GaugeSpec("aitrader_sentiment_drifting", "1 while that share is unusual."),
)

ALL_METRICS: Final[tuple[Spec, ...]] = (
    *RPC_METRICS,
    *REST_METRICS,
    *PROCESS_METRICS,
    *ENGINE_METRICS,
    *SENTIMENT_METRICS,
)


# What goes to a Pushgateway: how the engine is, nothing that grows with what it is asked.
PUSHED: Final[frozenset[str]] = frozenset(
    spec.name
    for spec in (*PROCESS_METRICS, *ENGINE_METRICS, *SENTIMENT_METRICS)
    if not isinstance(spec, HistogramSpec)
)


def series() -> Mapping[str, frozenset[str]]:
    """Labels of each series by the name that Prometheus sees; a histogram has three of them."""
    known: dict[str, frozenset[str]] = {}
    for spec in ALL_METRICS:
        labels = frozenset(spec.labels)
        if isinstance(spec, HistogramSpec):
            known |= {f"{spec.name}_{part}": labels for part in ("sum", "count")}
            known[f"{spec.name}_bucket"] = labels | {"le"}
        else:
            known[spec.name] = labels
    return known
