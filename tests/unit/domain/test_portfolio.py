from aitrader_server.domain.portfolio import Position
from aitrader_server.domain.words import Side
from unit.domain.worlds import D, fill, filled


def after(*executions) -> Position:
    """The position after (side, fill) pairs."""
    position = Position()
    for side, execution in executions:
        position = position.after(filled(execution, side=side))
    return position


def test_a_fee_in_base_earns_nothing_when_the_base_is_sold():
    position = after(
        (Side.BUY, fill("1", "10", "100")),
        (Side.SELL, fill("2", "1", "100", "0.01", "BTC")),
    )
    # Sold at cost: the only result is the fee, 0.01 BTC that had cost 1 USDT.
    assert position == Position(quantity=D("8.99"), cost=D(899), realized=D(-1))


def test_a_fee_in_base_that_the_position_no_longer_covers_costs_what_is_left():
    position = after(
        (Side.BUY, fill("1", "1", "100")),
        (Side.SELL, fill("2", "1", "120", "0.01", "BTC")),
    )
    assert position == Position(quantity=D(0), cost=D(0), realized=D(20))
