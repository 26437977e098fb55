"""Orders, executions, marks and days, against counts that are made anew from all that happened."""

from dataclasses import dataclass
from decimal import Decimal

from aitrader_server.domain.book import Book
from aitrader_server.domain.conduct import DAY_NS, HOUR_NS, MINUTE_NS, recent
from aitrader_server.domain.events import (
    AccountOpened,
    BalanceAdjusted,
    DayOpened,
    EquityMarked,
    Event,
    OrderRejected,
    StrategyChanged,
)
from aitrader_server.domain.state import decode_state, encode_state
from aitrader_server.domain.usage import Usage, usage_of
from aitrader_server.domain.words import Side
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from unit.domain.worlds import NOW_NS, TRACE, fill, filled, instrument_of, market, opened, submitted

from machines.counting import CountingMachine

S_NS = 1_000_000_000
ZERO = Decimal(0)
LOT = Decimal("0.01")
# Always the same, so that the average cost is no question here.
COST = Decimal(10_000)
SYMBOLS = st.sampled_from(("BTCUSDT", "BNBUSDT"))
STRATEGIES = st.sampled_from(("", "slow", "quick"))
LOTS = st.integers(1, 3)
WAITS_S = st.sampled_from((1, 29, 30, 31, 59, 60, 61, 1_800, 3_600, 20_000, 86_400))
EQUITIES = st.sampled_from([Decimal(thousands * 1_000) for thousands in (95, 99, 100, 101, 110)])
FLOWS = st.sampled_from([Decimal(amount) for amount in (-500, -1, 1, 500)])


@dataclass(frozen=True)
class Deed:
    """One order that was sent, with what came of it."""

    at_ns: int
    day: int
    symbol: str
    strategy: str
    side: Side
    lots: int = 0
    price: Decimal = COST
    refused: bool = False

    @property
    def value(self) -> Decimal:
        return self.lots * LOT * self.price

    @property
    def realized(self) -> Decimal:
        return self.lots * LOT * (self.price - COST) if self.side is Side.SELL else ZERO


