"""What a UTC day has used of its limits: by the account, by each symbol, by each strategy."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec

from aitrader_server.domain.money import ZERO


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Orders sent, value executed and result realised; the last two in the quote asset."""

    orders: int = 0
    turnover: Decimal = ZERO
    realized: Decimal = ZERO

    def with_order(self) -> "Usage":
        """One order more."""
        return msgspec.structs.replace(self, orders=self.orders + 1)

    def with_fill(self, value: Decimal, realized: Decimal) -> "Usage":
        """One execution more, worth `value`."""
        return msgspec.structs.replace(
            self, turnover=self.turnover + value, realized=self.realized + realized
        )


Change = Callable[[Usage], Usage]


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One UTC day's account, in the quote asset; `fees` by asset."""

    day: str = ""
    start_equity: Decimal = ZERO
    filled_orders: int = 0
    usage: Usage = Usage()
    by_symbol: dict[str, Usage] = {}
    by_strategy: dict[str, Usage] = {}
    fees: dict[str, Decimal] = {}

    def with_order(self, symbol: str, strategy: str) -> "Day":
        """One order more was sent."""
        return self._with(symbol, strategy, Usage.with_order)

    def with_fill(
        self,
        symbol: str,
        strategy: str,
        *,
        value: Decimal,
        realized: Decimal,
        fee: Decimal,
        fee_asset: str,
        first: bool,
    ) -> "Day":
        """One execution more, the `first` of its order or not."""
        day = self._with(symbol, strategy, lambda usage: usage.with_fill(value, realized))
        fees = self.fees
        if fee:
            fees = {**fees, fee_asset: fees.get(fee_asset, ZERO) + fee}
        return msgspec.structs.replace(day, filled_orders=self.filled_orders + first, fees=fees)

    def with_flow(self, value: Decimal) -> "Day":
        """Something worth `value` came from outside: that is no profit, the baseline moves."""
        return msgspec.structs.replace(self, start_equity=self.start_equity + value)

    def _with(self, symbol: str, strategy: str, change: Change) -> "Day":
        return msgspec.structs.replace(
            self,
            usage=change(self.usage),
            by_symbol=_changed(self.by_symbol, symbol, change),
            by_strategy=_changed(self.by_strategy, strategy, change),
        )


def _changed(usages: dict[str, Usage], name: str, change: Change) -> dict[str, Usage]:
    """A copy: states of the past keep theirs. Orders of no strategy are counted for none."""
    return {**usages, name: change(usage_of(usages, name))} if name else usages


def usage_of(usages: Mapping[str, Usage], name: str) -> Usage:
    """What `name` has used, nothing when it was never heard of."""
    return usages.get(name, Usage())
