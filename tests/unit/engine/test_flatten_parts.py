"""Positions are sold by orders that limits and venue admit, and nothing of them is forgotten."""

from decimal import Decimal

import msgspec
import pytest
from aitrader_server.domain.terms import SymbolLimits
from aitrader_server.domain.words import OrderState, Side, TradingState
from aitrader_server.engine.flatten import PARTS_MAX
from engine_lives import World, limit
from fateful_venue import BTC, SYMBOL, Fate
from small_engine import CALLER

D = Decimal
STEP = BTC.step_size


async def holding(quantity, **instrument):
    """An account with so many BTC where the venue has such rules."""
    world = World(USDT="1000", BTC=str(quantity))
    world.venue.instrument = msgspec.structs.replace(BTC, **instrument)
    await world.ready()
    return world


def planned(world):
    return [spec.quantity for spec in world.engine.parts.flattening.plan([SYMBOL])]


async def flatten(world):
    return await world.engine.parts.flattening.flatten([SYMBOL], CALLER, 5)


@pytest.mark.parametrize(
    ("held", "bound", "parts"),
    [
        ("0", "1", []),
        ("0.000009", "1", []),
        ("0.1", "1", ["0.1"]),
        ("0.1", "0.1", ["0.1"]),
        ("0.10001", "0.1", ["0.05001", "0.05000"]),
        ("0.1", "0.04", ["0.03334", "0.03333", "0.03333"]),
        # Three parts of which none may be larger than 0.00004: not 5 + 3 + 3 steps.
        ("0.00011", "0.00004", ["0.00004", "0.00004", "0.00003"]),
        # What is less than a step stays.
        ("0.100019", "0.05", ["0.03334", "0.03334", "0.03333"]),
        # A bound between two steps is the lower of them.
        ("0.00009", "0.000039", ["0.00003", "0.00003", "0.00003"]),
        # A bound below a step admits nothing: the control says so.
        ("0.1", "0.000001", ["0.1"]),
    ],
)
@pytest.mark.parametrize("whose", ["max_order_quantity", "market_max_quantity", "max_quantity"])
async def test_parts_are_as_few_and_as_equal_as_steps_admit(held, bound, parts, whose):
    ours = whose == "max_order_quantity"
    world = await holding(held, **({} if ours else {whose: D(bound)}))
    if ours:
        await world.limit_to(max_order_quantity=D(bound))
    assert planned(world) == [D(part) for part in parts]
    await world.engine.stop()


async def test_every_quantity_is_sold_whole_by_parts_that_differ_by_a_step_at_most():
    world = await holding("0.00097")
    for steps in range(1, 98):
        bound = steps * STEP
        await world.limit_to(max_order_quantity=bound)
        parts = planned(world)
        assert sum(parts) == D("0.00097")
        assert len(parts) == -(-97 // steps)
        assert max(parts) <= bound
        assert max(parts) - min(parts) <= STEP
    await world.engine.stop()


async def test_what_takes_too_many_parts_is_left_for_another_call():
    world = await holding("0.00205")
    await world.limit_to(max_order_quantity=STEP)
    parts = planned(world)
    assert parts == [STEP] * PARTS_MAX
    await world.engine.stop()


@pytest.mark.parametrize("scope", ["the account", "the symbol", "the venue"])
async def test_no_part_is_worth_more_than_an_order_may_be(scope):
    rules = {"max_notional": D(400), "max_notional_applies_to_market": True}
    world = await holding("0.1", **(rules if scope == "the venue" else {}))
    if scope == "the account":
        await world.limit_to(max_order_notional=D(400))
    elif scope == "the symbol":
        await world.limit_to(by_symbol={SYMBOL: SymbolLimits(max_order_notional=D(400))})
    # 0.1 BTC is worth 1000, and a part may be a hundredth less than 400.
    assert planned(world) == [D("0.03334"), D("0.03333"), D("0.03333")]
    orders = await flatten(world)
    assert {order.state for order in orders} == {OrderState.ACCEPTED}
    await world.engine.stop()


async def test_all_parts_leave_whatever_else_is_limited():
    """Losses, counts, rates and repetitions keep nobody from selling what is held."""
    world = await holding("0.1")
    await world.limit_to(
        max_order_quantity=D("0.03"),
        repeated_order_window_ms=60_000,
        max_orders_per_minute=1,
        max_orders_per_day=1,
        max_turnover_per_day=D(1),
        max_executions=1,
        approval_notional=D(1),
        daily_loss_limit=D("0.1"),
    )
    world.quotes.last = D(5_000)
    orders = await flatten(world)
    assert [(order.state, order.quantity) for order in orders] == [
        (OrderState.ACCEPTED, D("0.025"))
    ] * 4
    assert world.book.state.trading.state is TradingState.REDUCING
    for order in orders:
        world.venue.execute(order.request_id, order.quantity)
    assert world.book.state.ledger.held("BTC") == 0
    assert await flatten(world) == []
    await world.check()
    await world.engine.stop()


async def test_what_is_open_is_cancelled_first_and_then_sold():
    world = await holding("0.1")
    await world.place(limit("buy"))
    await world.place(limit("sale", side=Side.SELL, quantity=D("0.1"), limit_price=D(10_100)))
    (order,) = await flatten(world)
    assert (world.state("buy"), world.state("sale")) == (OrderState.CANCELED,) * 2
    assert (order.state, order.quantity, order.spec.reduce_only) == (
        OrderState.ACCEPTED,
        D("0.1"),
        True,
    )
    await world.check()
    await world.engine.stop()


async def test_without_a_price_each_part_is_as_large_as_limits_of_size_admit():
    world = await holding("0.1")
    await world.limit_to(max_order_quantity=D("0.05"), max_order_notional=D(100))
    world.quotes.last = D("NaN")
    assert planned(world) == [D("0.05"), D("0.05")]
    assert {order.state for order in await flatten(world)} == {OrderState.DENIED}
    await world.engine.stop()


async def test_a_sale_in_doubt_keeps_nobody_from_selling_the_rest():
    world = await holding("0.1")
    world.venue.fates["submit"].append(Fate.LATE)
    world.venue.reachable = False
    doubted = limit("doubted", side=Side.SELL, quantity=D("0.04"), limit_price=D(10_100))
    await world.place(doubted)
    assert world.state("doubted") is OrderState.UNKNOWN
    (order,) = await flatten(world)
    assert (order.state, order.quantity) == (OrderState.ACCEPTED, D("0.06"))
    world.venue.reachable = True
    await world.engine.stop()
