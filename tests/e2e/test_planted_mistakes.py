"""Mistakes that are planted one at a time: the doctor names each, and says what to do."""

import json
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from doctor_process import KEY, SECRET, Lab, free_port
from sandbox_process import SandboxProcess
from serving import SCRIPT


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    with SandboxProcess(tmp_path_factory.mktemp("exchange"), "--pace", "0") as exchange:
        yield exchange


@pytest.fixture
def lab(tmp_path, exchange):
    return Lab(tmp_path, exchange)


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
