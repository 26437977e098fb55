"""`aitrader doctor`: well set up it passes, and of what is wrong around it it says what to mend."""

import json
import signal
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from aitrader_server.doctor.steps import STEPS
from alertmanager_server import running_alertmanager
from certificates import Authority
from doctor_process import Lab, free_port, visit
from pushgateway_server import running_pushgateway
from redis_server import running_redis
from sandbox_process import SandboxProcess
from serving import START_TIMEOUT_S, Server
from small_disk import small_disk
from stepped_clock import stepped_clock

EX_CONFIG = 78
WAITING = {"engine", "status", "dry_run", "metrics", "slo"}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    with SandboxProcess(tmp_path_factory.mktemp("exchange"), "--pace", "0") as exchange:
        yield exchange


@pytest.fixture
def lab(tmp_path, exchange):
    return Lab(tmp_path, exchange)


def test_a_good_set_up_passes_before_the_start(lab):
    seen = lab.visit()
    assert seen.status == 0, seen.said
    assert list(seen.findings) == list(STEPS)
    assert f"{lab.url}/api takes the key" in seen.text("account")
    assert "trade" in seen.text("symbols")
    assert all("no engine runs" in seen.text(step) for step in WAITING)
    # It leaves nothing behind.
    assert list(lab.state.iterdir()) == []


def test_the_sandbox_of_the_defaults_passes_before_the_start(tmp_path):
    ports = [f"grpc.port={free_port()}", f"rest.port={free_port()}"]
    seen = visit(tmp_path, {}, f"state={tmp_path / 'state'}", *ports)
    assert seen.status == 0, seen.said
    assert "takes the key" in seen.text("account")
    assert not (tmp_path / "state").exists()


def test_it_passes_beside_a_running_engine_and_leaves_it_alone(tmp_path):
    server = Server(tmp_path)
    server.account = ()
    server.settings = (f"grpc.port={free_port()}", f"rest.port={free_port()}")
    try:
        server.start()
        begin = len(server.log)
        seen = visit(tmp_path, {}, f"state={server.state}", *server.settings)
        assert seen.status == 0, seen.said
        outcomes = {step: {one["outcome"] for one in seen.findings[step]} for step in WAITING}
        # Of objectives without events there may be nothing to say yet.
        assert {step: {"ok"} for step in WAITING - {"slo"}}.items() <= outcomes.items()
        assert "every part is ready" in seen.text("engine")
        assert "would be sent" in seen.text("dry_run")
        assert str(server.pid) in seen.text("ports")
        assert server.alive
        assert "error" not in server.log[begin:].lower().replace('"error":""', "")
    finally:
        server.kill9()


def test_an_engine_that_shows_and_asks_for_certificates_is_asked_with_them(tmp_path):
    authority = Authority(tmp_path)
    ours = authority.issue("server", alternatives="DNS:localhost,IP:127.0.0.1")
    theirs = authority.issue("caller")
    both = f"certificate_file: {ours.certificate}, key_file: {ours.key}"
    server = Server(tmp_path)
    settings = (
        *Server.account,
        f"state={tmp_path / 'state'}",
        f"grpc.port={free_port()}",
        f"rest.port={free_port()}",
        f"grpc.tls={{{both}, client_ca_file: {authority.certificate}}}",
        f"rest.tls={{{both}}}",
    )
    server.settings = settings
    shown = ("--ca", authority.certificate, "--cert", theirs.certificate, "--key", theirs.key)
    try:
        server.launch()
        wait_until(lambda: server.log.endswith("\nready\n"), server)
        seen = visit(tmp_path, {}, *settings, options=shown)
        assert seen.status == 0, seen.said
        # They are made for two days.
        assert "expires in 2.0 days" in seen.text("tls") or "expires in 1.9" in seen.text("tls")
        assert "every part is ready" in seen.text("engine")
        without = visit(tmp_path, {}, *settings)
        assert without.status == 1
        assert "--ca, and --cert and --key" in without.text("engine")
    finally:
        server.kill9()


def wait_until(check: Callable[[], bool], server: Server) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while not check():
        assert server.alive, server.log
        assert time.monotonic() < deadline_s, server.log
        time.sleep(0.05)


def test_a_misspelt_key_is_78_and_says_which_was_meant(lab):
    lab.set(risk__daily_los_limit="0.04")
    seen = lab.visit()
    assert seen.status == EX_CONFIG
    assert "did you mean daily_loss_limit" in seen.said


