"""Frames survive the pipe, and nothing large enough to hurt gets in or out."""

import pytest
from aitrader_models.onnx import frames
from aitrader_models.onnx.frames import Cancel, Dropped, Load, Ready, Score, Scored, Unfit

REQUESTS = [
    Load("/models/a", "fp32", 128, 2, 16_384, 16, idle=True),
    Score(1, "Bitcoin 🚀 שלום", 12.5),
    Cancel(1),
]
REPLIES = [
    Ready(16),
    Unfit("MODEL_CORRUPT", "copy it again"),
    Scored(1, 7, (0.1, 0.2, 0.3), 5, True, 0.1, 0.2, 0.3, 4, 0.25),
    Dropped(2, 7, "full", "too many", 0.5),
]


def test_frames_come_out_as_they_went_in():
    for decode, sent in ((frames.decode_request, REQUESTS), (frames.decode_reply, REPLIES)):
        for frame in sent:
            data = frames.encode(frame)
            prefix, body = data[: frames.LENGTH_BYTES], data[frames.LENGTH_BYTES :]
            assert frames.body_bytes(prefix) == len(body)
            assert decode(body) == frame


def test_the_longest_text_fits():
    frames.encode(Score(1, "\U0001f680" * 10_000, 0.0))


def test_a_frame_that_is_too_long_is_refused_on_both_sides():
    with pytest.raises(ValueError, match="at most"):
        frames.encode(Score(1, "a" * frames.FRAME_BYTES_MAX, 0.0))
    with pytest.raises(ValueError, match="at most"):
        frames.body_bytes(b"\xff\xff\xff\xff")
