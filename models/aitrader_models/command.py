"""`aitrader models`: make a model folder, check it, fit it to your own texts."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

EXPORT_EXTRA: Final = "export"
SERVER_EXTRA: Final = "server"

PRECISIONS: Final = ("fp32", "int8-dynamic", "int8-static")


@click.group()
def models() -> None:
    """Make a model folder, check it, fit it to your own texts."""
    # The library reads it when it is imported, and sends home what it does unless it is set.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"


@models.command()
@click.argument("source")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="New folder.")
@click.option("--replace", is_flag=True, help="Replace the model folder that is there.")
@click.option(
    "--precision",
    "precisions",
    type=click.Choice(PRECISIONS),
    multiple=True,
    default=PRECISIONS,
    help="What to make; may be given again.  [default: all three]",
)
@click.option(
    "--texts",
    type=click.Path(path_type=Path),
    help="Your texts (.csv, .tsv, .jsonl: text, maybe label) to quantise with and to judge by.",
)
@click.option("--name", default="", help="What answers call the model.  [default: as SOURCE]")
@click.option("--tokens-max", type=click.IntRange(8, 512), default=128, show_default=True)
@click.option("--opset", type=click.IntRange(17, 21), default=18, show_default=True)
@click.option(
    "--quality-gate",
    metavar="agreement=A,macro-f1=LOSS",
    default="agreement=0.985,macro-f1=0.01",
    show_default=True,
    help="What eight bits may cost. The manifest keeps it.",
)
@click.option(
    "--any-processor", is_flag=True, help="Weights of seven bits, exact without VNNI as well."
)
@click.option("--accept-terms", is_flag=True, help="Accept the terms of a model of the hub.")
def export(  # noqa: PLR0917 -- click passes every option by name
    source: str,
    target: Path,
    precisions: tuple[str, ...],
    texts: Path | None,
    name: str,
    tokens_max: int,
    opset: int,
    quality_gate: str,
    *,
    replace: bool,
    any_processor: bool,
    accept_terms: bool,
) -> None:
    """Make a model folder from SOURCE, a local folder or a hub id (ProsusAI/finbert).

    HF_HOME, HF_TOKEN and HF_ENDPOINT are honoured.
    """
    with _needing(EXPORT_EXTRA):
        from aitrader_models import manifest as manifests  # noqa: PLC0415 -- extra
        from aitrader_models.export import exporting, order, refusal, stages  # noqa: PLC0415 -- extra
        from aitrader_models.texts import labelled  # noqa: PLC0415 -- extra

        _require("onnx", "optimum", "torch", "transformers")
    # What ends a container must leave nothing behind either.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        manifest = exporting.export(
            order.Order(
                source=source,
                target=target,
                precisions=frozenset(precisions),
                texts=labelled.read_texts(texts, labels=False) if texts else (),
                opset=opset,
                tokens_max=tokens_max,
                name=name,
                gate=order.parse_gate(quality_gate),
                accept_terms=accept_terms,
                replace=replace,
                any_processor=any_processor,
            ),
            stages.Stages(),
        )
    except (refusal.ExportRefused, labelled.UnfitTexts, manifests.UnfitModel, OSError) as error:
        raise click.ClickException(str(error)) from error
    for weights in manifest.weights.values():
        megabytes = weights.size_bytes / 1_000_000
        click.echo(f"{target / weights.file}  {megabytes:.1f} MB  sha256 {weights.sha256[:12]}")


@models.command()
@click.argument("folder", type=click.Path(path_type=Path))
def verify(folder: Path) -> None:
    """Check the files, labels and golden texts of FOLDER, and say what this processor would run."""
    with _needing(SERVER_EXTRA):
        from aitrader_models import manifest  # noqa: PLC0415 -- extra
        from aitrader_models.export import verifying  # noqa: PLC0415 -- extra
    try:
        for line in verifying.verify(folder):
            click.echo(line)
    except manifest.UnfitModel as error:
        raise click.ClickException(f"{error} ({error.reason})") from error


@models.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("texts", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Settings call it NAME-v1, the next one NAME-v2.")
@click.option(
    "--precision",
    type=click.Choice(("auto", *PRECISIONS)),
    default="auto",
    show_default=True,
    help="The weights that score the texts; the others share the result.",
)
@click.option("--force", is_flag=True, help="Write it though held-out texts speak against it.")
def calibrate(folder: Path, texts: Path, name: str, precision: str, *, force: bool) -> None:
    """Fit the model in FOLDER to the labels of TEXTS (.csv, .tsv, .jsonl: text, label).

    Three in ten texts are held out; the result is written only if it gets more of them right.
    """
    with _needing(SERVER_EXTRA):
        from aitrader_models import manifest  # noqa: PLC0415 -- extra
        from aitrader_models.calibrating import calibrating, reporting  # noqa: PLC0415 -- extra
        from aitrader_models.export import stages  # noqa: PLC0415 -- extra
        from aitrader_models.texts import labelled  # noqa: PLC0415 -- extra
    try:
        fitted = calibrating.calibrate(folder, texts, name, precision, stages.Stages())
    except (manifest.UnfitModel, labelled.UnfitTexts) as error:
        raise click.ClickException(str(error)) from error
    for line in reporting.report(fitted.file):
        click.echo(line)
    if not fitted.improves:
        click.echo("warning: macro-F1 of the held-out texts does not improve", err=True)
        if not force:
            raise click.ClickException("nothing was written; bring more texts, or say --force")
    try:
        calibrating.write(fitted)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"wrote {fitted.path}; settings call it {fitted.path.stem}")


@models.command()
@click.argument("texts", type=click.Path(path_type=Path))
@click.option("--source", default="", metavar="NAME", help="Where the texts come from.")
def judge(texts: Path, source: str) -> None:
    """Hold the rules against the labels of TEXTS (.csv, .tsv, .jsonl: text, label)."""
    with _needing(SERVER_EXTRA):
        from aitrader_models import judging  # noqa: PLC0415 -- extra
        from aitrader_models.texts import labelled  # noqa: PLC0415 -- extra
    try:
        judgement = judging.judge(texts, source)
    except labelled.UnfitTexts as error:
        raise click.ClickException(str(error)) from error
    for line in judging.report(judgement):
        click.echo(line)


@contextmanager
def _needing(extra: str) -> Iterator[None]:
    """A library that is not installed becomes one line that says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is missing: in the project's folder, pip install '.[{extra}]'"
        ) from error


def _require(*modules: str) -> None:
    """Without importing them, as some take seconds."""
    for module in modules:
        if find_spec(module.partition(".")[0]) is None:
            raise ModuleNotFoundError(name=module)
