"""A model folder from a published model: convert, hold against the original, publish."""

import logging
import os
import shutil
import warnings

import msgspec

from aitrader_models.calibration import FOLDER_NAME, fits
from aitrader_models.export.order import Order, split
from aitrader_models.export.publication import check_target, publishing
from aitrader_models.export.source import open_source
from aitrader_models.export.stages import Stages
from aitrader_models.manifest import FILE_NAME, Manifest
from aitrader_models.texts.headlines import packaged


def export(order: Order, stages: Stages) -> Manifest:
    """Publishes `order.target`. Raises ExportRefused; nothing is left behind then."""
    check_target(order.target, replace=order.replace)
    texts = split(order.texts or packaged())
    source = open_source(order.source, accept_terms=order.accept_terms, say=stages.say)
    _quieten()
    # Here, because torch takes seconds: what can be refused without it is refused before.
    with stages.stage("load PyTorch"):
        from aitrader_models.export.filling import fill  # noqa: PLC0415 -- see above

    with publishing(order.target, replace=order.replace) as folder:
        manifest = fill(folder, order, source, texts, stages)
        (folder / FILE_NAME).write_bytes(
            msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
        )
        for path in sorted((order.target / FOLDER_NAME).glob("*.json")):
            if fits(path, manifest):
                (folder / FOLDER_NAME).mkdir(exist_ok=True)
                shutil.copy2(path, folder / FOLDER_NAME)
            else:
                stages.say(f"{path.name} fits other weights and is left behind: calibrate again")
    return manifest


def _quieten() -> None:
    """What the libraries say on the way is for their authors; what matters is checked here."""
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
