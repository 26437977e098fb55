"""Commands of the `aitrader` program that need the server's code, found by entry point."""
