"""What a sandbox can be told at its start."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import msgspec

from aitrader_gateway.sandbox.connection import ConnectionSettings
from aitrader_gateway.sandbox.faults import Rule
from aitrader_gateway.sandbox.limits import LimitSettings
from aitrader_gateway.sandbox.listings import LISTINGS, START_PRICES
from aitrader_gateway.sandbox.makers import MakerSettings
from aitrader_gateway.sandbox.matching.model import Fees, Listing


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`balances` count only until the account has been written to the `state` folder.

    `start_prices` count only until a market has traded; a symbol without one has no maker, and
    each market begins with `past_minutes` of made-up bars. `port` 0 takes any free one.
    `pace_per_s` steps of the market makers over all symbols. `replay` is a recording, played
    `speed` times as fast as it was made, and with no past but its own. `public_keys` are PEM files
    whose keys may trade too.
    """

    state: Path = Path("state/sandbox")
    port: int = 0
    seed: int = 1
    account: str = "main"
    balances: Mapping[str, Decimal] = MappingProxyType({"USDT": Decimal(100_000)})
    fees: Fees = Fees()
    listings: Mapping[str, Listing] = LISTINGS
    start_prices: Mapping[str, Decimal] = START_PRICES
    makers: MakerSettings = MakerSettings()
    pace_per_s: float = 60.0
    past_minutes: int = 500
    replay: Path | None = None
    speed: float = 1.0
    faults: tuple[Rule, ...] = ()
    public_keys: tuple[Path, ...] = ()
    limits: LimitSettings = LimitSettings()
    streams: ConnectionSettings = ConnectionSettings(inbound_max_per_s=5)
    ws_api: ConnectionSettings = ConnectionSettings()
