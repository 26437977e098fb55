"""The one file an operator edits, as a typed and checked model, with the origin of every value."""

from aitrader_server.config.loading import Loaded, load
from aitrader_server.config.model import Config

__all__ = ["Config", "Loaded", "load"]
