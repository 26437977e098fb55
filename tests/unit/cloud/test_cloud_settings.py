import subprocess
import sys

import pytest
from aitrader_models.cloud import azure, google, openai
from aitrader_models.cloud.settings import require
from aitrader_server.engine.ports import ModelContext
from pydantic import ValidationError

CREATE = {"openai": openai.create, "azure": azure.create, "google": google.create}
AZURE = {"endpoint": "https://acme.cognitiveservices.azure.com/"}


class Noon:
    def now_ns(self):
        return 0


CONTEXT = ModelContext(environ={}, clock=Noon(), report=print)


def problems_of(engine, settings):
    base = AZURE if engine == "azure" else {}
    with pytest.raises(ValidationError) as caught:
        CREATE[engine](base | settings, CONTEXT)
    assert "Canary" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("engine", "settings", "model"),
    [("openai", {}, "gpt-4.1-mini"), ("azure", AZURE, "latest"), ("google", {}, "language-v2")],
)
def test_a_model_says_what_it_is_before_it_serves(engine, settings, model):
    described = CREATE[engine](settings, CONTEXT).describe()
    assert (described.engine, described.model, described.remote) == (engine, model, True)
    assert (described.ready, described.why) == (False, "the service is being connected")


@pytest.mark.parametrize("engine", CREATE)
@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": "Canary"},
        {"timeout_ms": 0},
        {"calls_per_day_max": 0},
        {"characters_per_day_max": 9_999},
        {"characters_max": 10_001},
        {"concurrency_max": 0},
        {"failures_max": 0},
        {"cool_down_s": 0.5},
        {"cool_down_s": float("nan")},
    ],
)
def test_settings_are_bounded_and_not_repeated(engine, settings):
    (name,) = settings
    assert name in problems_of(engine, settings)


@pytest.mark.parametrize("engine", ["openai", "azure"])
@pytest.mark.parametrize("name", ["sk-Canary-1", "Canary_key_1", "", "A" * 101])
def test_a_key_in_place_of_its_variable_is_refused(engine, name):
    assert "api_key_env" in problems_of(engine, {"api_key_env": name})


@pytest.mark.parametrize("engine", CREATE)
@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        ("", "begins with https://"),
        ("ftp://acme.com", "begins with https://"),
        ("https://", "names a host"),
        ("https://acme.com:0", "names a host"),
        ("https://acme.com:99999", "out of range"),
        ("http://acme.com", "must be https"),
        ("http://127.0.0.1.acme.com", "must be https"),
        ("https://me:Canary@acme.com", "no user"),
        ("https://acme.com?key=Canary", "query"),
        ("https://acme.com#x", "fragment"),
    ],
)
def test_an_endpoint_gives_nothing_away(engine, endpoint, problem):
    assert problem in problems_of(engine, {"endpoint": endpoint})


@pytest.mark.parametrize("engine", CREATE)
@pytest.mark.parametrize(
    "endpoint",
    ["https://acme.com:8443", "http://localhost:1", "http://127.9.9.9", "http://[::1]:1"],
)
def test_an_endpoint_may_be_a_gateway_or_this_machine(engine, endpoint):
    CREATE[engine]({"endpoint": endpoint}, CONTEXT)


def test_grpc_knows_no_path():
    assert "no path" in problems_of("google", {"endpoint": "https://acme.com/v2"})


def test_azure_takes_no_longer_text_than_its_service():
    assert "5120" in problems_of("azure", {"characters_max": 5_121})


def test_a_missing_sdk_is_named_with_its_remedy():
    with pytest.raises(ValueError, match=r"pip install '\.\[openai\]'"):
        require("no-such-distribution", extra="openai")


def test_nothing_heavy_is_imported_before_the_start():
    code = (
        "import sys\n"
        "from aitrader_models.cloud import azure, google, openai\n"
        "heavy = {'openai', 'httpx2', 'azure.core', 'google.cloud.language_v2', 'grpc'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
