"""Asks every route of the facade's own description for what fits it, and for what does not.

The cases are drawn from the OpenAPI document: each is answered, by no 5xx that is not documented,
and every refusal says its code.
"""

import asyncio
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode

from evidence.besieged import besieged
from evidence.malformed_http import DOCUMENTED
from evidence.rungs import CORES, Figures, Rung, fanned, main, shares

TIMEOUT_S = 30
STREAM = "text/event-stream"


@dataclass(frozen=True)
class Part:
    """So many cases of every `stride`-th route from the `first` on."""

    cases: int
    seed: int
    first: int
    stride: int


def climb(count: int, first_seed: int) -> Figures:
    cases = shares(count, CORES)
    parts = [Part(share, first_seed, n, len(cases)) for n, share in enumerate(cases)]
    found = fanned(_attack_part, parts)
    statuses = sum((counted for counted, _ in found), Counter())
    return {"grown_mib": max(grown for _, grown in found), "answers": dict(statuses.most_common())}


def _attack_part(part: Part) -> tuple[Counter[str], int]:
    return asyncio.run(_attack(part))


async def _attack(part: Part) -> tuple[Counter[str], int]:
    async with besieged() as siege:
        url, token = siege.server.url, siege.server.token
        statuses = await asyncio.to_thread(_ask_all, part, url, token)
    return statuses, siege.grown_mib


def _ask_all(part: Part, url: str, token: str) -> Counter[str]:
    statuses: Counter[str] = Counter()
    with requests.Session() as session:
        session.trust_env = False
        session.headers["authorization"] = f"Bearer {token}"
        document = session.get(f"{url}/openapi.json", timeout=TIMEOUT_S).json()
        schema = schemathesis.openapi.from_dict(document)
        routes = [found.ok() for found in schema.get_all_operations()][part.first :: part.stride]
        kinds = [(route, mode) for route in routes for mode in GenerationMode]
        number = part.seed
        # Some routes take nothing that could be wrong, and are soon asked all there is to ask.
        while (left := part.cases - statuses.total()) > 0:
            for (route, mode), cases in zip(kinds, shares(left, len(kinds)), strict=False):

                @seed(number)
                @settings(
                    max_examples=cases,
                    database=None,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                    phases=(Phase.generate,),
                )
                @given(case=route.as_strategy(generation_mode=mode))
                def ask(case: Case) -> None:
                    statuses[str(_ask(session, case, url))] += 1

                with suppress(Unsatisfiable):
                    ask()
            number += 1
    return statuses


def _ask(session: requests.Session, case: Case, url: str) -> int:
    """The status of the answer to one case, which is the operator's."""
    case.headers.pop("Authorization", None)
    case.headers.pop("X-API-Key", None)
    sent = case.as_transport_kwargs(base_url=url)
    with session.request(**sent, timeout=TIMEOUT_S, stream=True) as answer:
        status = answer.status_code
        assert status < 500 or status in DOCUMENTED, f"{status} {answer.text} to {sent}"
        if answer.headers.get("content-type", "").startswith(STREAM):
            return status
        if status >= 400 and case.method != "HEAD":
            told = answer.json()
            assert told.get("error", told)["code"], f"{answer.text} to {sent}"
        return status


RUNG = Rung("malformed-rest", "requests", in_tests=5_000, on_demand=500_000, climb=climb)

if __name__ == "__main__":
    sys.exit(main(RUNG))
