"""Words that phrases of every list may name as one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # What is done to a forecast, a dividend, a target.
        "raise": "raise~ lift~ boost~ hike~ increase~ bump~ nudge~ =ups =upped",
        "cut": "cut~ lower~ slash~ trim~ reduce~ chop~ pare~",
        "drop": "cancel~ scrap~ suspend~ withdraw~ pull~ omit~ skip~ abandon~ yank~ halt~",
        "end": "close~ shut~ shutter~ discontinue~ mothball~ idle~",
        "extend": "extend~ renew~ expand~ deepen~ prolong~ widen~ broaden~ continue~",
        "win": "win~ bag~ land~ clinch~ secure~ get~ obtain~ receive~ book~ nab~ ink~",
        # What it is done to.
        "contract": "contract order deal agreement mandate tender concession bid pact",
        "expected": "estimate expectation forecast consensus view prediction target projection "
        "street",
        "guidance": "guidance outlook forecast estimate target projection prediction view guide "
        "expectation",
        "licence": "licence license approval permit clearance authorisation authorization nod "
        "charter registration certificate certification",
        "plant": "plant factory mill unit site office store branch shop mine line operation "
        "production refinery yard smelter sawmill facility division outlet restaurant cafe hotel "
        "clinic warehouse terminal",
        "suit": "lawsuit suit case charge claim complaint investigation probe appeal litigation "
        "action",
        "target": "target pt",
        "users": "customer client user visitor subscriber viewer shopper member",
        "workers": "worker employee job people staff person position workforce personnel post "
        "headcount role employment",
        # Opinions of analysts.
        "buy": "buy outperform overweight accumulate",
        "keep": "hold neutral equal",
        "sell": "sell underperform underweight reduce",
    }
)
