"""Section `secrets`: who keeps them."""

from typing import Literal

from pydantic import Field

from aitrader_server.config.section import Location, SecretReference, Section


class Vault(Section):
    """HashiCorp Vault or OpenBao; needs the extra `vault`."""

    url: str = Field(pattern=r"^https?://[^\s/@]+/?$", description="https://host:8200")
    auth: Literal["approle", "kubernetes", "token"] = Field(
        default="approle", description="approle, kubernetes or token"
    )
    mount: str | None = Field(default=None, description="path of the auth method; null: its name")
    role: str | None = Field(default=None, description="of kubernetes, or role_id of approle")
    secret_id: SecretReference | None = Field(default=None, description="of approle")
    token: SecretReference | None = Field(default=None, description="of token")
    namespace: str | None = Field(default=None, description="namespace; null: none")
    ca_file: Location | None = Field(default=None, description="authority of its certificate")


class Aws(Section):
    """AWS Secrets Manager; credentials as AWS's own tools find them; needs the extra `aws`."""

    region: str | None = Field(default=None, description="e.g. eu-central-1; null: AWS_REGION")
    endpoint_url: str | None = Field(
        default=None, pattern=r"^https?://\S+$", description="another address; null: AWS"
    )


class Gcp(Section):
    """Google Secret Manager; Application Default Credentials; needs the extra `gcp`."""

    endpoint: str | None = Field(default=None, description="host:port of another; null: Google")
    ca_file: Location | None = Field(default=None, description="authority of its certificate")


class Secrets(Section):
    """Where secrets are kept, and how often they are looked at."""

    refresh_s: int = Field(
        default=30, ge=1, le=3_600, description="pause between looks for new ones, s, 1 to 3600"
    )
    vault: Vault | None = Field(
        default=None, description="{url, auth, mount, role, secret_id, token, ...}; null: none"
    )
    aws: Aws = Field(default=Aws(), description="AWS Secrets Manager")
    gcp: Gcp = Field(default=Gcp(), description="Google Secret Manager")
