"""What the documentation names exists, and what users can meet is documented."""

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import get_args

import click
import pytest
from aitrader.v1 import (
    market_data_pb2,
    observability_pb2,
    risk_pb2,
    sentiment_pb2,
    trading_pb2,
)
from aitrader_clients.cli import cli
from aitrader_clients.cli.exits import Exit
from aitrader_gateway.rest.app import create_app
from aitrader_gateway.rest.status import HTTP_OF_CODE
from aitrader_models.cloud.settings import CloudSettings
from aitrader_models.onnx.settings import OnnxSettings
from aitrader_models.rules.engine import read
from aitrader_server.adapters.metric_names import ALL_METRICS
from aitrader_server.config import Config, load
from aitrader_server.domain.decision.views import News
from aitrader_server.domain.risk.checks import CHECKS
from google.api import annotations_pb2
from google.rpc import code_pb2

ROOT = Path(__file__).parents[2]
PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "proto/README.md",
    ROOT / "clients/python/README.md",
    ROOT / "clients/typescript/README.md",
    ROOT / "models/MODEL_CARD.md",
    ROOT / "monitoring/README.md",
    ROOT / "monitoring/logging_stack.md",
)
README = ROOT / "README.md"
ERRORS = ROOT / "docs/errors.md"
OPERATIONS = ROOT / "docs/operations.md"
METRICS = ROOT / "docs/metrics.md"
SENTIMENT = ROOT / "docs/sentiment.md"
FILES = (market_data_pb2, observability_pb2, risk_pb2, sentiment_pb2, trading_pb2)

# Names of files start at the page, the top or its package; the engine makes `state/`, `x/` is any.
FOLDERS = (ROOT, ROOT / "server/aitrader_server", ROOT / "gateway/aitrader_gateway")
FILE = re.compile(r"(?!state/|x/)[\w.-]+(/[\w.-]+)*(/|\.(py|proto|toml|yaml|txt|lock|md))")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
SECTIONS = "|".join(Config.model_fields)
# Names of files look like keys: `journal.db`, `rpc/access.py`.
CONFIG_KEY = re.compile(rf"(?<![\w./])(?:{SECTIONS})(?:\.(?!py\b|db\b)[a-z0-9_]+)+")


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text())


def spans(page: Path) -> list[str]:
    """Code within sentences, on one line each."""
    return [" ".join(span.split()) for span in CODE.findall(prose(page))]


def rows(page: Path, columns: int, heading: str) -> list[list[str]]:
    """The cells of the first table below `heading`, without its head; backticks removed."""
    text = page.read_text().partition(f"{heading}\n")[2]
    assert text, f"{page.name} has no {heading}"
    lines = re.search(r"(?:^\|.*\|\n)+", text, re.MULTILINE)[0].splitlines()[2:]
    cells = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]
    assert all(len(row) == columns for row in cells)
    return cells


def anchor(heading: str) -> str:
    words = re.sub(r"[^\w\- ]", "", heading.lower())
    return words.strip().replace(" ", "-")


def commands(page: Path) -> Iterator[str]:
    """Every `aitrader ...` that a reader may copy."""
    for language, block in FENCE.findall(page.read_text()):
        if language in ("sh", "bash", "console"):
            yield from re.findall(r"^(?:\$ )?(aitrader .+)$", block, re.MULTILINE)
    yield from (span for span in spans(page) if span.startswith("aitrader "))


def parse(command: click.Command, name: str, arguments: list[str], parent=None) -> None:
    """Raises what click raises for a command that it does not know; runs nothing."""
    context = command.make_context(name, arguments, parent)
    if isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        child_name, child, rest = command.resolve_command(context, rest)
        parse(child, child_name, rest, context)


def page_id(value: object) -> str:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else str(value)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_relative_links_resolve(page):
    for link in LINK.findall(page.read_text()):
        if "://" in link:
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        if fragment:
            headings = map(anchor, HEADING.findall(FENCE.sub("", target.read_text())))
            assert fragment in set(headings), link


@pytest.mark.parametrize(
    ("page", "line"), [(page, line) for page in PAGES for line in commands(page)], ids=page_id
)
def test_commands_are_understood(page, line):
    words = shlex.split(line, comments=True)
    assert words[0] == "aitrader"
    parse(cli, "aitrader", words[1:])


def test_an_unknown_command_would_be_noticed():
    with pytest.raises(click.UsageError):
        parse(cli, "aitrader", ["limits", "set", "per_trade_cap", "0.01", "--iff-version", "1"])


def test_the_readme_names_every_route_and_no_other():
    served = {
        (rule.WhichOneof("pattern").upper(), getattr(rule, rule.WhichOneof("pattern")), method.name)
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
        for rule in [method.GetOptions().Extensions[annotations_pb2.http]]
        if rule.WhichOneof("pattern")
    }
    named = [tuple(row[:3]) for row in rows(README, 4, "## REST routes")]
    assert len(named) == len(set(named))
    assert set(named) == served


def test_other_paths_exist():
    app = create_app(None)
    known = {*app.openapi()["paths"], *(getattr(route, "path", "") for route in app.routes)}
    for page in PAGES:
        for span in spans(page):
            path = re.fullmatch(r"(?:(?:GET|POST|PATCH) )?(/[a-z][^\s?]*)(?:\?.*)?", span)
            assert path is None or path[1] in known, (page.name, span)


