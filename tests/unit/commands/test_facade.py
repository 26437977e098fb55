"""The facade alone, and the engine elsewhere that it speaks to."""

from pathlib import Path

import pytest
from aitrader_server.commands.engine_channel import EngineChannel, channel_files
from aitrader_server.commands.serve import gateway
from aitrader_server.errors import ConfigError
from click.testing import CliRunner


def test_another_machine_is_not_spoken_to_in_clear_text():
    ran = CliRunner().invoke(gateway, ["--endpoint", "192.0.2.1:50051"])
    assert ran.exit_code == 78
    assert "192.0.2.1:50051 is another machine: give --ca" in ran.output


@pytest.mark.parametrize("target", ["127.0.0.1:50051", "localhost:50051", "[::1]:50051"])
async def test_this_machine_needs_no_certificate(target):
    files = channel_files(target, None, None, None)
    assert files is None
    async with EngineChannel(target, files):
        pass


@pytest.mark.parametrize("target", ["engine.example:50051", "0.0.0.0:50051", "50051"])
def test_what_may_be_elsewhere_needs_one(target):
    with pytest.raises(ConfigError, match="give --ca"):
        channel_files(target, None, None, None)


def test_a_certificate_comes_with_its_key_and_an_authority():
    pem = Path("some.pem")
    for given in ((pem, pem, None), (pem, None, pem)):
        with pytest.raises(ConfigError, match="belong together"):
            channel_files("127.0.0.1:1", *given)
    with pytest.raises(ConfigError, match="needs --ca"):
        channel_files("127.0.0.1:1", None, pem, pem)
