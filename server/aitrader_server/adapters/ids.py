"""Identity from the operating system's randomness."""

import base64
import os

REQUEST_ID_BYTES = 15
TRACE_ID_BYTES = 16


class RandomIds:
    """Implements the engine's identity factory."""

    def request_id(self) -> str:
        """`a-` and 24 base32 digits: 120 random bits, 26 characters of the 36 a venue takes."""
        text = base64.b32encode(os.urandom(REQUEST_ID_BYTES)).decode("ascii")
        return f"a-{text.lower()}"

    def trace_id(self) -> str:
        """A W3C trace id: 32 lower-case hex digits, not all zero."""
        while True:
            raw = os.urandom(TRACE_ID_BYTES)
            if any(raw):
                return raw.hex()
