"""Where everything that happens at the venue reaches those who listen."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from aitrader_gateway.sandbox.market_feed import MarketFeed
from aitrader_gateway.sandbox.matching.model import (
    AccountPosition,
    BalanceUpdate,
    ExecutionReport,
    ListStatus,
    VenueEvent,
)
from aitrader_gateway.sandbox.subscriptions import BEAT_MS
from aitrader_gateway.sandbox.tape import Tape
from aitrader_gateway.sandbox.topics import Message, Topics
from aitrader_gateway.sandbox.venue import Venue
from aitrader_gateway.sandbox.wire.events import account_of, user_event

_BEAT_S: Final = BEAT_MS / 1000


class Hub:
    """An event sink, after the tape: tells accounts and streams what concerns them.

    Topics of `accounts` are account names, those of `streams` the names of market streams.
    """

    def __init__(self, venue: Venue, tape: Tape) -> None:
        self.accounts = Topics()
        self.streams = Topics()
        self._venue = venue
        self._tape = tape
        self.reset()

    def reset(self) -> None:
        """Forgets what was told; who listens is kept."""
        self._feed = MarketFeed(self._venue, self._tape, self.streams)

    def take(self, events: Sequence[VenueEvent], at_ns: int) -> None:  # noqa: ARG002 - what sinks are told
        """Every listener hears what concerns it before this returns, in the events' order."""
        for event in events:
            if isinstance(event, ExecutionReport | ListStatus | AccountPosition | BalanceUpdate):
                account = account_of(event)
                if self.accounts.wanted(account):
                    self.accounts.tell(account, Message(partial(user_event, event)))
        self._feed.take(events)

    async def run(self) -> None:
        """Tells what is told at a pace, until cancelled; missed beats are not made up for."""
        loop = asyncio.get_running_loop()
        beat, due_s = 0, loop.time()
        while True:
            beat += 1
            due_s = max(due_s + _BEAT_S, loop.time())
            await asyncio.sleep(due_s - loop.time())
            self._feed.beat(beat, self._venue.clock.now_ns())
