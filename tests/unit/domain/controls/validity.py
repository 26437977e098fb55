"""Group B."""

from typing import cast

from aitrader_server.domain.risk import validity
from aitrader_server.domain.words import OrderState, OrderType, Side, TimeInForce
from unit.domain.controls.table import Denial, Table, filtered, rich, under
from unit.domain.worlds import D, context, market, place, spec

NO_NUMBERS = ("NaN", "sNaN", "-NaN", "Infinity", "-Infinity", "0", "-0", "-1")
AMOUNTS = ("quantity", "limit_price", "stop_price", "iceberg_quantity")

TABLES = (
    Table(
        validity.invalid_client_order_id,
        "must be 1 to 36",
        allowed={
            "one letter": context(spec("a")),
            "36 of everything": context(spec("aZ09-_" * 6)),
        },
        denied={
            repr(bad): Denial(context(spec(bad)))
            for bad in ("", "a" * 37, "a b", "a.b", "é", "a\n", "a/b", "١")  # noqa: RUF001 - a digit
        },
    ),
    Table(
        validity.duplicate_client_order_id,
        "is taken",
        allowed={
            "new": context(),
            "an order that was approved": context(
                spec("r-1"),
                place(rich(), spec("r-1"), OrderState.PENDING_APPROVAL),
                approved=True,
            ),
            "another's prefix": context(spec("r-1"), place(rich(), spec("r-12"))),
        },
        denied={
            str(state): Denial(context(spec("r-1"), place(rich(), spec("r-1"), state)))
            for state in (OrderState.ACCEPTED, OrderState.FILLED, OrderState.DENIED)
        },
    ),
    Table(
        validity.symbol_not_trading,
        "is not trading at the venue",
        allowed={"trading": filtered(trading=True)},
        denied={"paused": Denial(filtered(trading=False))},
    ),
    Table(
        validity.symbol_not_permitted,
        "permitted: ",
        allowed={
            "all": under(symbols=()),
            "named": under(symbols=("ETHUSDT", "BTCUSDT")),
        },
        denied={"not named": Denial(under(symbols=("ETHUSDT", "BTCUSD")))},
    ),
    Table(
        validity.unsupported_order_type,
        "offered: LIMIT",
        allowed={"offered": filtered(order_types=frozenset({OrderType.LIMIT}))},
        denied={
            "not offered": Denial(filtered(market(), order_types=frozenset({OrderType.LIMIT})))
        },
    ),
    Table(
        validity.unsupported_time_in_force,
        "is not offered for BTCUSDT",
        allowed={
            str(one): filtered(spec(time_in_force=one), times_in_force=frozenset({one}))
            for one in TimeInForce
        },
        denied={
            "not offered": Denial(
                filtered(
                    spec(time_in_force=TimeInForce.FOK), times_in_force=frozenset({TimeInForce.GTC})
                )
            )
        },
    ),
    Table(
        validity.invalid_order_side,
        "must be BUY or SELL",
        allowed={str(side): context(spec(side=side)) for side in Side},
        denied={"neither": Denial(context(spec(side=cast("Side", "HOLD"))))},
    ),
    Table(
        validity.non_finite_input,
        "must be a number above zero",
        allowed={
            "numbers": context(
                spec(stop_price=D("0.00000001"), iceberg_quantity=D("9" * 18), quantity=D("9" * 18))
            ),
            "an amount": context(market(quantity=None, quote_quantity=D("0.000001"))),
        },
        denied={
            f"{name} {bad}": Denial(context(spec(**{name: D(bad)})))
            for name in AMOUNTS
            for bad in NO_NUMBERS
        }
        | {
            f"quote_quantity {bad}": Denial(
                context(market(quantity=None, quote_quantity=D(bad), side=side))
            )
            for bad in NO_NUMBERS
            for side in Side
        },
    ),
)
