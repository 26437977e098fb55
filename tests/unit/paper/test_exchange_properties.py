"""Whatever is asked of the paper venue in whatever order, its books balance."""

from collections import Counter
from decimal import Decimal

import msgspec
from aitrader_gateway.paper.exchange import Fees, PaperExchange
from aitrader_gateway.paper.instruments import INSTRUMENTS
from aitrader_server.domain.events import OrderSpec
from aitrader_server.domain.instrument import Quote
from aitrader_server.domain.venue import Refused, VenueStatus
from aitrader_server.domain.words import PRICED_TYPES, STOP_TYPES, OrderType, Side, TimeInForce
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

START = {"USDT": Decimal(20_000), "BTC": Decimal(20)}
TERMINAL = {VenueStatus.FILLED, VenueStatus.CANCELED, VenueStatus.EXPIRED}
prices = st.integers(9_000, 11_000).map(lambda cents: Decimal(cents) / 100)
# Lots of 0.01, and now and then one so large that the depth or the balance ends before it.
quantities = st.one_of(
    st.integers(1, 300).map(lambda lots: Decimal(lots) / 100),
    st.integers(1, 60).map(Decimal),
)


class Market(RuleBasedStateMachine):
    """Orders, cancels and quotes of one symbol, in any order."""

    @initialize(price=prices)
    def open(self, price):
        instrument = msgspec.structs.replace(
            INSTRUMENTS["BTCUSDT"], max_stop_orders=0, min_notional=Decimal(0)
        )
        self.exchange = PaperExchange(
            {"BTCUSDT": instrument}, START, fees=Fees(), depth_levels=4, ended_max=10**6
        )
        self.reports = []
        self.last_statuses = {}
        self.at_ns = 0
        self.quote(price, Decimal(1), 1)

    @rule(price=prices, quantity=quantities, spread=st.integers(1, 5))
    def quote(self, price, quantity, spread):
        self.at_ns += 1
        ask = price + Decimal(spread) / 100
        self.take(
            self.exchange.on_quote(
                Quote(
                    symbol="BTCUSDT",
                    bid=price,
                    ask=ask,
                    bid_quantity=quantity,
                    ask_quantity=quantity,
                    last=ask if spread % 2 else price,
                    at_ns=self.at_ns,
                )
            )
        )

    @rule(
        number=st.integers(1, 12),
        side=st.sampled_from(Side),
        kind=st.sampled_from(OrderType),
        tif=st.sampled_from(TimeInForce),
        size=st.tuples(quantities, st.booleans()),
        limit=prices,
        stop=prices,
    )
    def submit(self, number, side, kind, tif, size, limit, stop):  # noqa: PLR0917 - one a column
        quantity, by_quote = size
        by_quote = by_quote and kind is OrderType.MARKET
        self.at_ns += 1
        before = self.exchange.copy()
        outcome = self.exchange.submit(
            OrderSpec(
                request_id=f"order-{number}",
                symbol="BTCUSDT",
                side=side,
                order_type=kind,
                quantity=None if by_quote else quantity,
                quote_quantity=quantity * 100 if by_quote else None,
                limit_price=limit if kind in PRICED_TYPES else None,
                stop_price=stop if kind in STOP_TYPES else None,
                time_in_force=tif,
            ),
            self.at_ns,
        )
        if isinstance(outcome, Refused):
            assert self.exchange.register.orders == before.register.orders
            assert self.exchange.account(0) == before.account(0)
        else:
            self.take(outcome)

    @rule(number=st.integers(1, 12))
    def cancel(self, number):
        self.at_ns += 1
        outcome = self.exchange.cancel("BTCUSDT", f"order-{number}", "", self.at_ns)
        if not isinstance(outcome, Refused):
            self.take(outcome)

    def take(self, reports):
        """A report after a terminal one, or one that takes back a fill, breaks the venue's word."""
        for report in reports:
            status, cumulative = self.last_statuses.get(
                report.venue_order_id, (VenueStatus.ACCEPTED, Decimal(0))
            )
            assert status not in TERMINAL
            filled = sum(fill.quantity for fill in report.fills)
            assert report.cumulative_quantity == cumulative + filled
            self.last_statuses[report.venue_order_id] = (report.status, report.cumulative_quantity)
        self.reports.extend(reports)

    @invariant()
    def money_is_what_the_trades_made_of_it(self):
        expected = dict(START)
        for number, order in self.exchange.register.orders.items():
            sign = 1 if order.spec.side is Side.BUY else -1
            for fill in self.exchange.register.fills(number):
                expected["BTC"] += sign * fill.quantity
                expected["USDT"] -= sign * fill.quantity * fill.price
                expected[fill.fee_asset] -= fill.fee
        account = self.exchange.account(0)
        assert {asset: account.total(asset) for asset in START} == expected
        assert all(amount >= 0 for amount in (*account.free.values(), *account.locked.values()))

    @invariant()
    def what_is_locked_is_what_open_orders_lock(self):
        locked = {"BTC": Decimal(0), "USDT": Decimal(0)}
        for order in self.exchange.register.orders.values():
            spec = order.spec
            if order.terminal:
                assert order.locked == 0
                continue
            if spec.side is Side.SELL:
                locked["BTC"] += order.leaves_quantity
            else:
                price = spec.limit_price or spec.stop_price
                locked["USDT"] += order.leaves_quantity * price
        account = self.exchange.account(0)
        assert {asset: account.locked.get(asset, 0) for asset in locked} == locked

    @invariant()
    def every_order_is_the_sum_of_its_trades(self):
        register = self.exchange.register
        for number, order in register.orders.items():
            fills = register.fills(number)
            assert sum(fill.quantity for fill in fills) == order.cumulative_quantity
            quote = sum(fill.quantity * fill.price for fill in fills)
            assert quote == order.cumulative_quote
            assert order.cumulative_quantity <= order.quantity
            assert (order.status is VenueStatus.FILLED) == (not order.leaves_quantity)
        reported = [fill.trade_id for report in self.reports for fill in report.fills]
        booked = [fill.trade_id for number in register.orders for fill in register.fills(number)]
        assert sorted(reported) == sorted(booked)
        assert len(set(booked)) == len(booked)

    @invariant()
    def a_client_id_is_open_once(self):
        orders = self.exchange.register.orders.values()
        working = Counter(order.spec.request_id for order in orders if not order.terminal)
        assert set(working.values()) <= {1}
        assert [order.spec.request_id for order in self.exchange.register.open_orders()] == list(
            working
        )


class TestMarket(Market.TestCase):
    settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
