"""Writes bytes that are almost HTTP to the facade's port: each connection is answered or closed.

No answer is a 5xx, nothing hangs, no second request is smuggled in behind an ambiguous first one,
and callers who send one byte at a time keep nobody else waiting.
"""

import asyncio
import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from serving import Server

from evidence.besieged import Siege, besieged
from evidence.rungs import Figures, Rung, main

CONNECTIONS_AT_ONCE = 64
# Long enough for an answer to what is whole; what is not whole is ended then.
PATIENCE_S = 0.2
CLOSE_TIMEOUT_S = 30
SLOW_CALLERS = 20
DRIP_S = 0.05
# Answers that are documented: a method that is not there, an engine that is not ready or too slow.
DOCUMENTED = {501, 503, 504}
HEADS = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")
PATHS = (
    "/live/status",
    "/live/orders",
    "/live/trade",
    "/live/limits",
    "/live/quotes/BTCUSDT",
    "/live/orders/r-1",
    "/docs",
    "/nothing",
)
BODY = b'{"symbol":"BTCUSDT","side":"buy","order_type":"market","quantity":"0.001"}'
SMUGGLED = b"GET /live/status HTTP/1.1\r\nhost: x\r\n\r\n"
Case = bytes
Make = Callable[[random.Random, str], Case]


def climb(count: int, seed: int) -> Figures:
    return asyncio.run(_attack(count, random.Random(seed)))


async def _attack(count: int, chance: random.Random) -> Figures:
    statuses: Counter[str] = Counter()
    async with besieged() as siege:
        kinds = list(KINDS)
        cases = ((kinds[number % len(kinds)], chance.random()) for number in range(count))

        async def work_off() -> None:
            for kind, seed in cases:
                content = KINDS[kind](random.Random(seed), siege.server.token)
                found = await _answers(siege.server, content)
                _judge(kind, content, found)
                statuses[str(found[0]) if found else "closed"] += 1

        dripping = [asyncio.create_task(_drip(siege)) for _ in range(SLOW_CALLERS)]
        async with asyncio.TaskGroup() as workers:
            for _ in range(CONNECTIONS_AT_ONCE):
                workers.create_task(work_off())
        for task in dripping:
            task.cancel()
        await asyncio.gather(*dripping, return_exceptions=True)
    return {"grown_mib": siege.grown_mib, "answers": dict(statuses.most_common())}


def _judge(kind: str, content: bytes, statuses: list[int]) -> None:
    wrong = [status for status in statuses if status >= 500 and status not in DOCUMENTED]
    assert not wrong, f"{kind}: {statuses} to {content!r}"
    if kind in AMBIGUOUS:
        assert len(statuses) <= 1, f"{kind}: a request came through behind {content!r}"
        assert not statuses or statuses[0] == 400, f"{kind}: {statuses} to {content!r}"


