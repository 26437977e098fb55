"""An engine that asks for certificates: the command line, the facade, and the audit log."""

import json
import os
import re
import subprocess
import time
from contextlib import contextmanager

import httpx
import pytest
from certificates import Authority
from serving import SCRIPT, START_TIMEOUT_S

DESK = "spiffe://desk.example/viewer"


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def engine(serve, authority):
    """`aitrader serve` with TLS on its gRPC port and one caller known by certificate."""
    pair = authority.issue("engine", alternatives="DNS:localhost,IP:127.0.0.1")
    files = (
        f"{{certificate_file: {pair.certificate}, key_file: {pair.key},"
        f" client_ca_file: {authority.certificate}}}"
    )
    return serve(
        f"grpc.tls={files}",
        f"access.clients=[{{name: '{DESK}', role: viewer}}]",
        "logging.format=json",
    )


def environment(authority, pair, folder, **more):
    """Nothing of the engine's own: no token, and a home without one."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AITRADER_TLS_CA": str(authority.certificate),
        "AITRADER_TLS_CERT": str(pair.certificate),
        "AITRADER_TLS_KEY": str(pair.key),
        **more,
    }


def aitrader(engine, environ, folder, *words):
    return subprocess.run(
        [SCRIPT, *words, "--endpoint", engine.endpoint],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT_S,
        check=False,
    )


def test_the_command_line_is_known_by_its_certificate(engine, authority, tmp_path):
    pair = authority.issue("desk", alternatives=f"URI:{DESK}")
    environ = environment(authority, pair, tmp_path)
    assert aitrader(engine, environ, tmp_path, "status").returncode == 0
    refused = aitrader(engine, environ, tmp_path, "halt", "--reason", "seen")
    assert refused.returncode != 0
    assert "needs the role trader" in refused.stderr
    stranger = authority.issue("stranger", alternatives="URI:spiffe://desk.example/other")
    nobody = aitrader(engine, environment(authority, stranger, tmp_path), tmp_path, "status")
    assert nobody.returncode != 0
    assert "access.clients" in nobody.stderr
    lines = [json.loads(line) for line in engine.log.splitlines() if line.startswith("{")]
    (tried,) = [line for line in lines if line["event"] == "audit"]
    told = (tried["caller"], tried["proof"], tried["role"], tried["code"], tried["peer"])
    assert told == (DESK, "certificate", "viewer", "PERMISSION_DENIED", "127.0.0.1")


@contextmanager
def facade_before(engine, authority, folder, *files):
    """`aitrader gateway` on a port of its own."""
    log = folder / "gateway.log"
    words = ["gateway", "--endpoint", engine.endpoint, "--ca", authority.certificate, *files]
    sets = ["--set", "rest.port=0", "--set", f"state={folder / 'state'}"]
    with log.open("wb") as said:
        process = subprocess.Popen(
            [SCRIPT, *words, *sets], cwd=folder, env={}, stdout=said, stderr=said
        )
    try:
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while "\nready\n" not in (told := log.read_text()):
            assert process.poll() is None, told
            assert time.monotonic() < deadline_s, told
            time.sleep(0.02)
        found = re.search(r"REST +(http://\S+)", told)
        assert found, told
        yield found.group(1)
    finally:
        process.kill()
        process.wait(START_TIMEOUT_S)


def test_a_facade_shows_its_certificate_and_its_callers_their_tokens(engine, authority, tmp_path):
    pair = authority.issue("facade", alternatives="URI:spiffe://desk.example/facade")
    files = ("--cert", pair.certificate, "--key", pair.key)
    bearer = {"authorization": f"Bearer {engine.token}"}
    with facade_before(engine, authority, tmp_path, *files) as url:
        assert httpx.get(f"{url}/live/status", headers=bearer).status_code == 200
        assert httpx.get(f"{url}/live/status").status_code == 401
    with facade_before(engine, authority, tmp_path) as url:
        answer = httpx.get(f"{url}/live/status", headers=bearer)
        assert (answer.status_code, answer.json()["code"]) == (503, 14)


def test_a_facade_is_no_caller_of_its_own(engine, authority, tmp_path):
    """Known to the engine by certificate, it would lend its role to whoever has no token."""
    pair = authority.issue("lender", alternatives=f"URI:{DESK}")
    files = ("--cert", pair.certificate, "--key", pair.key)
    with facade_before(engine, authority, tmp_path, *files) as url:
        assert httpx.get(f"{url}/live/status").status_code == 401
