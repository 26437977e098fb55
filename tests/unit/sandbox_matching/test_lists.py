"""Orders bound to each other: one instead of the other (OCO), one after the other (OTO)."""

import pytest
from aitrader_gateway.sandbox.matching.model import CanceledList, OrderRequest, PlacedList, Refusal
from matching_desk import SYMBOL, Desk, listing, request


@pytest.fixture
def desk() -> Desk:
    """The last price is 100; Bob bids 10 at 80 and asks 10 at 120."""
    desk = Desk()
    desk.last("100")
    desk.limit("bob", "bid", "BUY", "10", "80")
    desk.limit("bob", "ask", "SELL", "10", "120")
    desk.exchange.take_events()
    return desk


def leg(name: str, side: str, kind: str, price: object = None, stop: object = None) -> OrderRequest:
    terms = {"price": price, "stop_price": stop}
    given = {term: value for term, value in terms.items() if value is not None}
    return request(name, side, kind, quantity=2, **given)


def sell_oco(prefix: str = "") -> tuple[OrderRequest, OrderRequest]:
    """Sells 2 at 110, or once the price falls to 90."""
    return (
        leg(f"{prefix}above", "SELL", "LIMIT_MAKER", 110),
        leg(f"{prefix}below", "SELL", "STOP_LOSS", stop=90),
    )


def working(price: str = "100", kind: str = "LIMIT", **terms: object) -> OrderRequest:
    return request("working", "BUY", kind, quantity=2, price=price, **terms)


def statuses(desk: Desk, *names: str) -> list[str]:
    return [desk.order("alice", name).status.value for name in names]


def bound(answer: PlacedList | Refusal) -> PlacedList:
    assert isinstance(answer, PlacedList), answer
    return answer


def refused(answer: PlacedList | Refusal) -> tuple[int, str]:
    assert isinstance(answer, Refusal), answer
    return answer.code, answer.message


def test_two_exclusive_orders_lock_once(desk):
    answer = bound(desk.bind("alice", "L", "OCO", *sell_oco()))

    assert (answer.list.status_type, answer.list.order_status) == ("EXEC_STARTED", "EXECUTING")
    assert [each.order.status for each in answer.orders] == ["NEW", "NEW"]
    assert desk.held("alice", "BTC") == ("998", "2")
    assert desk.book("SELL") == ["2@110", "10@120"]
    assert desk.told("alice") == ["L EXEC_STARTED", "above NEW NEW", "below NEW NEW", "position"]


@pytest.mark.parametrize(("stop_limit", "locked"), [(111, 222), (85, 180)])
def test_a_buy_locks_what_the_dearer_of_both_may_cost(desk, stop_limit, locked):
    above = leg("above", "BUY", "STOP_LOSS_LIMIT", stop_limit, 110)
    desk.bind("alice", "L", "OCO", above, leg("below", "BUY", "LIMIT_MAKER", 90))
    assert desk.held("alice", "USDT") == (str(1_000_000 - locked), str(locked))

    desk.market("bob", "m", "SELL", "1")
    assert statuses(desk, "above", "below") == ["EXPIRED", "PARTIALLY_FILLED"]
    assert desk.held("alice", "USDT") == ("999820", "90")


def test_a_fill_of_one_expires_the_other(desk):
    desk.bind("alice", "L", "OCO", *sell_oco())
    desk.told("alice")
    desk.market("bob", "m", "BUY", "2")

    assert desk.told("alice") == [
        "below EXPIRED EXPIRED",
        "above TRADE FILLED",
        "L ALL_DONE",
        "position",
    ]
    assert desk.order("alice", "below").expiry == "OCO_TRIGGER"
    assert desk.exchange.order_list("alice", list_id=1).order_status == "ALL_DONE"
    assert desk.held("alice", "BTC") == ("998", "0")


def test_a_part_of_a_fill_expires_the_other_but_the_list_goes_on(desk):
    desk.bind("alice", "L", "OCO", *sell_oco())
    desk.market("bob", "m", "BUY", "1")

    assert statuses(desk, "above", "below") == ["PARTIALLY_FILLED", "EXPIRED"]
    assert desk.exchange.order_list("alice", list_client_order_id="L").order_status == "EXECUTING"
    assert desk.held("alice", "BTC") == ("998", "1")


