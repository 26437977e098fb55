"""The operations behind both faces of the exchange."""
