"""Double-entry bookkeeping per asset.

Every event that moves an asset becomes postings between four accounts that sum to zero, so that
nothing appears or vanishes: what the venue holds for us, what the market gave and took, what fees
cost, and what came from or went outside.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec

from aitrader_server.domain.events import AccountOpened, BalanceAdjusted, Event, OrderFilled
from aitrader_server.domain.money import ZERO
from aitrader_server.domain.words import Side

Account = Literal["venue", "market", "fees", "external"]


class Posting(msgspec.Struct, frozen=True):
    """`amount` of `asset` moves into `account` (out of it when negative)."""

    account: Account
    asset: str
    amount: Decimal


def postings(event: Event) -> tuple[Posting, ...]:
    """The entry that `event` makes; empty for events that move nothing."""
    if isinstance(event, OrderFilled):
        return _fill(event)
    if isinstance(event, AccountOpened):
        return tuple(
            posting
            for asset, amount in sorted(event.balances.items())
            for posting in _transfer("external", "venue", asset, amount)
        )
    if isinstance(event, BalanceAdjusted):
        return _transfer("external", "venue", event.asset, event.delta)
    return ()


def _transfer(source: Account, target: Account, asset: str, amount: Decimal) -> tuple[Posting, ...]:
    return (Posting(source, asset, -amount), Posting(target, asset, amount))


def _fill(event: OrderFilled) -> tuple[Posting, ...]:
    fill = event.fill
    sign = 1 if event.side is Side.BUY else -1
    moved = (
        *_transfer("market", "venue", event.base, sign * fill.quantity),
        *_transfer("venue", "market", event.quote, sign * fill.quantity * fill.price),
    )
    if not fill.fee:
        return moved
    return (*moved, *_transfer("venue", "fees", fill.fee_asset, fill.fee))


class Ledger(msgspec.Struct, kw_only=True):
    """Balances by account and asset; the sum over all accounts of an asset is zero."""

    balances: dict[Account, dict[str, Decimal]] = msgspec.field(
        default_factory=lambda: {"venue": {}, "market": {}, "fees": {}, "external": {}}
    )

    def post(self, entry: Iterable[Posting]) -> None:
        """Adds an entry in place."""
        for posting in entry:
            account = self.balances[posting.account]
            account[posting.asset] = account.get(posting.asset, ZERO) + posting.amount

    def held(self, asset: str) -> Decimal:
        """What the venue holds of `asset` for us, free and locked together."""
        return self.balances["venue"].get(asset, ZERO)

    @property
    def assets(self) -> list[str]:
        """Assets that the venue has ever held for us, sorted."""
        return sorted(self.balances["venue"])
