"""Tries a key at the venue before anything trades with it: clock, account, symbols."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from aitrader_server.doctor.examination import Refusal, VenueReport
from aitrader_server.engine.ports import Clock

from aitrader_gateway.binance.calls import Calls
from aitrader_gateway.binance.endpoints import Environment
from aitrader_gateway.binance.instruments import ExchangeRecord, exchange_info_parameters
from aitrader_gateway.binance.keys import WHERE_KEYS_ARE_MADE, read_credentials
from aitrader_gateway.binance.operations import ACCOUNT, EXCHANGE_INFO
from aitrader_gateway.binance.outcome import Failure
from aitrader_gateway.binance.plugin import BinanceSettings
from aitrader_gateway.binance.reports import read

UNKNOWN_SYMBOL: Final = -1121
TRADING: Final = "TRADING"


class RightsRecord(msgspec.Struct, frozen=True, rename="camel"):
    """What the account lets its keys do."""

    can_trade: bool = False
    can_withdraw: bool = False
    uid: int = 0


class BinanceExaminer:
    """One visit under the trading key."""

    def __init__(self, calls: Calls, settings: BinanceSettings) -> None:
        self._calls = calls
        self._settings = settings

    async def examine(self) -> VenueReport:
        """Every request once; none of them changes anything."""
        place = self._calls.rest_url
        self._calls.open()
        try:
            if not await self._calls.sync():
                return VenueReport(place=place, trouble="it did not answer")
            clock = self._calls.server_time
            symbols = await self._symbols()
            rights = read(
                await self._calls.call(ACCOUNT, {"omitZeroBalances": "true"}), RightsRecord
            )
        finally:
            await self._calls.close()
        visit = VenueReport(
            place=place,
            offset_ms=clock.assumed_offset_ms,
            error_ms=clock.error_ms,
            symbols=symbols,
        )
        if isinstance(rights, Failure):
            return msgspec.structs.replace(visit, refusal=self._refusal(rights))
        return msgspec.structs.replace(
            visit, uid=rights.uid, can_trade=rights.can_trade, may_withdraw=rights.can_withdraw
        )

    async def _symbols(self) -> tuple[str, ...]:
        asked = self._settings.symbols
        told = await self._told(asked)
        if not isinstance(told, Failure):
            states = {record.symbol: record.status for record in told.symbols}
            return tuple(
                f"{symbol} is {states.get(symbol, 'unknown')}"
                for symbol in asked
                if states.get(symbol) != TRADING
            )
        if told.code != UNKNOWN_SYMBOL:
            return (told.reason,)
        alone = [(symbol, await self._told((symbol,))) for symbol in asked]
        return tuple(f"{symbol}: {one.reason}" for symbol, one in alone if isinstance(one, Failure))

    async def _told(self, symbols: Sequence[str]) -> ExchangeRecord | Failure:
        parameters = exchange_info_parameters(symbols)
        return read(await self._calls.call(EXCHANGE_INFO, parameters), ExchangeRecord)

    def _refusal(self, failure: Failure) -> Refusal:
        environment = self._settings.environment
        key, secret = self._calls.credentials.places
        others = " and ".join(each for each in Environment if each is not environment)
        match failure.code:
            case -2014:
                advice = f"{key} is cut off or holds something else; copy the whole key"
            case -1022:
                advice = f"the secret in {secret} is not that of the key in {key}; copy both anew"
            case -2015:
                advice = (
                    f"this looks like a key of another system ({others} have keys of their own), "
                    "of another address, or without the right to read; make one "
                    f"{WHERE_KEYS_ARE_MADE[environment]}"
                )
            case _:
                advice = "look what the venue says, and run it again"
        return Refusal(f"{failure.code} {failure.reason}", advice)


def create_examiner(
    settings: Mapping[str, Any], environ: Mapping[str, str], clock: Clock
) -> BinanceExaminer:
    """The examiner of a `binance` section.

    Raises:
        ConfigError: a key is missing or cannot sign.
        pydantic.ValidationError: `settings` has an unknown key or a value that cannot be.
    """
    binance = BinanceSettings.model_validate(settings)
    credentials = read_credentials(environ, *binance.key_names, binance.environment)
    return BinanceExaminer(Calls(binance.endpoints, credentials, clock), binance)
