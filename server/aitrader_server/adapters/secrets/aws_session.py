"""AWS Secrets Manager over AWS's own client."""

from typing import Any, Final

import boto3
from botocore import exceptions
from botocore.config import Config

from aitrader_server.adapters.secrets.aws import AwsSettings
from aitrader_server.adapters.secrets.provider import Secret
from aitrader_server.errors import SecretError

REQUEST_TIMEOUT_S: Final = 5
ATTEMPTS_MAX: Final = 3
SERVER_ERROR: Final = 500
# What lasts until somebody mends it, by AWS's code, with the words for it.
LASTING: Final = {
    "ResourceNotFoundException": "there is no such secret in this region; make it",
    "AccessDeniedException": "the role may not; allow secretsmanager:GetSecretValue on it",
    "AccessDenied": "the role may not; allow secretsmanager:GetSecretValue on it",
    "InvalidRequestException": "it is marked for deletion; restore it",
    "DecryptionFailure": "its key may not be used; allow kms:Decrypt",
    "UnrecognizedClientException": "AWS does not know the credentials; look at them",
    "InvalidSignatureException": "the credentials do not fit together; look at them",
    "ExpiredTokenException": "the credentials have expired; renew them",
    "ValidationException": "this is no name of a secret; write its name or ARN",
    "InvalidParameterException": "this is no name of a secret; write its name or ARN",
}
SETTING_UP: Final[dict[type[Exception], str]] = {
    exceptions.NoRegionError: "no region; write secrets.aws.region or set AWS_REGION",
    exceptions.NoCredentialsError: "no credentials; give the machine or pod a role, or set AWS's",
    exceptions.PartialCredentialsError: "half of the credentials is missing; set both",
    exceptions.ProfileNotFound: "there is no such profile; look at AWS_PROFILE",
}


class AwsSession:
    """Blocks. What the server says is never repeated."""

    def __init__(self, settings: AwsSettings) -> None:
        self._settings = settings
        # Made by the first read: it loads files, and may ask the machine for its role.
        self._client: Any = None

    def read(self, places: frozenset[str]) -> dict[str, Secret]:
        """All places. Raises SecretError."""
        return {place: self._read(place) for place in places}

    def _read(self, place: str) -> Secret:
        try:
            # The label is named: what an answer without it means is the server's choice.
            found = self._connected().get_secret_value(SecretId=place, VersionStage="AWSCURRENT")
        except exceptions.ClientError as error:
            raise _of_answer(place, error) from None
        except tuple(SETTING_UP) as error:
            raise SecretError(f"AWS: {SETTING_UP[type(error)]}", lasting=True) from None
        except exceptions.BotoCoreError as error:
            problem = f"AWS does not answer about {place}: {type(error).__name__}"
            raise SecretError(problem, lasting=False) from None
        text = found.get("SecretString")
        if text is None:
            problem = f"{place} is binary in AWS; keep it as text"
            raise SecretError(problem, lasting=True)
        made = found["CreatedDate"]
        return Secret(value=text, version=found["VersionId"], made_s=made.timestamp())

    def _connected(self) -> Any:
        if self._client is None:
            self._client = boto3.session.Session().client(
                "secretsmanager",
                region_name=self._settings.region,
                endpoint_url=self._settings.endpoint_url,
                config=Config(
                    connect_timeout=REQUEST_TIMEOUT_S,
                    read_timeout=REQUEST_TIMEOUT_S,
                    retries={"total_max_attempts": ATTEMPTS_MAX, "mode": "standard"},
                ),
            )
        return self._client


def _of_answer(place: str, error: exceptions.ClientError) -> SecretError:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", SERVER_ERROR)
    words = LASTING.get(code)
    if words is not None:
        return SecretError(f"{place} in AWS: {words}", lasting=True)
    problem = f"{place} in AWS: it answers {code or status}"
    return SecretError(problem, lasting=False)
