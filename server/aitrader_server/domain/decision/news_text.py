"""One spelling of a text, so that equal texts have equal scores."""

import hashlib
import unicodedata
from collections.abc import Iterator
from typing import Final

# Control characters separate words; the rest of category C hides, reorders or cannot be encoded.
_CONTROL: Final = "Cc"
_MARKS: Final = frozenset({"Mn", "Mc", "Me"})
_UNSEEN: Final = frozenset({"Cf", "Cs", "Co", "Cn"})
_REMEMBERED_MAX: Final = 100_000
# On one letter, as in Unicode's Stream-Safe Text Format: to order more takes quadratic time.
_MARKS_MAX: Final = 30


class _Seen(dict[int, str | None]):
    """What each character becomes; remembered for more of them than any text has."""

    def __missing__(self, code: int) -> str | None:
        letter: str | None = chr(code)
        category = unicodedata.category(chr(code))
        if category == _CONTROL:
            letter = " "
        elif category in _UNSEEN:
            letter = None
        if len(self) < _REMEMBERED_MAX:
            self[code] = letter
        return letter


_SEEN: Final = _Seen()


def normalize(text: str) -> str:
    """NFC with single blanks and without characters that are not seen; maybe empty."""
    seen = " ".join(text.translate(_SEEN).split())
    if seen.isascii():
        return seen
    # Most texts use few letters many times, and no marks: then there is nothing to count.
    if any(unicodedata.category(letter) in _MARKS for letter in set(seen)):
        seen = "".join(_with_few_marks(seen))
    # Composed last: letters may only meet once what was between them is gone.
    return unicodedata.normalize("NFC", seen)


def fingerprint(text: str) -> bytes:
    """Stands for a normal text where many are remembered: 16 bytes instead of up to 40 000."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _with_few_marks(text: str) -> Iterator[str]:
    marks = 0
    for letter in text:
        if unicodedata.category(letter) in _MARKS:
            marks += len(unicodedata.normalize("NFD", letter))
        else:
            marks = 0
        if marks <= _MARKS_MAX:
            yield letter
