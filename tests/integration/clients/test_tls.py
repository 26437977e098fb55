"""TLS and client certificates over a real port."""

import subprocess

import grpc
import pytest
from aitrader.v1 import trading_pb2
from aitrader_clients import Connection, TradingClient, errors
from aitrader_clients.connection import Tls


def openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True, timeout=30)


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    """A certificate authority and a certificate of it for both sides, as files."""
    folder = tmp_path_factory.mktemp("pem")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    authority = ("-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-x509", *key, "-subj", "/CN=ca", *authority, cwd=folder)
    openssl("req", *key, "-subj", "/CN=engine", "-keyout", "key.pem", "-out", "csr", cwd=folder)
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
    openssl("x509", "-req", "-in", "csr", *signing, "-out", "cert.pem", cwd=folder)
    return folder


@pytest.fixture
async def secure_engine(engine, pem):
    """The fake engine again, asking for client certificates."""
    await engine.stop()
    pair = (pem / "key.pem").read_bytes(), (pem / "cert.pem").read_bytes()
    await engine.start(
        credentials=grpc.ssl_server_credentials(
            [pair], (pem / "ca.pem").read_bytes(), require_client_auth=True
        )
    )
    return engine


async def ask(endpoint, tls):
    async with TradingClient(Connection(endpoint, tls=tls)) as client:
        return await client.trading.GetStatus(trading_pb2.GetStatusRequest())


async def test_both_sides_know_each_other(secure_engine, pem):
    tls = Tls(pem / "ca.pem", pem / "cert.pem", pem / "key.pem")
    assert (await ask(secure_engine.endpoint, tls)).version == "1.4.0"


async def test_without_a_certificate_nobody_gets_in(secure_engine, pem):
    with pytest.raises(errors.Unreachable):
        await ask(secure_engine.endpoint, Tls(pem / "ca.pem"))


async def test_an_engine_of_another_authority_is_not_trusted(secure_engine, pem):
    with pytest.raises(errors.Unreachable):
        await ask(secure_engine.endpoint, Tls(None, pem / "cert.pem", pem / "key.pem"))


async def test_the_command_takes_the_files_from_the_environment(secure_engine, pem, aitrader):
    ran = await aitrader(
        "status",
        AITRADER_TLS_CA=str(pem / "ca.pem"),
        AITRADER_TLS_CERT=str(pem / "cert.pem"),
        AITRADER_TLS_KEY=str(pem / "key.pem"),
        AITRADER_ENDPOINT=secure_engine.endpoint,
    )
    assert ran.code == 0, ran.err
