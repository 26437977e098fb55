"""What must hold before a model may answer."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aitrader_models.manifest import FP32, INT8_DYNAMIC, INT8_STATIC, Manifest, UnfitModel
from aitrader_models.onnx.scorer import Scorer

# Largest difference of a logit. Processors differ in the last digits of a sum of floats, and eight
# bits turn such a digit into a whole step here and there: adding up in another order moved logits
# of a full-size model by 0.002, where eight bits themselves had moved them by 0.06. Wrong weights,
# another vocabulary or sums that saturate move them by tenths and more.
GOLDEN_ERROR_MAX: Final[Mapping[str, float]] = {FP32: 1e-3, INT8_DYNAMIC: 0.05, INT8_STATIC: 0.05}
# Sums of this many terms are taken in other orders where padding or company changes the order.
_CHECKED_TOKENS: Final = 32


def check_files(folder: Path, manifest: Manifest, precision: str) -> None:
    """Raises UnfitModel unless the weights and the tokenizer are those of the manifest."""
    weights, tokenizer = manifest.weights[precision], manifest.tokenizer
    for name, sha256 in ((tokenizer.file, tokenizer.sha256), (weights.file, weights.sha256)):
        path = folder / name
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise UnfitModel(
                f"{path}: {error.strerror}; export the model again", reason="MODEL_MISSING"
            ) from error
        if found != sha256:
            raise UnfitModel(
                f"{path} is not the file that the manifest vouches for (sha256 {found[:12]}, not"
                f" {sha256[:12]}); copy it again or export the model again",
                reason="MODEL_CORRUPT",
            )


def check_vocabulary(scorer: Scorer, manifest: Manifest) -> None:
    """Raises UnfitModel for a tokenizer that numbers its tokens otherwise than the model learnt."""
    found = vocabulary_sha256(scorer.tokenizer.get_vocab())
    if found != manifest.tokenizer.vocabulary_sha256:
        raise UnfitModel(
            f"{manifest.tokenizer.file} has another vocabulary than {manifest.name} was made with;"
            " export the model again",
            reason="MODEL_CORRUPT",
        )


def check_golden(scorer: Scorer, manifest: Manifest, precision: str) -> None:
    """Raises UnfitModel unless the golden texts get the logits and the words they got then."""
    if not manifest.golden:
        raise UnfitModel(
            f"{manifest.name} has no golden texts to be checked with; export it again",
            reason="MODEL_GOLDEN",
        )
    for golden in manifest.golden:
        expected = golden.logits.get(precision, ())
        (found,) = scorer.score([scorer.encode(golden.text).tokens])
        if len(expected) != len(found):
            raise UnfitModel(
                f"{manifest.name} has no golden logits of {precision}; export it again",
                reason="MODEL_GOLDEN",
            )
        error = max(abs(a - b) for a, b in zip(expected, found, strict=True))
        same_word = expected.index(max(expected)) == found.index(max(found))
        if error > GOLDEN_ERROR_MAX[precision] or not same_word:
            raise UnfitModel(
                f"{manifest.name} {precision} answers {golden.text!r} otherwise than when it was"
                f" exported (a logit is off by {error:.3g}); export it again on such a processor"
                f" or set precision to {FP32}",
                reason="MODEL_GOLDEN",
            )


def is_batchable(scorer: Scorer, manifest: Manifest) -> bool:
    """Whether a text gets the same bits alone and padded beside others; graphs differ in that."""
    words = [token for golden in manifest.golden for token in scorer.encode(golden.text).tokens]
    longest = min(manifest.tokens_max, _CHECKED_TOKENS)
    texts = [(words * longest)[: max(longest - missing, 1)] for missing in (0, 1, 5)]
    return scorer.score(texts) == [scorer.score([text])[0] for text in texts]


def vocabulary_sha256(vocabulary: Mapping[str, int]) -> str:
    """Hash of the tokens in the order of their ids, a line each."""
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    return hashlib.sha256("".join(f"{token}\n" for token in tokens).encode()).hexdigest()
