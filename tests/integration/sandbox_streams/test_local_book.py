"""A book kept from the depth stream by the venue's own recipe is the venue's book."""

import asyncio
import json
import random
import urllib.request

from aitrader_server.domain.words import Side
from sandbox_faces import BTCUSDT, OTHER, USER, Faces, Peer, connected

CHANGES = 4_000


class LocalBook:
    """Keeps a book as the venue's documentation says to."""

    def __init__(self, snapshot: dict) -> None:
        self.update = snapshot["lastUpdateId"]
        self.sides = {
            "b": dict(map(tuple, snapshot["bids"])),
            "a": dict(map(tuple, snapshot["asks"])),
        }

    def apply(self, event: dict) -> None:
        if event["u"] <= self.update:
            return
        assert event["U"] <= self.update + 1, "a gap"
        for side, levels in self.sides.items():
            for price, quantity in event[side]:
                levels[price] = quantity
                if float(quantity) == 0:
                    del levels[price]
        self.update = event["u"]

    def shape(self) -> tuple[list, list]:
        bids = sorted(self.sides["b"].items(), key=lambda row: float(row[0]), reverse=True)
        asks = sorted(self.sides["a"].items(), key=lambda row: float(row[0]))
        return [list(row) for row in bids], [list(row) for row in asks]


async def _snapshot(faces: Faces) -> dict:
    url = f"{faces.rest_url}/v3/depth?symbol=BTCUSDT&limit=5000"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    body = await asyncio.to_thread(lambda: opener.open(url, timeout=5).read())
    return json.loads(body)


async def _change(faces: Faces, chance: random.Random, changes: int) -> None:
    open_orders: list[tuple[str, int]] = []
    for change in range(changes):
        if open_orders and chance.random() < 0.4:
            by, number = open_orders.pop(chance.randrange(len(open_orders)))
            if not faces.exchange.order(by, BTCUSDT, order_id=number).ended:
                faces.cancel(number, by=by)
        else:
            side = chance.choice(list(Side))
            by = USER if side is Side.BUY else OTHER
            # The sides overlap, so that some orders trade.
            price = 100 + chance.randrange(50) + (0 if side is Side.BUY else 40)
            quantity = f"0.{chance.randrange(10_000, 99_999)}"
            placed = faces.place(side, f"{price}.00", quantity, by=by)
            if not placed.order.ended:
                open_orders.append((by, placed.order.number))
        if len(open_orders) > 150:
            faces.cancel_all(by=USER)
            faces.cancel_all(by=OTHER)
            open_orders.clear()
        if change % 20 == 0:
            await asyncio.sleep(0.005)


async def _follow(peer: Peer, book: LocalBook, faces: Faces, done: asyncio.Task) -> int:
    events = 0
    while not done.done() or book.update < faces.exchange.depth(BTCUSDT, 1).update:
        book.apply(await peer.next())
        events += 1
    return events


async def test_a_local_book_equals_the_venues_after_thousands_of_changes(faces: Faces):
    async with connected(f"{faces.stream_url}ws/btcusdt@depth@100ms") as peer:
        changing = asyncio.create_task(_change(faces, random.Random(7), CHANGES))
        first = await peer.next()
        snapshot = await _snapshot(faces)
        assert snapshot["lastUpdateId"] >= first["U"]
        book = LocalBook(snapshot)
        book.apply(first)
        events = await _follow(peer, book, faces, changing)
        await changing
    assert events > 5
    whole = await _snapshot(faces)
    assert whole["lastUpdateId"] == book.update
    assert book.shape() == (whole["bids"], whole["asks"])
    assert len(faces.tape.trades(BTCUSDT)) > 100
