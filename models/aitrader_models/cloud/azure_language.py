"""One document a request to Azure AI Language, which scores it by itself.

https://learn.microsoft.com/rest/api/language/analyze-text
"""

from typing import Any, Final

import msgspec
from azure.ai.textanalytics.aio import TextAnalyticsClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import (
    AzureError,
    DecodeError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)

from aitrader_models.cloud.azure import AzureSettings
from aitrader_models.cloud.service import (
    Answer,
    Failure,
    bad_answer,
    read_probabilities,
    refused,
    told_wait_s,
    unreachable,
)
from aitrader_models.cloud.settings import is_plain_text

NOT_AN_ANALYSIS: Final = "the answer is not a sentiment analysis"


class _Scores(msgspec.Struct):
    positive: float
    neutral: float
    negative: float


class _Document(msgspec.Struct, rename="camel"):
    confidence_scores: _Scores


class _Results(msgspec.Struct, rename="camel"):
    documents: list[_Document]
    model_version: str


class _Body(msgspec.Struct):
    results: _Results


class AzureLanguage:
    """The connected service."""

    def __init__(self, settings: AzureSettings, key: str) -> None:
        self._settings = settings
        self._client = TextAnalyticsClient(
            settings.endpoint,
            AzureKeyCredential(key),
            retry_total=0,
            # A redirected request would carry the text to a host that nobody chose.
            permit_redirects=False,
            use_env_settings=not is_plain_text(settings.endpoint),
        )

    async def ask(self, text: str, timeout_s: float) -> Answer | Failure:
        """The score of `text`, of which the service is told to keep no log."""
        try:
            # What `cls` makes is returned, whatever the annotation says.
            body: Any = await self._client.analyze_sentiment(
                [text],
                language=self._settings.language,
                model_version=self._settings.model,
                disable_service_logs=True,
                connection_timeout=timeout_s,
                read_timeout=timeout_s,
                # The SDK's own result leaves out which model answered.
                cls=_body,
            )
        except (ServiceRequestTimeoutError, ServiceResponseTimeoutError):
            raise TimeoutError from None
        except (ValueError, TypeError, RecursionError):
            # Each is how the SDK fails on one kind of body that it did not expect.
            return bad_answer(NOT_AN_ANALYSIS)
        except HttpResponseError as error:
            return _refused(error)
        except AzureError:
            return unreachable()
        return _read(body)

    async def close(self) -> None:
        """Lets go of the connections."""
        await self._client.close()


def _body(response: Any, _result: object, _headers: object) -> bytes:
    body: bytes = response.http_response.body()
    return body


def _refused(error: HttpResponseError) -> Failure:
    """The SDK makes this error of what it cannot read, too."""
    if isinstance(error.__cause__, IncompleteReadError):
        return unreachable()
    if isinstance(error.__cause__, DecodeError):
        return bad_answer(NOT_AN_ANALYSIS)
    response: Any = error.response
    return refused(error.status_code or 0, told_wait_s(response.headers if response else {}))


def _read(body: bytes) -> Answer | Failure:
    try:
        results = msgspec.json.decode(body, type=_Body).results
    except (msgspec.DecodeError, UnicodeDecodeError):
        return bad_answer(NOT_AN_ANALYSIS)
    if len(results.documents) != 1:
        return bad_answer("the service did not score the text")
    scores = results.documents[0].confidence_scores
    probabilities = read_probabilities(scores.positive, scores.neutral, scores.negative)
    if probabilities is None:
        return bad_answer("the scores of the answer do not sum to 1")
    return Answer(probabilities=probabilities, model=results.model_version)
