"""Writes every dashboard as JSON into a folder: `python -m dashboards grafana`."""

import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import risk, sentiment, slo, trading, venue
from dashboards.building import build

BOARDS = {
    "trading": trading.BOARD,
    "risk": risk.BOARD,
    "venue": venue.BOARD,
    "slo": slo.BOARD,
    "sentiment": sentiment.BOARD,
}

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, board in BOARDS.items():
        text = json.dumps(build(name, board).build(), cls=JSONEncoder, indent=2, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n")
