"""What an event moves, between which accounts."""

from collections import defaultdict

import pytest
from aitrader_server.domain.events import AccountOpened, BalanceAdjusted, EngineStopped
from aitrader_server.domain.ledger import Ledger, Posting, postings
from aitrader_server.domain.words import Side
from unit.domain.worlds import D, fill, filled


def moved(event) -> dict[tuple[str, str], object]:
    """Net movement by (account, asset), without zeros."""
    sums: dict[tuple[str, str], object] = defaultdict(lambda: D(0))
    for posting in postings(event):
        sums[posting.account, posting.asset] += posting.amount
    return {key: amount for key, amount in sums.items() if amount}


def test_a_purchase_with_its_fee_in_what_was_bought():
    assert moved(filled(fill("1", "2", "100", "0.002", "BTC"))) == {
        ("venue", "BTC"): D("1.998"),
        ("market", "BTC"): D(-2),
        ("fees", "BTC"): D("0.002"),
        ("venue", "USDT"): D(-200),
        ("market", "USDT"): D(200),
    }


def test_a_sale_with_its_fee_in_what_was_paid():
    assert moved(filled(fill("1", "2", "100", "0.2", "USDT"), side=Side.SELL)) == {
        ("venue", "BTC"): D(-2),
        ("market", "BTC"): D(2),
        ("venue", "USDT"): D("199.8"),
        ("market", "USDT"): D(-200),
        ("fees", "USDT"): D("0.2"),
    }


@pytest.mark.parametrize("side", Side)
def test_a_fee_in_a_third_asset(side):
    found = moved(filled(fill("1", "2", "100", "0.01", "BNB"), side=side))
    assert found["venue", "BNB"] == D("-0.01")
    assert found["fees", "BNB"] == D("0.01")
    assert abs(found["venue", "BTC"]) == D(2)


def test_a_rebate_is_a_fee_that_comes_back():
    found = moved(filled(fill("1", "2", "100", "-0.01", "USDT")))
    assert found["venue", "USDT"] == D("-199.99")


def test_no_fee_moves_nothing():
    assert len(postings(filled(fill("1", "2", "100")))) == 4


def test_what_comes_from_outside():
    opened = AccountOpened(account="m", venue="v", balances={"USDT": D(5), "BTC": D(1)})
    assert [p.asset for p in postings(opened)] == ["BTC", "BTC", "USDT", "USDT"]
    assert moved(opened)["external", "USDT"] == D(-5)
    adjusted = BalanceAdjusted(asset="USDT", delta=D(-2), value=D(-2), reason="audit")
    assert moved(adjusted) == {("external", "USDT"): D(2), ("venue", "USDT"): D(-2)}


def test_other_events_move_nothing():
    assert postings(EngineStopped(reason="x")) == ()


def test_a_ledger_adds_up_and_knows_its_assets():
    ledger = Ledger()
    ledger.post((Posting("venue", "USDT", D(5)), Posting("external", "USDT", D(-5))))
    ledger.post(postings(filled(fill("1", "2", "1"))))
    assert (ledger.held("USDT"), ledger.held("BTC"), ledger.held("ETH")) == (D(3), D(2), D(0))
    assert ledger.assets == ["BTC", "USDT"]
