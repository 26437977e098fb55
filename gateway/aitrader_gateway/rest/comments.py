"""What the contract says of its declarations; the generated code does not hold it."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

# Every facade answers with this message, whose comments the contract does not hold.
_STATUS = {
    "google.rpc.Status": "Why a call failed.",
    "google.rpc.Status.code": "gRPC status code, e.g. 5 for NOT_FOUND.",
    "google.rpc.Status.message": "What is wrong and what to do about it.",
    "google.rpc.Status.details": "More about it, such as the reason's code and each wrong field.",
}


@cache
def _comments() -> dict[str, str]:
    text = files("aitrader.v1").joinpath("comments.json").read_text(encoding="utf-8")
    return {**json.loads(text), **_STATUS}


def comment_on(full_name: str) -> str:
    """Give the comment of a declaration; empty for one outside the contract.

    An enum value's full name is that of its enum, a dot and its own.
    """
    return _comments().get(full_name, "")


def commented(part: dict[str, Any], full_name: str) -> dict[str, Any]:
    """Put a declaration's comment, if any, before what a part of the document says of itself."""
    texts = [text for text in (comment_on(full_name), part.get("description", "")) if text]
    return {**part, "description": " ".join(texts)} if texts else part
