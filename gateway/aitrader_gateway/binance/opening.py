"""What has to be true before the first order: venue reached, keys accepted, symbols known."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog
from aitrader_server.domain.instrument import Instrument
from aitrader_server.errors import ConfigError

from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.endpoints import Environment
from aitrader_gateway.binance.instruments import (
    ExchangeRecord,
    exchange_info_parameters,
    read_instrument,
)
from aitrader_gateway.binance.keys import WHERE_KEYS_ARE_MADE
from aitrader_gateway.binance.operations import EXCHANGE_INFO, SERVER_TIME
from aitrader_gateway.binance.order_reads import OrderReads
from aitrader_gateway.binance.outcome import KEY_CODES, Failure, Verdict
from aitrader_gateway.binance.reports import read

log = structlog.get_logger(__name__)

SYMBOL_CODES: Final = frozenset({-1121, -1100})
RETRY_S: Final = 1.0


class Opening:
    """Asks the venue until it answers, and tells what the operator has to mend."""

    def __init__(
        self,
        calls: Calls,
        reads: OrderReads,
        environment: Environment,
        symbols: Sequence[str],
    ) -> None:
        self._calls = calls
        self._reads = reads
        self._environment = environment
        self._symbols = tuple(symbols)

    async def open(self, timeout_s: float) -> Mapping[str, Instrument]:
        """The instruments of a venue that answers and accepts the keys.

        Raises ConfigError, also when `timeout_s` have passed without an answer.
        """
        problem = "no answer"
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    opened = await self._try()
                    if not isinstance(opened, Failure):
                        return opened
                    if opened.reason != problem:
                        problem = opened.reason
                        log.warning("venue not reached yet", cause=problem)
                    await asyncio.sleep(RETRY_S)
        except TimeoutError:
            raise ConfigError((self._no_answer(timeout_s, problem),)) from None

    async def read_instruments(self) -> Mapping[str, Instrument] | Failure:
        """The configured symbols as the venue lists them now; its limits are taken over, too."""
        parameters = exchange_info_parameters(self._symbols)
        exchange = read(await self._calls.call(EXCHANGE_INFO, parameters), ExchangeRecord)
        if isinstance(exchange, Failure):
            return exchange
        self._calls.budgets.set_limits(exchange.rate_limits)
        return {record.symbol: read_instrument(record) for record in exchange.symbols}

    async def _try(self) -> Mapping[str, Instrument] | Failure:
        reached = await self._calls.send(SERVER_TIME, {})
        if isinstance(reached, Failure):
            return reached
        if not await self._calls.sync():
            return Failure(verdict=Verdict.UNKNOWN, reason="its clock could not be read")
        instruments = await self.read_instruments()
        if isinstance(instruments, Failure):
            if instruments.code in SYMBOL_CODES:
                raise ConfigError((self._unknown_symbols(self._symbols, instruments.reason),))
            return instruments
        missing = [symbol for symbol in self._symbols if symbol not in instruments]
        if missing:
            raise ConfigError((self._unknown_symbols(missing, "not listed"),))
        account = await self._reads.account()
        if isinstance(account, Failure):
            if account.code in KEY_CODES:
                raise ConfigError((self._refused_keys(account),))
            return account
        return instruments

    def _no_answer(self, timeout_s: float, problem: str) -> str:
        return (
            f"execution.binance: {self._environment} at {self._calls.rest_url} did not answer "
            f"within {timeout_s:.0f} s: {problem}; check network and address"
        )

    def _unknown_symbols(self, symbols: Sequence[str], reason: str) -> str:
        return (
            f"execution.symbols: Binance {self._environment} does not know "
            f"{', '.join(symbols)}: {reason}; write symbols that it lists"
        )

    def _refused_keys(self, refusal: Failure) -> str:
        key_place, secret_place = self._calls.credentials.places
        return (
            f"Binance {self._environment} at {self._calls.rest_url} refuses the key in {key_place} "
            f"or its secret in {secret_place}: {refusal.code} {refusal.reason} "
            f"Export a key that was made {WHERE_KEYS_ARE_MADE[self._environment]} and that may "
            "read and trade spot from this address; keys of one environment do not work in another"
        )