def test_a_stop_that_goes_live_expires_the_limit(desk):
    desk.bind("alice", "L", "OCO", *sell_oco())
    desk.told("alice")
    desk.last("90")

    assert desk.told("alice") == [
        "above EXPIRED EXPIRED",
        "below NEW NEW",
        "below TRADE FILLED",
        "L ALL_DONE",
        "position",
    ]
    assert desk.book("SELL") == ["10@120"]
    assert desk.held("alice", "BTC") == ("998", "0")


def test_of_two_that_are_reached_at_once_only_one_executes(desk):
    """A crash to 85 and a bounce to 110 reach both, in one sweep of another's order."""
    take_profit = leg("above", "SELL", "TAKE_PROFIT", stop=110)
    desk.bind("alice", "L", "OCO", take_profit, leg("below", "SELL", "STOP_LOSS", stop=90))
    desk.limit("bob", "low", "SELL", "1", "85")
    desk.limit("bob", "high", "SELL", "1", "110")
    desk.market("bob", "sweep", "BUY", "2")

    assert statuses(desk, "above", "below") == ["EXPIRED", "FILLED"]
    assert desk.held("alice", "BTC") == ("998", "0")


@pytest.mark.parametrize(
    ("above", "below", "code", "message"),
    [
        (("SELL", "LIMIT", 110), ("SELL", "STOP_LOSS", None, 90), -1158, None),
        (("SELL", "LIMIT_MAKER", 110), ("SELL", "LIMIT_MAKER", 90), -1168, None),
        (
            ("SELL", "STOP_LOSS", None, 110),
            ("SELL", "LIMIT_MAKER", 90),
            -1197,
            "A stop loss order in a sell OCO must be below.",
        ),
        (
            ("SELL", "TAKE_PROFIT", None, 110),
            ("SELL", "LIMIT_MAKER", 90),
            -1166,
            "A limit order in a sell OCO must be above.",
        ),
        (
            ("SELL", "LIMIT_MAKER", 110),
            ("SELL", "TAKE_PROFIT", None, 90),
            -1199,
            "A take profit order in a sell OCO must be above.",
        ),
        (
            ("BUY", "LIMIT_MAKER", 110),
            ("BUY", "STOP_LOSS", None, 90),
            -1165,
            "A limit order in a buy OCO must be below.",
        ),
        (
            ("BUY", "STOP_LOSS", None, 110),
            ("BUY", "STOP_LOSS", None, 90),
            -1196,
            "A stop loss order in a buy OCO must be above.",
        ),
        (
            ("BUY", "TAKE_PROFIT", None, 110),
            ("BUY", "LIMIT_MAKER", 90),
            -1198,
            "A take profit order in a buy OCO must be below.",
        ),
    ],
)
def test_each_leg_has_its_types(desk, above, below, code, message):
    answer = refused(desk.bind("alice", "L", "OCO", leg("a", *above), leg("b", *below)))
    assert answer[0] == code
    assert message in (None, answer[1])


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (("SELL", "LIMIT_MAKER", 100), ("SELL", "STOP_LOSS", None, 90)),
        (("SELL", "LIMIT_MAKER", 110), ("SELL", "STOP_LOSS", None, 100)),
        (("SELL", "TAKE_PROFIT", None, 99), ("SELL", "STOP_LOSS", None, 90)),
        (("BUY", "STOP_LOSS", None, 100), ("BUY", "LIMIT_MAKER", 90)),
        (("BUY", "STOP_LOSS", None, 110), ("BUY", "TAKE_PROFIT", None, 101)),
    ],
)
def test_the_last_price_must_lie_between_the_legs(desk, above, below):
    answer = desk.bind("alice", "L", "OCO", leg("a", *above), leg("b", *below))
    message = "The relationship of the prices for the orders is not correct."
    assert refused(answer) == (-2010, message)


def test_a_leg_that_trails_from_wherever_the_price_is_has_no_place_yet(desk):
    terms = {"quantity": 2, "price": 104, "trailing_delta": 500}
    trailing = request("below", "SELL", "STOP_LOSS_LIMIT", **terms)
    bound(desk.bind("alice", "L", "OCO", sell_oco()[0], trailing))


