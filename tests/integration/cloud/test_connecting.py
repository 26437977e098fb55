"""How a model comes to serve, and how it does without what it needs."""

import asyncio
import ipaddress
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from aitrader_models.cloud import google
from aitrader_server.domain.decision.views import News
from aitrader_server.engine.ports import ModelContext
from aitrader_server.errors import Unavailable
from cloud_services import GoogleStand, until, within
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

NEWS = News(text="Profit rises")
KEYS = {"OPENAI_API_KEY": "key", "AZURE_LANGUAGE_KEY": "key"}
VARIABLES = {"openai": "OPENAI_API_KEY", "azure": "AZURE_LANGUAGE_KEY"}
CALLER = """
import asyncio, json, os, sys
from aitrader_models.cloud import azure, google, openai
from aitrader_server.adapters.clock import SystemClock
from aitrader_server.domain.decision.views import News
from aitrader_server.engine.ports import ModelContext

CREATE = {"openai": openai.create, "azure": azure.create, "google": google.create}

async def main(engine, settings):
    context = ModelContext(environ=os.environ, clock=SystemClock(), report=print)
    model = CREATE[engine](json.loads(settings), context)
    await model.start()
    async with asyncio.timeout(20):
        while not model.describe().ready:
            await asyncio.sleep(0.01)
    print((await model.analyze(News(text="Profit rises"), 5.0)).label)
    await model.stop()

asyncio.run(main(*sys.argv[1:]))
"""


async def call(engine, settings, **environ):
    """What a process of its own with these variables prints."""
    run = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CALLER,
        engine,
        json.dumps(settings),
        env=os.environ | environ,
        stdout=subprocess.PIPE,
    )
    out, _ = await within(run.communicate(), 30)
    return out.decode()


async def failure_of(model):
    with pytest.raises(Unavailable) as caught:
        await model.analyze(NEWS, 3.0)
    return caught.value


@pytest.mark.parametrize("engine", VARIABLES, indirect=True)
async def test_a_missing_key_is_named_and_may_appear(bench, engine, clock):
    variable = VARIABLES[engine]
    environ = {variable: "  "}
    model = bench.create(environ=environ, cool_down_s=5)
    assert model.describe().why == "the service is being connected"
    await model.start()
    await until(lambda: bool(bench.reports))
    failure = await failure_of(model)
    assert failure.reason == "KEY_MISSING"
    assert failure.message == f"{engine}: set {variable} to an API key"
    assert model.describe().why == f"set {variable} to an API key"
    environ[variable] = "late-key"
    assert (await failure_of(model)).reason == "KEY_MISSING"
    clock.pass_s(5)
    assert (await failure_of(model)).reason == "KEY_MISSING"
    await until(lambda: model.describe().ready)
    assert (await model.analyze(NEWS, 3.0)).label == "positive"
    assert bench.stand.keys == ["late-key"]
    assert bench.reports == [f"sentiment model {engine}: set {variable} to an API key"]


class Looked(dict):
    """Counts the looks at it."""

    looks = 0

    def get(self, *args):
        self.looks += 1
        return super().get(*args)


@pytest.mark.parametrize("engine", VARIABLES, indirect=True)
async def test_a_missing_key_is_looked_for_now_and_then(bench, clock):
    environ = Looked()
    model = bench.create(environ=environ, cool_down_s=5)
    await model.start()
    looks = []
    # A clock that is set back makes nobody wait.
    for passed_s in (0, 4.9, 0.1, 4.9, 0.1, -86_400):
        clock.pass_s(passed_s)
        await failure_of(model)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        looks.append(environ.looks)
    assert looks == [1, 1, 2, 2, 3, 4]


@pytest.mark.parametrize("engine", VARIABLES, indirect=True)
async def test_another_variable_may_hold_the_key(bench):
    model = await bench.model(environ={"MY_KEY": "mine"}, api_key_env="MY_KEY")
    await model.analyze(NEWS, 3.0)
    assert bench.stand.keys == ["mine"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file or directory"),
        ("{", "holds no service account's key"),
        ('{"type": "authorized_user", "token": "Canary"}', "holds no service account's key"),
    ],
)
async def test_unfit_credentials_are_named_and_not_shown(tmp_path, clock, content, why):
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content)
    reports = []
    context = ModelContext(environ={}, clock=clock, report=reports.append)
    model = google.create({"credentials_file": str(path)}, context)
    await model.start()
    await until(lambda: bool(reports))
    failure = await failure_of(model)
    assert failure.reason == "KEY_MISSING"
    assert failure.message == f"google: credentials_file {path}" + (
        f": {why}" if content is None else f" {why}"
    )
    assert "Canary" not in "".join(reports)
    await model.stop()


@pytest.mark.parametrize("by_default", [False, True])
async def test_a_service_account_signs_what_goes_to_a_gateway(tmp_path, by_default):
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    certificate = tmp_path / "gateway.pem"
    certificate.write_bytes(self_signed(key))
    account = tmp_path / "account.json"
    account.write_text(json.dumps(service_account(key)))
    async with TlsGoogleStand(key, certificate.read_bytes()) as stand:
        settings = {"endpoint": f"https://localhost:{stand.port}"}
        environ = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(certificate)}
        if by_default:
            environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(account)
        else:
            settings["credentials_file"] = str(account)
        assert await call("google", settings, **environ) == "positive\n"
    (bearer,) = stand.keys
    assert bearer.startswith("Bearer ey")
    assert stand.texts == ["Profit rises"]


async def test_no_proxy_sees_what_stays_on_this_machine(bench, engine):
    nowhere = dict.fromkeys(("http_proxy", "HTTP_PROXY", "grpc_proxy"), "http://127.0.0.1:1")
    variables = nowhere | dict.fromkeys(("no_proxy", "NO_PROXY"), "") | KEYS
    assert await call(engine, {"endpoint": bench.stand.endpoint}, **variables) == "positive\n"


class TlsGoogleStand(GoogleStand):
    def __init__(self, key, certificate):
        super().__init__()
        self._credentials = grpc.ssl_server_credentials([(pem(key), certificate)])

    def listen(self, server):
        return server.add_secure_port("127.0.0.1:0", self._credentials)


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def self_signed(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def service_account(key):
    return {
        "type": "service_account",
        "project_id": "acme",
        "private_key_id": "1",
        "private_key": pem(key).decode(),
        "client_email": "rater@acme.iam.gserviceaccount.com",
        "token_uri": "https://127.0.0.1:1/token",
    }
