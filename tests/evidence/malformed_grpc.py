"""Sends mutated bytes to every method over one gRPC connection: each is answered with a code.

No answer is UNKNOWN, INTERNAL or late, and the server is afterwards what it was before.
"""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import grpc
from aitrader.v1 import market_data_pb2, observability_pb2, risk_pb2, sentiment_pb2, trading_pb2
from callers import Rpc
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from evidence.besieged import besieged
from evidence.rungs import Figures, Rung, main

FILES = (trading_pb2, risk_pb2, sentiment_pb2, market_data_pb2, observability_pb2)
CALLS_AT_ONCE = 48
# Far above what a call takes on a busy machine: who waits for longer waits for ever.
CALL_TIMEOUT_S = 30
# A stream of events says nothing for as long as nothing happens: its start is what is tried.
STREAM_S = 0.05
STREAMED_SHARE = 0.02
DEPTH_MAX = 4
WRONG = {
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.DATA_LOSS,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
}
TEXTS = ("BTCUSDT", "0.001", "60000", "r-1", "", "1m", "x" * 40, "\u0661", "1e3", "2026-11-22")


@dataclass(frozen=True)
class Target:
    """A method and a message that it reads."""

    path: str
    method: MethodDescriptor
    samples: tuple[bytes, ...]

    @property
    def streams(self) -> bool:
        return bool(self.method.client_streaming or self.method.server_streaming)


def climb(count: int, seed: int) -> Figures:
    codes = asyncio.run(_attack(count, random.Random(seed)))
    return {"grown_mib": codes.pop("grown_mib"), "answers": dict(codes.most_common())}


async def _attack(count: int, chance: random.Random) -> Counter[str]:
    targets = _targets(chance)
    codes: Counter[str] = Counter()
    async with besieged() as siege:
        attacks = _attacks(count, targets, chance)

        async def work_off() -> None:
            for target, contents in attacks:
                code, details = await _answer(siege.rpc, target, contents)
                assert code not in WRONG, f"{target.path} {contents!r}: {code.name} {details}"
                codes[code.name] += 1

        async with asyncio.TaskGroup() as workers:
            for _ in range(CALLS_AT_ONCE):
                workers.create_task(work_off())
    codes["grown_mib"] = siege.grown_mib
    return codes


def _attacks(
    count: int, targets: list[Target], chance: random.Random
) -> Iterator[tuple[Target, list[bytes]]]:
    """Every method in turn, the streams less often; `count` messages in all."""
    streams = [target for target in targets if target.streams]
    unary = [target for target in targets if not target.streams]
    for _ in range(count):
        target = chance.choice(streams if chance.random() < STREAMED_SHARE else unary)
        yield target, [_mutated(chance.choice(target.samples), chance)]


async def _answer(rpc: Rpc, target: Target, contents: list[bytes]) -> tuple[grpc.StatusCode, str]:
    auth = {"metadata": rpc.auth["metadata"], "timeout": CALL_TIMEOUT_S}
    try:
        match target.method.client_streaming, target.method.server_streaming:
            case False, False:
                await rpc.channel.unary_unary(target.path)(contents[0], **auth)
            case False, True:
                await _first(rpc.channel.unary_stream(target.path)(contents[0], **auth))
            case _:
                await _first(rpc.channel.stream_stream(target.path)(iter(contents), **auth))
    except grpc.aio.AioRpcError as error:
        return error.code(), error.details() or ""
    return grpc.StatusCode.OK, ""


async def _first(call) -> None:
    """What a stream says at first, if anything, or how it ends."""
    try:
        with suppress(TimeoutError, StopAsyncIteration):
            async with asyncio.timeout(STREAM_S):
                await anext(aiter(call))
    finally:
        call.cancel()


def _targets(chance: random.Random) -> list[Target]:
    return [
        Target(
            path=f"/{service.full_name}/{method.name}",
            method=method,
            samples=tuple(
                _filled(method.input_type, chance, 0).SerializeToString() for _ in range(20)
            ),
        )
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    ]


def _filled(kind: Descriptor, chance: random.Random, depth: int) -> Message:
    """A message of a kind with some of its fields, each with a value that fits its type."""
    message = GetMessageClass(kind)()
    for field in kind.fields:
        if chance.random() < 0.3 or (field.message_type and depth == DEPTH_MAX):
            continue
        if field.message_type and field.message_type.GetOptions().map_entry:
            continue
        values = [_value(field, chance, depth) for _ in range(1 + field.is_repeated)]
        if field.is_repeated:
            getattr(message, field.name).extend(values)
        elif field.message_type:
            getattr(message, field.name).CopyFrom(values[0])
        else:
            setattr(message, field.name, values[0])
    return message


def _value(field: FieldDescriptor, chance: random.Random, depth: int) -> object:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_MESSAGE:
            return _filled(field.message_type, chance, depth + 1)
        case FieldDescriptor.CPPTYPE_STRING:
            text = chance.choice(TEXTS)
            return text.encode() if field.type == FieldDescriptor.TYPE_BYTES else text
        case FieldDescriptor.CPPTYPE_ENUM:
            return chance.choice(field.enum_type.values).number
        case FieldDescriptor.CPPTYPE_BOOL:
            return chance.random() < 0.5
        case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
            return chance.choice((0.0, 50.0, -1.0, float("nan"), float("inf"), 1e300))
        case _:
            return chance.choice((0, 1, 2, 100, 2**31 - 1))


def _mutated(sample: bytes, chance: random.Random) -> bytes:
    """A valid message after one to four accidents, or noise."""
    if chance.random() < 0.05:
        return chance.randbytes(chance.randint(0, 200))
    content = bytearray(sample)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(content))
        match chance.randrange(7):
            case 0:
                del content[at:]
            case 1:
                del content[at : at + chance.randint(1, 8)]
            case 2:
                content[at:at] = chance.randbytes(chance.randint(1, 16))
            case 3:
                content[at:at] = content[at : at + 32]
            case 4:
                content[at : at + 1] = bytes([chance.choice((0x00, 0x7F, 0x80, 0xFF))])
            case 5:
                content[at:at] = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
            case _ if content:
                content[at % len(content)] ^= 1 << chance.randrange(8)
            case _:
                pass
    return bytes(content)


RUNG = Rung("malformed-grpc", "messages", in_tests=100_000, on_demand=8_000_000, climb=climb)

if __name__ == "__main__":
    sys.exit(main(RUNG))
