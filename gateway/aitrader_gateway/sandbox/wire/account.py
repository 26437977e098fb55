"""An account as answers spell it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from aitrader_gateway.sandbox.matching.model import Fees
from aitrader_gateway.sandbox.wire.scalars import TimeUnit, amount

Json = dict[str, Any]
_NO_RATES: Final = dict.fromkeys(("maker", "taker", "buyer", "seller"), amount(Decimal(0)))
_BIPS: Final = 10_000


def account(
    balances: Mapping[str, tuple[Decimal, Decimal]],
    fees: Fees,
    uid: int,
    updated_at_ns: int,
    unit: TimeUnit,
) -> Json:
    """The whole account; the old commission fields are in basis points."""
    return {
        "makerCommission": int(fees.maker * _BIPS),
        "takerCommission": int(fees.taker * _BIPS),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": _rates(fees),
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": unit.of(updated_at_ns),
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": amount(free), "locked": amount(locked)}
            for asset, (free, locked) in balances.items()
        ],
        "permissions": ["SPOT"],
        "uid": uid,
    }


def commission(symbol: str, fees: Fees) -> Json:
    """What executions on a symbol cost the account; there is no discount."""
    return {
        "symbol": symbol,
        "standardCommission": _rates(fees),
        "specialCommission": _NO_RATES,
        "taxCommission": _NO_RATES,
        "discount": _DISCOUNT,
    }


def order_commission(fees: Fees) -> Json:
    """What a tested order would be charged."""
    return {
        "standardCommissionForOrder": _pick(_rates(fees), ("maker", "taker")),
        "specialCommissionForOrder": _pick(_NO_RATES, ("maker", "taker")),
        "taxCommissionForOrder": _pick(_NO_RATES, ("maker", "taker")),
        "discount": _DISCOUNT,
    }


_DISCOUNT: Final[Json] = {
    "enabledForAccount": False,
    "enabledForSymbol": False,
    "discountAsset": "BNB",
    "discount": amount(Decimal(1)),
}


def _rates(fees: Fees) -> Json:
    return {**_NO_RATES, "maker": amount(fees.maker), "taker": amount(fees.taker)}


def _pick(rates: Json, names: Iterable[str]) -> Json:
    return {name: rates[name] for name in names}
