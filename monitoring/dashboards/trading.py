"""How orders fare, from the call to the ledger."""

from dashboards.building import Board, Row, chart, number, per_second, quantiles, rate, word

BOARD = Board(
    title="trading",
    description="What stands, what orders meet on their way, and who calls.",
    rows=(
        Row(
            "Now",
            (
                word("Trading", "state", "aitrader_trading_state == 1"),
                number("Open orders", "none", "sum(aitrader_orders_open)"),
                number("Unknown outcomes", "none", "sum(aitrader_orders_unknown)"),
                word("Not ready", "part", "aitrader_ready == 0"),
                word("Runs", "version", "aitrader_build_info"),
                number("Up", "s", "time() - aitrader_started_seconds"),
            ),
        ),
        Row(
            "Orders",
            (
                chart("First answers", "ops", rate("aitrader_order_outcomes_total", "outcome")),
                chart("Denied", "ops", rate("aitrader_orders_denied_total", "reason")),
                chart("Not terminal", "none", ("{{state}}", "aitrader_orders_working")),
                chart(
                    "Time per stage, median",
                    "s",
                    *quantiles("aitrader_order_stage_seconds_bucket", "stage", 0.5),
                ),
                chart(
                    "Time per stage, 99 %",
                    "s",
                    *quantiles("aitrader_order_stage_seconds_bucket", "stage", 0.99),
                ),
                chart(
                    "Intent to acknowledgement",
                    "s",
                    *quantiles(
                        'aitrader_order_stage_seconds_bucket{stage="ack"}', "stage", 0.5, 0.99
                    ),
                ),
            ),
        ),
        Row(
            "Account",
            (
                chart("Equity", "none", ("{{asset}}", "aitrader_equity"), span=12),
                chart("Gain of the day", "none", ("{{asset}}", "aitrader_day_pnl"), span=12),
            ),
        ),
        Row(
            "Calls",
            (
                chart("RPC by code", "reqps", rate("aitrader_rpc_calls_total", "code")),
                chart("RPC, 99 %", "s", *quantiles("aitrader_rpc_seconds_bucket", "method", 0.99)),
                chart(
                    "RPC in flight, and event streams",
                    "none",
                    ("calls", "aitrader_rpc_in_flight"),
                    ("readers", "aitrader_event_subscribers"),
                ),
                chart("REST by status", "reqps", rate("aitrader_rest_requests_total", "status")),
                chart("REST, 99 %", "s", *quantiles("aitrader_rest_seconds_bucket", "route", 0.99)),
                chart(
                    "Turned away",
                    "reqps",
                    per_second("over their rate: {{caller}}", "aitrader_rpc_limited_total"),
                    per_second("by nobody we know", "aitrader_rpc_unauthenticated_total"),
                ),
            ),
        ),
        Row(
            "Journal, and who is told",
            (
                chart("Events", "ops", rate("aitrader_events_total", "kind")),
                chart(
                    "Waiting for the disk", "none", ("records", "aitrader_journal_pending_records")
                ),
                chart("Durable sequence", "none", ("sequence", "aitrader_journal_sequence")),
                chart("Alarms posted", "ops", rate("aitrader_alerts_total", "outcome")),
                chart("Metrics pushed", "ops", rate("aitrader_pushes_total", "outcome")),
                chart("Spans exported", "ops", rate("aitrader_spans_total", "outcome")),
                chart("Models that failed", "ops", rate("aitrader_model_failures_total", "model")),
            ),
        ),
    ),
)
