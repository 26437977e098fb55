"""The venue as somebody rebuilds it who hears its events and nothing else."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal

from aitrader_gateway.sandbox.matching.model import (
    AccountPosition,
    AccountTrade,
    BalanceUpdate,
    ExecutionReport,
    LevelChange,
    ListStatus,
    Order,
    OrderList,
)
from aitrader_gateway.sandbox.matching.words import ExecutionType
from aitrader_server.domain.words import Side

ZERO = Decimal(0)


class Mirror:
    """Raises AssertionError at an event that cannot follow those before it."""

    def __init__(self, opened: Mapping[str, Mapping[str, tuple[Decimal, Decimal]]]) -> None:
        self.balances = {name: dict(held) for name, held in opened.items()}
        self.orders: dict[int, Order] = {}
        self.levels: dict[tuple[Side, Decimal], Decimal] = {}
        self.lists: dict[int, OrderList] = {}
        self.trades: dict[str, list[AccountTrade]] = defaultdict(list)
        self.update = 0
        self.execution = 0
        self.paid_in: Counter[str] = Counter()
        self.fees: Counter[str] = Counter()

    def hear(self, event: object) -> None:
        match event:
            case ExecutionReport():
                self.hear_report(event)
            case AccountPosition():
                self.balances[event.account].update(event.balances)
            case BalanceUpdate():
                self.paid_in[event.asset] += event.amount
            case ListStatus():
                self.lists[event.list.number] = event.list
            case LevelChange():
                assert event.update == self.update + 1
                self.update = event.update
                self.levels[event.side, event.price] = event.quantity

    def hear_report(self, report: ExecutionReport) -> None:
        order, old = report.order, self.orders.get(report.order.number)
        assert report.execution == self.execution + 1
        self.execution = report.execution
        if old is None:
            assert report.kind is ExecutionType.NEW
        else:
            assert not old.ended
            assert order.cumulative_quantity >= old.cumulative_quantity
            executed = order.cumulative_quantity - old.cumulative_quantity
            assert executed == (report.trade.quantity if report.trade else ZERO)
        self.orders[order.number] = order
        if report.trade is not None:
            self.fees[report.trade.fee_asset] += report.trade.fee
            self.trades[order.account].append(report.trade)
