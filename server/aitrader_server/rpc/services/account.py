"""The account: status, positions, profit, the venue connection, strategies, the blotter."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from aitrader.v1 import common_pb2, trading_pb2

from aitrader_server.domain.instrument import Instrument
from aitrader_server.domain.money import ZERO, optional_text, text, trimmed
from aitrader_server.domain.state import State, Strategy, TradingStateRecord
from aitrader_server.domain.usage import usage_of
from aitrader_server.engine.commands import StrategyChange
from aitrader_server.engine.engine import Engine
from aitrader_server.engine.instruments import find_instrument
from aitrader_server.errors import FailedPrecondition, InvalidRequest
from aitrader_server.rpc.convert.limits import limits_message
from aitrader_server.rpc.convert.orders import order_message, trade_message
from aitrader_server.rpc.convert.words import TRADING_STATES, timestamp
from aitrader_server.rpc.services.caller import current_caller, patience_s
from aitrader_server.rpc.services.orders import page
from aitrader_server.rpc.services.readiness import readiness

PERCENT = 100
# What of a strategy can be changed.
SWITCHES = frozenset({"enabled", "max_risk_fraction", "max_daily_trades", "notes"})


class AccountRpcs:
    """The part of TradingService that speaks of the account as a whole."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def GetStatus(
        self, request: trading_pb2.GetStatusRequest, context: Any
    ) -> trading_pb2.GetStatusResponse:
        engine = self._engine
        parts, state = engine.parts, engine.book.state
        bounds = {s: bounds_message(i) for s, i in parts.instruments.items()}
        return trading_pb2.GetStatusResponse(
            configured=True,
            gateway=engine.ports.broker.name,
            environment=engine.ports.broker.environment,
            risk=limits_message(state.limits),
            limits=next(iter(bounds.values()), None),
            trading_state=trading_state_message(parts.control.standing),
            ready=readiness(engine),
            version=engine.settings.version,
            started_at=timestamp(engine.started_ns),
            sequence=engine.writer.durable_sequence,
            instruments=bounds,
            unknown_orders=engine.book.exposure.unknown,
            open_orders=len(engine.book.exposure.working),
            account=engine.settings.account,
            restrictions=_restrictions(state),
        )

    async def SyncAccount(
        self, request: trading_pb2.SyncAccountRequest, context: Any
    ) -> trading_pb2.SyncAccountResponse:
        synced = await self._engine.sync()
        return trading_pb2.SyncAccountResponse(
            positions=_texts(synced.positions),
            balances=balances_message(synced.free, synced.locked),
            synced_at=timestamp(synced.at_ns),
            external=_texts(synced.external),
        )

    async def GetPnl(
        self, request: trading_pb2.GetPnlRequest, context: Any
    ) -> trading_pb2.GetPnlResponse:
        pnl = self._engine.parts.account.pnl()
        return trading_pb2.GetPnlResponse(
            ts=timestamp(pnl.at_ns),
            start_equity=trimmed(pnl.start_equity),
            current_equity=_known(pnl.equity),
            realized_pnl=trimmed(pnl.realized),
            unrealized_pnl=_known(pnl.unrealized),
            fees=_known(pnl.fees),
            drawdown_pct=pnl.drawdown * PERCENT,
            trades_count=pnl.filled_orders,
            asset=self._engine.settings.quote_asset,
        )

    async def GetBroker(
        self, request: trading_pb2.GetBrokerRequest, context: Any
    ) -> trading_pb2.GetBrokerResponse:
        engine = self._engine
        parts, health = engine.parts, engine.ports.broker.health()
        snapshot, held = parts.reconciler.snapshot, engine.book.state.ledger.held
        ready = readiness(engine)
        return trading_pb2.GetBrokerResponse(
            updated_at=timestamp(0 if snapshot is None else snapshot.at_ns),
            connected=health.connected,
            gateway=engine.ports.broker.name,
            open_orders=[order_message(order) for order in engine.book.working()],
            positions={s: trimmed(held(i.base)) for s, i in sorted(parts.instruments.items())},
            balances=self._balances(),
            last_error=health.detail,
            stream=ready["stream"],
            clock=ready["clock"],
            rate_budgets=[
                trading_pb2.RateBudget(name=name, used=used, limit=limit)
                for name, used, limit in health.budgets
            ],
            banned_until=timestamp(
                health.banned_until_ns
                if health.banned_until_ns > engine.ports.clock.now_ns()
                else 0
            ),
            stream_lag_ms=health.stream_lag_ms,
            foreign_orders=[
                trading_pb2.ForeignOrder(
                    symbol=report.symbol,
                    venue_order_id=report.venue_order_id,
                    client_order_id=report.request_id,
                    quantity=optional_text(report.quantity),
                    cumulative_quantity=text(report.cumulative_quantity),
                )
                for report in parts.external.open_orders
            ],
            restrictions=_restrictions(engine.book.state),
            venue_epoch=engine.book.state.venue_epoch,
        )

    async def ListTrades(
        self, request: trading_pb2.ListTradesRequest, context: Any
    ) -> trading_pb2.ListTradesResponse:
        state = self._engine.book.state
        chosen = (
            order
            for order in reversed(state.orders.values())
            if request.symbol in ("", order.spec.symbol)
            and request.strategy in ("", order.spec.strategy)
        )
        orders, token = page(chosen, request.page_token, request.page_size)
        await self._engine.writer.settle()
        return trading_pb2.ListTradesResponse(
            trades=[trade_message(o, state.intents[o.request_id]) for o in orders],
            next_page_token=token,
        )

    async def ListStrategies(
        self, request: trading_pb2.ListStrategiesRequest, context: Any
    ) -> trading_pb2.ListStrategiesResponse:
        state = self._engine.book.state
        names = sorted(state.strategies.keys() | state.day.by_strategy.keys())
        return trading_pb2.ListStrategiesResponse(
            strategies=[
                self._strategy(state.strategies.get(name, Strategy(name=name))) for name in names
            ]
        )

    async def UpdateStrategy(
        self, request: trading_pb2.UpdateStrategyRequest, context: Any
    ) -> trading_pb2.UpdateStrategyResponse:
        masked = set(request.update_mask.paths)
        if unknown := masked - SWITCHES:
            raise InvalidRequest(
                f"update_mask: {min(unknown)} is none of {', '.join(sorted(SWITCHES))}",
                field="update_mask",
            )
        given = {
            name: getattr(request, name)
            for name in SWITCHES
            if request.HasField(name) and (not masked or name in masked)
        }
        strategy = await self._engine.parts.control.change_strategy(
            request.name, StrategyChange(**given), current_caller()
        )
        return trading_pb2.UpdateStrategyResponse(strategy=self._strategy(strategy))

    async def Flatten(
        self, request: trading_pb2.FlattenRequest, context: Any
    ) -> trading_pb2.FlattenResponse:
        engine = self._engine
        symbols, flattening = list(request.symbols), engine.parts.flattening
        for symbol in symbols:
            find_instrument(engine.parts.instruments, symbol, field="symbols")
        if request.dry_run:
            rehearse = engine.parts.rehearsal.rehearse
            planned = [await rehearse(s, current_caller()) for s in flattening.plan(symbols)]
            orders = [order_message(placed.order) for placed in planned]
        else:
            check_account(engine, request.confirm_account)
            wait_s = patience_s(engine.settings.answer_timeout_s)
            placed = await flattening.flatten(symbols, current_caller(), wait_s)
            orders = [order_message(order) for order in placed]
        return trading_pb2.FlattenResponse(
            orders=orders, trading_state=trading_state_message(engine.parts.control.standing)
        )

    def _balances(self) -> dict[str, trading_pb2.Balance]:
        """What the ledger holds, less what open orders may still spend."""
        book = self._engine.book
        held = {asset: book.state.ledger.held(asset) for asset in book.state.ledger.assets}
        locked = {asset: book.exposure.reserved.get(asset, ZERO) for asset in held}
        return balances_message({a: held[a] - locked[a] for a in held}, locked)

    def _strategy(self, strategy: Strategy) -> trading_pb2.Strategy:
        day = self._engine.book.state.day
        return trading_pb2.Strategy(
            name=strategy.name,
            enabled=strategy.enabled,
            max_risk_fraction=strategy.max_risk_fraction,
            max_daily_trades=strategy.max_daily_trades,
            notes=strategy.notes,
            trades_today=usage_of(day.by_strategy, strategy.name).orders,
            updated_at=timestamp(strategy.updated_at_ns),
        )


