"""Headlines made up for this package, labelled by hand: no data of anybody else's."""

from pathlib import Path
from typing import Final

from aitrader_models.texts.labelled import Labelled, read_texts

KINDS: Final = ("general", "crypto", "tweets")
GOLDEN: Final = (
    "",
    "Profit warning",
    "Bitcoin slips",
    "ECB leaves rates unchanged",
    "Exchange halts withdrawals after a hack of its hot wallet",
    "Ether climbs 6% as inflows into spot funds reach a record",
    "Operating loss narrowed to EUR 1.2 mn from EUR 4.8 mn a year earlier",
    "$BTC to the moon?! \U0001f680\U0001f680 not so fast, says every chart that I can find",
    "Regulator sues lender over claims that customers' deposits were insured, shares fall by half",
    "Der Umsatz stieg um 12 Prozent \u2014 \u58f2\u4e0a\u9ad8\u306f12%\u5897\u52a0",
    "The interim report for January to March is due on 24 April; a call for analysts follows",
    ", ".join(["Revenue, orders, margins and cash flow all fell short of the plan"] * 3),
    # Longer than any model takes, so that the cut is vouched for as well.
    " ".join(
        f"Miner {number} adds {number} megawatts and raises its guidance." for number in range(60)
    ),
)


def packaged() -> tuple[Labelled, ...]:
    """All headlines, the kinds taken in turn so that any stretch of them holds every kind."""
    folder = Path(__file__).with_name("headlines")
    kinds = [read_texts(folder / f"{kind}.tsv", labels=True) for kind in KINDS]
    ranked = [
        (place / len(texts), kind, text)
        for kind, texts in enumerate(kinds)
        for place, text in enumerate(texts)
    ]
    return tuple(text for _, _, text in sorted(ranked))
