"""Images, manifests and units hold what docs/deployment.md promises of them."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from aitrader_server.config import load

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = DEPLOY / "kubernetes"
# Of ten; what systemd calls OK ends at 2.
EXPOSURE_MAX = 20
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def program(name: str, package: str) -> str:
    """Where it is; skips where it is not, and fails in CI."""
    found = shutil.which(name)
    if found is None:
        message = f"{name} is not installed: apt-get install {package}"
        pytest.fail(message) if "CI" in os.environ else pytest.skip(message)
    return found


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, arguments), continued lines joined."""
    text = (ROOT / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (word, " ".join(rest.split()))
        for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())
    ]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        if found:
            found[-1].append((word, rest))
    return found


def test_the_image_ends_as_a_user_without_a_name_and_without_what_builds():
    build, final = stages()
    assert [rest for word, rest in final if word == "USER"] == ["10001:10001"]
    assert [rest for word, rest in final if word == "STOPSIGNAL"] == ["SIGTERM"]
    (copied,) = (rest for word, rest in final if word == "COPY")
    assert copied == "--from=build /opt/aitrader /opt/aitrader"
    runs = " ".join(rest for word, rest in final if word == "RUN")
    assert "pip uninstall --yes pip setuptools wheel" in runs
    assert not re.search(r"apt|apk|gcc|build-essential|pip install|curl|wget", runs)
    last = [word for word, _ in final]
    assert last.index("USER") > last.index("COPY")
    installs = [rest for word, rest in build if word == "RUN" and "install" in rest]
    assert any("--require-hashes -r requirements.lock" in rest for rest in installs)
    assert any("--no-deps --no-build-isolation ." in rest for rest in installs)


def test_what_is_copied_into_the_build_exists_and_is_let_in():
    build, _ = stages()
    lock = dict(rest.split("=") for word, rest in build if word == "ARG")["LOCK"]
    let_in = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {
        source.replace("${LOCK}", lock)
        for word, rest in build
        if word == "COPY"
        for source in rest.split()[:-1]
    }
    assert copied == let_in
    assert all((ROOT / path).exists() for path in copied)


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    return found


@pytest.mark.parametrize("name", services())
def test_a_container_of_compose_is_confined(name):
    service = services()[name]
    assert service["read_only"]
    assert service["init"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["profiles"]
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+", service["image"])
    # The machine's own network: whatever listens does so on 127.0.0.1.
    assert service["network_mode"] == "host"
    assert "ports" not in service
    listening = [word for word in service.get("command", []) if "listen-address" in word]
    assert all(re.search(r"=(127\.0\.0\.1:\d+)?$", word) for word in listening)
    assert "healthcheck" in service or "build" in service
    assert "privileged" not in service


def test_compose_mounts_what_there_is():
    for name, service in services().items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith(".") and "/secrets/" not in source:
                assert (DEPLOY / source).exists(), (name, source)


@pytest.mark.parametrize("path", [DEPLOY / "compose/exec.yaml", MANIFESTS / "exec.yaml"], ids=str)
def test_a_configuration_that_is_shipped_is_valid_and_not_live(path):
    config = load(path, environ={}).config
    assert config.environment == "testnet"
    assert config.state == Path("/var/lib/aitrader/state")


def objects() -> list[dict[str, Any]]:
    """Everything that kustomize would apply, but for the ConfigMap that it makes."""
    listed = yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text())["resources"]
    return [
        one for name in listed for one in yaml.safe_load_all((MANIFESTS / name).read_text()) if one
    ]


def one(kind: str) -> dict[str, Any]:
    (found,) = (each for each in objects() if each["kind"] == kind)
    return found


def test_every_manifest_is_listed():
    listed = set(yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text())["resources"])
    there = {path.name for path in MANIFESTS.glob("*.yaml")}
    assert there == listed | {"kustomization.yaml", "exec.yaml"}


