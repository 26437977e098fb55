"""A keeper whose client is not installed says what to install, and only when it is needed."""

import subprocess
import sys

import pytest

ASK = """\
import sys
sys.modules[{client!r}] = None
from aitrader_server.adapters.secrets.provider import ProviderContext
from aitrader_server.errors import ConfigError
from aitrader_server.plugins import SECRET_PROVIDERS, load
create = load(SECRET_PROVIDERS, {scheme!r})
try:
    create(ProviderContext(settings={settings!r}, environ={{}}, resolve=None))
except ConfigError as error:
    print(error.message)
"""
TOKEN = {"url": "http://127.0.0.1:1", "auth": "token", "token": "env:TOKEN"}


@pytest.mark.parametrize(
    ("scheme", "client", "settings", "said"),
    [
        ("vault", "hvac", TOKEN, "secrets.vault: hvac is missing: {}'.[vault]'"),
        ("aws-sm", "boto3", {}, "secrets.aws: boto3 is missing: {}'.[aws]'"),
        ("gcp-sm", "google.auth", {}, "secrets.gcp: google.auth is missing: {}'.[gcp]'"),
    ],
)
def test_a_missing_client_is_named_with_its_extra(scheme, client, settings, said):
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(scheme=scheme, client=client, settings=settings)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == said.format("in the project's folder, pip install ")
