"""Questions about orders and balances; what the venue does not answer is a value."""

from collections.abc import Sequence
from typing import Final

from aitrader_server.domain.terms import Fill
from aitrader_server.domain.venue import (
    Absent,
    AccountSnapshot,
    Acknowledged,
    Ambiguous,
    QueryOutcome,
    VenueReport,
)
from aitrader_server.engine.ports import Clock

from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.operations import (
    ACCOUNT,
    ALL_OPEN_ORDERS,
    ALL_ORDERS,
    OPEN_ORDERS,
    ORDER_TRADES,
    QUERY_ORDER,
)
from aitrader_gateway.binance.outcome import Failure, Verdict
from aitrader_gateway.binance.reports import (
    AccountRecord,
    OrderRecord,
    TradeRecord,
    account_snapshot,
    order_report,
    read,
    read_all,
    trade_fill,
)

NO_SUCH_ORDER: Final = -2013
PAGE_MAX: Final = 1000
PAGES_MAX: Final = 20
_NS_PER_MS: Final = 1_000_000


class OrderReads:
    """The account at the venue, as its database has it: a moment behind its matching engine."""

    def __init__(self, calls: Calls, clock: Clock, symbols: Sequence[str]) -> None:
        self._calls = calls
        self._clock = clock
        self._symbols = tuple(symbols)

    async def query(self, symbol: str, request_id: str, venue_order_id: str) -> QueryOutcome:
        """The order by either id, or by both when both are given."""
        reply = await self._calls.call(QUERY_ORDER, order_ids(symbol, request_id, venue_order_id))
        return _query_outcome(read(reply, OrderRecord), ())

    async def query_history(self, symbol: str, request_id: str, since_ns: int) -> QueryOutcome:
        """The newest order of that id since then, by the account's history, with executions."""
        found = await self._find(symbol, request_id, since_ns)
        if found is None:
            return Absent()
        if isinstance(found, Failure):
            return Ambiguous(found.reason)
        fills: Sequence[Fill] | None = ()
        if found.executed_qty:
            fills = await self.trades(symbol, str(found.order_id))
        if fills is None:
            return Ambiguous("the order's trades could not be read")
        return _query_outcome(found, fills)

    async def trades(self, symbol: str, venue_order_id: str) -> Sequence[Fill] | None:
        """All executions of one order, oldest first."""
        fills: list[Fill] = []
        parameters = {"symbol": symbol, "orderId": venue_order_id, "limit": str(PAGE_MAX)}
        for _ in range(PAGES_MAX):
            page = read_all(await self._calls.call(ORDER_TRADES, parameters), TradeRecord)
            if isinstance(page, Failure):
                return None
            fills += map(trade_fill, page)
            if len(page) < PAGE_MAX:
                return fills
            parameters["fromId"] = str(page[-1].id + 1)
        return None

    async def open_orders(self) -> Sequence[VenueReport] | None:
        """Every order of our symbols that works, oldest first."""
        if len(self._symbols) == 1:
            reply = await self._calls.call(OPEN_ORDERS, {"symbol": self._symbols[0]})
        else:
            reply = await self._calls.call(ALL_OPEN_ORDERS, {})
        records = read_all(reply, OrderRecord)
        if isinstance(records, Failure):
            return None
        ours = [record for record in records if record.symbol in self._symbols]
        reports: list[VenueReport] = []
        for record in sorted(ours, key=lambda record: (record.time, record.order_id)):
            report = order_report(record)
            if isinstance(report, Failure):
                return None
            reports.append(report)
        return reports

    async def account(self) -> AccountSnapshot | Failure:
        """All balances that are not zero."""
        reply = await self._calls.call(ACCOUNT, {"omitZeroBalances": "true"})
        record = read(reply, AccountRecord)
        if isinstance(record, Failure):
            return record
        self._calls.uid = record.uid
        return account_snapshot(record, self._clock.now_ns())

    async def _find(
        self, symbol: str, request_id: str, since_ns: int
    ) -> OrderRecord | Failure | None:
        """The newest order of that id since then; None when the history has none."""
        newest: OrderRecord | None = None
        parameters = {"symbol": symbol, "limit": str(PAGE_MAX)}
        since_ms = self._calls.venue_ms(since_ns) - self._calls.server_time.error_ms
        if since_ns > 0:
            parameters["startTime"] = str(since_ms)
        else:
            parameters["orderId"] = "0"
        for _ in range(PAGES_MAX):
            page = read_all(await self._calls.call(ALL_ORDERS, parameters), OrderRecord)
            if isinstance(page, Failure):
                return page
            for record in page:
                if record.request_id == request_id and record.time >= since_ms:
                    newest = record
            if len(page) < PAGE_MAX:
                return newest
            parameters.pop("startTime", None)
            parameters["orderId"] = str(page[-1].order_id + 1)
        return newest or Failure(verdict=Verdict.UNKNOWN, reason="the order history is too long")


def order_ids(symbol: str, request_id: str, venue_order_id: str) -> dict[str, str]:
    """Names an order by all ids that are known; the venue checks that they belong together."""
    ids = {"symbol": symbol, "orderId": venue_order_id, "origClientOrderId": request_id}
    return {name: value for name, value in ids.items() if value}


def _query_outcome(record: OrderRecord | Failure, fills: Sequence[Fill]) -> QueryOutcome:
    if isinstance(record, Failure):
        return Absent() if record.code == NO_SUCH_ORDER else Ambiguous(record.reason)
    report = order_report(record, fills)
    return Ambiguous(report.reason) if isinstance(report, Failure) else Acknowledged(report)
