"""An API key where an engine of its own process finds it: one keeper of each kind."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import vault_server
from aws_server import CREDENTIALS, REGION, AwsServer
from google_secrets_server import GoogleSecretsServer
from vault_server import VaultServer

NAME = "trading/binance"
GOOGLE_NAME = "projects/trading/secrets/binance"
KINDS = ("file", "kubernetes", "vault", "aws-sm", "gcp-sm")


@dataclass(frozen=True)
class KeptKey:
    """`put(key, secret)` lays another one down; the rest is how an engine gets at it."""

    references: tuple[str, str]
    put: Callable[[str, str], None]
    settings: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)

    def under(self, section: str) -> tuple[str, ...]:
        """What to set so that `section` finds its key here."""
        key, secret = self.references
        return (f"{section}.api_key={key}", f"{section}.api_secret={secret}", *self.settings)


def in_files(folder: Path) -> KeptKey:
    """Two files, one written after the other."""
    folder.mkdir()

    def put(key: str, secret: str) -> None:
        for name, value in (("key", key), ("secret", secret)):
            beside = folder / f".{name}"
            beside.touch(mode=0o600)
            beside.write_text(value)
            beside.replace(folder / name)

    return KeptKey((f"file:{folder}/key", f"file:{folder}/secret"), put)


def in_a_volume(folder: Path) -> KeptKey:
    """As Kubernetes mounts a secret: both files change places at once, by a link."""
    folder.mkdir()
    written = 0

    def put(key: str, secret: str) -> None:
        nonlocal written
        written += 1
        data = folder / f"..2026_{written}"
        data.mkdir()
        for name, value in (("key", key), ("secret", secret)):
            (data / name).touch(mode=0o600)
            (data / name).write_text(value)
        fresh = folder / "..data_tmp"
        fresh.symlink_to(data.name)
        fresh.replace(folder / "..data")
        for name in ("key", "secret"):
            if not (folder / name).exists():
                (folder / name).symlink_to(f"..data/{name}")

    return KeptKey((f"file:{folder}/key", f"file:{folder}/secret"), put)


@asynccontextmanager
async def kept_key(kind: str, folder: Path) -> AsyncIterator[KeptKey]:
    """A keeper that runs until the context ends; nothing is kept yet."""
    match kind:
        case "file":
            yield in_files(folder / "keys")
        case "kubernetes":
            yield in_a_volume(folder / "keys")
        case "vault":
            with VaultServer() as vault:
                yield KeptKey(
                    (f"vault:kv/{NAME}#key", f"vault:kv/{NAME}#secret"),
                    lambda key, secret: vault.put(f"kv/{NAME}", key=key, secret=secret),
                    (
                        f"secrets.vault.url={vault.url}",
                        f"secrets.vault.role={vault_server.ROLE_ID}",
                        "secrets.vault.secret_id=env:VAULT_SECRET_ID",
                    ),
                    {"VAULT_SECRET_ID": vault.secret_id},
                )
        case "aws-sm":
            with AwsServer() as aws:
                yield KeptKey(
                    (f"aws-sm:{NAME}#key", f"aws-sm:{NAME}#secret"),
                    lambda key, secret: aws.put(NAME, _both(key, secret)),
                    (f"secrets.aws.region={REGION}", f"secrets.aws.endpoint_url={aws.url}"),
                    CREDENTIALS,
                )
        case _:
            google = GoogleSecretsServer(folder)
            await google.start()
            try:
                yield KeptKey(
                    (f"gcp-sm:{GOOGLE_NAME}#key", f"gcp-sm:{GOOGLE_NAME}#secret"),
                    lambda key, secret: google.put(GOOGLE_NAME, _both(key, secret).encode()),
                    (
                        f"secrets.gcp.endpoint={google.endpoint}",
                        f"secrets.gcp.ca_file={google.ca_file}",
                    ),
                )
            finally:
                await google.stop()


def _both(key: str, secret: str) -> str:
    return json.dumps({"key": key, "secret": secret})
