"""A Google Secret Manager of a test's own: gRPC over TLS, of the real service's types."""

import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from google.cloud.secretmanager_v1 import (
    AccessSecretVersionRequest,
    AccessSecretVersionResponse,
    SecretPayload,
)

SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"
PROJECT_NUMBER = "415104041262"


def crc32c(data: bytes) -> int:
    """Bit by bit, as the polynomial says; another way than the one that is tested."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 & -(value & 1))
    return value ^ 0xFFFFFFFF


class GoogleSecretsServer:
    """On loopback; start and stop it in the loop that uses it."""

    def __init__(self, folder: Path) -> None:
        self.ca_file = folder / "google-ca.pem"
        self._key, certificate = _certificate()
        self._certificate = certificate
        self.ca_file.write_bytes(certificate)
        self.trouble: grpc.StatusCode | None = None
        self.spoil_checksum = False
        self.asked: list[str] = []
        self.routing: list[str] = []
        self._versions: dict[str, list[bytes | None]] = {}
        self._server: grpc.aio.Server | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self._port}"

    async def start(self) -> None:
        self._server = grpc.aio.server()
        method = grpc.unary_unary_rpc_method_handler(
            self._access,
            request_deserializer=AccessSecretVersionRequest.deserialize,
            response_serializer=AccessSecretVersionResponse.serialize,
        )
        handlers = grpc.method_handlers_generic_handler(SERVICE, {"AccessSecretVersion": method})
        self._server.add_generic_rpc_handlers((handlers,))
        credentials = grpc.ssl_server_credentials([(self._key, self._certificate)])
        assert self._server.add_secure_port(self.endpoint, credentials) == self._port
        await self._server.start()

    async def stop(self) -> None:
        """Takes no calls until it is started again, at the same address."""
        if self._server is not None:
            await self._server.stop(grace=None)
            self._server = None

    def put(self, secret: str, data: bytes) -> None:
        """A new version of `projects/P/secrets/S`."""
        self._versions.setdefault(secret, []).append(data)

    def destroy(self, secret: str) -> None:
        """The newest version."""
        self._versions[secret][-1] = None

    async def _access(
        self, request: AccessSecretVersionRequest, context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> AccessSecretVersionResponse:
        self.asked.append(request.name)
        self.routing += [
            str(value)
            for name, value in context.invocation_metadata() or ()
            if name == "x-goog-request-params"
        ]
        if self.trouble is not None:
            await context.abort(self.trouble, "as the test wants it")
        secret, _, wanted = request.name.partition("/versions/")
        versions = self._versions.get(secret, [])
        number = len(versions) if wanted == "latest" else int(wanted)
        if not 1 <= number <= len(versions):
            await context.abort(grpc.StatusCode.NOT_FOUND, f"Secret [{secret}] not found")
        data = versions[number - 1]
        if data is None:
            await context.abort(
                grpc.StatusCode.FAILED_PRECONDITION, f"{request.name} is in DESTROYED state."
            )
        assert data is not None
        _, _, name = secret.partition("/secrets/")
        return AccessSecretVersionResponse(
            name=f"projects/{PROJECT_NUMBER}/secrets/{name}/versions/{number}",
            payload=SecretPayload(data=data, data_crc32c=crc32c(data) ^ self.spoil_checksum),
        )


def _certificate() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "secrets for tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    return private, certificate.public_bytes(pem)
