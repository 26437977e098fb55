"""Who gets in: the token, the certificates, the ports."""

import errno
import os
import socket
import ssl
import stat
import time
from collections.abc import AsyncIterator
from typing import Final

from aitrader_server.config.edge import Listener, Tls
from aitrader_server.doctor.case import Case
from aitrader_server.doctor.finding import Finding, failed, ok, skipped, warning

EXPIRY_DAYS_MIN: Final = 14
DAY_S: Final = 86_400
EXPIRED: Final = 10
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
# As Kubernetes and systemd hand a secret to a process that is not root.
HANDED: Final = stat.S_IRUSR | stat.S_IRGRP


async def token(case: Case) -> AsyncIterator[Finding]:
    path = case.config.token_path
    try:
        status = path.stat()
        empty = not path.read_text().strip()
    except FileNotFoundError:
        yield ok(f"{path} is made at the first start")
        return
    except OSError as error:
        yield failed(f"{path} cannot be read: {error.strerror}", "run doctor as the engine's user")
        return
    except UnicodeDecodeError:
        yield failed(f"{path} holds no token", f"remove {path}: a new one is made")
        return
    if status.st_mode & OTHERS:
        yield failed(f"others may read {path}", f"chmod 600 {path}")
    elif empty:
        yield failed(f"{path} is empty", f"remove {path}: a new one is made")
    else:
        yield ok(f"{path} is the owner's alone")


async def tls(case: Case) -> AsyncIterator[Finding]:
    sections: list[tuple[str, Listener]] = [("grpc", case.config.grpc), ("rest", case.config.rest)]
    encrypted = [(name, section.tls) for name, section in sections if section.tls is not None]
    if not encrypted:
        yield skipped("both ports are plain text, for this machine only")
    for name, files in encrypted:
        yield _judged(f"{name}.tls", files)


async def ports(case: Case) -> AsyncIterator[Finding]:
    sections: list[tuple[str, Listener, int]] = [
        ("grpc", case.config.grpc, case.config.grpc.port),
        ("rest", case.config.rest, case.config.rest.port),
    ]
    if (pid := case.engine_pid) is not None:
        yield skipped(f"the engine runs, pid {pid}; see engine")
        return
    for name, section, port in sections:
        trouble = _taken(section.host, port)
        if trouble is None:
            yield ok(f"{name}: {section.host}:{port} is free")
            continue
        mend = f"choose an address of this machine for {name}.host"
        if trouble == errno.EADDRINUSE:
            mend = f"ss -ltnp 'sport = :{port}' says who; end that, or set {name}.port"
        elif trouble == errno.EACCES:
            mend = f"set {name}.port to 1024 or more"
        yield failed(f"{name}: {section.host}:{port} {os.strerror(trouble).lower()}", mend)


def _taken(host: str, port: int) -> int | None:
    """Why nothing could listen there; the port is let go at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except socket.gaierror:
        return errno.EADDRNOTAVAIL
    except OSError as error:
        return error.errno
    return None


def _judged(name: str, files: Tls) -> Finding:
    """One pair of files."""
    try:
        mode = files.key_file.stat().st_mode
        left_days = (_ends_s(files) - time.time()) / DAY_S
        if files.client_ca_file is not None:
            ssl.create_default_context(cafile=str(files.client_ca_file))
    except ssl.SSLError as error:
        return _broken(name, files, error)
    except OSError as error:
        return failed(f"{name}: {error.filename or 'a file'}: {error.strerror}", "put it there")
    if mode & OTHERS and stat.S_IMODE(mode) != HANDED:
        return failed(f"{name}: others may read {files.key_file}", f"chmod 600 {files.key_file}")
    if left_days < EXPIRY_DAYS_MIN:
        return warning(f"{name}: expires in {left_days:.1f} days", "renew it now")
    return ok(f"{name}: a pair, valid for {left_days:.0f} days")


def _broken(name: str, files: Tls, error: ssl.SSLError) -> Finding:
    if isinstance(error, ssl.SSLCertVerificationError):
        ended = error.verify_code == EXPIRED
        why = "has expired" if ended else f"is refused: {error.verify_message}"
        mend = "renew it; a running engine takes the new files by itself"
        return failed(f"{name}: {files.certificate_file} {why}", mend)
    if error.reason == "KEY_VALUES_MISMATCH":
        told = f"{name}: {files.key_file} is not the key of {files.certificate_file}"
        return failed(told, "put the pair there that was made together")
    return failed(f"{name}: {error}", "write PEM files: certificate chain and private key")


def _ends_s(files: Tls) -> float:
    """When the certificate ends, Unix time, as a client that trusts it would read it.

    Raises ssl.SSLError for files that make no pair, or a certificate that nobody would take.
    """
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(files.certificate_file, files.key_file)
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname = False
    asking.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    asking.load_verify_locations(files.certificate_file)
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = asking.wrap_bio(theirs, ours)
    server = serving.wrap_bio(ours, theirs, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    told = client.getpeercert() or {}
    return float(ssl.cert_time_to_seconds(str(told["notAfter"])))
