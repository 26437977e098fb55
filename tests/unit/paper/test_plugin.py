"""From the configuration's words to a venue that trades."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from aitrader_gateway.paper.plugin import create
from aitrader_server.domain.venue import Approved, VenueStatus
from aitrader_server.domain.words import Side
from pydantic import ValidationError


@dataclass
class Context:
    state_dir: Path
    clock: object
    environ: dict[str, str] = field(default_factory=dict)


class Deaf:
    """A VenueListener that needs to know nothing."""

    def on_report(self, report):
        pass

    def on_stream(self, *, up, detail):
        pass


@pytest.fixture
def context(tmp_path, clock):
    return Context(tmp_path / "state", clock)


async def test_without_settings_it_trades_three_pairs_with_a_hundred_thousand(context, spec):
    broker, quotes = create({}, context)
    instruments = await broker.start(Deaf())
    assert (broker.name, broker.environment) == ("paper", "paper")
    assert set(instruments) == {"BTCUSDT", "ETHUSDT", "BNBUSDT"}
    account = await broker.account()
    assert account.free == {"USDT": Decimal(100_000)}
    assert not any(account.locked.values())

    order = spec("first", Side.BUY, quantity="0.01")
    attempt = broker.prepare(order, 1, context.clock.now_ns())
    report = (await broker.submit(Approved(order, attempt))).report
    assert report.status is VenueStatus.FILLED
    assert report.fills[0].price == quotes.quote("BTCUSDT").ask
    await broker.stop()
    assert (context.state_dir / "paper.sqlite").is_file()


async def test_what_is_configured_is_what_is_made(context, spec):
    broker, quotes = create(
        {
            "seed": 9,
            "symbols": ["BTCUSDT"],
            "balances": {"USDT": "5000.50", "BTC": 2},
            "taker_fee": "0.002",
            "quote_period_ms": 50,
            "spread_ticks": 7,
            "depth_levels": 1,
        },
        context,
    )
    assert list(await broker.start(Deaf())) == ["BTCUSDT"]
    assert (await broker.account()).free == {"USDT": Decimal("5000.50"), "BTC": Decimal(2)}
    quote = quotes.quote("BTCUSDT")
    assert quote.ask - quote.bid == Decimal("0.07")
    order = spec("all", Side.SELL, quantity="2")
    attempt = broker.prepare(order, 1, context.clock.now_ns())
    report = (await broker.submit(Approved(order, attempt))).report
    (fill,) = report.fills
    assert report.status is VenueStatus.EXPIRED
    assert fill.quantity == quote.bid_quantity
    assert fill.fee == fill.quantity * fill.price * Decimal("0.002")
    await broker.stop()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"ballances": {}}, "ballances"),
        ({"symbols": ["BTCUSDT", "DOGEUSDT"]}, "DOGEUSDT"),
        ({"symbols": []}, "symbols"),
        ({"balances": {"USDT": -1}}, "USDT"),
        ({"maker_fee": "1"}, "maker_fee"),
        ({"latency_ms": [3, 1]}, "least latency"),
        ({"latency_ms": [0, 60_000]}, "latency_ms"),
        ({"quote_period_ms": 0}, "quote_period_ms"),
    ],
)
def test_what_cannot_be_is_refused_by_name(context, settings, named):
    with pytest.raises(ValidationError, match=named):
        create(settings, context)
