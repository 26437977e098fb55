"""Binance Spot behind the ports of the engine, over python-binance."""
