"""Callers by certificate, over real TLS: every method, every role, and those who would pass."""

import asyncio

import grpc
import pytest
from aitrader.v1 import trading_pb2
from aitrader_server.rpc.access import MINIMUM_ROLE, OPEN_METHODS, Role
from aitrader_server.rpc.server import ServerOptions
from aitrader_server.rpc.tls import TlsFiles, tls_credentials
from certificates import Authority, renew
from grpc_health.v1 import health_pb2, health_pb2_grpc

STATUS = trading_pb2.GetStatusRequest()
DESK = "spiffe://desk.example/trader"
CLIENTS = {
    "spiffe://desk.example/viewer": Role.VIEWER,
    DESK: Role.TRADER,
    "spiffe://desk.example/risk": Role.RISK_ADMIN,
    "desk-by-name": Role.VIEWER,
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def served(authority) -> TlsFiles:
    pair = authority.issue("server")
    return TlsFiles(certificate=pair.certificate, key=pair.key, client_ca=authority.certificate)


def showing(authority, pair) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(
        authority.certificate.read_bytes(), pair.key.read_bytes(), pair.certificate.read_bytes()
    )


@pytest.fixture
def start(start_edge, authority, served):
    """An edge that knows `CLIENTS`, and a channel to it that shows a certificate."""

    def begin(file, **names):
        return start_edge(
            options=ServerOptions(credentials=tls_credentials(served)),
            clients=CLIENTS,
            credentials=showing(authority, authority.issue(file, **names)),
        )

    return begin


async def code_of(channel, path, metadata=()) -> str:
    """The code of a call that carries nothing; OK once a stream is open."""
    call = channel.unary_stream(path)(b"\xff", metadata=metadata, timeout=30)
    try:
        async for _ in call:
            break
    except grpc.aio.AioRpcError as error:
        return error.code().name
    finally:
        call.cancel()
    return "OK"


@pytest.mark.parametrize("name", [n for n in CLIENTS if n.startswith("spiffe")])
async def test_a_certificates_role_reaches_its_methods_and_no_further(start, name):
    role = CLIENTS[name]
    async with start("caller", alternatives=f"URI:{name}") as edge:
        codes = await asyncio.gather(*(code_of(edge.channel, path) for path in MINIMUM_ROLE))
        for (path, needed), code in zip(MINIMUM_ROLE.items(), codes, strict=True):
            assert (code == "PERMISSION_DENIED") is (role < needed), (path, code)
            assert code != "UNAUTHENTICATED", path


async def test_a_certificate_without_uri_names_its_owner_by_common_name(start):
    async with start("named", name="desk-by-name") as edge:
        await edge.trading.GetStatus(STATUS)


@pytest.mark.parametrize(
    "names",
    [
        {"name": "stranger"},
        {"name": "stranger", "alternatives": "URI:spiffe://elsewhere.example/trader"},
        # What only looks like the other kind of name.
        {"name": DESK, "alternatives": ""},
        {"name": "stranger", "alternatives": f"URI:{DESK},URI:spiffe://desk.example/risk"},
        {"name": "stranger", "alternatives": f"URI:{DESK}/more"},
        # The URI is the name, and this one is unknown: the common name does not help.
        {"name": "desk-by-name", "alternatives": "URI:spiffe://elsewhere.example/x"},
        {"name": "stranger", "alternatives": "DNS:desk-by-name"},
    ],
)
async def test_a_certificate_that_names_nobody_we_know_reaches_nothing(start, names):
    async with start("stranger", **names) as edge:
        codes = await asyncio.gather(*(code_of(edge.channel, path) for path in MINIMUM_ROLE))
        assert set(codes) == {"UNAUTHENTICATED"}
        for path in OPEN_METHODS:
            assert await code_of(edge.channel, path) in ("OK", "INVALID_ARGUMENT")


async def test_a_token_names_the_caller_whatever_the_certificate(start):
    async with start("both", alternatives=f"URI:{DESK}") as edge:
        halt = "/aitrader.v1.RiskService/Halt"
        assert await code_of(edge.channel, halt, edge.as_role("viewer")) == "PERMISSION_DENIED"
        wrong = (("authorization", "Bearer wrong"),)
        assert await code_of(edge.channel, halt, wrong) == "UNAUTHENTICATED"
        assert await code_of(edge.channel, halt) == "INVALID_ARGUMENT"


async def is_serving(port, credentials) -> bool:
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.secure_channel(f"localhost:{port}", credentials, options) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=10)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return False
        return answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_the_clients_authority_is_renewed_without_a_restart(start_edge, tmp_path):
    old, new = Authority(tmp_path, "old"), Authority(tmp_path, "new")
    server = old.issue("server")
    shown = tmp_path / "clients.pem"
    shown.write_bytes(old.certificate.read_bytes())
    files = TlsFiles(certificate=server.certificate, key=server.key, client_ca=shown)
    root = old.certificate.read_bytes()

    def signed_by(authority, file):
        pair = authority.issue(file)
        return grpc.ssl_channel_credentials(
            root, pair.key.read_bytes(), pair.certificate.read_bytes()
        )

    before, after = signed_by(old, "before"), signed_by(new, "after")
    async with start_edge(options=ServerOptions(credentials=tls_credentials(files))) as edge:
        assert await is_serving(edge.port, before)
        assert not await is_serving(edge.port, after)
        renew(new.certificate, shown)
        assert await is_serving(edge.port, after)
        assert not await is_serving(edge.port, before)
