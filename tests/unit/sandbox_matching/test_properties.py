"""What holds whatever happens: money, locks, the book, and a truth that its events retell."""

from collections import Counter
from decimal import Decimal

import msgspec
from aitrader_gateway.sandbox.matching.exchange import Exchange
from aitrader_gateway.sandbox.matching.model import (
    AccountPosition,
    Fees,
    ListRequest,
    Order,
    OrderRequest,
    Refusal,
    ReplaceRequest,
)
from aitrader_gateway.sandbox.matching.words import (
    CancelRestriction,
    Contingency,
    ReplaceMode,
    SymbolStatus,
)
from aitrader_server.domain.words import OrderType, SelfTradePrevention, Side, TimeInForce
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from matching_desk import SYMBOL, listing
from matching_mirror import Mirror

ACCOUNTS = ("alice", "bob", "carol")
ZERO = Decimal(0)
FEES = Fees(maker=Decimal("0.0007"), taker=Decimal("0.001"))
OPEN = {"BTC": Decimal(5), "USDT": Decimal(500)}
MARKET = listing(
    min_notional="5",
    max_position="9",
    max_open_orders=12,
    max_stop_orders=5,
    iceberg_parts_max=10,
    bid_multiplier_up="1.5",
    ask_multiplier_down="0.5",
)

accounts = st.sampled_from(ACCOUNTS)
sides = st.sampled_from(Side)
prices = st.integers(95, 105).map(Decimal)
quantities = st.integers(0, 4000).map(lambda thousandths: Decimal(thousandths) / 1000)
names = st.integers(0, 40).map(lambda number: f"o{number}")
maybe = st.booleans()


@st.composite
def requests(draw, kinds=tuple(OrderType)) -> OrderRequest:
    """Mostly an order that some venue may take, of any type."""
    kind = draw(st.sampled_from(kinds))
    priced = kind in (
        OrderType.LIMIT,
        OrderType.LIMIT_MAKER,
        OrderType.STOP_LOSS_LIMIT,
        OrderType.TAKE_PROFIT_LIMIT,
    )
    stop = kind not in (OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.MARKET)
    timing = draw(st.sampled_from(TimeInForce)) if priced else None
    quantity = draw(quantities)
    by_quote = kind is OrderType.MARKET and draw(maybe)
    trails = stop and draw(maybe)
    hides = priced and timing is TimeInForce.GTC and draw(maybe)
    return OrderRequest(
        symbol=SYMBOL,
        side=draw(sides),
        order_type=kind,
        client_order_id=draw(names),
        quantity=None if by_quote else quantity,
        quote_quantity=quantity * 100 if by_quote else None,
        price=draw(prices) if priced else None,
        stop_price=draw(prices) if stop and not (trails and draw(maybe)) else None,
        trailing_delta=draw(st.integers(1, 300)) if trails else 0,
        iceberg_quantity=max(quantity / 4, Decimal("0.001")).quantize(Decimal("0.001"))
        if hides
        else None,
        time_in_force=None if kind is OrderType.LIMIT_MAKER else timing,
        prevention=draw(st.sampled_from(SelfTradePrevention)),
    )


@st.composite
def lists(draw) -> ListRequest:
    """An OCO, OTO or OTOCO list around the prices that are traded."""
    side, quantity = draw(sides), draw(quantities)
    above, below = sorted(draw(st.tuples(prices, prices)), reverse=True)
    limit_above = side is Side.SELL
    kinds = [
        OrderType.LIMIT_MAKER,
        draw(st.sampled_from((OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT))),
    ]
    legs = []
    for position, kind in enumerate(kinds if limit_above else reversed(kinds)):
        price = below if position else above
        legs.append(
            OrderRequest(
                symbol=SYMBOL,
                side=side,
                order_type=kind,
                client_order_id=draw(names),
                quantity=quantity,
                price=price if kind is not OrderType.STOP_LOSS else None,
                stop_price=price if kind is not OrderType.LIMIT_MAKER else None,
                time_in_force=TimeInForce.GTC if kind is OrderType.STOP_LOSS_LIMIT else None,
            )
        )
    contingency = draw(st.sampled_from(Contingency))
    if contingency is Contingency.OTO:
        working = draw(requests(kinds=(OrderType.LIMIT, OrderType.LIMIT_MAKER)))
        pending = draw(st.sampled_from((legs, [draw(requests())])))
        legs = [working, *pending]
    return ListRequest(
        symbol=SYMBOL,
        contingency=contingency,
        list_client_order_id=draw(names),
        orders=tuple(legs),
    )


