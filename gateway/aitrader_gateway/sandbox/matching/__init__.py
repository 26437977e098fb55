"""The matching engine: pure, exact and deterministic; time comes in as an argument."""
