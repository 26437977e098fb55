"""A model of a hub, fetched after its terms were shown and accepted."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from aitrader_models.export.refusal import ExportRefused

_NEEDED: Final = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
)
_SAFE_WEIGHTS: Final = "model.safetensors"
_OLD_WEIGHTS: Final = "pytorch_model.bin"


def fetch(
    hub_id: str, revision: str | None, *, accept_terms: bool, say: Callable[[str], None]
) -> tuple[Path, str]:
    """The folder of the newest or given revision, and its licence. Raises ExportRefused."""
    wanted = [*_NEEDED, _SAFE_WEIGHTS]
    license_name = ""
    try:
        if not constants.HF_HUB_OFFLINE:
            info = HfApi().model_info(hub_id, revision=revision)
            revision = info.sha
            license_name = (info.card_data and info.card_data.license) or ""
            if _SAFE_WEIGHTS not in {file.rfilename for file in info.siblings or ()}:
                wanted = [*_NEEDED, _OLD_WEIGHTS]
        say(_terms(hub_id, revision, license_name, looked_up=not constants.HF_HUB_OFFLINE))
        if not accept_terms:
            raise ExportRefused("nothing was fetched; say --accept-terms if you accept these terms")
        say(f"fetch {hub_id} ...")
        folder = Path(snapshot_download(hub_id, revision=revision, allow_patterns=wanted))
    except LocalEntryNotFoundError as error:
        raise ExportRefused(
            f"{hub_id} is not among the files that were fetched before; unset HF_HUB_OFFLINE"
        ) from error
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise ExportRefused(
            f"{hub_id} could not be fetched from {constants.ENDPOINT}: {error}\n"
            "look at the id; a model behind a gate also needs HF_TOKEN, and a machine without "
            "a network needs a folder in place of the id"
        ) from error
    return folder, license_name


def _terms(hub_id: str, revision: str | None, license_name: str, *, looked_up: bool) -> str:
    declared = f"its card declares the licence {license_name}"
    if not license_name:
        declared = "its card declares no licence, so that its author reserves all rights"
    if not looked_up:
        declared = "its licence was not looked up, as HF_HUB_OFFLINE is set"
    return (
        f"{hub_id} at {revision or 'its newest revision'}: {declared}. "
        "The texts that it learnt from may bind you as well: those of FinBERT (Financial "
        "PhraseBank, CC BY-NC-SA 3.0) are not for commercial use. "
        f"Read https://huggingface.co/{hub_id}"
    )
