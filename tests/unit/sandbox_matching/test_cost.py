"""What an order costs does not grow with the book: counted in calls, as time would flicker."""

import sys
from collections.abc import Callable

import pytest
from matching_desk import Desk


def calls(action: Callable[[], object]) -> int:
    """How many functions, Python's or C's, `action` calls."""
    count = 0

    def see(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


def deep(orders: int) -> Desk:
    """Bob has so many orders on each side, a hundred a price; Alice has a few stops."""
    desk = Desk(ended_max=10)
    desk.open("maker", "100000000", "100000000000")
    desk.last("100000")
    for number in range(orders):
        step = number % (orders // 100)
        desk.limit("maker", f"b{number}", "BUY", "1", str(99_999 - step))
        desk.limit("maker", f"s{number}", "SELL", "1", str(100_001 + step))
        desk.place("maker", f"t{number}", "SELL", "STOP_LOSS", quantity=1, stop_price=1 + step)
    desk.exchange.take_events()
    return desk


@pytest.fixture(scope="module")
def desks() -> tuple[Desk, Desk]:
    return deep(100), deep(2000)


@pytest.mark.parametrize(
    "action",
    [
        lambda desk: desk.limit("alice", "a", "BUY", "1", "99998.5"),
        lambda desk: desk.cancel("alice", "a"),
        lambda desk: desk.market("alice", "m", "BUY", "1.5"),
        lambda desk: desk.market("alice", "n", "SELL", "1.5"),
        lambda desk: desk.place("alice", "s", "SELL", "STOP_LOSS", quantity=1, stop_price="99000"),
        lambda desk: desk.cancel("alice", "s"),
        lambda desk: desk.cancel("maker", "b50"),
        lambda desk: desk.cancel("maker", "t50"),
        lambda desk: desk.last("100000.5"),
        lambda desk: desk.exchange.depth("BTCUSDT", 1),
    ],
)
def test_an_order_costs_as_much_in_a_book_twenty_times_as_deep(desks, action):
    shallow, deep_one = (calls(lambda desk=desk: action(desk)) for desk in desks)
    assert deep_one <= shallow + 3
