"""A model as its library runs it, in a process of its own: what the served one is measured against.

    sentiment_floor.py torch FOLDER THREADS    the published weights, PyTorch in eager mode
    sentiment_floor.py onnx FILE THREADS       one ONNX file, a session as it comes

A line of standard input is a text, a JSON list of token ids; the answer is how long it took, ms.
Only the forward pass is timed. Imports nothing of the platform, so that any environment runs it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Forward = Callable[[list[int]], object]


class Floor:
    """One such process, seen from the bench."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def lap_ms(self, tokens: list[int]) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(tokens)}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process ended before it answered; what it said before tells why"
        return float(answer)


@contextmanager
def floor(python: str, library: str, weights: Path, threads: int) -> Iterator[Floor]:
    """Loads `weights` with the interpreter that has the library."""
    process = subprocess.Popen(
        [python, __file__, library, str(weights), str(threads)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "ORT_DISABLE_TELEMETRY": "1"},
    )
    try:
        yield Floor(process)
    finally:
        process.kill()
        process.communicate()


def torch_forward(folder: str, threads: int) -> Forward:
    import torch  # noqa: PLC0415 -- one process has one of the two
    from transformers import BertForSequenceClassification  # noqa: PLC0415 -- the same

    torch.set_num_threads(threads)
    model = BertForSequenceClassification.from_pretrained(folder).eval()

    def forward(tokens: list[int]) -> object:
        ids = torch.tensor([tokens])
        with torch.inference_mode():
            return model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits

    return forward


def onnx_forward(file: str, threads: int) -> Forward:
    import numpy as np  # noqa: PLC0415 -- one process has one of the two
    import onnxruntime as ort  # noqa: PLC0415 -- the same

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]

    def forward(tokens: list[int]) -> object:
        ids = np.array([tokens], dtype=np.int64)
        feeds = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        return session.run(None, {name: feeds[name] for name in names})

    return forward


def main(library: str, weights: str, threads: str) -> None:
    forwards = {"torch": torch_forward, "onnx": onnx_forward}
    forward = forwards[library](weights, int(threads))
    for line in sys.stdin:
        tokens = json.loads(line)
        begun = time.perf_counter()
        forward(tokens)
        print((time.perf_counter() - begun) * 1000, flush=True)  # noqa: T201 -- its output


if __name__ == "__main__":
    main(*sys.argv[1:])
