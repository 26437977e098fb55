"""What a server process needs of the facade, found by entry point."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aitrader_gateway.rest.app import create_app
from aitrader_gateway.rest.errors import CallError
from aitrader_gateway.rest.invoker import ChannelInvoker


@dataclass(frozen=True, slots=True)
class Facade:
    """How to build the application, and its two sides: a channel out, errors in."""

    create_app: Callable[..., Any] = create_app
    over_channel: Callable[..., Any] = ChannelInvoker
    failure: Callable[..., Exception] = CallError


def create() -> Facade:
    """The REST facade."""
    return Facade()
