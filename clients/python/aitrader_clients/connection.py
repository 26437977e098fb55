"""Where the engine is, who calls, and what protects the way: from arguments or environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from aitrader_clients.errors import ConfigurationError

if TYPE_CHECKING:
    import grpc.aio

DEFAULT_ENDPOINT = "127.0.0.1:50051"
TOKEN_CHARS_MAX = 4096
MESSAGE_BYTES_MAX = 16 * 1024 * 1024
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Secret:
    """Text that shows itself only through `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"


class Tls(NamedTuple):
    """PEM files; without `ca_file` the system's roots, with both others a client certificate."""

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


class Connection(NamedTuple):
    """All that a channel needs.

    `allow_plaintext` lets a token travel without TLS beyond this machine, for a network that
    encrypts by other means.
    """

    endpoint: str = DEFAULT_ENDPOINT
    token: Secret | None = None
    tls: Tls | None = None
    allow_plaintext: bool = False

    @classmethod
    def from_environment(
        cls, endpoint: str | None = None, environment: Mapping[str, str] = os.environ
    ) -> "Connection":
        """Read AITRADER_ENDPOINT, _TOKEN, _TOKEN_FILE, _TLS_CA, _TLS_CERT, _TLS_KEY.

        AITRADER_ALLOW_PLAINTEXT=1 sets `allow_plaintext`. Without a token in the environment
        the local engine's own token file is used, for an engine on this machine only.
        """
        chosen = endpoint or environment.get("AITRADER_ENDPOINT") or DEFAULT_ENDPOINT
        ca, certificate, key = (
            Path(value) if (value := environment.get(f"AITRADER_TLS_{part}")) else None
            for part in ("CA", "CERT", "KEY")
        )
        return cls(
            endpoint=chosen,
            token=_find_token(environment, local=is_local(chosen)),
            tls=Tls(ca, certificate, key) if ca or certificate or key else None,
            allow_plaintext=environment.get("AITRADER_ALLOW_PLAINTEXT") == "1",
        )


def is_local(endpoint: str) -> bool:
    """Tell whether the endpoint cannot leave this machine."""
    return endpoint.startswith("unix:") or endpoint.rpartition(":")[0] in _LOOPBACK_HOSTS


def open_channel(connection: Connection) -> "grpc.aio.Channel":
    """Open a channel; nothing is connected before the first call.

    Raises:
        ConfigurationError: for an unusable endpoint or TLS file, and for a token that would
            leave this machine in clear text.
    """
    import grpc  # noqa: PLC0415 -- costs 130 ms, and `aitrader --help` calls nobody

    _check_endpoint(connection.endpoint)
    options = (
        ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        # A proxy from the environment has no way back to this machine.
        ("grpc.enable_http_proxy", int(not is_local(connection.endpoint))),
    )
    if connection.tls is None:
        if (
            connection.token
            and not is_local(connection.endpoint)
            and not connection.allow_plaintext
        ):
            raise ConfigurationError(
                f"a token would reach {connection.endpoint} in clear text: "
                "set AITRADER_TLS_CA, or AITRADER_ALLOW_PLAINTEXT=1 if the network encrypts"
            )
        return grpc.aio.insecure_channel(connection.endpoint, options)
    tls = connection.tls
    if (tls.certificate_file is None) != (tls.key_file is None):
        raise ConfigurationError(
            "a client certificate needs AITRADER_TLS_CERT and AITRADER_TLS_KEY"
        )
    credentials = grpc.ssl_channel_credentials(
        _read_pem(tls.ca_file), _read_pem(tls.key_file), _read_pem(tls.certificate_file)
    )
    return grpc.aio.secure_channel(connection.endpoint, credentials, options)


def _check_endpoint(endpoint: str) -> None:
    if endpoint.startswith(("unix:", "dns:")):
        return
    host, _, port = endpoint.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= 65535 or "/" in host:  # noqa: PLR2004 -- the last port
        raise ConfigurationError(f"endpoint {endpoint!r}: write HOST:PORT, e.g. {DEFAULT_ENDPOINT}")


def _find_token(environment: Mapping[str, str], *, local: bool) -> Secret | None:
    if text := environment.get("AITRADER_TOKEN"):
        return _token(text, "AITRADER_TOKEN")
    if named := environment.get("AITRADER_TOKEN_FILE"):
        return _read_token(Path(named))
    if local:
        home = Path(environment.get("HOME", "/"))
        for path in (Path("state/token"), home / ".local/state/aitrader/token"):
            if path.is_file():
                return _read_token(path)
    return None


def _read_token(path: Path) -> Secret:
    try:
        with path.open(encoding="ascii") as file:
            text = file.read(TOKEN_CHARS_MAX + 2)
    except OSError as error:
        raise ConfigurationError(f"token file {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        # Not chained: the decode error carries the file's bytes.
        raise ConfigurationError(f"token file {path}: not a token") from None
    return _token(text, f"token file {path}")


def _token(text: str, origin: str) -> Secret:
    token = text.strip()
    if not token or len(token) > TOKEN_CHARS_MAX or not token.isascii() or not token.isprintable():
        raise ConfigurationError(f"{origin}: holds one line of printable ASCII, the token")
    return Secret(token)


def _read_pem(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"TLS file {path}: {error.strerror}") from error
