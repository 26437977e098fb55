"""Sections `journal` and `limits_store`: what is remembered, and where."""

from typing import Literal

from pydantic import Field

from aitrader_server.config.section import SecretReference, Section


class Journal(Section):
    """The record of everything that happened."""

    kind: Literal["sqlite", "postgres"] = Field(
        default="sqlite", description="sqlite: a file in `state`; postgres: a server, with standbys"
    )
    url: SecretReference | None = Field(
        default=None, description="where postgresql://... is kept, e.g. env:NAME; null for sqlite"
    )
    lease_s: int = Field(
        default=5, ge=1, le=60, description="silence after which a standby takes over, s, 1 to 60"
    )
    snapshot_every_events: int = Field(
        default=20_000,
        ge=100,
        le=10_000_000,
        description="events between snapshots, 100 to 10000000",
    )
    queue_size_max: int = Field(
        default=10_000,
        ge=1_000,
        le=1_000_000,
        description="records that may wait for the disk, 1000 to 1000000",
    )


class LimitsStore(Section):
    """A second memory of the day's use, of halts and latches, beside the journal."""

    kind: Literal["journal", "redis"] = Field(
        default="journal", description="journal: none but that; redis: a server, AOF always"
    )
    url: SecretReference | None = Field(
        default=None, description="where redis://... is kept, e.g. env:NAME; null for journal"
    )
