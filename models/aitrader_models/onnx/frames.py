"""What the server and the process that scores say to each other, and how it is framed.

A frame is its length, four bytes, and a MessagePack array whose first element names its type.
"""

import struct
from typing import Final, Literal

import msgspec

FRAME_BYTES_MAX: Final = 262_144
"""A text of 10 000 characters takes at most 40 000."""

_LENGTH: Final = struct.Struct(">I")
LENGTH_BYTES: Final = _LENGTH.size


class Frame(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """`id` counts the texts of one process from 1."""


class Load(Frame, frozen=True):
    """The first frame: what to serve and with what; `batch_max` is 1 for one text at a time."""

    folder: str
    precision: str
    tokens_max: int
    threads: int
    queue_tokens_max: int
    batch_max: int
    idle: bool


class Score(Frame, frozen=True):
    """A text; `deadline_s` is a reading of the monotonic clock that all processes share."""

    id: int
    text: str
    deadline_s: float


class Cancel(Frame, frozen=True):
    """Nobody waits for this text any more."""

    id: int


Request = Load | Score | Cancel


class Ready(Frame, frozen=True):
    """Everything was verified; texts may come, of which `batch_max` are scored at once."""

    batch_max: int


class Unfit(Frame, frozen=True):
    """The model cannot serve; the process ends."""

    reason: str
    message: str


class Scored(Frame, frozen=True):
    """Logits of positive, neutral, negative; `queue_tokens` is what waits now."""

    id: int
    queue_tokens: int
    logits: tuple[float, float, float]
    tokens: int
    truncated: bool
    queue_ms: float
    tokenize_ms: float
    infer_ms: float
    batch_size: int
    padding_ratio: float


class Dropped(Frame, frozen=True):
    """A text that was not scored, and why; `retry_after_s` is for a full queue."""

    id: int
    queue_tokens: int
    cause: Literal["full", "too_long", "expired", "abandoned", "failed"]
    message: str = ""
    retry_after_s: float = 0.0


Reply = Ready | Unfit | Scored | Dropped

_ENCODER: Final = msgspec.msgpack.Encoder()
_REQUESTS: Final[msgspec.msgpack.Decoder[Request]] = msgspec.msgpack.Decoder(Request)
_REPLIES: Final[msgspec.msgpack.Decoder[Reply]] = msgspec.msgpack.Decoder(Reply)


def encode(frame: Frame) -> bytes:
    """The frame with its length before it."""
    body = _ENCODER.encode(frame)
    if len(body) > FRAME_BYTES_MAX:
        raise ValueError(f"a frame of {len(body)} bytes; at most {FRAME_BYTES_MAX} fit")
    return _LENGTH.pack(len(body)) + body


def body_bytes(prefix: bytes) -> int:
    """How many bytes follow the length. Raises ValueError for more than a frame may have."""
    (length,) = _LENGTH.unpack(prefix)
    if length > FRAME_BYTES_MAX:
        raise ValueError(f"a frame of {length} bytes; at most {FRAME_BYTES_MAX} fit")
    return int(length)


def decode_request(body: bytes) -> Request:
    """Raises msgspec.DecodeError."""
    return _REQUESTS.decode(body)


def decode_reply(body: bytes) -> Reply:
    """Raises msgspec.DecodeError."""
    return _REPLIES.decode(body)
