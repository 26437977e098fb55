"""Compares our books with the venue's: at every start, after every silence, and now and then."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from aitrader_server.domain.events import AccountOpened, BalanceAdjusted, OrderUnknown
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.order import Order
from aitrader_server.domain.reconcile import compare_balances, compare_orders, settled, unsettled
from aitrader_server.domain.venue import AccountSnapshot
from aitrader_server.domain.words import OrderState
from aitrader_server.engine.account import AccountBook
from aitrader_server.engine.external import ExternalActivity
from aitrader_server.engine.gatekeeper import Gatekeeper
from aitrader_server.engine.ports import Broker, Clock
from aitrader_server.engine.reports import Reports
from aitrader_server.engine.resolver import Resolver
from aitrader_server.engine.venue_epoch import VenueEpoch
from aitrader_server.engine.writer import Writer

CONCURRENT_ASKS_MAX = 8
RECONCILIATION = "reconciliation"
# Balances that differ because the venue began anew are nobody's activity.
WIPED = "the venue was wiped"
# Balances that differ after this are of trades that nobody remembers, or were paid in or out.
FORGOTTEN = "the journal was lost or is an old copy"


class Reconciler:
    """Keeps the gate closed until every order is settled and every balance compared."""

    def __init__(
        self,
        *,
        account_name: str,
        venue: str,
        writer: Writer,
        broker: Broker,
        clock: Clock,
        account: AccountBook,
        gatekeeper: Gatekeeper,
        reports: Reports,
        resolver: Resolver,
        external: ExternalActivity,
        venue_epoch: VenueEpoch,
        interval_s: float,
        record_lag_s: float,
    ) -> None:
        self._account_name = account_name
        self._venue = venue
        self._writer = writer
        self._broker = broker
        self._clock = clock
        self._account = account
        self._gatekeeper = gatekeeper
        self._reports = reports
        self._resolver = resolver
        self._external = external
        self._venue_epoch = venue_epoch
        self._interval_s = interval_s
        self._record_lag_s = record_lag_s
        self._noticed = ""
        self._looking = False
        self._lock = asyncio.Lock()
        self._wanted = 0
        self._reason = RECONCILIATION
        self.done_ns = 0
        # When balances were last compared to the end, and in how many assets they differed.
        self.compared_ns = 0
        self.drift = 0
        # When they last were, or were not only because of orders that come and go.
        self.kept_up_ns = 0
        self._hindering: frozenset[str] = frozenset()
        self.snapshot: AccountSnapshot | None = None

    def take_over(self) -> None:
        """After a start: ends what the last life had begun and not finished.

        What was being sent has an unknown outcome, whether its sender was told of a wait for
        approval or of nothing; what ended before its sender was answered is answered now.
        """
        state = self._writer.book.state
        # Chosen before any is answered: an answer lets what ended longest ago leave memory.
        unfinished = [
            order
            for order in state.orders.values()
            if order.state is OrderState.SUBMITTED or order.request_id not in state.answers
        ]
        for order in unfinished:
            if order.state is OrderState.SUBMITTED:
                event = OrderUnknown(
                    request_id=order.request_id, cause="the engine restarted before a reply came"
                )
                self._reports.apply(order, (event,), answers=True)
            else:
                self._reports.apply(order, (), answers=True)

    async def reconcile(self, reason: str = RECONCILIATION) -> None:
        """Resolves every order and compares the balances, then opens the gate."""
        self._wanted += 1
        self._reason = reason
        self._gatekeeper.reconciling = True
        async with self._lock:
            try:
                await self._settle_all(reason)
            finally:
                self._wanted -= 1
            self._gatekeeper.reconciling = self._wanted > 0
            self.done_ns = self._clock.now_ns()

    async def _settle_all(self, reason: str) -> None:
        if await self._venue_epoch.renew():
            reason = WIPED
        while not await self._settle_orders():
            # A venue is polled: there is nothing here to wait on but time.
            await asyncio.sleep(self._interval_s)
            if await self._venue_epoch.renew():
                reason = WIPED
        while await self.audit_balances(reason) is None:  # noqa: ASYNC110 - as said above
            await asyncio.sleep(self._interval_s)

    async def reconcile_if_broken_off(self) -> None:
        """Begins anew after a reconciliation that failed, and would keep the gate closed."""
        if self._gatekeeper.reconciling and not self._wanted:
            await self.reconcile(self._reason)

    async def reconcile_if_wiped(self) -> None:
        """After an audit that could not be finished: begins anew with a venue that began anew."""
        if not self._lock.locked() and await self._venue_epoch.renew():
            await self.reconcile(WIPED)

    async def refresh_orders(self) -> bool:
        """Asks the venue about every open order; False unless it spoke of each."""
        at_venue = await self._broker.open_orders()
        if at_venue is None:
            return False
        differences = compare_orders(self._writer.book, at_venue)
        self._external.on_open_orders(differences.foreign)
        for report in differences.apply:
            self._reports.on_report(report, "open_orders", answers=True)
        room = asyncio.Semaphore(CONCURRENT_ASKS_MAX)

        async def ask(order: Order) -> bool:
            async with room:
                return await self._resolver.ask(order.request_id)

        return all(await asyncio.gather(*(ask(order) for order in differences.ask)))

    async def look_again(self, reason: str) -> None:
        """Audits because of something noticed; what comes soon after is looked at together.

        However much is noticed, the venue is not asked the more for it.
        """
        self._noticed = reason
        if self._looking:
            return
        self._looking = True
        try:
            while self._noticed:
                reason, self._noticed = self._noticed, ""
                await self.audit_balances(reason)
                await asyncio.sleep(self._record_lag_s)
        finally:
            self._looking = False

    async def audit_balances(self, reason: str) -> Mapping[str, Decimal] | None:
        """Books what the venue holds differently, if that stands while nothing moves.

        Returns the differences by asset, None when they could not be told.
        """
        found = await self._audit(reason)
        if found is None:
            self._writer.tally.compared("undecided")
            return None
        self.compared_ns = self.kept_up_ns = self._clock.now_ns()
        self.drift = len(found)
        self._writer.tally.compared("mended" if found else "clean")
        return found

    async def _audit(self, reason: str) -> Mapping[str, Decimal] | None:
        first = await self._differences(reason)
        if not first:
            return None if first is None else {}
        held = self._held(first)
        # An execution that we have booked already may not be in the venue's records yet.
        await asyncio.sleep(self._record_lag_s)
        if not await self.refresh_orders():
            return None
        second = await self._differences(reason)
        # What a difference is worth moves with the market: amounts alone must stand.
        if second is None or _by_asset(second) != _by_asset(first) or self._held(second) != held:
            return None
        if not all(map(self._account.valuable, _by_asset(second))):
            # Booked at no worth it would show as profit or loss once there is a price.
            return None
        if reason == FORGOTTEN and sum(event.value for event in second) < ZERO:
            # As long as nobody shows that it was paid out, it was lost: no baseline moves.
            second = tuple(msgspec.structs.replace(event, value=ZERO) for event in second)
        self._writer.commit(second, trace_id="")
        if reason != WIPED:
            for event in second:
                self._external.on_balance(event.asset, f"{event.delta:+f}")
        return _by_asset(second)

    async def read_account(self) -> AccountSnapshot | None:
        """The account as the venue has it now, None when it could not be read."""
        snapshot = await self._broker.account()
        self.snapshot = snapshot or self.snapshot
        return snapshot

    def _held(self, differences: tuple[BalanceAdjusted, ...]) -> dict[str, Decimal]:
        """What we have booked of the assets that differ."""
        held = self._writer.book.state.ledger.held
        return {event.asset: held(event.asset) for event in differences}

    async def _settle_orders(self) -> bool:
        if not await self.refresh_orders():
            return False
        for request_id in tuple(self._writer.book.exposure.missing):
            await self._resolver.ask(request_id)
        return settled(self._writer.book)

    async def _differences(self, reason: str) -> tuple[BalanceAdjusted, ...] | None:
        """The venue against our ledger, None when orders moved while it was read."""
        book = self._writer.book
        if self._hindered():
            return None
        sequence = book.state.sequence
        snapshot = await self.read_account()
        if snapshot is None:
            return None
        if book.state.sequence != sequence:
            self.kept_up_ns = self._clock.now_ns()
            return None
        if not book.state.account:
            balances = {asset: snapshot.total(asset) for asset in snapshot.assets}
            opened = AccountOpened(account=self._account_name, venue=self._venue, balances=balances)
            self._writer.commit([opened], trace_id="")
            return ()
        return compare_balances(book, snapshot, self._account.price, reason)

    def _hindered(self) -> bool:
        """Whether orders are under way; others than last time show that they end."""
        hindering = unsettled(self._writer.book)
        if hindering and hindering.isdisjoint(self._hindering):
            self.kept_up_ns = self._clock.now_ns()
        self._hindering = hindering
        return bool(hindering)


def _by_asset(differences: tuple[BalanceAdjusted, ...]) -> dict[str, Decimal]:
    return {event.asset: event.delta for event in differences}