@pytest.mark.parametrize("section", ["grpc", "rest"])
def test_a_port_that_is_taken_is_named(lab, section):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        lab.settings.append(f"{section}.port={port}")
        seen = lab.visit()
    assert seen.status == 1
    assert f"{section}: 127.0.0.1:{port} address already in use" in seen.text("ports")
    assert f"ss -ltnp 'sport = :{port}'" in seen.text("ports")


def test_a_clock_that_is_off_is_measured(lab, tmp_path):
    clock = stepped_clock(tmp_path)
    clock.step(timedelta(hours=1))
    lab.environ |= clock.environ
    try:
        seen = lab.visit()
    finally:
        clock.forget()
    assert "clock" in seen.failures(), seen.said
    assert "the venue's clock is -3" in seen.text("clock")
    assert "set the clock of this machine" in seen.text("clock")


def test_a_full_disk_is_named(lab, tmp_path):
    with small_disk(tmp_path / "small", "1m") as disk:
        disk.fill()
        lab.settings.append(f"state={disk.folder}")
        seen = lab.visit()
    assert "cannot be written: No space left on device" in seen.text("state")
    assert "make room" in seen.text("state")
    assert {"state", "disk"} <= seen.failures()


def test_a_disk_that_takes_no_writes_is_named(lab, tmp_path):
    with small_disk(tmp_path / "small", "100m") as disk:
        disk.protect()
        lab.settings.append(f"state={disk.folder}")
        seen = lab.visit()
    assert "cannot be written: Read-only file system" in seen.text("state")


def test_a_limits_store_that_forgets_is_named(lab):
    with running_redis("appendonly no") as redis:
        lab.environ["LIMITS"] = redis.url
        lab.settings += ["limits_store.kind=redis", "limits_store.url=env:LIMITS"]
        seen = lab.visit()
    assert "appendonly is no" in seen.text("limits_store")
    assert "limits_store" in seen.failures()


def test_servers_beside_the_engine_are_ready_or_named(lab, tmp_path):
    inbox = f"http://127.0.0.1:{free_port()}"
    with (
        running_alertmanager(tmp_path / "alerts", inbox) as alerts,
        running_pushgateway(tmp_path / "pushes", guarded=True) as pushes,
    ):
        lab.set(alerts__alertmanager_url=f"http://{alerts.address}")
        lab.environ["PROMETHEUS_PUSHGATEWAY_URL"] = f"http://127.0.0.1:{pushes.port}"
        lab.environ["PROMETHEUS_BASIC_AUTH"] = pushes.basic_auth
        ready = lab.visit()
        lab.environ["PROMETHEUS_BASIC_AUTH"] = "aitrader:of-yesterday"
        refused = lab.visit()
    assert ready.status == 0, ready.said
    assert f"{alerts.address} is ready" in ready.text("alerts")
    assert "is ready" in ready.text("pushgateway")
    assert refused.failures() == {"pushgateway"}
    assert "HTTP 401" in refused.text("pushgateway")
    assert "metrics.basic_auth" in refused.text("pushgateway")
    assert "of-yesterday" not in refused.said


def test_an_engine_that_stands_still_is_named(tmp_path):
    server = Server(tmp_path)
    server.settings = (
        f"grpc.port={free_port()}",
        f"rest.port={free_port()}",
        "watchdog.limit_s=2",
    )
    try:
        server.start()
        server.signal(signal.SIGSTOP)
        # Until it has no pulse any more; the state folder is still its own.
        wait_until(lambda: pulse_age_s(server) > 2, server)
        settings = (*Server.account, f"state={server.state}", *server.settings)
        seen = visit(tmp_path, {}, *settings)
        server.signal(signal.SIGCONT)
    finally:
        server.kill9()
    assert {"engine", "status"} <= seen.failures()
    assert "DEADLINE_EXCEEDED" in seen.text("engine")
    assert f"the engine runs, pid {server.pid}" in seen.text("ports")


def pulse_age_s(server: Server) -> float:
    pulse = json.loads((server.state / "pulse").read_text())
    return (time.monotonic_ns() - pulse["monotonic_ns"]) / 1e9


def test_every_step_is_on_the_page_in_the_order_of_the_walk():
    page = (Path(__file__).parents[2] / "docs" / "go-live.md").read_text()
    told = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert told == list(STEPS)
