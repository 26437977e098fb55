"""The facade's port as `aitrader serve` opens it, before services that only say yes."""

from contextlib import asynccontextmanager

import pytest
from aitrader_gateway.rest.plugin import create_bounded_app
from aitrader_server.commands.facade import facade_bounds, served_app
from aitrader_server.config import Config
from facade_port import Port, Yes


def unmeasured(*_):
    """Nobody counts."""


@pytest.fixture
def open_port():
    """Opens the facade's port with some settings of the section `rest`."""

    @asynccontextmanager
    async def begin(*, reflection=None, **rest):
        config = Config.model_validate(
            {
                "rest": {"port": 0, "host": "127.0.0.1", **rest},
                "grpc": {"reflection": reflection},
                "execution": {"gateway": "paper"},
            }
        )
        services = Yes()
        app = create_bounded_app(services, measure=unmeasured, **facade_bounds(config))
        async with served_app(config, app, app.state.drain) as number:
            yield Port(number, services)

    return begin
