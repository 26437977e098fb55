"""Operations about the venue itself: that it is there, its time, its limits and its symbols."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from aitrader_gateway.sandbox.api.desk import INVALID_SYMBOL, Desk
from aitrader_gateway.sandbox.api.table import Body, Call, Operation, always, weighs
from aitrader_gateway.sandbox.api.tickers import SYMBOLS
from aitrader_gateway.sandbox.api.tickets import SYMBOL_PARAMETER
from aitrader_gateway.sandbox.matching.model import Refusal
from aitrader_gateway.sandbox.matching.words import SymbolStatus
from aitrader_gateway.sandbox.parameters import (
    FLAG,
    SYMBOL,
    TEXT,
    Parameter,
    Values,
    word,
)
from aitrader_gateway.sandbox.wire.symbols import described

_BAD_COMBINATION: Final = Refusal(-1128, "Combination of optional parameters invalid.")
_DUPLICATES: Final = Refusal(-1151, "Symbol is present multiple times in the list.")
_SYMBOL: Final = Parameter("symbol", SYMBOL)
_SYMBOLS: Final = Parameter("symbols", SYMBOLS)
_STATUS: Final = Parameter("symbolStatus", word(SymbolStatus))


def _time(call: Call) -> Body:
    return {"serverTime": call.unit.of(call.at_ns)}


def _asked(desk: Desk, values: Values) -> Sequence[str] | Refusal:
    """The symbols that a request is about; all of them if it names none."""
    listings = desk.venue.exchange.listings
    if "symbol" in values and "symbols" in values:
        return _BAD_COMBINATION
    if "symbols" in values:
        asked = msgspec.json.decode(values.text("symbols"), type=list[str])
    elif "symbol" in values:
        asked = [values.text("symbol")]
    else:
        return list(listings)
    if len(set(asked)) < len(asked):
        return _DUPLICATES
    return asked if all(symbol in listings for symbol in asked) else INVALID_SYMBOL


def _information(desk: Desk, call: Call) -> Body | Refusal:
    named = "symbol" in call.values or "symbols" in call.values
    status = call.values.word("symbolStatus", SymbolStatus)
    permissions = call.values.text("permissions")
    if named and (status is not None or permissions):
        return _BAD_COMBINATION
    asked = _asked(desk, call.values)
    if isinstance(asked, Refusal):
        return asked
    exchange = desk.venue.exchange
    symbols = [
        described(exchange.listings[symbol], exchange.status(symbol))
        for symbol in asked
        if status in {None, exchange.status(symbol)}
    ]
    if call.values.flag("showPermissionSets") is False:
        for symbol in symbols:
            symbol["permissionSets"] = []
    return {
        "timezone": "UTC",
        "serverTime": call.unit.of(call.at_ns),
        "rateLimits": desk.limits.described(),
        "exchangeFilters": [],
        "symbols": symbols,
    }


def _execution_rules(desk: Desk, call: Call) -> Body | Refusal:
    """No symbol of this venue bounds the prices at which a taker may execute."""
    asked = _asked(desk, call.values)
    return asked if isinstance(asked, Refusal) else {"symbolRules": []}


def _reference_price(desk: Desk, call: Call) -> Body | Refusal:
    """No symbol of this venue has a reference price."""
    symbol = desk.symbol(call.values)
    if isinstance(symbol, Refusal):
        return symbol
    return {"symbol": symbol, "referencePrice": None, "timestamp": call.unit.of(call.at_ns)}


def _rules_weight(values: Values) -> int:
    return 2 if "symbol" in values else 40


def operations(desk: Desk) -> tuple[Operation, ...]:
    """What the table offers about the venue."""
    return (
        Operation(name="ping", handler=always({}), weight=weighs(1)),
        Operation(name="time", handler=_time, weight=weighs(1)),
        Operation(
            name="exchangeInfo",
            handler=partial(_information, desk),
            weight=weighs(20),
            parameters=(
                _SYMBOL,
                _SYMBOLS,
                Parameter("permissions", TEXT),
                Parameter("showPermissionSets", FLAG),
                _STATUS,
            ),
        ),
        Operation(
            name="executionRules",
            handler=partial(_execution_rules, desk),
            weight=_rules_weight,
            parameters=(_SYMBOL, _SYMBOLS, _STATUS),
        ),
        Operation(
            name="referencePrice",
            handler=partial(_reference_price, desk),
            weight=weighs(2),
            parameters=(SYMBOL_PARAMETER,),
        ),
    )