def test_there_is_one_engine_and_never_two():
    spec = one("Deployment")["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}
    assert one("PersistentVolumeClaim")["spec"]["accessModes"] == ["ReadWriteOncePod"]


def test_its_containers_meet_the_restricted_standard():
    pod = one("Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert set(container["resources"]) == {"requests", "limits"}
        assert not any("value" in variable for variable in container.get("env", []))
    for volume in pod["volumes"]:
        # Files that others may read are refused: 0440 is root's and the group's.
        assert volume.get("secret", {"defaultMode": 0o440})["defaultMode"] == 0o440
    labels = one("Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_it_is_asked_over_https_and_drained_before_it_ends():
    pod = one("Deployment")["spec"]["template"]["spec"]
    engine = next(each for each in pod["containers"] if each["name"] == "engine")
    probes = {name: engine[name]["httpGet"] for name in engine if name.endswith("Probe")}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startupProbe": "/healthz",
        "livenessProbe": "/healthz",
        "readinessProbe": "/readyz",
    }
    assert {probe["scheme"] for probe in probes.values()} == {"HTTPS"}
    config = load(MANIFESTS / "exec.yaml", environ={}).config
    # kubelet shows no certificate.
    assert config.rest.tls is not None
    assert config.rest.tls.client_ca_file is None
    pause_s = int(engine["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > pause_s + config.grpc.grace_s


def test_nothing_leaves_but_to_the_venue_names_and_alerts():
    policy = one("NetworkPolicy")["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    ports = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    assert ports == {53, 443, 9443, 9093}
    (public,) = (
        rule["to"][0]["ipBlock"] for rule in policy["egress"] if "ipBlock" in rule["to"][0]
    )
    assert "169.254.0.0/16" in public["except"]


def test_kustomize_takes_the_manifests():
    kubectl = program("kubectl", "kubernetes-client")
    done = subprocess.run(
        [kubectl, "kustomize", MANIFESTS], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    made = list(yaml.safe_load_all(done.stdout))
    assert {each["kind"] for each in made} == {each["kind"] for each in objects()} | {"ConfigMap"}
    images = re.findall(r"image: (\S+)", done.stdout)
    assert set(images) == {f"ai-trader:{VERSION}"}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_scores_a_unit_as_well_confined(unit):
    command = [program("systemd-analyze", "systemd"), "security", "--no-pager", "--offline=true"]
    done = subprocess.run(
        [*command, f"--threshold={EXPOSURE_MAX}", unit],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level" in done.stdout


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_knows_every_line_of_a_unit(unit, tmp_path):
    """With a program in the place of ours: whether it is installed is not asked here."""
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace("/opt/aitrader/bin/aitrader", "/bin/true"))
    done = subprocess.run(
        [program("systemd-analyze", "systemd"), "verify", "--man=no", copy],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_started_again_unless_that_does_not_help(unit):
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text())
    service = parser["Service"]
    assert service["Type"] == "notify"
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"] == "78"
    assert int(service["WatchdogSec"]) > 1
    assert service["User"] == "aitrader"
    config = load(DEPLOY / "compose/exec.yaml", environ={}).config
    assert int(service["TimeoutStopSec"]) > config.grpc.grace_s
    secrets = re.findall(r"(?:LoadCredential=\w+:|EnvironmentFile=)(\S+)", unit.read_text())
    assert secrets
    assert all(path.startswith("/etc/aitrader/secrets/") for path in secrets)


def test_the_bill_of_materials_names_everything_that_the_lock_does(tmp_path):
    """By the words of `make sbom`."""
    words = re.search(r"^SBOM := (.*\\\n.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    *options, target = words.replace("\\\n", " ").split()
    assert target == "build/sbom.cdx.json"
    made = tmp_path / "sbom.cdx.json"
    done = subprocess.run(
        [
            Path(sys.executable).with_name("cyclonedx-py"),
            *("requirements", "requirements.lock", *options, made),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    bill = json.loads(made.read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    ours = bill["metadata"]["component"]
    assert (ours["name"], ours["version"]) == ("ai-trader", VERSION)
    locked = re.findall(
        r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE
    )
    assert locked
    assert {(each["name"], each["version"]) for each in bill["components"]} == set(locked)
    hashed = [each for each in bill["components"] if each["externalReferences"][0]["hashes"]]
    assert len(hashed) == len(locked)


def test_versions_agree():
    images = {service["image"] for service in services().values() if "build" in service}
    assert images == {f"ai-trader:{VERSION}"}
    tags = yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text())["images"]
    assert tags == [{"name": "ai-trader", "newTag": VERSION}]
