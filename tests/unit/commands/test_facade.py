"""The facade alone, and the engine elsewhere that it speaks to."""

import pytest
from aitrader_server.commands.facade import engine_channel
from aitrader_server.commands.serve import gateway
from aitrader_server.errors import ConfigError
from click.testing import CliRunner


def test_another_machine_is_not_spoken_to_in_clear_text():
    ran = CliRunner().invoke(gateway, ["--endpoint", "192.0.2.1:50051"])
    assert ran.exit_code == 78
    assert "192.0.2.1:50051 is another machine: give --ca" in ran.output


@pytest.mark.parametrize("target", ["127.0.0.1:50051", "localhost:50051", "[::1]:50051"])
async def test_this_machine_needs_no_certificate(target):
    await engine_channel(target, None).close()


@pytest.mark.parametrize("target", ["engine.example:50051", "0.0.0.0:50051", "50051"])
async def test_what_may_be_elsewhere_needs_one(target):
    with pytest.raises(ConfigError):
        engine_channel(target, None)
