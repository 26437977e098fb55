"""Certificates of an authority of the test's own, made by openssl."""

import subprocess
from pathlib import Path
from typing import NamedTuple

TIMEOUT_S = 60
KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"


class Pair(NamedTuple):
    """PEM files of a certificate and its key."""

    certificate: Path
    key: Path


def renew(fresh: Path, old: Path) -> None:
    """Puts the content of `fresh` in the place of `old` in one step."""
    passing = old.with_suffix(".new")
    passing.write_bytes(fresh.read_bytes())
    passing.replace(old)


class Authority:
    """Signs what it is asked to."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._name = name
        self.certificate, self._key = folder / f"{name}.pem", folder / f"{name}.key"
        _openssl(f"req -x509 {KEY} -days 2 -subj /CN={name}", self.certificate, self._key)

    def issue(self, file: str, *, name: str = "", alternatives: str = "DNS:localhost") -> Pair:
        """A certificate with common name `name`; `alternatives` as openssl writes them."""
        pair = Pair(self._folder / f"{file}.pem", self._folder / f"{file}.key")
        signed = f"-CA {self.certificate} -CAkey {self._key}"
        subject = ["-subj", "/CN=" + (name or file).replace("/", "\\/")]
        extra = ["-addext", f"subjectAltName={alternatives}"] if alternatives else []
        _openssl(f"req -x509 {KEY} -days 2 {signed}", *pair, *subject, *extra)
        return pair


def _openssl(command: str, certificate: Path, key: Path, *more: str) -> None:
    files = ["-out", str(certificate), "-keyout", str(key)]
    subprocess.run(
        ["openssl", *command.split(), *files, *more],
        check=True,
        capture_output=True,
        timeout=TIMEOUT_S,
    )
