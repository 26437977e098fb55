"""Where the server listens, what it says of itself, and how it stops."""

import asyncio

import grpc
import pytest
from aitrader.v1 import trading_pb2
from aitrader_server.errors import ConfigError
from aitrader_server.rpc.server import RpcServer, ServerOptions, is_loopback
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


async def test_a_second_engine_cannot_have_the_same_port(edge):
    other = RpcServer(ServerOptions(port=edge.port), [], (), asyncio.Event())
    with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{edge.port}"):
        await other.start()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "engine.example"])
def test_plain_text_never_leaves_the_machine(host):
    with pytest.raises(ConfigError, match="no TLS"):
        RpcServer(ServerOptions(host=host), [], (), asyncio.Event())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_loopback_may_speak_plain_text(host):
    assert is_loopback(host)


async def test_health_follows_readiness(edge):
    health = health_pb2_grpc.HealthStub(edge.channel)
    ask = health_pb2.HealthCheckRequest(service="aitrader.v1.TradingService")
    watch = health.Watch(ask)
    other = health.Watch(ask)
    assert (await watch.read()).status == SERVING
    assert (await other.read()).status == SERVING
    other.cancel()
    edge.ready.clear()
    assert (await watch.read()).status == NOT_SERVING
    assert (await health.Check(ask)).status == NOT_SERVING
    edge.ready.set()
    assert (await watch.read()).status == SERVING


async def test_health_of_a_service_that_is_none(edge, statuses):
    health = health_pb2_grpc.HealthStub(edge.channel)
    ask = health_pb2.HealthCheckRequest(service="aitrader.v1.Nothing")
    assert (await statuses.of(health.Check(ask))).code is grpc.StatusCode.NOT_FOUND
    watch = health.Watch(ask)
    assert (await watch.read()).status == SERVICE_UNKNOWN
    watch.cancel()


async def test_reflection_lists_the_services_to_viewers(edge):
    stub = reflection_pb2_grpc.ServerReflectionStub(edge.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    call = stub.ServerReflectionInfo(iter([request]), metadata=edge.as_role("viewer"))
    answer = await call.read()
    names = {service.name for service in answer.list_services_response.service}
    assert {"aitrader.v1.TradingService", "grpc.health.v1.Health"} <= names

    call = stub.ServerReflectionInfo(iter([request]))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_reflection_can_be_off(start_edge):
    async with start_edge(options=ServerOptions(reflection=False)) as edge:
        stub = reflection_pb2_grpc.ServerReflectionStub(edge.channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        call = stub.ServerReflectionInfo(iter([request]), metadata=edge.as_role("risk_admin"))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call.read()
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_drain_lets_calls_finish_and_streams_say_where_to_resume(edge):
    entered, leave = asyncio.Event(), asyncio.Event()

    async def act(request, context):
        entered.set()
        await leave.wait()
        return trading_pb2.GetOrderResponse(found=True)

    edge.trading_servicer.act = act
    metadata = edge.as_role("viewer")
    call = edge.trading.GetOrder(trading_pb2.GetOrderRequest(request_id="a"), metadata=metadata)
    events = edge.trading.StreamEvents(trading_pb2.StreamEventsRequest(), metadata=metadata)
    watch = health_pb2_grpc.HealthStub(edge.channel).Watch(health_pb2.HealthCheckRequest())
    assert (await watch.read()).status == SERVING
    sequences = [(await events.read()).sequence for _ in range(3)]
    assert sequences == [1, 2, 3]
    await entered.wait()

    drained = asyncio.create_task(edge.server.drain(grace_s=5.0))
    assert (await watch.read()).status == NOT_SERVING
    assert await watch.read() is grpc.aio.EOF
    last = await events.read()
    assert (last.end.reason, last.end.resume_after) == ("draining", 3)
    assert await events.read() is grpc.aio.EOF
    assert not drained.done()
    leave.set()
    assert (await call).found
    async with asyncio.timeout(2):
        await drained
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await edge.trading.GetOrder(trading_pb2.GetOrderRequest(request_id="a"), metadata=metadata)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_drain_does_not_wait_for_ever(edge):
    entered = asyncio.Event()

    async def act(request, context):
        entered.set()
        await asyncio.Event().wait()

    edge.trading_servicer.act = act
    call = edge.trading.GetOrder(
        trading_pb2.GetOrderRequest(request_id="a"), metadata=edge.as_role("viewer")
    )
    waiting = asyncio.gather(call)
    await entered.wait()
    async with asyncio.timeout(3):
        await edge.server.drain(grace_s=0.1)
    with pytest.raises(grpc.aio.AioRpcError):
        await waiting
