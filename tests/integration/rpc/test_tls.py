"""TLS on a real port: renewal without a restart, and callers with certificates."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from aitrader_server.errors import ConfigError
from aitrader_server.rpc.server import ServerOptions, check_exposure
from aitrader_server.rpc.tls import TlsFiles, tls_credentials
from grpc_health.v1 import health_pb2, health_pb2_grpc


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        f" -subj /CN={name} -addext subjectAltName=DNS:localhost -keyout {key} -out {certificate}"
    )
    subprocess.run(command.split(), check=True, capture_output=True, timeout=30)
    return certificate, key


async def is_serving(port: int, credentials: grpc.ChannelCredentials) -> bool:
    async with grpc.aio.secure_channel(f"localhost:{port}", credentials) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return False
        return answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.fixture
def files(tmp_path) -> TlsFiles:
    certificate, key = make_certificate(tmp_path, "server")
    return TlsFiles(certificate=certificate, key=key)


async def test_a_renewed_certificate_is_served_without_a_restart(start_edge, files, tmp_path):
    old = grpc.ssl_channel_credentials(files.certificate.read_bytes())
    certificate, key = make_certificate(tmp_path, "renewed")
    new = grpc.ssl_channel_credentials(certificate.read_bytes())
    options = ServerOptions(credentials=tls_credentials(files))
    async with start_edge(options=options) as edge:
        assert await is_serving(edge.port, old)
        shutil.copy(certificate, files.certificate)
        # A certificate without its key is half of a renewal.
        assert await is_serving(edge.port, old)
        shutil.copy(key, files.key)
        assert await is_serving(edge.port, new)
        assert not await is_serving(edge.port, old)


async def test_callers_without_a_certificate_stay_outside(start_edge, files, tmp_path):
    certificate, key = make_certificate(tmp_path, "caller")
    options = ServerOptions(credentials=tls_credentials(replace(files, client_ca=certificate)))
    root = files.certificate.read_bytes()
    async with start_edge(options=options) as edge:
        shown = grpc.ssl_channel_credentials(root, key.read_bytes(), certificate.read_bytes())
        assert await is_serving(edge.port, shown)
        assert not await is_serving(edge.port, grpc.ssl_channel_credentials(root))


@pytest.mark.parametrize("length", [0, 200])
async def test_half_of_an_authority_shuts_nobody_out(start_edge, files, tmp_path, length):
    certificate, key = make_certificate(tmp_path, "caller")
    pems = certificate.read_bytes()
    options = ServerOptions(credentials=tls_credentials(replace(files, client_ca=certificate)))
    root = files.certificate.read_bytes()
    shown = grpc.ssl_channel_credentials(root, key.read_bytes(), pems)
    async with start_edge(options=options) as edge:
        certificate.write_bytes(pems[:length])
        assert await is_serving(edge.port, shown)
        assert not await is_serving(edge.port, grpc.ssl_channel_credentials(root))
    with pytest.raises(ConfigError, match=r"grpc\.tls"):
        tls_credentials(replace(files, client_ca=certificate))


def test_with_tls_the_server_may_face_a_network(files):
    check_exposure(ServerOptions(host="0.0.0.0", credentials=tls_credentials(files)))


def test_files_that_do_not_fit_are_refused_at_the_start(files, tmp_path):
    _, other_key = make_certificate(tmp_path, "other")
    with pytest.raises(ConfigError, match=r"(?i)mismatch"):
        tls_credentials(replace(files, key=other_key))
    with pytest.raises(ConfigError, match="No such file"):
        tls_credentials(replace(files, key=tmp_path / "nothing"))
