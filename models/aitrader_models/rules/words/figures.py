"""How amounts are written."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aitrader_models.rules.patterns import spelled

_CURRENCIES: Final = {
    "eur": "eur euro euros",
    "usd": "usd dollar dollars",
    "gbp": "gbp pound pounds pence sterling",
    "sek": "sek kronor krona",
    "nok": "nok kroner krone",
    "dkk": "dkk",
    "chf": "chf francs",
    "rub": "rub rouble roubles ruble rubles",
    "eek": "eek kroon kroons",
    "ltl": "ltl litas",
    "lvl": "lvl lats",
    "jpy": "jpy yen",
    "cny": "cny rmb yuan",
    "inr": "inr rs rupees",
}
_SCALES: Final = {
    1e3: "k thousand",
    1e6: "m mn mln mil million millions mio",
    1e9: "b bn bln billion billions",
    1e12: "t tn trn trillion",
}
CURRENCIES: Final[Mapping[str, str]] = MappingProxyType(
    {word: code for code, words in _CURRENCIES.items() for word in words.split()}
)
SCALES: Final[Mapping[str, float]] = MappingProxyType(
    {word: scale for scale, words in _SCALES.items() for word in words.split()}
)
PERCENT: Final = spelled("% pct percent per percentage")
MONTHS: Final = spelled(
    "january february march april june july august september october november december "
    "may jan feb mar apr jun jul aug sep sept oct nov dec"
)