def trading_state_message(record: TradingStateRecord) -> common_pb2.TradingStateInfo:
    """What is let through, who said so, why, since when."""
    return common_pb2.TradingStateInfo(
        state=TRADING_STATES.to_wire(record.state),
        reason=record.reason,
        actor=record.actor,
        since=timestamp(record.since_ns),
    )


def bounds_message(instrument: Instrument) -> trading_pb2.OrderBounds:
    """What a symbol admits."""
    return trading_pb2.OrderBounds(
        min_quantity=trimmed(instrument.min_quantity),
        quantity_rounding=trimmed(instrument.step_size),
        price_rounding=trimmed(instrument.tick_size),
        min_notional=trimmed(instrument.min_notional),
    )


def balances_message(
    free: Mapping[str, Decimal], locked: Mapping[str, Decimal]
) -> dict[str, trading_pb2.Balance]:
    """Balances by asset."""
    return {
        asset: trading_pb2.Balance(
            free=trimmed(free.get(asset, ZERO)),
            locked=trimmed(locked.get(asset, ZERO)),
            total=trimmed(free.get(asset, ZERO) + locked.get(asset, ZERO)),
        )
        for asset in sorted(free.keys() | locked.keys())
    }


def check_account(engine: Engine, confirmed: str) -> None:
    """In the live environment the caller names the account. Raises FailedPrecondition."""
    if engine.ports.broker.environment == "live" and confirmed != engine.settings.account:
        raise FailedPrecondition(
            "this is the live environment: confirm_account must name the account",
            reason="ACCOUNT_NOT_CONFIRMED",
        )


def _texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: trimmed(amount) for name, amount in amounts.items()}


def _known(amount: Decimal | None) -> str:
    return "" if amount is None else trimmed(amount)


def _restrictions(state: State) -> list[common_pb2.SymbolRestriction]:
    return [
        common_pb2.SymbolRestriction(
            symbol=symbol, reason=restriction.reason, since=timestamp(restriction.since_ns)
        )
        for symbol, restriction in sorted(state.restrictions.items())
    ]
