"""What the configuration may say to the `onnx` model."""

import os
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from aitrader_models.calibration import CRYPTO

TOKENS_MIN: Final = 8
"""Room for the marks at both ends and a few words."""


def bare_source(source: str) -> str:
    """`https://www.CoinDesk.com/markets`, `coindesk.com` and `Coin Desk` are one source."""
    host = source.lower().rpartition("://")[2].partition("/")[0].removeprefix("www.")
    return "".join(filter(str.isalnum, host.partition(".")[0]))


Source = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(bare_source)]


class OnnxSettings(BaseModel):
    """`folder` holds manifest.json and may be a link that is switched to another folder.

    `threads` null takes every core, `tokens_max` null what the manifest says. `idle` work runs
    only when the cores have nothing else to do, so that orders do not wait for it.
    `crypto_calibration` is for texts about crypto, `calibration` for the others; null for none.
    A process that is not ready after `start_timeout_s`, or says nothing about a text for
    `stuck_timeout_s` after its time was up, is replaced.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    precision: Literal["auto", "fp32", "int8-dynamic", "int8-static"] = "auto"
    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    priority: Literal["idle", "normal"] = "idle"
    queue_tokens_max: Annotated[int, Field(ge=TOKENS_MIN, le=1_048_576)] = 16_384
    batch_max: Annotated[int, Field(ge=1, le=256)] = 16
    tokens_max: Annotated[int, Field(ge=TOKENS_MIN, le=512)] | None = None
    crypto_sources: Annotated[tuple[Source, ...], Field(validate_default=True)] = (
        "beincrypto",
        "bitcoinist",
        "bitcoinmagazine",
        "bitcoin.com",
        "blockworks",
        "coindesk",
        "coingape",
        "cointelegraph",
        "decrypt",
        "dlnews",
        "newsbtc",
        "theblock",
        "thedefiant",
        "u.today",
        "watcher.guru",
    )
    crypto_calibration: str | None = CRYPTO.id
    calibration: str | None = None
    start_timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    stuck_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 60.0

    @model_validator(mode="after")
    def _check_queue(self) -> Self:
        if self.tokens_max is not None and self.queue_tokens_max < self.tokens_max:
            raise ValueError(
                f"queue_tokens_max {self.queue_tokens_max} cannot hold one text of"
                f" tokens_max {self.tokens_max}; raise the one or lower the other"
            )
        return self

    def worker_threads(self) -> int:
        """Threads that score, at least one."""
        if self.threads is not None:
            return self.threads
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