@pytest.mark.parametrize(
    ("names", "rules", "message"),
    [
        (("same", "same", "L2"), {}, "Duplicate order sent."),
        (("above", "other", "L2"), {}, "Duplicate order sent."),
        (("a", "b", "L"), {}, "Duplicate order sent."),
        (("a", "b", "L2"), {"max_open_orders": 3}, "Filter failure: MAX_NUM_ORDERS"),
        (("a", "b", "L2"), {"max_stop_orders": 1}, "Filter failure: MAX_NUM_ALGO_ORDERS"),
    ],
)
def test_the_engine_counts_every_order_of_a_list(names, rules, message):
    desk = Desk(listing(**rules))
    desk.last("100")
    bound(desk.bind("alice", "L", "OCO", *sell_oco()))
    above, below, name = names
    legs = (leg(above, "SELL", "LIMIT_MAKER", 110), leg(below, "SELL", "STOP_LOSS", stop=90))
    assert refused(desk.bind("alice", name, "OCO", *legs)) == (-2010, message)


def test_a_symbol_bounds_open_lists(desk):
    for number in range(20):
        bound(desk.bind("alice", f"L{number}", "OCO", *sell_oco(f"{number}-")))
    answer = desk.bind("alice", "one-more", "OCO", *sell_oco())
    assert refused(answer) == (-2010, "Filter failure: MAX_NUM_ORDER_LISTS")
    desk.cancel("alice", "3-above")
    bound(desk.bind("alice", "one-more", "OCO", *sell_oco()))


def test_a_list_must_be_paid_for_and_must_not_take(desk):
    desk.open("poor", "1.99", "0")
    message = "Account has insufficient balance for requested action."
    assert refused(desk.bind("poor", "L", "OCO", *sell_oco())) == (-2010, message)

    desk.limit("bob", "high", "BUY", "1", "115")
    message = "Order would immediately match and take."
    assert refused(desk.bind("alice", "L", "OCO", *sell_oco())) == (-2010, message)


def test_terms_of_every_order_are_judged(desk):
    legs = (sell_oco()[0], leg("below", "SELL", "STOP_LOSS", stop="90.001"))
    answer = refused(desk.bind("alice", "L", "OCO", *legs))
    assert answer == (-1013, "Filter failure: PRICE_FILTER")


def test_an_order_waits_until_another_is_filled_whole(desk):
    pending = request("pending", "SELL", "LIMIT", quantity=2, price=130)
    bound(desk.bind("alice", "L", "OTO", working(), pending))
    assert desk.held("alice", "BTC") == ("1000", "0")
    assert desk.told("alice") == [
        "L EXEC_STARTED",
        "working NEW NEW",
        "pending NEW PENDING_NEW",
        "position",
    ]

    desk.market("bob", "half", "SELL", "1")
    assert statuses(desk, "working", "pending") == ["PARTIALLY_FILLED", "PENDING_NEW"]
    desk.told("alice")
    desk.market("bob", "whole", "SELL", "1")
    assert desk.told("alice") == ["working TRADE FILLED", "pending NEW NEW", "position"]
    assert desk.book("SELL") == ["10@120", "2@130"]
    assert desk.held("alice", "BTC") == ("1000", "2")

    desk.market("bob", "out", "BUY", "12")
    assert desk.exchange.order_list("alice", list_id=1).order_status == "ALL_DONE"


def test_the_answer_tells_of_pending_orders_as_they_were_accepted(desk):
    pending = request("pending", "SELL", "MARKET", quantity=2)
    answer = bound(desk.bind("alice", "L", "OTO", working("120"), pending))

    assert [each.order.status for each in answer.orders] == ["FILLED", "PENDING_NEW"]
    assert len(answer.orders[0].trades) == 1
    assert statuses(desk, "working", "pending") == ["FILLED", "FILLED"]
    assert desk.trades("alice") == ["2@120", "2@80"]


@pytest.mark.parametrize("tif", ["IOC", "FOK"])
def test_without_the_first_the_others_expire(desk, tif):
    desk.bind("alice", "L", "OTO", working(tif=tif), *sell_oco())

    assert desk.told("alice") == [
        "L EXEC_STARTED",
        "working NEW NEW",
        "above NEW PENDING_NEW",
        "below NEW PENDING_NEW",
        "working EXPIRED EXPIRED",
        "above EXPIRED EXPIRED",
        "below EXPIRED EXPIRED",
        "L ALL_DONE",
        "position",
    ]
    assert desk.order("alice", "above").expiry == "OTO_PHASE_ONE_EXPIRED"
    assert desk.held("alice", "USDT") == ("1000000", "0")


