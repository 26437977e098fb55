"""The book under any history: its sums, its ledger, its positions, its bytes."""

from collections import defaultdict

from aitrader_server.domain.book import Book, fold
from aitrader_server.domain.events import (
    AccountOpened,
    BalanceAdjusted,
    DayOpened,
    Event,
    OrderAccepted,
    OrderAmended,
    OrderAnswered,
    OrderApprovalRequested,
    OrderApproved,
    OrderCanceled,
    OrderCancelRefused,
    OrderCancelRequested,
    OrderCompleted,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderGapFound,
    OrderLost,
    OrderRecalled,
    OrderRejected,
    OrderReplaceRefused,
    OrderReplaceRequested,
    OrderTriggered,
    OrderUnknown,
    ReportIgnored,
)
from aitrader_server.domain.observe import observe
from aitrader_server.domain.order import ADMITTED, Order
from aitrader_server.domain.portfolio import claim
from aitrader_server.domain.state import (
    Kept,
    decode_event,
    decode_state,
    encode_event,
    encode_kept,
    encode_state,
)
from aitrader_server.domain.terms import Breach, Fill, ListPlace, OrderSpec
from aitrader_server.domain.venue import VenueReport, VenueStatus
from aitrader_server.domain.words import (
    PRICED_TYPES,
    Contingency,
    OrderState,
    OrderType,
    Side,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from unit.domain.plain_sums import summary, summed
from unit.domain.worlds import NOW_NS, TRACE, D, instrument_of, opened, submitted

ENDED_ORDERS_MAX = 2
HUGE = D("123456789012345678.123456789012345678")
SYMBOLS = ("BTCUSDT", "BNBUSDT")

small = st.integers(1, 10**6).map(lambda number: D(number).scaleb(-4))
amounts = small | st.just(HUGE) | st.just(D("0.000000000000000001"))
fees = st.tuples(st.just(D(0)) | small, st.sampled_from(["USDT", "BTC", "BNB"]))


@st.composite
def specs(draw, request_id: str) -> OrderSpec:
    by_amount = draw(st.booleans())
    kind = OrderType.MARKET if by_amount else draw(st.sampled_from(OrderType))
    return OrderSpec(
        request_id=request_id,
        symbol=draw(st.sampled_from(SYMBOLS)),
        side=draw(st.sampled_from(Side)),
        order_type=kind,
        quantity=None if by_amount else draw(amounts),
        quote_quantity=draw(amounts) if by_amount else None,
        limit_price=draw(small) if kind in PRICED_TYPES else None,
        strategy=draw(st.sampled_from(["", "s"])),
    )


def denied(request_id: str) -> OrderDenied:
    return OrderDenied(request_id=request_id, breaches=(Breach("A", "no"),), answers=True)


def report_on(order: Order, status: VenueStatus, cumulative, fills: tuple[Fill, ...]):
    return VenueReport(
        request_id=order.request_id,
        symbol=order.spec.symbol,
        venue_order_id=order.venue_order_id or f"v-{order.request_id}",
        status=status,
        quantity=order.quantity,
        cumulative_quantity=cumulative,
        fills=fills,
    )


class BookMachine(RuleBasedStateMachine):
    """Feeds a book everything that can happen and keeps its own, plainer accounts beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book(ended_orders_max=ENDED_ORDERS_MAX)
        self.journal: list[bytes] = []
        self.kept: dict[str, Kept] = {}
        self.held: dict[str, object] = defaultdict(lambda: D(0))
        self.quantity: dict[str, object] = defaultdict(lambda: D(0))
        self.flows: dict[str, object] = defaultdict(lambda: D(0))
        self.trades = 0
        # Orders that were FILLED at some time: what waited for them works, whatever follows.
        self.were_filled: set[str] = set()

    @initialize(usdt=amounts, bnb=amounts)
    def open_account(self, usdt, bnb):
        self.put(
            AccountOpened(account="main", venue="paper/paper", balances={"USDT": usdt, "BNB": bnb}),
            DayOpened(day="2027-01-15", equity=usdt),
        )
        self.held["USDT"] += usdt
        self.held["BNB"] += bnb

    def put(self, *events: Event) -> None:
        for event in events:
            if isinstance(event, OrderFilled):
                self.count(event)
            before = len(self.journal)
            self.journal.append(encode_event(event))
            order = self.book.evolve(event, at_ns=NOW_NS + before, trace_id=TRACE)
            assert self.book.state.sequence == len(self.journal)
            if order is not None and (kept := self.book.kept(order.request_id)) is not None:
                self.kept[order.request_id] = kept
            if order is not None and order.state is OrderState.FILLED:
                self.were_filled.add(order.request_id)

    def count(self, event: OrderFilled) -> None:
        """The same fill in the machine's own accounts."""
        fill, symbol = event.fill, event.symbol
        value = fill.quantity * fill.price
        sign = 1 if event.side is Side.BUY else -1
        self.held[event.base] += sign * fill.quantity
        self.held["USDT"] -= sign * value
        self.held[fill.fee_asset] -= fill.fee
        base_fee = fill.fee if fill.fee_asset == event.base else D(0)
        if fill.fee_asset == "USDT":
            self.flows[symbol] -= fill.fee
        if event.side is Side.BUY:
            self.quantity[symbol] += fill.quantity - base_fee
            self.flows[symbol] -= value
        else:
            there = self.quantity[symbol]
            self.flows[symbol] += min(fill.quantity, there) * fill.price
            self.quantity[symbol] = max(there - fill.quantity - base_fee, D(0))

    def some_order(self, data) -> Order:
        return self.book.state.orders[data.draw(st.sampled_from(sorted(self.book.state.orders)))]

    def new_fill(self, data, order: Order) -> Fill:
        self.trades += 1
        fee, asset = data.draw(fees)
        quantity = data.draw(amounts)
        base = instrument_of(order.spec.symbol).base
        if order.spec.side is Side.BUY and asset == base:
            fee = min(fee, quantity)
        return Fill(
            trade_id=f"t-{self.trades}",
            quantity=quantity,
            price=data.draw(amounts),
            fee=fee,
            fee_asset=asset,
        )

    @rule(data=st.data(), price=amounts | st.just(D(0)))
    def take_on(self, data, price):
        request_id = f"r-{len(self.kept)}"
        of = data.draw(specs(request_id))
        self.put(opened(of, price))
        doubted = OrderUnknown(request_id=request_id, cause="timeout")
        waits = OrderApprovalRequested(
            request_id=request_id, reason="large", expires_at_ns=1, answers=True
        )
        ways = [
            (denied(request_id),),
            (waits,),
            (submitted(request_id),),
            (submitted(request_id), doubted),
        ]
        self.put(*data.draw(st.sampled_from(ways)))

    @rule(data=st.data(), contingency=st.sampled_from(Contingency), price=amounts)
    def take_on_list(self, data, contingency, price):
        """Orders placed together, in the one commit in which an engine writes them."""
        count = 3 if contingency is Contingency.OTOCO else 2
        members = tuple(f"r-{len(self.kept) + number}" for number in range(count))
        symbol, side = data.draw(st.sampled_from(SYMBOLS)), data.draw(st.sampled_from(Side))
        other = Side.SELL if side is Side.BUY else Side.BUY
        for index, request_id in enumerate(members):
            waits = index > 0 and contingency is not Contingency.OCO
            of = OrderSpec(
                request_id=request_id,
                symbol=symbol,
                side=other if waits else side,
                order_type=data.draw(st.sampled_from(OrderType)),
                quantity=data.draw(amounts),
                place=ListPlace(contingency=contingency, members=members, index=index),
            )
            self.put(opened(of, price))
        refused = data.draw(st.booleans())
        self.put(*(denied(one) if refused else submitted(one) for one in members))

    @precondition(lambda self: self.book.working())
    @rule(data=st.data(), canceled=st.booleans())
    def end(self, data, canceled):
        """An order is ended by the venue, or was never taken on."""
        order = data.draw(st.sampled_from(self.book.working()))
        ended = report_on(
            order, VenueStatus.CANCELED if canceled else VenueStatus.REJECTED, D(0), ()
        )
        for event in observe(order, ended):
            self.put(event)

    @precondition(lambda self: self.book.state.orders)
    @rule(data=st.data())
    def happen(self, data):
        """Any event that the order's state admits."""
        order = self.some_order(data)
        kinds = [kind for kind, states in ADMITTED.items() if order.state in states]
        kind = data.draw(st.sampled_from(sorted(kinds, key=lambda one: one.__name__)))
        self.put(self.example(data, order, kind))

    def example(self, data, order: Order, kind: type[OrderEvent]) -> OrderEvent:
        at_venue = {"request_id": order.request_id, "venue_order_id": f"v-{order.request_id}"}
        ours = {"request_id": order.request_id, "answers": data.draw(st.booleans())}
        if kind is OrderFilled:
            return self.filled(data, order)
        made = {
            OrderAccepted: lambda: OrderAccepted(
                **at_venue, quantity=data.draw(st.none() | amounts)
            ),
            OrderTriggered: lambda: OrderTriggered(**at_venue),
            OrderGapFound: lambda: OrderGapFound(**at_venue, reported_quantity=data.draw(amounts)),
            OrderCompleted: lambda: OrderCompleted(**at_venue, quantity=data.draw(amounts)),
            OrderCanceled: lambda: OrderCanceled(**at_venue),
            OrderExpired: lambda: OrderExpired(**at_venue),
            OrderApproved: lambda: OrderApproved(**ours, actor="bob"),
            OrderUnknown: lambda: OrderUnknown(**ours, cause="timeout"),
            OrderRejected: lambda: OrderRejected(**ours, code="-2010", reason="no"),
            OrderLost: lambda: OrderLost(**ours, evidence="e", actor="ann"),
            OrderCancelRequested: lambda: OrderCancelRequested(**ours),
            OrderCancelRefused: lambda: OrderCancelRefused(**ours, reason="no"),
            OrderReplaceRequested: lambda: OrderReplaceRequested(
                **ours, by=data.draw(st.sampled_from(["", "other"]))
            ),
            OrderReplaceRefused: lambda: OrderReplaceRefused(**ours, reason="no"),
            OrderAmended: lambda: OrderAmended(**ours, quantity=data.draw(amounts)),
            OrderAnswered: lambda: OrderAnswered(**ours),
            ReportIgnored: lambda: ReportIgnored(**ours, state="A", reported="B"),
        }
        if kind in made:
            return made[kind]()
        return denied(order.request_id) if kind is OrderDenied else submitted(order.request_id)

    def filled(self, data, order: Order) -> OrderFilled:
        traded = instrument_of(order.spec.symbol)
        return OrderFilled(
            request_id=order.request_id,
            venue_order_id=f"v-{order.request_id}",
            symbol=order.spec.symbol,
            side=order.spec.side,
            base=traded.base,
            quote=traded.quote,
            fill=self.new_fill(data, order),
        )

    @precondition(lambda self: self.book.state.orders)
    @rule(data=st.data(), status=st.sampled_from(VenueStatus), told=st.integers(0, 2))
    def hear(self, data, status, told):
        """A report of any kind, with executions old and new."""
        order = self.some_order(data)
        news = tuple(self.new_fill(data, order) for _ in range(told))
        cumulative = data.draw(amounts | st.just(D(0)))
        report = report_on(order, status, cumulative, (*order.fills, *news))
        before = order
        for event in observe(order, report):
            self.put(event)
        after = self.kept[order.request_id].order
        assert after.cumulative_quantity >= before.cumulative_quantity
        assert after.cumulative_quantity == sum((f.quantity for f in after.fills), D(0))

    @rule(delta=amounts, sign=st.sampled_from([1, -1]), asset=st.sampled_from(["USDT", "BNB"]))
    def adjust(self, delta, sign, asset):
        self.put(BalanceAdjusted(asset=asset, delta=sign * delta, value=sign * delta, reason="x"))
        self.held[asset] += sign * delta

    @precondition(lambda self: self.book.state.archived)
    @rule(data=st.data())
    def recall(self, data):
        request_id = data.draw(st.sampled_from(sorted(self.book.state.archived)))
        kept = self.kept[request_id]
        self.put(OrderRecalled(request_id=request_id, kept=encode_kept(kept)))
        assert self.book.kept(request_id) == kept

    @rule()
    def restart(self):
        again = decode_state(encode_state(self.book.state))
        assert again == self.book.state
        self.book = Book(again, ended_orders_max=ENDED_ORDERS_MAX)

    @invariant()
    def running_sums_equal_sums_from_scratch(self):
        assert summary(self.book.exposure) == summed(self.book.state.orders.values())

    @invariant()
    def an_order_waits_until_the_first_of_its_list_has_filled(self):
        orders = self.book.state.orders
        for order in orders.values():
            place = order.spec.place
            if place is None or not place.waits:
                assert not order.waits
            elif place.list_id in orders and not order.terminal:
                filled = orders[place.list_id].state is OrderState.FILLED
                assert order.waits == (place.list_id not in self.were_filled)
                assert not (order.waits and filled)

    @invariant()
    def nothing_appears_or_vanishes(self):
        sums: dict[str, object] = defaultdict(lambda: D(0))
        for account in self.book.state.ledger.balances.values():
            for asset, amount in account.items():
                sums[asset] += amount
        assert not any(sums.values())

    @invariant()
    def the_venue_holds_what_was_moved(self):
        ledger = self.book.state.ledger
        assert {a: ledger.held(a) for a in self.held} == dict(self.held)
        assert ledger.assets == sorted(ledger.balances["venue"])

    @invariant()
    def positions_carry_every_flow_as_cost_or_result(self):
        for symbol, position in self.book.state.positions.items():
            assert position.quantity == self.quantity[symbol]
            assert position.realized - position.cost == self.flows[symbol]
            assert position.quantity >= 0
            assert position.cost >= 0

    @invariant()
    def memory_is_bounded(self):
        state = self.book.state
        named = {order.spec.strategy for order in state.orders.values() if claim(order)}
        assert self.book.exposure.strategies.keys() <= named
        assert len(state.ended) <= ENDED_ORDERS_MAX
        assert not state.orders.keys() & state.archived.keys()
        assert state.orders.keys() == state.intents.keys()
        assert state.answers.keys() <= state.orders.keys()
        settled = {r for r in state.answers if (o := state.orders[r]).terminal and not o.gap}
        assert state.ended.keys() == settled
        assert len(self.book.working()) == sum(not o.terminal for o in state.orders.values())

    def teardown(self):
        events = (
            (decode_event(payload), NOW_NS + number, TRACE)
            for number, payload in enumerate(self.journal)
        )
        replayed = fold(events, Book(ended_orders_max=ENDED_ORDERS_MAX))
        assert encode_state(replayed.state) == encode_state(self.book.state)
        assert summary(replayed.exposure) == summary(self.book.exposure)


TestBook = BookMachine.TestCase
TestBook.settings = settings(max_examples=100, stateful_step_count=30)
