import msgspec
import pytest
from aitrader_server.domain.valuation import Valuation
from unit.domain.worlds import BNB, BTC, QUOTE, D, evolve, fill, filled, funded, place, spec

CROSS = msgspec.structs.replace(BTC, symbol="ETHBTC", base="ETH", quote="BTC")
VALUATION = Valuation("USDT", {i.symbol: i for i in (BTC, BNB, CROSS)})


def quotes(**last: str):
    """Last prices by symbol, one unit of spread around each."""

    def of(symbol: str):
        price = last.get(symbol)
        if price is None:
            return None
        changes = {"bid": D(price) - 1, "ask": D(price) + 1, "last": D(price)}
        return msgspec.structs.replace(QUOTE, symbol=symbol, **changes)

    return of


PRICED = quotes(BTCUSDT="10000", BNBUSDT="500", ETHBTC="2")


def test_an_asset_is_worth_its_last_price_and_the_quote_asset_itself():
    assert VALUATION.price("USDT", quotes()) == 1
    assert VALUATION.price("BTC", PRICED) == D(10000)


@pytest.mark.parametrize("asset", ["ETH", "DOGE"])
def test_what_no_instrument_pairs_with_the_quote_asset_has_no_price(asset):
    assert VALUATION.price(asset, PRICED) is None


@pytest.mark.parametrize(
    "damaged", [{"last": D("NaN")}, {"last": D(0)}, {"bid": D(99999)}, {"ask": D("Infinity")}]
)
def test_what_is_no_price_prices_nothing(damaged):
    bad = msgspec.structs.replace(QUOTE, **damaged)
    assert VALUATION.price("BTC", lambda _: bad) is None
    assert VALUATION.equity(funded(BTC="1").state, lambda _: bad) is None
    held = place(funded(USDT="1"), spec())
    evolve(held, filled(fill("1", "0.01")))
    assert VALUATION.unrealized(held.state, lambda _: bad) is None


def test_equity_is_all_that_can_be_traded_here():
    state = funded(USDT="100", BTC="2", BNB="3", ETH="9", DOGE="1").state
    assert VALUATION.equity(state, PRICED) == D(100 + 20000 + 1500)


def test_equity_is_not_known_while_a_price_is_missing():
    without_bnb = quotes(BTCUSDT="10000")
    assert VALUATION.equity(funded(USDT="1", BNB="3").state, without_bnb) is None
    assert VALUATION.equity(funded(USDT="1", BNB="0").state, without_bnb) == D(1)


def test_what_is_owed_counts_against_equity():
    assert VALUATION.equity(funded(USDT="100", BNB="-0.1").state, PRICED) == D(50)


def test_open_positions_carry_profit_until_they_are_sold():
    book = place(funded(USDT="1000"), spec())
    evolve(book, filled(fill("1", "0.01", "9000")))
    assert VALUATION.unrealized(book.state, PRICED) == D(10)
    assert VALUATION.unrealized(book.state, quotes()) is None
    place(book, spec("r-2", side="SELL"))
    sold = filled(fill("2", "0.01", "9500"), "r-2", side="SELL")
    evolve(book, sold)
    assert VALUATION.unrealized(book.state, quotes()) == 0
