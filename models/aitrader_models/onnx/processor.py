"""Which weights this processor can serve."""

import platform
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from aitrader_models.manifest import (
    FP32,
    INT8_DYNAMIC,
    INT8_STATIC,
    Manifest,
    UnfitModel,
)

AUTO: Final = "auto"
BY_SPEED: Final = (INT8_DYNAMIC, INT8_STATIC, FP32)
"""One text at a time first: news come singly, and then it is the fastest."""

# A dot product of bytes that does not saturate, as the kernel spells it on x86 and on ARM.
DOT_PRODUCTS: Final = frozenset({"avx512_vnni", "avx_vnni", "asimddp"})
_CPUINFO: Final = Path("/proc/cpuinfo")


class Choice(NamedTuple):
    """A precision and why it was taken."""

    precision: str
    why: str


@cache
def has_dot_product() -> bool:
    """Whether products of bytes keep their sums exact; False where it cannot be told."""
    if platform.system() == "Darwin":
        return platform.machine() == "arm64"
    try:
        text = _CPUINFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return dot_product_in(text)


def dot_product_in(cpuinfo: str) -> bool:
    """Whether the first processor of Linux's `cpuinfo` has one."""
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in {"flags", "Features"}:
            return not DOT_PRODUCTS.isdisjoint(value.split())
    return False


def choose(manifest: Manifest, wanted: str, *, dot_product: bool) -> Choice:
    """The fastest weights that are exact here, or the `wanted`. Raises UnfitModel."""
    exact = [
        precision
        for precision in BY_SPEED
        if precision in manifest.weights
        and (dot_product or not manifest.weights[precision].needs_vnni)
    ]
    if wanted == AUTO:
        if not exact:
            raise UnfitModel(
                f"{manifest.name}: none of {_listed(manifest)} is exact on this processor,"
                f" which has no VNNI; export it with {FP32} as well",
                reason="MODEL_RUNTIME",
            )
        passed = [p for p in BY_SPEED if p in manifest.weights and p not in exact]
        why = "the fastest of the folder"
        if passed:
            why += f" that is exact here; without VNNI {', '.join(passed)} would saturate"
        return Choice(exact[0], why)
    if wanted not in manifest.weights:
        raise UnfitModel(
            f"{manifest.name} has no {wanted}, only {_listed(manifest)};"
            f" export it as well or set precision to {AUTO}",
            reason="MODEL_MISSING",
        )
    if wanted not in exact:
        raise UnfitModel(
            f"{wanted} of {manifest.name} saturates on this processor, which has no VNNI, and"
            f" would answer otherwise than measured; set precision to {AUTO} or {FP32}",
            reason="MODEL_RUNTIME",
        )
    return Choice(wanted, "as set")


def _listed(manifest: Manifest) -> str:
    return ", ".join(sorted(manifest.weights)) or "nothing"
