from decimal import Decimal

import pytest
from aitrader_gateway.sandbox.crowd import PACE_PER_S_MAX, STEPS_AT_ONCE_MAX, Crowd
from aitrader_gateway.sandbox.listings import LISTINGS, START_PRICES
from aitrader_gateway.sandbox.makers import Maker, MakerSettings
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import (
    LevelChange,
    MarketTrade,
    OrderRequest,
    Placed,
)
from aitrader_gateway.sandbox.matching.words import OrderStatus, SymbolStatus
from aitrader_gateway.sandbox.venue import Venue
from aitrader_server.domain.words import OrderType, Side, TimeInForce

SYMBOL = "BTCUSDT"
STEP_NS = 10_000_000


class Clock:
    def __init__(self):
        self.at_ns = 0

    def now_ns(self):
        self.at_ns += STEP_NS
        return self.at_ns


def market(seed=1, **settings):
    exchange = Exchange(LISTINGS)
    maker = Maker(LISTINGS[SYMBOL], START_PRICES[SYMBOL], seed, MakerSettings(**settings))
    maker.open(exchange, 0)
    return exchange, maker


def events_of(seed, steps=300):
    exchange, maker = market(seed)
    for number in range(steps):
        maker.step(exchange, number * STEP_NS)
    return exchange.take_events()


def user_order(exchange, side, price, quantity="0.01"):
    exchange.open_account("user", {"USDT": Decimal(10**7), "BTC": Decimal(100)})
    request = OrderRequest(
        symbol=SYMBOL,
        side=side,
        order_type=OrderType.LIMIT,
        client_order_id="mine",
        quantity=Decimal(quantity),
        price=Decimal(price),
        time_in_force=TimeInForce.GTC,
    )
    placed = exchange.place("user", request, 1)
    assert isinstance(placed, Placed)
    return placed.order.number


def status_of(exchange, number):
    return exchange.order("user", SYMBOL, order_id=number).status


def test_every_listed_symbol_opens_with_a_full_book_around_its_start():
    exchange = Exchange(LISTINGS)
    for symbol, listing in LISTINGS.items():
        Maker(listing, START_PRICES[symbol], 1, MakerSettings()).open(exchange, 0)
        book = exchange.depth(symbol, 100)
        assert len(book.bids) == len(book.asks) == 10
        assert book.bids[0][0] < START_PRICES[symbol] < book.asks[0][0]


def test_a_market_repeats_from_its_seed():
    assert events_of(3) == events_of(3)
    assert events_of(3) != events_of(4)


def test_steps_move_levels_and_trade_now_and_then():
    events = events_of(1)
    trades = sum(isinstance(event, MarketTrade) for event in events)
    assert 20 < trades < 150
    assert sum(isinstance(event, LevelChange) for event in events) > 300


def test_the_price_drifts_as_told_and_the_book_follows():
    exchange, maker = market(drift_bips=5, volatility_bips=0)
    for number in range(1000):
        maker.step(exchange, number * STEP_NS)
        exchange.take_events()
    assert float(maker.fair_price) == pytest.approx(100_000 * 1.0005**1000)
    best_bid, best_ask = (exchange.best(SYMBOL, side)[0] for side in (Side.BUY, Side.SELL))
    assert best_bid < best_ask
    assert abs(best_bid / maker.fair_price - 1) < Decimal("0.01")


def test_open_orders_of_a_maker_stay_few():
    exchange, maker = market(levels=5)
    for number in range(2000):
        maker.step(exchange, number * STEP_NS)
    assert len(exchange.open_orders(f"maker:{SYMBOL}")) <= 10


def test_a_halted_symbol_is_let_be():
    exchange, maker = market()
    exchange.set_status(SYMBOL, SymbolStatus.HALT, 1)
    exchange.take_events()
    for number in range(50):
        maker.step(exchange, number * STEP_NS)
    assert not any(isinstance(event, MarketTrade) for event in exchange.take_events())
    exchange.set_status(SYMBOL, SymbolStatus.TRADING, 2)
    for number in range(50, 100):
        maker.step(exchange, number * STEP_NS)
    assert any(isinstance(event, MarketTrade) for event in exchange.take_events())


def test_a_printed_trade_serves_who_waits_at_its_price_or_better():
    exchange, maker = market()
    waiting = user_order(exchange, Side.BUY, 90_000)
    maker.print_trade(exchange, Side.SELL, Decimal(90_010), Decimal("0.5"), 2)
    assert status_of(exchange, waiting) is OrderStatus.NEW
    assert exchange.last_price(SYMBOL) == 90_010
    maker.print_trade(exchange, Side.SELL, Decimal(89_990), Decimal("0.5"), 3)
    assert status_of(exchange, waiting) is OrderStatus.FILLED
    assert exchange.last_price(SYMBOL) == 89_990
    book = exchange.depth(SYMBOL, 1)
    assert book.bids[0][0] < 89_990 < book.asks[0][0]


def test_a_printed_trade_is_brought_onto_the_grid():
    exchange, maker = market()
    maker.print_trade(exchange, Side.BUY, Decimal("100000.123456"), Decimal("0.123456789"), 2)
    assert exchange.last_price(SYMBOL) == Decimal("100000.12")


def crowd_of(pace=0.0):
    exchange = Exchange(LISTINGS)
    makers = [
        Maker(LISTINGS[symbol], START_PRICES[symbol], 1, MakerSettings())
        for symbol in ("BTCUSDT", "ETHUSDT")
    ]
    crowd = Crowd(Venue(exchange, Clock()), pace)
    crowd.open(makers)
    return exchange, crowd


def test_steps_go_round_the_symbols():
    exchange, crowd = crowd_of()
    before = {symbol: exchange.depth(symbol, 20) for symbol in LISTINGS}
    crowd.step(20)
    changed = {symbol for symbol in LISTINGS if exchange.depth(symbol, 20) != before[symbol]}
    assert changed == {"BTCUSDT", "ETHUSDT"}


def test_a_price_from_elsewhere_moves_one_book():
    exchange, crowd = crowd_of()
    crowd.move("ETHUSDT", Decimal(5000))
    assert crowd.fair_prices() == {"BTCUSDT": 100_000, "ETHUSDT": 5000}
    assert exchange.best("ETHUSDT", Side.BUY)[0] < 5000 < exchange.best("ETHUSDT", Side.SELL)[0]
    with pytest.raises(KeyError):
        crowd.move("SOLUSDT", Decimal(5000))


def test_paces_and_steps_are_bounded():
    _, crowd = crowd_of()
    for pace in (-1, PACE_PER_S_MAX + 1, float("nan")):
        with pytest.raises(ValueError, match="pace"):
            crowd.pace(pace)
    for steps in (0, STEPS_AT_ONCE_MAX + 1):
        with pytest.raises(ValueError, match="steps"):
            crowd.step(steps)
