"""TLS of the facade's port from files that may be renewed while it is open."""

import ssl
from pathlib import Path
from typing import Final

import structlog

from aitrader_server.config.edge import Tls
from aitrader_server.errors import ConfigError

# Whoever resumed a session would be judged by the authority of its beginning.
TICKETS: Final = 0

Signature = tuple[tuple[int, int, int], ...]

log = structlog.get_logger(__name__)


class RenewedContext:
    """Looks at the files before each handshake; a connection keeps what it began with.

    Raises:
        ConfigError: A file is missing, or the key is not the certificate's.
    """

    def __init__(self, tls: Tls) -> None:
        self._tls = tls
        try:
            self._seen = self._signature()
            self.first = self._newest = _context(tls)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError((f"rest.tls: {error}",)) from None
        self.first.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
        self._renew()
        if self._newest is not self.first:
            connection.context = self._newest

    def _renew(self) -> None:
        try:
            found = self._signature()
            if found == self._seen:
                return
            self._seen = found
            self._newest = _context(self._tls)
        except (OSError, ssl.SSLError) as error:
            # Half of a renewal: the other half changes the files once more.
            log.warning("tls files cannot be used; the old ones stay", problem=str(error))
        else:
            log.info("tls certificate renewed", file=str(self._tls.certificate_file))

    def _signature(self) -> Signature:
        tls = self._tls
        files = (tls.certificate_file, tls.key_file, tls.client_ca_file)
        return tuple(_identity(file) for file in files if file is not None)


def _identity(file: Path) -> tuple[int, int, int]:
    found = file.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = TICKETS
    context.load_cert_chain(tls.certificate_file, tls.key_file)
    if tls.client_ca_file is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(tls.client_ca_file)
    return context