def plainly(order: Order) -> Order:
    """Without the price that a trailing stop follows, which everybody can see for himself."""
    return msgspec.structs.replace(order, trail_extreme=None, trailing_at_ns=-1)


def state(exchange: Exchange) -> object:
    """All that can be read."""
    return (
        exchange.numbers,
        exchange.depth(SYMBOL, 1000),
        exchange.last_price(SYMBOL),
        [
            (
                exchange.orders(name, SYMBOL),
                exchange.open_orders(name),
                exchange.order_lists(name),
                exchange.balances(name),
                exchange.trades(name, SYMBOL),
                exchange.prevented(name, SYMBOL),
            )
            for name in ACCOUNTS
        ],
    )


class Trading(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.exchange = Exchange({SYMBOL: MARKET})
        for name in ACCOUNTS:
            self.exchange.open_account(name, OPEN, FEES)
        self.mirror = Mirror({name: self.exchange.balances(name) for name in ACCOUNTS})
        self.now_ns = 0

    def run(self, command) -> object:
        """Runs a command on a copy first: a copy is independent, and a refusal changes nothing."""
        self.now_ns += 10**9
        before, twin = state(self.exchange), self.exchange.copy()
        foreseen = command(twin)
        assert state(self.exchange) == before
        answer = command(self.exchange)
        assert answer == foreseen
        assert state(twin) == state(self.exchange)
        events = self.exchange.take_events()
        assert events == twin.take_events()
        if isinstance(answer, Refusal):
            assert state(self.exchange) == before
            assert not events
        positions = [event.account for event in events if isinstance(event, AccountPosition)]
        assert len(positions) == len(set(positions))
        for event in events:
            self.mirror.hear(event)
        return answer

    @rule(account=accounts, request=requests())
    def place(self, account, request) -> None:
        refusal = self.exchange.copy().check(account, request)
        answer = self.run(lambda exchange: exchange.place(account, request, self.now_ns))
        assert refusal == (answer if isinstance(answer, Refusal) else None)

    @rule(account=accounts, request=requests(kinds=(OrderType.LIMIT,)))
    def quote(self, account, request) -> None:
        self.run(lambda exchange: exchange.place(account, request, self.now_ns))

    @rule(account=accounts, request=lists())
    def bind(self, account, request) -> None:
        self.run(lambda exchange: exchange.place_list(account, request, self.now_ns))

    def pick(self, account, name, data) -> str:
        """The client id of an open order if there is one."""
        mine = [order.client_order_id for order in self.exchange.open_orders(account)]
        return data.draw(st.sampled_from(mine)) if mine else name

    @rule(account=accounts, name=names, data=st.data())
    def cancel(self, account, name, data) -> None:
        name = self.pick(account, name, data)
        self.run(
            lambda exchange: exchange.cancel(
                account,
                SYMBOL,
                order_id=None,
                client_order_id=name,
                new_client_order_id="",
                restriction=CancelRestriction.NONE,
                at_ns=self.now_ns,
            )
        )

    @rule(account=accounts)
    def cancel_all(self, account) -> None:
        self.run(lambda exchange: exchange.cancel_all(account, SYMBOL, self.now_ns))

    @rule(
        account=accounts,
        name=names,
        request=requests(),
        mode=st.sampled_from(ReplaceMode),
        data=st.data(),
    )
    def replace(self, account, name, request, mode, data) -> None:
        name = self.pick(account, name, data)
        asked = ReplaceRequest(order=request, mode=mode, cancel_client_order_id=name)
        self.run(lambda exchange: exchange.cancel_replace(account, asked, self.now_ns))

    @rule(account=accounts, name=names, new_name=names, part=st.integers(1, 11), data=st.data())
    def amend(self, account, name, new_name, part, data) -> None:
        name = self.pick(account, name, data)
        order = self.exchange.order(account, SYMBOL, client_order_id=name)
        if order is None:
            return
        quantity = (order.quantity * part / 10).quantize(Decimal("0.001"))
        self.run(
            lambda exchange: exchange.amend(
                account,
                SYMBOL,
                order_id=None,
                client_order_id=name,
                new_client_order_id=new_name,
                new_quantity=quantity,
                at_ns=self.now_ns,
            )
        )

    @rule(price=prices)
    def trade_elsewhere(self, price) -> None:
        self.run(lambda exchange: exchange.set_last(SYMBOL, price, self.now_ns))

    @rule(status=st.sampled_from((SymbolStatus.HALT, SymbolStatus.CANCEL_ONLY)), price=prices)
    def close_for_a_while(self, status, price) -> None:
        self.run(lambda exchange: exchange.set_status(SYMBOL, status, self.now_ns))
        self.run(lambda exchange: exchange.set_last(SYMBOL, price, self.now_ns))
        self.run(lambda exchange: exchange.set_status(SYMBOL, SymbolStatus.TRADING, self.now_ns))

    @rule(account=accounts, amount=st.integers(-100, 100).map(Decimal))
    def move_money(self, account, amount) -> None:
        self.run(lambda exchange: exchange.deposit(account, "USDT", amount, self.now_ns))

    @invariant()
    def money_is_conserved_but_for_fees(self) -> None:
        for asset, opened in OPEN.items():
            held = sum((sum(self.exchange.balances(name)[asset]) for name in ACCOUNTS), ZERO)
            brought = opened * len(ACCOUNTS) + self.mirror.paid_in[asset]
            assert held + self.mirror.fees[asset] == brought

    @invariant()
    def what_is_locked_is_what_open_orders_lock(self) -> None:
        for name in ACCOUNTS:
            locks = Counter({"BTC": ZERO, "USDT": ZERO})
            for order in self.exchange.open_orders(name):
                locks["USDT" if order.side is Side.BUY else "BTC"] += order.locked
            for asset, (free, locked) in self.exchange.balances(name).items():
                assert free >= ZERO
                assert locked == locks[asset] >= ZERO

    @invariant()
    def the_book_is_never_crossed(self) -> None:
        bid, ask = (self.exchange.best(SYMBOL, side) for side in Side)
        assert bid is None or ask is None or bid[0] < ask[0]

    @invariant()
    def the_book_is_what_works(self) -> None:
        """Every level shows what its orders show; an iceberg shows a slice at most."""
        whole, sliced = Counter(), Counter()
        for name in ACCOUNTS:
            for order in self.exchange.open_orders(name):
                if order.live:
                    hides = order.request.iceberg_quantity
                    leaves = order.leaves_quantity
                    whole[order.side, order.price] += min(hides, ZERO + leaves) if hides else leaves
                    sliced[order.side, order.price] += bool(hides)
        depth = self.exchange.depth(SYMBOL, 1000)
        shown = {
            (side, price): quantity
            for side, levels in zip(Side, (depth.bids, depth.asks), strict=True)
            for price, quantity in levels
        }
        assert shown.keys() == whole.keys()
        for place, quantity in shown.items():
            assert ZERO < quantity <= whole[place]
            assert sliced[place] or quantity == whole[place]

    @invariant()
    def events_retell_everything(self) -> None:
        orders = {
            order.number: plainly(order)
            for name in ACCOUNTS
            for order in self.exchange.orders(name, SYMBOL)
        }
        assert orders == {number: plainly(order) for number, order in self.mirror.orders.items()}
        found = {
            order_list.number: order_list
            for name in ACCOUNTS
            for order_list in self.exchange.order_lists(name)
        }
        assert {number: each.order_status for number, each in found.items()} == {
            number: each.order_status for number, each in self.mirror.lists.items()
        }
        depth = self.exchange.depth(SYMBOL, 1000)
        levels = {(Side.BUY, *level) for level in depth.bids} | {
            (Side.SELL, *level) for level in depth.asks
        }
        assert levels == {(*place, held) for place, held in self.mirror.levels.items() if held}
        for name in ACCOUNTS:
            assert self.exchange.balances(name) == self.mirror.balances[name]
            assert list(self.exchange.trades(name, SYMBOL)) == self.mirror.trades[name]


TestTrading = Trading.TestCase
TestTrading.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
