"""The words that `lexicon.py` knows, graded by hand.

Regular forms (`-s`, `-ed`, `-ing`, ...; of a phrase the plural) need no entry of their own. A
weight of 0.7 leans, 1 is plain news, 2 moves a market.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple


class Kind(Enum):
    EVENT = "event"
    MOVE = "move"
    NOUN = "noun"


class Entry(NamedTuple):
    """`weight` is what the word says alone; `polarity` is 1 for a noun of which more is good."""

    kind: Kind
    weight: float
    polarity: int = 0


_EVENTS: Final = {
    1.4: "approve|approval|breakthrough|bullish|outperform|beat expectations|beat estimates|"
    "beats expectations|beats estimates|tops estimates|above estimates|above expectations|"
    "raises guidance|rate cut|cleared of|acquit|oversubscribed|wins lawsuit|wins case|"
    "wins appeal|bull market|bull run",
    1.0: "adopt|adoption|award|beat|buyback|exceed|halving|milestone|outpace|partner|partnership|"
    "profitable|successful|success|upgrade|upbeat|win|optimistic|optimism|greenlight|go live|"
    "goes live|resolve|resume|restore|reinstate|legalize|strong|stronger|robust|solid",
    0.7: "accumulate|accelerate|acquire|collaborate|contract|cooperate|debut|funding|integrate|"
    "integration|invest|launch|lists|listed|listing|to list|mainnet|order worth|relist|"
    "roll out|rolls out|series a|series b|series c|unveil|endorse|innovative",
    -0.7: "caution|cautious|challenge|delay|dispute|doubt|outage|postpone|resign|scrutiny|"
    "step down|steps down|stepped down|struggle|suspicious|uncertain|uncertainty|volatile|weak|"
    "weaker|weaken|unlock",
    -1.0: "bear market|bearish|below estimates|below expectations|criticize|disappoint|downgrade|"
    "downtime|fined|fines|glitch|misses|missed|miss estimates|miss expectations|penalty|"
    "pessimistic|recall|reject|restrict|sanction|setback|shut down|shuts down|suspend|"
    "underperform|warn|vulnerability|subpoena|delist|freeze|frozen",
    -1.4: "allege|arrest|ban|breach|charges against|charged with|complaint|crackdown|denial|dump|"
    "halt|indict|investigate|investigation|layoff|lay off|lays off|laid off|liquidate|probe|"
    "profit warning|raid|rate hike|redundant|seize|sell off|selloff|sue|lawsuit|"
    "withdrawals suspended|plant closure|depeg",
    -2.0: "attack|bankrupt|bankruptcy|bank run|collapse|convict|default|drain|exploit|fraud|"
    "guilty|hack|hacker|heist|insolvent|insolvency|launder|phish|ponzi|ransomware|rug pull|"
    "scam|steal|theft|manipulation",
}

_MOVES: Final = {
    1.4: "all time high|ath|boom|leap|record high|rocket|skyrocket|soar|spike|surge",
    1.0: "advance|bounce|climb|expand|gain|grow|high|higher|highest|improve|increase|jump|rally|"
    "rebound|record|recover|rise|tops|topped|up|upturn|widen",
    0.8: "added|adds|boost|extend|hike|lift|raise|strengthen|double|triple",
    -0.8: "cool|cut|dip|ease|lower|lowest|narrow|reduce|retreat|shed|slip|slow|soften|trim|halve",
    -1.0: "decline|decrease|deteriorate|down|drop|fall|low|lose|shrink|slide|sink",
    -1.4: "all time low|crash|crater|nosedive|plummet|plunge|record low|slump|tank|tumble",
}

# Weight is what the noun says when nothing moves it.
_GOOD_NOUNS: Final = {
    0.7: "inflow|growth|profitability|momentum",
    0.0: "activity|backlog|bitcoin|bond|btc|confidence|coin|crypto|currency|demand|dividend|"
    "earning|ebit|ebitda|employment|eps|eth|ether|ethereum|export|forecast|guidance|hash rate|"
    "hashrate|income|index|job|liquidity|margin|market|market share|order|outlook|output|payout|"
    "performance|personnel|price|production|productivity|profit|rating|result|revenue|reserve|"
    "sale|sentiment|share|staff|stock|target|token|turnover|tvl|user|valuation|value|volume|"
    "workforce",
}
_BAD_NOUNS: Final = {
    -1.0: "crisis|downturn|recession",
    -0.7: "loss|outflow|fear|concern|worry|liquidation|deficit|impairment|write down|writedown|"
    "panic|shortage",
    0.0: "bad loan|cost|crime|debt|difficulty|emission|expense|fee|inflation|interest rate|"
    "jobless claims|pressure|rate|risk|tax|tariff|tension|unemployment|volatility|yield|supply",
}
# Ownership that changes hands says nothing about the price; a smart contract is no order won.
_MUTE_NOUNS: Final = {
    0.0: "holding|ownership|share capital|shareholding|smart contract|stake|voting rights"
}


_LISTS: Final = (
    (Kind.EVENT, _EVENTS, 0),
    (Kind.MOVE, _MOVES, 0),
    (Kind.NOUN, _GOOD_NOUNS, 1),
    (Kind.NOUN, _BAD_NOUNS, -1),
    (Kind.NOUN, _MUTE_NOUNS, 0),
)


def read_lists() -> Iterator[tuple[str, Entry]]:
    """Every word or phrase as it is listed."""
    for kind, graded, polarity in _LISTS:
        for weight, words in graded.items():
            for word in words.split("|"):
                yield word, Entry(kind, weight, polarity)


ENTRIES: Final[Mapping[str, Entry]] = MappingProxyType(dict(read_lists()))
PHRASE_STARTS: Final = frozenset(phrase.split()[0] for phrase in ENTRIES if " " in phrase)
PHRASE_WORDS_MAX: Final = max(len(phrase.split()) for phrase in ENTRIES)

IRREGULAR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fell": "fall",
        "fallen": "fall",
        "froze": "freeze",
        "grew": "grow",
        "grown": "grow",
        "lost": "lose",
        "risen": "rise",
        "rose": "rise",
        "sank": "sink",
        "shrank": "shrink",
        "slid": "slide",
        "stole": "steal",
        "stolen": "steal",
        "won": "win",
    }
)
NEGATIONS: Final = frozenset(
    {"no", "not", "never", "without", "denies", "denied", "deny", "fails", "failed", "fail"}
    | {"cannot", "neither", "nor", "unable", "avoids", "avoided", "averts", "averted", "dismisses"}
)
# What ends a clause: a move does not look for its noun across it, nor does a negation reach over.
BREAKS: Final = frozenset(
    {".", ",", ";", ":", "!", "?", "\n", "as", "after", "amid", "because", "but", "despite"}
    | {"following", "since", "though", "when", "while"}
)
