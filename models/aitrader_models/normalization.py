"""One spelling of a text, so that equal texts have equal scores."""

import unicodedata
from typing import Final

# Control characters separate words; the rest of category C hides, reorders or cannot be encoded.
_CONTROL: Final = "Cc"
_UNSEEN: Final = frozenset({"Cf", "Cs", "Co", "Cn"})
_BASIC_PLANE_END: Final = 0x10000


class _Seen(dict[int, str | None]):
    """What each character becomes; remembered for the basic plane, which bounds it."""

    def __missing__(self, code: int) -> str | None:
        letter: str | None = chr(code)
        category = unicodedata.category(chr(code))
        if category == _CONTROL:
            letter = " "
        elif category in _UNSEEN:
            letter = None
        if code < _BASIC_PLANE_END:
            self[code] = letter
        return letter


_SEEN: Final = _Seen()


def normalize(text: str) -> str:
    """NFC with single blanks and without characters that are not seen; maybe empty."""
    # Composed last: letters may only meet once what was between them is gone.
    return unicodedata.normalize("NFC", " ".join(text.translate(_SEEN).split()))
