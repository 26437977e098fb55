"""What the configuration may say to a model."""

from collections.abc import Mapping


def refuse_settings(model: str, settings: Mapping[str, object]) -> None:
    """Raises ValueError naming what a model without settings was given."""
    if settings:
        raise ValueError(f"{model} takes no settings, but was given {', '.join(sorted(settings))}")
