"""Where the engine's records are kept: one journal over interchangeable stores and lanes."""
