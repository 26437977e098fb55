"""What stops trading, and how near it is."""

from dashboards.building import Board, Row, bands, chart, facts, number, rate

BOARD = Board(
    title="risk",
    description="Trading state, limits and their use, losses, the dead man.",
    rows=(
        Row(
            "State",
            (
                bands("Trading state", "{{state}}", "aitrader_trading_state"),
                bands("Fit for orders", "{{part}}", "aitrader_ready"),
                facts(
                    "Latest halt that stands",
                    "instance",
                    "state",
                    "actor",
                    "trace_id",
                    expression="aitrader_last_halt_info",
                    description="The trace is in the log and in the journal's event.",
                ),
                facts(
                    "Latest denial",
                    "instance",
                    "reason",
                    "symbol",
                    "trace_id",
                    expression="aitrader_last_denial_info",
                ),
            ),
        ),
        Row(
            "Limits",
            (
                chart(
                    "Limits used",
                    "percentunit",
                    ("{{limit}}", "aitrader_limit_used_ratio"),
                    span=12,
                ),
                chart(
                    "Denied by reason",
                    "ops",
                    rate("aitrader_orders_denied_total", "reason"),
                    span=12,
                ),
                number("Version of the limits", "none", "aitrader_limits_version"),
                number("Limits store", "bool", "aitrader_limits_store_writable"),
            ),
        ),
        Row(
            "Losses",
            (
                chart("Equity", "none", ("{{asset}}", "aitrader_equity")),
                chart("Gain of the day", "none", ("{{asset}}", "aitrader_day_pnl")),
                chart(
                    "Below the highest equity",
                    "percentunit",
                    ("drawdown", "aitrader_drawdown_ratio"),
                ),
            ),
        ),
        Row(
            "What nobody knows",
            (
                chart(
                    "Heartbeat",
                    "s",
                    ("age", "aitrader_dead_man_age_seconds"),
                    ("halts at", "aitrader_dead_man_limit_seconds"),
                ),
                chart("Unknown outcomes", "none", ("orders", "aitrader_orders_unknown")),
                chart("Oldest unknown outcome", "s", ("age", "aitrader_unknown_age_seconds")),
            ),
        ),
    ),
)
