"""Words that phrases of every list may name as one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "contract": "contract order deal agreement mandate tender concession commission bid "
        "assignment",
        "order": "order contract deal",
        "guidance": "guidance outlook forecast estimate target projection prediction view guide "
        "expectation",
        "expected": "estimate expectation forecast consensus view prediction target projection "
        "street",
        "workers": "worker employee job people staff person position workforce personnel post "
        "headcount role employment",
        "plant": "plant factory mill unit site office store branch shop mine line operation "
        "production refinery yard smelter sawmill facility division outlet restaurant",
        "regulator": "regulator watchdog authority commission court judge agency ministry fda sec "
        "ftc doj cftc prosecutor police government",
        "rating": "rating stock share outlook recommendation",
        "be": "is are was were be been being",
        "forms": "talks negotiation consultation",
    }
)
