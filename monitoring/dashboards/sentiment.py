"""How news is scored: by which model, how fast, and what it says."""

from dashboards.building import Board, Row, chart, number, per_second, quantiles, rate

BOARD = Board(
    title="sentiment",
    description="Texts, models and their fallbacks, time and batches, drift.",
    rows=(
        Row(
            "Now",
            (
                number("Chosen model serves", "bool", "aitrader_sentiment_ready"),
                number("Neutral", "percentunit", "aitrader_sentiment_neutral_share"),
                number("Unusually neutral", "bool", "aitrader_sentiment_drifting"),
                number("Tokens that wait", "none", "aitrader_sentiment_queue_tokens"),
            ),
        ),
        Row(
            "Texts",
            (
                chart("By model", "ops", rate("aitrader_sentiment_texts_total", "engine")),
                chart("By label", "ops", rate("aitrader_sentiment_texts_total", "label")),
                chart(
                    "Left to the next model",
                    "ops",
                    rate("aitrader_sentiment_fallbacks_total", "reason"),
                ),
                chart(
                    "Known, refused, cut off",
                    "ops",
                    per_second("known already", "aitrader_sentiment_cache_hits_total"),
                    per_second("refused", "aitrader_sentiment_refusals_total"),
                    per_second(
                        "longer than read: {{engine}}", "aitrader_sentiment_truncated_total"
                    ),
                ),
                chart(
                    "Neutral, share", "percentunit", ("neutral", "aitrader_sentiment_neutral_share")
                ),
                chart("Tokens that wait", "none", ("tokens", "aitrader_sentiment_queue_tokens")),
            ),
        ),
        Row(
            "Time",
            (
                chart(
                    "Per text, all models in turn",
                    "s",
                    *quantiles("aitrader_sentiment_seconds_bucket", "engine", 0.5, 0.99),
                ),
                chart(
                    "Per stage, 99 %",
                    "s",
                    *quantiles("aitrader_sentiment_stage_seconds_bucket", "stage", 0.99),
                ),
                chart(
                    "Texts in a batch",
                    "none",
                    *quantiles("aitrader_sentiment_batch_size_bucket", "engine", 0.5, 0.99),
                ),
                chart(
                    "Padding",
                    "percentunit",
                    *quantiles("aitrader_sentiment_padding_ratio_bucket", "engine", 0.5),
                ),
            ),
        ),
    ),
)
