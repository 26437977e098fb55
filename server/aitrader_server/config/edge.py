"""Sections `grpc`, `rest` and `access`: who may reach the engine, and how much they may send."""

from ipaddress import ip_address
from typing import Literal

from pydantic import Field

from aitrader_server.config.section import Location, Port, Section


class Tls(Section):
    """PEM files of an encrypted port."""

    certificate_file: Location = Field(description="the server's certificate chain")
    key_file: Location = Field(description="its private key, readable by the owner only")
    client_ca_file: Location | None = Field(
        default=None, description="authority whose client certificates are asked for; null: none"
    )


class Listener(Section):
    """A TCP port."""

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        max_length=253,
        description="address to listen on; beyond this machine only with tls",
    )
    tls: Tls | None = Field(
        default=None, description="{certificate_file, key_file, client_ca_file}; null: none"
    )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the port; a name other than localhost is not."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


class Grpc(Listener):
    """The engine's own port."""

    port: Port = Field(default=50_051, description="0 to 65535; 0 lets the system choose")
    reflection: bool | None = Field(
        default=None, description="server reflection; null: on unless live"
    )
    message_bytes_max: int = Field(
        default=4_194_304,
        ge=1_024,
        le=67_108_864,
        description="size of one request, bytes, 1024 to 67108864",
    )
    concurrency_max: int = Field(
        default=1_000, ge=1, le=100_000, description="calls in progress at once, 1 to 100000"
    )
    grace_s: int = Field(
        default=10, ge=0, le=300, description="time for calls to end at a stop, s, 0 to 300"
    )


class Rest(Listener):
    """The REST facade's port."""

    port: Port = Field(default=8_080, description="0 to 65535; 0 lets the system choose")
    body_bytes_max: int = Field(
        default=1_048_576,
        ge=1_024,
        le=67_108_864,
        description="size of one request body, bytes, 1024 to 67108864",
    )
    body_timeout_s: int = Field(
        default=10, ge=1, le=300, description="time for a request to arrive whole, s, 1 to 300"
    )


class Token(Section):
    """One caller, known by the hash of its token."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9_.@-]{1,64}$", description="who it is, as the journal writes it"
    )
    role: Literal["viewer", "trader", "risk_admin"] = Field(
        description="viewer, trader or risk_admin"
    )
    sha256: str = Field(
        pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the token, 64 lower-case hex digits"
    )


class Client(Section):
    """One caller, known by the certificate that `grpc.tls.client_ca_file` signed."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9_.@:/-]{1,200}$",
        description="SPIFFE URI of the certificate, or its common name where it has none",
    )
    role: Literal["viewer", "trader", "risk_admin"] = Field(
        description="viewer, trader or risk_admin"
    )


class Access(Section):
    """Who may call, and how often."""

    tokens: tuple[Token, ...] = Field(
        default=(), max_length=1_000, description="[{name, role, sha256}]"
    )
    clients: tuple[Client, ...] = Field(
        default=(), max_length=1_000, description="callers by client certificate, [{name, role}]"
    )
    calls_per_s: int = Field(
        default=5_000, ge=1, le=1_000_000, description="calls of one caller in the long run, per s"
    )
    calls_burst: int = Field(
        default=20_000, ge=1, le=1_000_000, description="calls of one caller at once, 1 to 1000000"
    )
    token_file: Location | None = Field(
        default=None,
        description="generated token of this machine's risk_admin; null: <state>/token",
    )
