"""Scores, models and a symbol's sentiment as people read them."""

import time
from typing import TYPE_CHECKING

import click

from aitrader_clients.cli.printing import print_table, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aitrader.v1.sentiment_pb2 import (
        AnalyzeResponse,
        GetModelResponse,
        GetSymbolSentimentResponse,
        Probabilities,
        SentimentBackend,
    )
    from aitrader.v1.trading_pb2 import Sentiment

COLUMNS = ("label", "score", "engine", "model", "calibration", "notes", "text")
BACKEND_COLUMNS = ("engine", "model", "serves", "remote", "for orders", "sha256", "queued tokens")
SHA256_DIGITS = 12
_INDENT = 12


def row_of(result: "AnalyzeResponse", text: str) -> tuple[str, ...]:
    """Return the cells of `COLUMNS`."""
    return (
        result.label,
        f"{result.score:+.3f}",
        result.engine,
        result.model,
        result.calibration or "-",
        ", ".join(_notes(result)) or "-",
        _visible(text),
    )


def print_scores(scored: "Iterable[tuple[AnalyzeResponse, str]]") -> None:
    """Print a line a text."""
    print_table(COLUMNS, [row_of(result, text) for result, text in scored])


def print_why(result: "AnalyzeResponse", text: str) -> None:
    """Print what a score rests on, a fact a line."""
    facts = [
        ("text", _visible(text)),
        ("score", f"{result.label} {result.score:+.3f}"),
        ("model", f"{result.engine} {result.model} {result.precision}".rstrip()),
        ("sha256", result.model_sha256[:SHA256_DIGITS]),
        ("notes", ", ".join(_notes(result))),
    ]
    calibrated = result.HasField("raw_probabilities")
    facts.append(
        ("raw", _chances(result.raw_probabilities if calibrated else result.probabilities))
    )
    if calibrated:
        facts.append(("calibrated", f"{_chances(result.probabilities)}  by {result.calibration}"))
    facts += [("tokens", str(result.token_count)), ("time", _times(result))]
    for name, fact in facts:
        if fact:
            click.echo(f"{name:{_INDENT}}{fact}")
    for span in result.spans:
        click.echo(
            f"{span.weight:+.3f}".ljust(_INDENT)
            + f"{_visible(span.text)}  ({span.start}-{span.end})"
        )


def print_model(answer: "GetModelResponse") -> None:
    """Print which model serves, all that could, and how the labels are spread."""
    reads = f"reads {answer.tokens_max} tokens" if answer.tokens_max else ""
    calibrations = ", ".join(answer.calibrations)
    facts = (answer.engine, answer.model, answer.precision, calibrations, reads)
    click.echo("  ".join(filter(None, facts)))
    if answer.fallback_reason:
        click.echo("a fallback serves")
    usual = "DRIFTING, the model may not fit its texts" if answer.drifting else "no drift"
    click.echo(f"neutral share {answer.neutral_share:.0%}: {usual}")
    print_table(BACKEND_COLUMNS, map(_backend, answer.backends))
    # Below the table, where a long reason has a line of its own.
    for backend in answer.backends:
        if backend.why:
            click.echo(f"{backend.engine}: {backend.why}")


def print_symbol(answer: "GetSymbolSentimentResponse") -> None:
    """Print what was said of a symbol, how much of it is left, and how old it is."""
    if not answer.count:
        click.echo(f"{answer.symbol}  nothing was said of it since the engine started")
        return
    age_s = max(round(time.time() - answer.updated_at.seconds), 0)
    click.echo(
        f"{answer.symbol}  {answer.label} {answer.score:+.3f}  texts {answer.count}"
        f"  weight {answer.weight:.2f}, halved every {answer.half_life_s:g} s"
    )
    stale = "  STALE: too old to have a say" if answer.stale else ""
    click.echo(f"newest {stamp(answer.updated_at)}  age {age_s} s{stale}")


def say_of_news(sentiment: "Sentiment") -> str:
    """Say what part news had in a decision: who scored them, who should have, why it was none."""
    words = []
    if sentiment.label:
        words += [f"{sentiment.label} {sentiment.score:+.3f}", f"of the {sentiment.origin}"]
        words += [sentiment.engine, sentiment.model, sentiment.calibration]
    if sentiment.fallback_reason:
        words.append(f"fallback {sentiment.fallback_reason}")
    if sentiment.unused_because:
        words.append(f"had no say: {sentiment.unused_because}")
    return "  ".join(filter(None, words))


def _visible(text: str) -> str:
    # News were written by strangers: what moves a cursor or forges a line stays out of a terminal.
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _notes(result: "AnalyzeResponse") -> "Iterator[str]":
    if result.fallback_reason:
        yield f"fallback {result.fallback_reason}"
    if result.truncated:
        yield "truncated"
    if result.cached:
        yield "cached"


def _chances(said: "Probabilities") -> str:
    return f"positive {said.positive:.3f}  neutral {said.neutral:.3f}  negative {said.negative:.3f}"


def _times(result: "AnalyzeResponse") -> str:
    parts = result.latency
    made = "when it was made" if result.cached else f"in a batch of {parts.batch_size}"
    return (
        f"{result.latency_ms:.3f} ms; queue {parts.queue_ms:.3f}, tokenize {parts.tokenize_ms:.3f},"
        f" infer {parts.infer_ms:.3f} {made}"
    )


def _backend(backend: "SentimentBackend") -> tuple[str, ...]:
    tokens_max = backend.queue_tokens_max
    return (
        backend.engine,
        " ".join(filter(None, (backend.model, backend.precision))) or "-",
        "yes" if backend.ready else "no",
        "yes" if backend.remote else "no",
        "yes" if backend.decides else "no",
        backend.model_sha256[:SHA256_DIGITS] or "-",
        f"{backend.queue_tokens}/{tokens_max}" if tokens_max else "-",
    )
