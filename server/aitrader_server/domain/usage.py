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

    def stricter(self, other: "Usage") -> "Usage":
        """As much as either says; of two results the worse."""
        return Usage(
            orders=max(self.orders, other.orders),
            turnover=max(self.turnover, other.turnover),
            realized=min(self.realized, other.realized),
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

    def stricter(self, remembered: "Day") -> "Day":
        """The later of two days; of two accounts of one day all that either has used.

        What is `remembered` of a day began before what is told of it since: its baseline counts.
        """
        if remembered.day != self.day:
            return max(self, remembered, key=lambda day: day.day)
        return Day(
            day=self.day,
            start_equity=remembered.start_equity,
            filled_orders=max(self.filled_orders, remembered.filled_orders),
            usage=self.usage.stricter(remembered.usage),
            by_symbol=_stricter(self.by_symbol, remembered.by_symbol),
            by_strategy=_stricter(self.by_strategy, remembered.by_strategy),
            fees={
                asset: max(self.fees.get(asset, ZERO), remembered.fees.get(asset, ZERO))
                for asset in self.fees | remembered.fees
            },
        )

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


def _stricter(usages: dict[str, Usage], remembered: dict[str, Usage]) -> dict[str, Usage]:
    names = usages | remembered
    return {name: usage_of(usages, name).stricter(usage_of(remembered, name)) for name in names}


def usage_of(usages: Mapping[str, Usage], name: str) -> Usage:
    """What `name` has used, nothing when it was never heard of."""
    return usages.get(name, Usage())