async def _answers(server: Server, content: bytes) -> list[int]:
    """The statuses of all answers, once the server has closed or been told that no more comes."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    said = b""
    try:
        with suppress(ConnectionError):
            writer.write(content)
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    while chunk := await reader.read(65_536):
                        said += chunk
                    return _statuses(said)
            writer.write_eof()
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                while chunk := await reader.read(65_536):
                    said += chunk
    finally:
        await _closed(writer)
    return _statuses(said)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


def _statuses(said: bytes) -> list[int]:
    return [status for found in HEADS.findall(said) if (status := int(found)) >= 200]


async def _drip(siege: Siege) -> None:
    """A caller who never comes to the end of his request."""
    host, port = siege.server.url.removeprefix("http://").split(":")
    while True:
        _, writer = await asyncio.open_connection(host, int(port))
        try:
            for byte in b"POST /live/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{{{":
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(DRIP_S)
        except ConnectionError:
            # The server would not listen any longer: the next one tries.
            continue
        finally:
            await _closed(writer)


def _request(
    chance: random.Random, token: str, *headers: bytes, body: bytes = b"", verb: bytes = b""
) -> bytes:
    verb = verb or chance.choice((b"GET", b"POST", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS"))
    path = chance.choice(PATHS).encode()
    lines = [verb + b" " + path + b" HTTP/1.1", b"host: x", b"connection: close", *headers]
    if chance.random() < 0.7:
        lines.append(b"authorization: Bearer " + token.encode())
    return b"\r\n".join([*lines, b"", body])


def _length(size: int) -> bytes:
    return b"content-length: %d" % size


def _line(chance: random.Random, token: str) -> Case:
    """A first line that is none."""
    parts = [
        chance.choice(
            (b"GET", b"get", b"", b"G" * 5_000, b"G\x00T", b"\xffGET", b"PRI", b"CONNECT")
        ),
        chance.choice(
            (b"/live/status", b"", b"*", b"http://x/", b"/%zz", b"/\x01", b"/" + b"a" * 9_000)
        ),
        chance.choice((b"HTTP/1.1", b"HTTP/9.9", b"http/1.1", b"HTTP/1.", b"", b"HTTP/2.0", b"X")),
    ]
    return chance.choice((b" ", b"  ", b"\t", b"")).join(parts) + b"\r\nhost: x\r\n\r\n"


def _headers(chance: random.Random, token: str) -> Case:
    odd = (
        b"no colon",
        b": no name",
        b"name : space",
        b" folded: x",
        b"x: \x00",
        b"x: \x7f\xff",
        b"\xc3\xa4: x",
        b"host: y",
        b"content-type: application/json; charset=\xff",
        b"authorization: Bearer",
        b"authorization: Bearer " + b"x" * 10_000,
        b"accept: " + b"text/event-stream," * 500,
        b"last-event-id: -1",
        b"traceparent: 00-zz",
        b"expect: 100-continue",
        b"upgrade: websocket\r\nconnection: upgrade",
        b"upgrade: h2c\r\nhttp2-settings: AAMAAABk",
        b"x: 1\nx-injected: 2",
        b"x: 1\rx-injected: 2",
    )
    return _request(chance, token, *chance.sample(odd, chance.randint(1, 3)))


def _many_headers(chance: random.Random, token: str) -> Case:
    return _request(
        chance, token, *(b"x-%d: %d" % (n, n) for n in range(chance.randint(50, 2_000)))
    )


def _chunks(chance: random.Random, token: str) -> Case:
    broken = chance.choice(
        (
            b"zz\r\n",
            b"-1\r\n\r\n",
            b"ffffffffffffffff\r\nx",
            b"5\r\nabc\r\n0\r\n\r\n",
            b"5;ext=\x00\r\nabcde\r\n0\r\n\r\n",
            b"5\nabcde\n0\n\n",
            b"4 \r\nabcd\r\n0\r\n\r\n",
            b"%x\r\n%s\r\n0\r\nx: y\r\n\r\n" % (len(BODY), BODY),
            b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY),
            b"1\r\n{\r\n" * 200,
        )
    )
    return _request(chance, token, b"transfer-encoding: chunked", body=broken, verb=b"POST")


def _lengths(chance: random.Random, token: str) -> Case:
    told = chance.choice(
        (b"-5", b"+5", b"5x", b"", b"0x10", b"99999999999999999999", b" 7 7", b"1e2")
    )
    return _request(chance, token, b"content-length: " + told, body=BODY, verb=b"POST")


def _wrong_length(chance: random.Random, token: str) -> Case:
    size = max(0, len(BODY) + chance.choice((-10, -1, 1, 50)))
    return _request(chance, token, _length(size), body=BODY, verb=b"POST")


def _oversized(chance: random.Random, token: str) -> Case:
    size = chance.choice((1_048_577, 10_000_000, 2**31, 2**40))
    return _request(chance, token, _length(size), body=b"x" * 1_000, verb=b"POST")


def _two_lengths(chance: random.Random, token: str) -> Case:
    first = _length(len(SMUGGLED))
    return _request(chance, token, first, _length(0), body=SMUGGLED, verb=b"POST")


def _length_and_chunks(chance: random.Random, token: str) -> Case:
    coding = chance.choice((b"transfer-encoding: chunked", b"Transfer-Encoding: Chunked"))
    body = b"0\r\n\r\n" + SMUGGLED
    headers = [_length(len(body)), coding]
    chance.shuffle(headers)
    return _request(chance, token, *headers, body=body, verb=b"POST")


def _odd_coding(chance: random.Random, token: str) -> Case:
    coding = chance.choice(
        (b"xchunked", b"chunked, identity", b"identity", b"gzip, x", b"\x0bchunked")
    )
    return _request(
        chance,
        token,
        b"transfer-encoding: " + coding,
        _length(4),
        body=b"0\r\n\r\n" + SMUGGLED,
        verb=b"POST",
    )


def _pipelined(chance: random.Random, token: str) -> Case:
    """Several at once, of which one is broken somewhere."""
    whole = [SMUGGLED, _headers(chance, token), _line(chance, token)]
    chance.shuffle(whole)
    return b"".join(whole)


def _json(chance: random.Random, token: str) -> Case:
    """A whole request whose body has had an accident."""
    body = bytearray(BODY)
    for _ in range(chance.randint(1, 4)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return _request(chance, token, _length(len(body)), body=bytes(body), verb=b"POST")


def _flipped(chance: random.Random, token: str) -> Case:
    """A whole request with accidents anywhere."""
    content = bytearray(_request(chance, token, _length(len(BODY)), body=BODY, verb=b"POST"))
    for _ in range(chance.randint(1, 6)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def _truncated(chance: random.Random, token: str) -> Case:
    content = _request(chance, token, _length(len(BODY)), body=BODY, verb=b"POST")
    return content[: chance.randrange(len(content))]


def _noise(chance: random.Random, _: str) -> Case:
    return chance.randbytes(chance.randint(1, 500))


def _path(chance: random.Random, token: str) -> Case:
    odd = "".join(chance.choice("/%.?&=#;:@[]{}|^`\\<>\"'~+*a0é") for _ in range(30))
    target = "/live/" + odd if chance.random() < 0.8 else odd
    head = f"GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}"
    return head.encode() + b"\r\n\r\n"


AMBIGUOUS: dict[str, Make] = {
    "two lengths": _two_lengths,
    "a length and chunks": _length_and_chunks,
    "an odd coding": _odd_coding,
}
KINDS: dict[str, Make] = {
    "first line": _line,
    "headers": _headers,
    "many headers": _many_headers,
    "chunks": _chunks,
    "no length": _lengths,
    "another length": _wrong_length,
    "oversized": _oversized,
    "pipelined": _pipelined,
    "body": _json,
    "flipped": _flipped,
    "truncated": _truncated,
    "noise": _noise,
    "path": _path,
    **AMBIGUOUS,
}

RUNG = Rung("malformed-http", "connections", in_tests=50_000, on_demand=1_500_000, climb=climb)

if __name__ == "__main__":
    sys.exit(main(RUNG))
