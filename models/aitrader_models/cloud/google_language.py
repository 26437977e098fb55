"""One document a request to Google Cloud Natural Language over gRPC.

https://cloud.google.com/natural-language/docs/basics#interpreting_sentiment_analysis_values
"""

import asyncio
import logging
import math
from typing import Any, Final
from urllib.parse import urlsplit

import google.auth
import grpc
from aitrader_server.domain.decision.views import Probabilities
from google.api_core.exceptions import DeadlineExceeded, GoogleAPICallError, GoogleAPIError
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.cloud.language_v2 import (
    AnalyzeSentimentRequest,
    AnalyzeSentimentResponse,
    Document,
    LanguageServiceAsyncClient,
)
from google.cloud.language_v2.services.language_service.transports import (
    LanguageServiceGrpcAsyncIOTransport as Transport,
)
from google.oauth2 import service_account
from google.rpc.error_details_pb2 import RetryInfo
from grpc import aio

from aitrader_models.cloud.google import MODEL, GoogleSettings
from aitrader_models.cloud.service import (
    WAIT_S_MAX,
    Answer,
    Failure,
    bad_answer,
    refused,
    unreachable,
)
from aitrader_models.cloud.settings import is_plain_text

TLS_PORT: Final = 443
# A probe of the open circuit must find a service that is back, not the channel's own wait.
OPTIONS: Final = (("grpc.max_reconnect_backoff_ms", 1_000),)
# Mixed feelings leave neutral the likeliest, as no news does.
MIXED_NEUTRAL_MIN: Final = 0.45


async def connect(settings: GoogleSettings) -> "GoogleLanguage | Failure":
    """The service, or why there are no credentials for it."""
    # Below this level the SDK logs whole requests.
    logging.getLogger("google").setLevel(logging.WARNING)
    address = urlsplit(settings.endpoint)
    if is_plain_text(settings.endpoint):
        options = (*OPTIONS, ("grpc.enable_http_proxy", 0))
        channel = aio.insecure_channel(address.netloc, options=options)
        return GoogleLanguage(settings, channel)
    try:
        credentials = await asyncio.to_thread(_credentials, settings)
    except (GoogleAuthError, OSError, ValueError) as error:
        return Failure(reason="KEY_MISSING", message=_missing(settings, error))
    host = address.netloc if address.port else f"{address.netloc}:{TLS_PORT}"
    return GoogleLanguage(
        settings, Transport.create_channel(host, credentials=credentials, options=OPTIONS)
    )


def _credentials(settings: GoogleSettings) -> Credentials:
    """Reads files, and may ask the machine's metadata server."""
    if settings.credentials_file is not None:
        file: Any = service_account.Credentials.from_service_account_file
        own: Credentials = file(settings.credentials_file)
        return own
    credentials, _project = google.auth.default(default_scopes=Transport.AUTH_SCOPES)
    return credentials


def _missing(settings: GoogleSettings, error: Exception) -> str:
    if settings.credentials_file is None:
        return "there are no application default credentials; set credentials_file"
    if isinstance(error, OSError):
        return f"credentials_file {settings.credentials_file}: {error.strerror}"
    return f"credentials_file {settings.credentials_file} holds no service account's key"


class GoogleLanguage:
    """The connected service."""

    def __init__(self, settings: GoogleSettings, channel: aio.Channel) -> None:
        self._settings = settings
        self._channel = channel
        self._client = LanguageServiceAsyncClient(transport=Transport(channel=channel))

    async def ask(self, text: str, timeout_s: float) -> Answer | Failure:
        """The score of `text`."""
        document = Document(
            content=text,
            type_=Document.Type.PLAIN_TEXT,
            language_code=self._settings.language,
        )
        try:
            response = await self._client.analyze_sentiment(
                AnalyzeSentimentRequest(document=document), retry=None, timeout=timeout_s
            )
        except DeadlineExceeded:
            raise TimeoutError from None
        except GoogleAPICallError as error:
            return _refused(error)
        except (GoogleAPIError, GoogleAuthError, grpc.RpcError):
            return unreachable()
        return _read(response)

    async def close(self) -> None:
        """Lets go of the connection."""
        await self._channel.close()


def _refused(error: GoogleAPICallError) -> Failure:
    waits = (
        detail.retry_delay.ToTimedelta().total_seconds()
        for detail in error.details
        if isinstance(detail, RetryInfo)
    )
    wait_s = min(max(next(waits, 0.0), 0.0), WAIT_S_MAX)
    if error.grpc_status_code is grpc.StatusCode.UNAVAILABLE and not wait_s:
        return unreachable()
    return refused(int(error.code or 0), wait_s)


def _read(response: AnalyzeSentimentResponse) -> Answer | Failure:
    # The SDK makes None of bytes that are no message.
    if not response or "document_sentiment" not in response:
        return bad_answer("the service did not score the text")
    sentiment = response.document_sentiment
    probabilities = spread(sentiment.score, sentiment.magnitude)
    if probabilities is None:
        return bad_answer("the score or the magnitude of the answer is out of range")
    return Answer(probabilities=probabilities, model=MODEL)


def spread(score: float, magnitude: float) -> Probabilities | None:
    """Probabilities with P(positive) - P(negative) = `score`; None for values that cannot be.

    neutral = (1 - |score|)^3, so that a text is positive or negative from about 0.25 on, which is
    the service's own example of a threshold. What `magnitude` has beyond |score| are feelings that
    cancel out: they take from neutral, for both sides alike, but leave it the likeliest.
    """
    if not (-1.0 <= score <= 1.0 and 0.0 <= magnitude < math.inf):
        return None
    plain = (1.0 - abs(score)) ** 3
    mixed = max(0.0, magnitude - abs(score))
    neutral = max(min(plain, MIXED_NEUTRAL_MIN), plain / (1.0 + mixed))
    positive = (1.0 - neutral + score) / 2.0
    negative = (1.0 - neutral - score) / 2.0
    return Probabilities(positive=max(positive, 0.0), neutral=neutral, negative=max(negative, 0.0))
