"""Where a model comes from: a folder of the user's, or a hub after its terms were accepted."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from aitrader_models.export.refusal import ExportRefused

_HUB_ID: Final = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(@(?P<revision>[\w.-]+))?")


class Source(NamedTuple):
    """A folder with a model of transformers; `origin` says where it came from."""

    folder: Path
    name: str
    origin: str
    license: str


def open_source(source: str, *, accept_terms: bool, say: Callable[[str], None]) -> Source:
    """The folder `source`, or the hub's model of that id. Raises ExportRefused.

    Only a hub id opens the network. Call it before anything imports huggingface_hub, which reads
    its variables (HF_HOME, HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE) once.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    folder = Path(source).expanduser()
    if folder.is_dir():
        os.environ["HF_HUB_OFFLINE"] = "1"
        if not (folder / "config.json").is_file():
            raise ExportRefused(
                f"{folder} has no config.json; name the folder that save_pretrained wrote"
            )
        return Source(folder, folder.resolve().name, f"folder {folder.resolve().name}", "")
    # Here, because it reads its variables when it is imported.
    from aitrader_models.export.hub import fetch  # noqa: PLC0415 -- see above

    match = _HUB_ID.fullmatch(source)
    if match is None:
        raise ExportRefused(f"{source} is neither a folder nor a hub id such as ProsusAI/finbert")
    folder, license_name = fetch(match["id"], match["revision"], accept_terms=accept_terms, say=say)
    return Source(
        folder=folder,
        name=match["id"].rpartition("/")[2],
        origin=f"{match['id']}@{folder.name}",
        license=license_name,
    )
