"""TLS from files, which may be renewed while the server runs."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc
import structlog

from aitrader_server.errors import ConfigError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM files; with `client_ca`, callers must show a certificate that it signed."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


@dataclass(frozen=True, slots=True)
class _Pems:
    certificate: bytes
    key: bytes
    client_ca: bytes | None

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration(
            [(self.key, self.certificate)], root_certificates=self.client_ca
        )


def tls_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Credentials that read `files` again at each handshake; connections keep what they have.

    Raises:
        ConfigError: A file is missing or none, or the key is not the certificate's.
    """
    try:
        _check(files)
        current = _read(files)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError((f"grpc.tls: {error}",)) from None

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal current
        try:
            found = _read(files)
            if found == current:
                return None
            _check(files)
            if found != _read(files):
                return None  # The files change right now: the next handshake looks again.
        except (OSError, ssl.SSLError) as error:
            # Half of a renewal: the next handshake looks again, this one has the old certificate.
            log.warning("tls files cannot be used; the old ones stay", problem=str(error))
            return None
        current = found
        log.info("tls certificate renewed", file=str(files.certificate))
        return found.configuration()

    return grpc.dynamic_ssl_server_credentials(
        current.configuration(),
        renewed,  # type: ignore[arg-type]  # None for no change is in the documentation
        require_client_authentication=files.client_ca is not None,
    )


def _read(files: TlsFiles) -> _Pems:
    return _Pems(
        files.certificate.read_bytes(),
        files.key.read_bytes(),
        None if files.client_ca is None else files.client_ca.read_bytes(),
    )


def _check(files: TlsFiles) -> None:
    """Raises `SSLError` unless the key is the certificate's and the authority is one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    if files.client_ca is not None:
        # Else nobody's certificate would be taken until it is whole.
        context.load_verify_locations(files.client_ca)
