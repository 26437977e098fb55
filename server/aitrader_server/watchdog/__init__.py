"""A process beside the engine that takes its entry orders back when it falls silent."""
