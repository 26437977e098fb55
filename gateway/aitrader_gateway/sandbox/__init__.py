"""A Binance-compatible exchange: one matching engine behind several faces."""
