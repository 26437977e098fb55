"""What the venue says, how late, and how much it still lets us ask."""

from dashboards.building import Board, Row, chart, number, per_second, quantiles, rate

BOARD = Board(
    title="venue",
    description="Streams, clock, budgets, prices, comparison of books and venue, keys.",
    by_symbol=True,
    rows=(
        Row(
            "Now",
            (
                number("Account stream", "bool", "aitrader_stream_up"),
                number("Clock offset", "s", "aitrader_clock_offset_seconds"),
                number("Fullest budget", "percentunit", "max(aitrader_rate_budget_used_ratio)"),
                number("Differences", "none", "sum(aitrader_reconcile_drift)"),
                number("Compared", "s", "max(aitrader_reconcile_age_seconds)"),
                number("Oldest price", "s", 'max(aitrader_quote_age_seconds{symbol=~"$symbol"})'),
            ),
        ),
        Row(
            "Streams",
            (
                chart(
                    "Account stream",
                    "s",
                    ("silent for", "aitrader_stream_age_seconds"),
                    ("on its way", "aitrader_stream_lag_seconds"),
                ),
                chart(
                    "Losses of the account stream in an hour",
                    "none",
                    ("losses", "increase(aitrader_stream_gaps_total[1h])"),
                ),
                chart(
                    "Age of prices",
                    "s",
                    ("{{symbol}}", 'aitrader_quote_age_seconds{symbol=~"$symbol"}'),
                ),
            ),
        ),
        Row(
            "Requests",
            (
                chart(
                    "Venue's answer to an order",
                    "s",
                    *quantiles(
                        'aitrader_order_stage_seconds_bucket{stage="venue"}', "stage", 0.5, 0.99
                    ),
                ),
                chart("Budgets", "percentunit", ("{{window}}", "aitrader_rate_budget_used_ratio")),
                chart("Clock offset", "s", ("venue minus ours", "aitrader_clock_offset_seconds")),
            ),
        ),
        Row(
            "Books and venue",
            (
                chart("Comparisons", "ops", rate("aitrader_reconciliations_total", "outcome")),
                chart("Differences", "none", ("assets and orders", "aitrader_reconcile_drift")),
                chart(
                    "Reports on orders of others",
                    "ops",
                    per_second("reports", "aitrader_venue_reports_foreign_total"),
                ),
            ),
        ),
        Row(
            "Keys",
            (
                chart(
                    "New secrets",
                    "ops",
                    rate("aitrader_secret_rotations_total", "outcome"),
                    span=12,
                ),
                chart("Last look", "s", ("{{name}}", "aitrader_secret_age_seconds"), span=12),
            ),
        ),
    ),
)
