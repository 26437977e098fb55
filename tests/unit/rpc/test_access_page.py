"""docs/access.md says what the table in the code says."""

from pathlib import Path

from aitrader_gateway.rest.app import DEFAULT_SERVICES
from aitrader_gateway.rest.routes import RouteTable
from aitrader_server.rpc.access import MINIMUM_ROLE, OPEN_METHODS, STOPPING

PAGE = Path(__file__).parents[3] / "docs/access.md"
HEAD = "| Method | Least role | REST |\n|---|---|---|\n"


def table() -> str:
    routes: dict[str, list[str]] = {}
    for route in RouteTable(DEFAULT_SERVICES).routes:
        told = f"`{route.http_method} {route.template.text}`"
        routes.setdefault(route.full_path, []).append(told)
    routes["/grpc.health.v1.Health/Check"] = ["`GET /readyz`"]
    roles = {path: role.name.lower() for path, role in MINIMUM_ROLE.items()}
    roles |= dict.fromkeys(sorted(OPEN_METHODS), "anybody")
    rows = [
        f"| {_short(path)} | {role} | {', '.join(routes.get(path, ['none']))} |\n"
        for path, role in roles.items()
    ]
    return HEAD + "".join(rows)


def _short(path: str) -> str:
    service, _, method = path.strip("/").rpartition("/")
    return f"{service.rpartition('.')[2]}.{method}"


def test_the_page_has_a_row_for_every_method():
    found = PAGE.read_text().partition(HEAD)[2].partition("\n\n")[0]
    assert HEAD + found + "\n" == table()


def test_the_page_names_what_is_never_limited():
    section = PAGE.read_text().partition("## How often")[2].partition("\n## ")[0]
    for path in STOPPING:
        assert path.rpartition("/")[2] in section
