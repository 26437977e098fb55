"""Where the client finds endpoint and token, and that it keeps the token to itself."""

import contextlib
from pathlib import Path

import pytest
from aitrader_clients.connection import Connection, Secret, Tls, open_channel
from aitrader_clients.errors import ConfigurationError

TOKEN = "t0ken-of-the-engine"


@contextlib.contextmanager
def refusing(words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        yield
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None or TOKEN not in str(caught.value.__cause__)


@pytest.fixture
def here(tmp_path):
    with contextlib.chdir(tmp_path):
        yield tmp_path


def connect(here, **environment):
    return Connection.from_environment(environment={"HOME": str(here / "home")} | environment)


def write(path: Path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def test_without_settings_the_engine_is_here_and_nobody_calls(here):
    assert connect(here) == Connection("127.0.0.1:50051")


def test_the_environment_names_endpoint_token_and_tls(here):
    connection = connect(
        here, AITRADER_ENDPOINT="engine:1", AITRADER_TOKEN=f" {TOKEN}\n", AITRADER_TLS_CA="ca.pem"
    )
    assert connection.endpoint == "engine:1"
    assert connection.token is not None
    assert connection.token.reveal() == TOKEN
    assert connection.tls == Tls(Path("ca.pem"))


def test_an_argument_wins_over_the_environment(here):
    environment = {"AITRADER_ENDPOINT": "other:1"}
    assert Connection.from_environment("here:2", environment).endpoint == "here:2"


def test_the_token_file_is_found_in_order(here):
    write(here / "home/.local/state/aitrader/token", "home\n")
    assert connect(here).token.reveal() == "home"
    write(here / "state/token", "cwd\n")
    assert connect(here).token.reveal() == "cwd"
    write(here / "named", "named\n")
    assert connect(here, AITRADER_TOKEN_FILE="named").token.reveal() == "named"
    assert connect(here, AITRADER_TOKEN_FILE="named", AITRADER_TOKEN="env").token.reveal() == "env"


def test_the_token_of_the_engine_here_is_not_shown_to_another_host(here):
    write(here / "state/token", TOKEN)
    assert connect(here, AITRADER_ENDPOINT="elsewhere:50051").token is None
    assert connect(here, AITRADER_ENDPOINT="localhost:50051").token is not None


@pytest.mark.parametrize("content", ["", f"{TOKEN}\n{TOKEN}", TOKEN.encode() + b"\xff", "x" * 5000])
def test_a_file_that_is_no_token_is_refused_without_showing_it(here, content):
    write(here / "state/token", content)
    with refusing(r"state/token.*token"):
        connect(here)


def test_a_named_token_file_must_exist(here):
    with refusing("absent: No such file"):
        connect(here, AITRADER_TOKEN_FILE="absent")


def test_no_representation_holds_the_token():
    connection = Connection(token=Secret(TOKEN))
    assert TOKEN not in f"{connection} {connection!r} {connection.token} {connection.token!r}"


@pytest.mark.parametrize("endpoint", ["engine", "engine:", ":50051", "http://engine:1", "e:99999"])
async def test_an_endpoint_that_is_none_is_refused(endpoint):
    with refusing("write HOST:PORT"):
        open_channel(Connection(endpoint))


async def test_a_token_does_not_leave_the_machine_in_clear_text():
    with refusing("clear text"):
        open_channel(Connection("engine.example:50051", Secret(TOKEN)))
    open_channel(Connection("engine.example:50051", Secret(TOKEN), allow_plaintext=True))


async def test_half_a_client_certificate_is_refused(tmp_path):
    with refusing("AITRADER_TLS_CERT and AITRADER_TLS_KEY"):
        open_channel(Connection(tls=Tls(certificate_file=tmp_path / "cert.pem")))


async def test_a_missing_tls_file_is_named(tmp_path):
    with refusing(r"ca\.pem: No such file"):
        open_channel(Connection(tls=Tls(ca_file=tmp_path / "ca.pem")))
