"""Files of texts with labels: CSV, TSV or JSON lines, in UTF-8, with the columns text and label."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Final, Literal, NamedTuple

from aitrader_server.domain.decision.news_text import normalize

from aitrader_models.manifest import LABELS

TEXTS_MAX: Final = 100_000
TEXT_CHARS_MAX: Final = 10_000
PROBLEMS_MAX: Final = 10


class UnfitTexts(ValueError):
    """A file that cannot be used; the message names every line that is wrong, up to a bound."""


class Labelled(NamedTuple):
    """A normalised text; `label` is empty where the file has none."""

    text: str
    label: str = ""


def read_texts(path: Path, *, labels: bool) -> tuple[Labelled, ...]:
    """Texts in the order of the file, each once; `labels` says that every text must have one.

    Raises UnfitTexts.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UnfitTexts(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UnfitTexts(f"{path}: byte {error.start} is not UTF-8; save it as UTF-8") from error
    problems: list[str] = []
    first_lines: dict[str, tuple[int, Labelled]] = {}
    for number, row in _rows(path, StringIO(text, newline="")):
        if len(first_lines) == TEXTS_MAX:
            raise UnfitTexts(f"{path}:{number}: there are more than {TEXTS_MAX} texts")
        known = _read(row, labels=labels) if isinstance(row, Mapping) else row
        if isinstance(known, Labelled):
            first, seen = first_lines.setdefault(known.text, (number, known))
            if seen == known:
                continue
            known = f"the text of line {first} again, but with the label {seen.label}"
        problems.append(f"{path}:{number}: {known}")
        if len(problems) == PROBLEMS_MAX:
            break
    if problems:
        raise UnfitTexts("\n".join(problems))
    if not first_lines:
        raise UnfitTexts(f"{path}: there are no texts")
    return tuple(text for _, text in first_lines.values())


def _rows(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, Mapping[str, object] | str]]:
    """The line on which a row starts, and its columns or what is wrong with it."""
    match path.suffix.lower():
        case ".jsonl":
            return _json_rows(lines)
        case ".csv":
            return _table_rows(path, lines, ",", csv.QUOTE_MINIMAL)
        case ".tsv":
            return _table_rows(path, lines, "\t", csv.QUOTE_NONE)
        case _:
            raise UnfitTexts(f"{path}: name it .csv, .tsv or .jsonl, so that its kind is known")


def _json_rows(lines: Iterable[str]) -> Iterator[tuple[int, Mapping[str, object] | str]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            yield number, f"not JSON: {error}"
            continue
        yield number, row if isinstance(row, dict) else "not a JSON object"


def _table_rows(
    path: Path, lines: Iterable[str], delimiter: str, quoting: Literal[0, 3]
) -> Iterator[tuple[int, Mapping[str, object] | str]]:
    """A quoted text may span lines, so that only the reader knows where the next row starts."""
    rows = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
    header = [cell.strip().lower() for cell in next(rows, [])]
    if "text" not in header:
        raise UnfitTexts(f"{path}:1: the first line must name the columns: text and label")
    while True:
        start = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield start, str(error)
            return
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if len(row) == len(header):
            yield start, dict(zip(header, row, strict=True))
        else:
            yield start, f"{len(row)} columns, but the first line names {len(header)}"


def _read(row: Mapping[str, object], *, labels: bool) -> Labelled | str:
    """The text of a row, or what is wrong with it."""
    text, label = row.get("text"), row.get("label") or ""
    if not isinstance(text, str) or not normalize(text):
        return "no text"
    if len(text) > TEXT_CHARS_MAX:
        return f"{len(text)} characters, but {TEXT_CHARS_MAX} are the most"
    if not isinstance(label, str) or (label and label.strip().lower() not in LABELS):
        return f"the label {label} is none of {', '.join(LABELS)}"
    if labels and not label:
        return f"no label; it must be one of {', '.join(LABELS)}"
    return Labelled(normalize(text), label.strip().lower())
