"""What every section of the configuration shares: unknown keys are errors, values never change."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeGuard, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, model_validator

from aitrader_server.domain import money

Amount = Annotated[
    Decimal,
    Field(max_digits=36),
    PlainSerializer(money.text, return_type=str, when_used="json"),
]
"""Exact decimal of at most 36 digits, read from text and written without an exponent."""

Fraction = Annotated[Amount, Field(ge=0, le=1)]
"""Share of something, 0 to 1."""

Port = Annotated[int, Field(ge=0, le=65_535)]
"""TCP port; 0 lets the system choose."""

EnvName = Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$", max_length=100)]
"""Name of an environment variable, never its value."""

Symbol = Annotated[str, Field(pattern=r"^[A-Z0-9_.-]{1,20}$")]
"""The venue's spelling of an instrument."""


SecretReference = Annotated[
    str,
    Field(
        pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:\S+"
        r"|(vault|aws-sm|gcp-sm|x-[a-z0-9-]+):[^\s#]+(#[^\s#]+)?)$",
        max_length=500,
    ),
]
"""Where a secret is to be found: `env:NAME`, `file:/path`, `vault:mount/path#field`,
`aws-sm:name`, `gcp-sm:projects/P/secrets/S`, or `x-NAME:place` of a plug-in; all but the first two
with `#field` for one of a JSON text.
"""


def _expand_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from error


Location = Annotated[Path, AfterValidator(_expand_home)]
"""Path from the working folder; a leading `~` is the home folder."""

Settings = dict[str, Any]
"""Free-form mapping with text leaves; the plug-in that gets it validates it."""


class Section(BaseModel):
    """One mapping of the file; a section written without keys keeps its defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_sections(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {
            key: value
            for key, value in values.items()
            if value is not None or not cls.is_mapping(key)
        }

    @classmethod
    def is_mapping(cls, key: str | int, *deeper: str | int) -> bool:
        """Whether this path is a mapping that is always there: null says nothing about it."""
        field = cls.model_fields.get(str(key))
        annotation = None if field is None else field.annotation
        if _is_section(annotation):
            return annotation.is_mapping(*deeper) if deeper else True
        return annotation == Settings and not deeper


def section_in(annotation: Any) -> type[Section] | None:
    """The section that a field of this type holds, through lists and optional values."""
    if _is_section(annotation):
        return annotation
    return next(filter(None, map(section_in, get_args(annotation))), None)


def _is_section(annotation: Any) -> TypeGuard[type[Section]]:
    return isinstance(annotation, type) and issubclass(annotation, Section)
