"""What the page on the sandbox names is there, and what is there it names."""

import re
from pathlib import Path

from aitrader_gateway.sandbox.admin import Admin
from aitrader_gateway.sandbox.command import sandbox
from aitrader_gateway.sandbox.faults import Fault, Injection
from aitrader_gateway.sandbox.keys import KeyRing
from aitrader_gateway.sandbox.listings import LISTINGS
from aitrader_gateway.sandbox.recording import RecordedBar, RecordedTrade
from aitrader_gateway.sandbox.settings import SandboxSettings
from aitrader_gateway.sandbox.world import World

PAGE = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text()


def test_every_fault_is_explained():
    table = PAGE.partition("| Fault |")[2].partition("## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`([a-z-]+)`", "".join(rows))) == set(Fault)


def test_what_can_be_injected_is_named():
    for name in Injection.__struct_fields__:
        assert f"`{name}`" in PAGE


def _template(path):
    for word, field in {"NUMBER": "{number}", "NAME": "{account}", "KEY": "{key}"}.items():
        path = path.replace(word, field)
    return path


def test_every_operation_of_the_administration_is_named(tmp_path):
    world = World(SandboxSettings(state=tmp_path), KeyRing())
    offered = {(route.method, route.path) for route in Admin(world).routes()}
    table = PAGE.partition("| Request |")[2].partition("## ")[0]
    told = {
        (method, f"/sandbox/{_template(path)}")
        for method, path in re.findall(r"`(GET|POST|DELETE) ([^`]+)`", table)
    }
    assert told == offered


def test_every_option_that_it_names_exists():
    options = {option for parameter in sandbox.params for option in parameter.opts}
    assert set(re.findall(r"--[a-z][a-z-]+", PAGE)) <= options


def test_symbols_and_headers_are_those_that_there_are():
    for symbol in LISTINGS:
        assert symbol in PAGE
    for kind in (RecordedTrade, RecordedBar):
        assert ",".join(kind.__struct_fields__) in PAGE
