"""`aitrader doctor`: well set up it passes, and of each mistake it says what to mend."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from aitrader_server.doctor.steps import STEPS
from alertmanager_server import running_alertmanager
from certificates import Authority
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from doctor_process import Visit, visit
from pushgateway_server import running_pushgateway
from redis_server import running_redis
from sandbox_process import SandboxProcess
from serving import SCRIPT, START_TIMEOUT_S, Server
from small_disk import small_disk
from stepped_clock import stepped_clock

EX_CONFIG = 78
KEY, SECRET = "BINANCE_SANDBOX_API_KEY", "BINANCE_SANDBOX_API_SECRET"
WAITING = {"engine", "status", "dry_run", "metrics", "slo"}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    with SandboxProcess(tmp_path_factory.mktemp("exchange"), "--pace", "0") as exchange:
        yield exchange


class Lab:
    """A set-up with nothing wrong, in which one thing is then planted."""

    def __init__(self, folder: Path, exchange: SandboxProcess) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.state.mkdir(mode=0o700)
        self.url = exchange.ready["rest"]
        self.environ = {
            KEY: exchange.credentials["api_key"],
            SECRET: exchange.credentials["api_secret"],
        }
        self.settings = [
            f"state={self.state}",
            f"execution.binance.sandbox_url={self.url}",
            f"grpc.port={free_port()}",
            f"rest.port={free_port()}",
        ]

    def set(self, **values: str) -> None:
        self.settings += [f"{key.replace('__', '.')}={value}" for key, value in values.items()]

    def visit(self) -> Visit:
        return visit(self.folder, self.environ, *self.settings)


@pytest.fixture
def lab(tmp_path, exchange):
    return Lab(tmp_path, exchange)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


class Planted(NamedTuple):
    """`words` are what a person has to read at `step`, in what is said or in what to do."""

    step: str
    words: tuple[str, ...]


def missing_key(lab: Lab) -> Planted:
    del lab.environ[KEY]
    return Planted("keys", (f"{KEY} is not set", f"export {KEY}"))


def blanks_around_a_key(lab: Lab) -> Planted:
    lab.environ[KEY] += "\n"
    return Planted("keys", (f"{KEY} has blanks around it", "without blanks and line ends"))


def quotation_marks(lab: Lab) -> Planted:
    lab.environ[KEY] = f'"{lab.environ[KEY]}"'
    return Planted("keys", (f"{KEY} has quotation marks", "without them"))


def secret_of_another_key(lab: Lab) -> Planted:
    lab.environ[SECRET] = "no" + lab.environ[SECRET][2:]
    return Planted(
        "account",
        ("refuses the key: -1022", f"the secret in environment variable {SECRET} is not that of"),
    )


def key_of_another_system(lab: Lab) -> Planted:
    lab.environ[KEY] = "t3stn3t" + lab.environ[KEY][7:]
    return Planted("account", ("refuses the key: -2015", "looks like a key of another system"))


def key_of_the_testnet_on_live(lab: Lab) -> Planted:
    lab.environ = dict.fromkeys(("BINANCE_TESTNET_API_KEY", "BINANCE_API_KEY"), "same")
    lab.environ["BINANCE_API_SECRET"] = "secret"
    lab.settings = [one for one in lab.settings if "sandbox" not in one]
    lab.set(execution__binance__testnet="false", execution__arm_live="true", account="main")
    return Planted("keys", ("the live key is the same as that of the testnet", "different systems"))


def watchdog_shares_the_key(lab: Lab) -> Planted:
    lab.environ["BINANCE_WATCHDOG_API_KEY"] = lab.environ[KEY]
    return Planted(
        "keys", ("BINANCE_WATCHDOG_API_KEY is the key that the engine trades", "a second key")
    )


def venue_is_down(lab: Lab) -> Planted:
    lab.set(execution__binance__sandbox_url=f"http://127.0.0.1:{free_port()}")
    return Planted("account", ("cannot be reached", "curl -sS"))


def unknown_symbol(lab: Lab) -> Planted:
    lab.set(execution__symbols="[BTCUSDT,NOSUCHUSDT]")
    return Planted("symbols", ("NOSUCHUSDT", "execution.symbols"))


def state_others_may_read(lab: Lab) -> Planted:
    lab.state.chmod(0o755)
    return Planted("state", ("others may look into", f"chmod 700 {lab.state}"))


def token_others_may_read(lab: Lab) -> Planted:
    (lab.state / "token").write_text("for-tests\n")
    (lab.state / "token").chmod(0o644)
    return Planted("token", ("others may read", f"chmod 600 {lab.state / 'token'}"))


def secret_file_others_may_read(lab: Lab) -> Planted:
    place = lab.folder / "key"
    place.write_text("for-tests")
    place.chmod(0o644)
    lab.set(
        execution__binance__api_key=f"file:{place}", execution__binance__api_secret=f"env:{SECRET}"
    )
    return Planted("secrets", ("execution.binance.api_key", f"chmod 600 {place}"))


def heartbeat_is_missing(lab: Lab) -> Planted:
    lab.set(risk__deadman=str(lab.folder / "beat"))
    return Planted("deadman", ("is missing: trading would halt", "aitrader heartbeat --file"))


def heartbeat_is_stale(lab: Lab) -> Planted:
    beat = lab.folder / "beat"
    subprocess.run([SCRIPT, "heartbeat", "--file", beat], check=True, capture_output=True)
    record = json.loads(beat.read_text())
    record["monotonic_ns"] = time.monotonic_ns() - 90 * 10**9
    beat.write_text(json.dumps(record))
    lab.set(risk__deadman=str(beat), risk__deadman_limit_s="60")
    return Planted("deadman", ("9", " s old, of 60 s", "--every 15"))


def certificate_has_expired(lab: Lab) -> Planted:
    plant_certificate(lab, lab.folder, timedelta(days=-1))
    return Planted("tls", ("certificate.pem has expired", "renew it"))


def certificate_ends_soon(lab: Lab) -> Planted:
    plant_certificate(lab, lab.folder, timedelta(days=3))
    (lab.folder / "key.pem").chmod(0o644)
    return Planted("tls", ("others may read", f"chmod 600 {lab.folder / 'key.pem'}"))


def key_of_another_certificate(lab: Lab) -> Planted:
    other = lab.folder / "other"
    other.mkdir()
    plant_certificate(lab, other, timedelta(days=30))
    plant_certificate(lab, lab.folder, timedelta(days=30), key=other / "key.pem")
    return Planted("tls", ("is not the key of", "made together"))


def journal_server_is_down(lab: Lab) -> Planted:
    lab.environ["JOURNAL"] = f"postgresql://aitrader:hidden@127.0.0.1:{free_port()}/journal"
    lab.set(journal__kind="postgres", journal__url="env:JOURNAL")
    return Planted("journal", ("127.0.0.1", "start PostgreSQL"))


def reference_does_not_resolve(lab: Lab) -> Planted:
    lab.set(journal__kind="postgres", journal__url="env:JOURNAL")
    return Planted("secrets", ("journal.url", "JOURNAL"))


def nobody_takes_alerts(lab: Lab) -> Planted:
    lab.set(alerts__alertmanager_url=f"http://127.0.0.1:{free_port()}")
    return Planted("alerts", ("cannot be reached", "alerts.alertmanager_url"))


def no_model_folder(lab: Lab) -> Planted:
    lab.set(models__sentiment__name="onnx", models__sentiment__settings="{folder: nowhere}")
    return Planted("models", ("nowhere", "aitrader models export"))


PLANTED: tuple[Callable[[Lab], Planted], ...] = (
    missing_key,
    blanks_around_a_key,
    quotation_marks,
    secret_of_another_key,
    key_of_another_system,
    key_of_the_testnet_on_live,
    watchdog_shares_the_key,
    venue_is_down,
    unknown_symbol,
    state_others_may_read,
    token_others_may_read,
    secret_file_others_may_read,
    heartbeat_is_missing,
    heartbeat_is_stale,
    certificate_has_expired,
    certificate_ends_soon,
    key_of_another_certificate,
    journal_server_is_down,
    reference_does_not_resolve,
    nobody_takes_alerts,
    no_model_folder,
)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_mistake_is_named_with_what_to_do(lab, plant):
    step, words = plant(lab)
    seen = lab.visit()
    assert seen.status == 1, seen.said
    assert step in seen.failures(), seen.said
    for word in words:
        assert word in seen.text(step)
    for name in (KEY, SECRET):
        value = lab.environ.get(name, "").strip().strip('"')
        assert not value or value not in seen.said
    assert "hidden" not in seen.said


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


def plant_certificate(lab: Lab, folder: Path, ends_in: timedelta, key: Path | None = None) -> None:
    """A certificate of its own authority for the gRPC port; `key` instead of its own."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    ends = datetime.now(UTC) + ends_in
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=60))
        .not_valid_after(ends)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    own = folder / "key.pem"
    own.write_bytes(
        private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    own.chmod(0o600)
    pair = f"certificate_file: {folder / 'certificate.pem'}, key_file: {key or own}"
    lab.settings.append(f"grpc.tls={{{pair}}}")
