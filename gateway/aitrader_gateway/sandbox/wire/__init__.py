"""How what the engine knows is spelled on the wire."""