def test_after_the_first_two_may_exclude_each_other(desk):
    answer = bound(desk.bind("alice", "L", "OTO", working(), *sell_oco()))
    assert answer.list.request.contingency == "OTO"
    assert desk.book("SELL") == ["10@120"]

    desk.market("bob", "m", "SELL", "2")
    assert statuses(desk, "above", "below") == ["NEW", "NEW"]
    assert desk.held("alice", "BTC") == ("1000", "2")
    desk.market("bob", "up", "BUY", "2")
    assert statuses(desk, "above", "below") == ["FILLED", "EXPIRED"]
    assert desk.exchange.order_list("alice", list_id=1).order_status == "ALL_DONE"


@pytest.mark.parametrize(
    ("pending", "reason"),
    [
        (("SELL", "STOP_LOSS", None, 105), "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY"),
        (("SELL", "LIMIT_MAKER", 79), "WOULD_MATCH_IMMEDIATELY"),
        (("BUY", "LIMIT", 600_000), "INSUFFICIENT_BALANCES"),
    ],
)
def test_what_cannot_begin_then_is_rejected(desk, pending, reason):
    desk.bind("alice", "L", "OTO", working(), leg("pending", *pending))
    desk.market("bob", "m", "SELL", "2")
    events = desk.exchange.take_events()

    assert desk.order("alice", "pending").status == "REJECTED"
    reasons = {each.reject_reason for each in events if getattr(each, "kind", "") == "REJECTED"}
    assert reasons == {reason}
    assert desk.exchange.order_list("alice", list_id=1).order_status == "ALL_DONE"
    assert desk.held("alice", "BTC") == ("1002", "0")


def test_legs_that_the_price_has_passed_are_rejected_together(desk):
    desk.bind("alice", "L", "OTO", working("85"), *sell_oco())
    desk.market("bob", "m", "SELL", "2")

    assert desk.exchange.last_price(SYMBOL) == 85
    assert statuses(desk, "above", "below") == ["REJECTED", "REJECTED"]
    events = desk.exchange.take_events()
    reasons = [each.reject_reason for each in events if getattr(each, "kind", "") == "REJECTED"]
    assert reasons == ["OCO_BAD_PRICES", "OCO_BAD_PRICES"]


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (("BUY", "STOP_LOSS", None, 110), ("SELL", "LIMIT", 130), -1130),
        (("BUY", "MARKET"), ("SELL", "LIMIT", 130), -1130),
    ],
)
def test_the_first_must_rest(desk, first, second, code):
    answer = desk.bind("alice", "L", "OTO", leg("a", *first), leg("b", *second))
    assert refused(answer)[0] == code


def test_a_pending_order_needs_a_quantity(desk):
    pending = request("pending", "SELL", "MARKET", quote_quantity=100)
    answer = desk.bind("alice", "L", "OTO", working(), pending)
    assert refused(answer) == (-1106, "Parameter 'quoteOrderQty' sent when not required.")


def test_a_cancel_of_one_ends_the_list(desk):
    desk.bind("alice", "L", "OCO", *sell_oco())
    desk.told("alice")
    answer = desk.cancel("alice", "below")

    assert isinstance(answer, CanceledList)
    assert (answer.list.status_type, answer.list.order_status) == ("ALL_DONE", "ALL_DONE")
    assert statuses(desk, "above", "below") == ["CANCELED", "CANCELED"]
    first, *_, last = desk.told("alice")
    assert (first, last) == ("L ALL_DONE", "position")
    assert desk.held("alice", "BTC") == ("1000", "0")
    desk.last("90")
    assert desk.trades("alice") == []


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ({"list_id": 1, "list_client_order_id": ""}, None),
        ({"list_id": None, "list_client_order_id": "L"}, None),
        ({"list_id": 1, "list_client_order_id": "M"}, "Unknown order sent."),
        ({"list_id": 7, "list_client_order_id": ""}, "Unknown order sent."),
    ],
)
def test_a_list_is_cancelled_by_its_number_or_name(desk, by, message):
    desk.bind("alice", "L", "OTO", working(), *sell_oco())

    def cancel() -> object:
        return desk.exchange.cancel_list(
            "alice", SYMBOL, **by, new_client_order_id="c", at_ns=desk.tick()
        )

    answer = cancel()
    if message is not None:
        assert answer == Refusal(-2011, message)
        return
    assert {each.client_order_id for each in answer.orders} == {"c"}
    assert statuses(desk, "working", "above", "below") == ["CANCELED"] * 3
    assert cancel() == Refusal(-2011, "Unknown order sent.")
