"""The facade's way to an engine that asks for certificates, while all of them are renewed."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest
from aitrader_gateway.rest.errors import CallError
from aitrader_gateway.rest.invoker import ChannelInvoker
from aitrader_server.commands.engine_channel import ChannelFiles, EngineChannel
from aitrader_server.rpc.tls import TlsFiles, tls_credentials
from certificates import Authority, Pair, renew

METHOD = "/engine.Engine/Answer"
PATIENCE_S = 60


async def answer(request, context):
    (name,) = context.auth_context()["x509_common_name"]
    return name


@asynccontextmanager
async def engine(files: TlsFiles):
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(answer)
    server.add_registered_method_handlers("engine.Engine", {"Answer": handler})
    port = server.add_secure_port("localhost:0", tls_credentials(files))
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)


async def asked(invoker) -> str:
    """Whom the engine saw; a refusal to talk is told by its code."""
    try:
        return (await invoker.unary(METHOD, b"", (), 10.0)).body.decode()
    except CallError as error:
        return str(error.code)


@pytest.fixture
def pair_in_use(tmp_path) -> Pair:
    return Pair(tmp_path / "facade.pem", tmp_path / "facade.key")


async def test_a_renewed_certificate_is_shown_without_a_restart(tmp_path, pair_in_use):
    authority = Authority(tmp_path)
    server = authority.issue("server")
    first, second = authority.issue("first"), authority.issue("second")
    for fresh, place in zip(first, pair_in_use, strict=True):
        place.write_bytes(fresh.read_bytes())
    files = TlsFiles(
        certificate=server.certificate, key=server.key, client_ca=authority.certificate
    )
    async with engine(files) as port:
        shown = ChannelFiles(authority.certificate, *pair_in_use)
        async with EngineChannel(f"localhost:{port}", shown) as channel:
            invoker = ChannelInvoker(channel)
            assert await asked(invoker) == "first"
            renew(second.certificate, pair_in_use.certificate)
            renew(second.key, pair_in_use.key)
            async with asyncio.timeout(PATIENCE_S):
                while await asked(invoker) != "second":
                    await asyncio.sleep(0.05)


async def test_half_of_a_renewal_is_not_used(tmp_path, pair_in_use):
    authority = Authority(tmp_path)
    server, first, second = map(authority.issue, ("server", "first", "second"))
    for fresh, place in zip(first, pair_in_use, strict=True):
        place.write_bytes(fresh.read_bytes())
    files = TlsFiles(
        certificate=server.certificate, key=server.key, client_ca=authority.certificate
    )
    async with engine(files) as port:
        shown = ChannelFiles(authority.certificate, *pair_in_use)
        async with EngineChannel(f"localhost:{port}", shown) as channel:
            invoker = ChannelInvoker(channel)
            renew(second.certificate, pair_in_use.certificate)
            # Two looks at the files: the first may have been before the change.
            for _ in range(25):
                assert await asked(invoker) == "first"
                await asyncio.sleep(0.1)
            renew(second.key, pair_in_use.key)
            async with asyncio.timeout(PATIENCE_S):
                while await asked(invoker) != "second":
                    await asyncio.sleep(0.05)


STREAM, HALT = "/engine.Engine/Stream", "/aitrader.v1.RiskService/Halt"
STREAMS_MAX = 2


async def endless(request, context):
    yield b""
    await asyncio.Event().wait()


async def stop(request, context):
    return b"stopped"


async def test_streams_that_fill_a_connection_keep_nobody_from_halting():
    server = grpc.aio.server(options=[("grpc.max_concurrent_streams", STREAMS_MAX)])
    for method, handler in (
        (STREAM, grpc.unary_stream_rpc_method_handler(endless)),
        (HALT, grpc.unary_unary_rpc_method_handler(stop)),
    ):
        _, service, name = method.split("/")
        server.add_registered_method_handlers(service, {name: handler})
    port = server.add_insecure_port("localhost:0")
    await server.start()
    async with EngineChannel(f"localhost:{port}", None) as channel:
        invoker = ChannelInvoker(channel)
        streams = [invoker.stream(STREAM, b"", (), None) for _ in range(STREAMS_MAX)]
        for stream in streams:
            assert await anext(aiter(stream)) == b""
        assert (await invoker.unary(HALT, b"", (), PATIENCE_S)).body == b"stopped"
        for stream in streams:
            stream.cancel()
    await server.stop(None)