def test_every_deny_code_is_documented_in_order():
    documented = [row[0] for row in rows(ERRORS, 3, "## Why an order is denied")]
    assert documented == [control.__doc__.partition(":")[0] for control in CHECKS]


def test_every_other_reason_is_documented():
    raised = {
        found
        for source in (ROOT / "server").rglob("*.py")
        for found in reasons(ast.parse(source.read_text()))
    }
    # What `rpc/status.py` says of a bug is no error of ours.
    raised.add("INTERNAL")
    documented = [row[0] for row in rows(ERRORS, 3, "## Other reasons")]
    assert len(documented) == len(set(documented))
    assert set(documented) == raised


def reasons(tree: ast.AST) -> Iterator[str]:
    """Codes given as `reason="CODE"`, or as the default of a parameter `reason`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "reason":
            yield from code_in(node.value)
        if isinstance(node, ast.arguments):
            for parameter, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
                if parameter.arg == "reason" and default is not None:
                    yield from code_in(default)


def code_in(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and re.fullmatch("[A-Z][A-Z0-9_]+", str(node.value)):
        yield node.value


@pytest.mark.parametrize("page", [README, SENTIMENT], ids=page_id)
def test_scores_of_the_rules_are_what_they_say(page):
    shown = re.findall(r"^(\w+) +([+-]\d\.\d+)  rules .*  (\S.*)$", page.read_text(), re.MULTILINE)
    assert shown
    for label, score, text in shown:
        said = read(News(text=text))
        assert (said.label, f"{said.score:+.3f}") == (label, score), text


def test_every_fallback_code_is_documented():
    raised = {"FAILED", "OVERLOADED"}
    for source in (ROOT / "models").rglob("*.py"):
        tree = ast.parse(source.read_text())
        raised |= {*reasons(tree), *model_codes(tree)}
    documented = [row[0] for row in rows(SENTIMENT, 3, "## When a fallback serves")]
    assert len(documented) == len(set(documented))
    assert set(documented) == raised


def model_codes(tree: ast.AST) -> Iterator[str]:
    """What a model's process tells, and its parent keeps, without the keyword."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and re.fullmatch("MODEL_[A-Z]+", str(node.value)):
            yield node.value


@pytest.mark.parametrize(
    ("model", "heading"),
    [(OnnxSettings, "## Serving FinBERT"), (CloudSettings, "## Cloud services")],
)
def test_settings_of_sentiment_models_are_documented(model, heading):
    section = SENTIMENT.read_text().partition(f"{heading}\n")[2].partition("\n## ")[0]
    table = section[section.index("| Key of `settings` |") :]
    shown = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE))
    assert set(shown) == set(model.model_fields)
    for name, field in model.model_fields.items():
        if isinstance(field.default, (int, float)):
            assert float(shown[name]) == field.default, name


def test_the_status_table_is_the_code_s():
    table = {row[0]: int(row[1]) for row in rows(ERRORS, 3, "## gRPC and HTTP")}
    assert table == {code_pb2.Code.Name(code): status for code, status in HTTP_OF_CODE.items()}


def test_exit_codes_are_the_command_s():
    documented = {int(row[0]) for row in rows(OPERATIONS, 3, "## Exit codes")}
    assert documented == {int(code) for code in Exit}


def test_every_metric_is_documented():
    declared = {spec.name for spec in ALL_METRICS}
    assert {row[0] for row in rows(METRICS, 4, "## All metrics")} == declared


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_yaml_is_a_configuration(page, tmp_path):
    for language, block in FENCE.findall(page.read_text()):
        if language == "yaml":
            (tmp_path / "exec.yaml").write_text(block)
            load(tmp_path / "exec.yaml", environ={})


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_files_exist(page):
    for span in spans(page):
        if FILE.fullmatch(span):
            assert any((folder / span).exists() for folder in (page.parent, *FOLDERS)), span


def test_the_plug_ins_are_those_installed():
    table = rows(ROOT / "docs/architecture.md", 3, "## Plug-ins")
    named = {row[0]: {name.strip("` ") for name in row[2].split(",")} for row in table}
    assert named == {group: entry_points(group=group).names for group in named}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(named) == set(project["entry-points"])


def is_section(kind: object) -> bool:
    return hasattr(kind, "model_fields")


def exists(key: str) -> bool:
    model = Config
    *sections, last = key.split(".")
    for section in sections:
        field = model.model_fields.get(section)
        annotation = None if field is None else field.annotation
        choices = [kind for kind in (annotation, *get_args(annotation)) if is_section(kind)]
        if not choices:
            return False
        (model,) = choices
    return last in model.model_fields


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_configuration_keys_exist(page):
    for span in spans(page):
        for key in CONFIG_KEY.finditer(span):
            assert exists(key[0]), (span, key[0])
        for variable in re.findall(r"AITRADER__[A-Z_]+", span):
            path = variable.removeprefix("AITRADER__").lower().replace("__", ".")
            assert exists(path), span


def test_an_unknown_key_would_be_noticed():
    assert exists("risk.per_trade_cap")
    assert exists("grpc.tls.client_ca_file")
    assert not exists("risk.per_trade_caap")
    assert not exists("risk.per_trade_cap.more")


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    words = [span.split() for page in PAGES for span in spans(page)]
    assert {word[1] for word in words if word[0] == "make" and len(word) > 1} <= targets
    listed = {row[0].removeprefix("make ") for row in rows(README, 2, "## Make targets")}
    assert listed == targets - {"help"}