class LimitsUsed(CountingMachine):
    book_type = Book

    def __init__(self) -> None:
        super().__init__()
        self.now_ns = NOW_NS
        self.day = 0
        self.book = self.book_type()
        self.deeds: list[Deed] = []
        # Equities by time, each with all that flowed in or out since.
        self.marks: list[tuple[int, Decimal]] = []
        self.high = ZERO
        self.start = ZERO
        self.enabled_after = {"slow": 0, "quick": 0}
        self.happen(AccountOpened(account="main", venue="v", balances={}))
        self.open_day(COST * 10)

    def happen(self, *events: Event) -> None:
        for event in events:
            self.book.evolve(event, at_ns=self.now_ns, trace_id=TRACE)

    @rule(seconds=WAITS_S)
    def wait(self, seconds):
        self.now_ns += seconds * S_NS
        self.compare()

    @rule(equity=EQUITIES)
    def open_day(self, equity):
        self.day += 1
        self.happen(DayOpened(day=f"day {self.day}", equity=equity))
        self.start = equity
        self.marked(equity)

    @rule(equity=EQUITIES)
    def mark(self, equity):
        self.happen(EquityMarked(equity=equity))
        self.marked(equity)

    def marked(self, equity: Decimal) -> None:
        self.marks.append((self.now_ns, equity))
        self.high = max(self.high, equity)
        self.compare()

    @rule(value=FLOWS)
    def flow(self, value):
        self.happen(BalanceAdjusted(asset="USDT", delta=value, value=value, reason="a deposit"))
        self.marks = [(at_ns, equity + value) for at_ns, equity in self.marks]
        self.high += value
        self.start += value
        self.compare()

    @rule(symbol=SYMBOLS, strategy=STRATEGIES, lots=LOTS, parts=st.integers(1, 2))
    def buy(self, symbol, strategy, lots, parts):
        deed = Deed(self.now_ns, self.day, symbol, strategy, Side.BUY, lots * parts)
        self.send(deed, parts)

    @precondition(lambda self: self.held("BTCUSDT") > 1)
    @rule(strategy=STRATEGIES, gain=st.sampled_from((-100, 0, 100)), parts=st.integers(1, 2))
    def sell(self, strategy, gain, parts):
        price = COST + gain
        self.send(Deed(self.now_ns, self.day, "BTCUSDT", strategy, Side.SELL, parts, price), parts)

    @rule(symbol=SYMBOLS, strategy=STRATEGIES)
    def be_refused(self, symbol, strategy):
        self.send(Deed(self.now_ns, self.day, symbol, strategy, Side.BUY, refused=True), 0)

    @rule(name=st.sampled_from(("slow", "quick")))
    def enable_again(self, name):
        terms = {"name": name, "max_risk_fraction": 1.0, "max_daily_trades": 0, "notes": ""}
        for enabled in (False, True):
            self.happen(StrategyChanged(enabled=enabled, actor="ann", **terms))
        self.enabled_after[name] = len(self.deeds)
        self.compare()

    @rule()
    def restart(self):
        self.book = self.book_type(decode_state(encode_state(self.book.state)))
        self.compare()

    def held(self, symbol: str) -> int:
        signs = {Side.BUY: 1, Side.SELL: -1}
        return sum(deed.lots * signs[deed.side] for deed in self.deeds if deed.symbol == symbol)

    def send(self, deed: Deed, parts: int) -> None:
        """The order's whole life, in `parts` executions of the same size."""
        request_id = f"r-{len(self.deeds)}"
        quantity = deed.lots * LOT or LOT
        spec = market(
            request_id,
            symbol=deed.symbol,
            side=deed.side,
            strategy=deed.strategy,
            quantity=quantity,
        )
        self.happen(opened(spec, COST), submitted(request_id))
        if deed.refused:
            refusal = {"code": "-2010", "reason": "no", "source": "reply", "answers": True}
            self.happen(OrderRejected(request_id=request_id, **refusal))
        for part in range(parts):
            execution = fill(f"{request_id}-{part}", str(quantity / parts), str(deed.price))
            where = {"symbol": deed.symbol, "base": instrument_of(deed.symbol).base}
            self.happen(filled(execution, request_id, deed.side, answers=part == 0, **where))
        self.deeds.append(deed)
        self.compare()

    def compare(self) -> None:
        state = self.book.state
        today = [deed for deed in self.deeds if deed.day == self.day]
        assert state.day.usage == _used(today)
        for symbol in ("BTCUSDT", "BNBUSDT"):
            expected = _used([deed for deed in today if deed.symbol == symbol])
            assert usage_of(state.day.by_symbol, symbol) == expected
        for strategy in ("slow", "quick"):
            expected = _used([deed for deed in today if deed.strategy == strategy])
            assert usage_of(state.day.by_strategy, strategy) == expected
            since = self.deeds[self.enabled_after[strategy] :]
            bought = [d for d in since if d.strategy == strategy and d.side is Side.BUY and d.lots]
            assert state.conduct.executions.get(strategy, 0) == len(bought)
        assert state.day.start_equity == self.start
        self.compare_windows()

    def compare_windows(self) -> None:
        conduct = self.book.state.conduct
        lately = [deed for deed in self.deeds if deed.at_ns > self.now_ns - MINUTE_NS]
        assert recent(conduct.sent_ns, self.now_ns) == len(lately)
        refused = sum(deed.refused for deed in lately)
        assert recent(conduct.refused_ns, self.now_ns) == refused
        assert conduct.high == self.high
        assert conduct.base_equity(self.now_ns) == self.base()
        losses = 0
        for deed in self.deeds:
            if deed.side is Side.SELL:
                losses = losses + 1 if deed.realized < ZERO else 0
        assert conduct.losses == losses

    def base(self) -> Decimal | None:
        """What the account was worth as the last 24 hours began."""
        begin_ns = self.now_ns - DAY_NS
        before = [e for at_ns, e in self.marks if begin_ns - HOUR_NS <= at_ns <= begin_ns]
        after = [e for at_ns, e in self.marks if at_ns > begin_ns]
        return (before[-1:] or after[:1] or [None])[0]


def _used(deeds: list[Deed]) -> Usage:
    return Usage(
        orders=len(deeds),
        turnover=sum((deed.value for deed in deeds), ZERO),
        realized=sum((deed.realized for deed in deeds), ZERO),
    )
