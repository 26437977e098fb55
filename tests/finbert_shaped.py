"""Makes a model of FinBERT's shape from a seed: own vocabulary, own texts, real margins.

    python tests/finbert_shaped.py FOLDER --size tiny --labels positive,negative,neutral

It runs where the export tool runs. A small model learns our headlines by heart; the full size is
that model written large, so that it says the same and is as sure of it: rounding rarely changes a
label of either, as with a model that was trained in earnest.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Final

import torch
from aitrader_models.texts.headlines import packaged
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import (
    BatchEncoding,
    BertConfig,
    BertForSequenceClassification,
    BertTokenizerFast,
)

SEED: Final = 20260401
TOKENS_MAX: Final = 64
LABELS: Final = "positive,negative,neutral"
SHAPES: Final = {
    "tiny": {
        "vocab_size": 2000,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 1,
        "intermediate_size": 64,
    },
    "full": {
        "vocab_size": 30522,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
    },
}


SPECIAL: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
EPOCHS: Final = 12
BATCH: Final = 48
# The layers that the full size has beyond the small model work as hard but change little.
IDLE: Final = 0.01


def make(folder: Path, size: str, labels: tuple[str, ...]) -> None:
    torch.manual_seed(SEED)
    # Steps are so small that a second thread costs more than it brings.
    torch.set_num_threads(1)
    headlines = packaged()
    texts = [headline.text for headline in headlines]
    folder.mkdir(parents=True)
    vocabulary = SHAPES[size]["vocab_size"]
    tokenizer = make_tokenizer(folder, texts, vocabulary)
    names = dict(enumerate(labels))
    small = BertForSequenceClassification(
        BertConfig(**SHAPES["tiny"] | {"vocab_size": vocabulary}, id2label=names)
    )
    learn(small, tokenizer, texts, [labels.index(headline.label) for headline in headlines])
    model = small
    if size == "full":
        model = BertForSequenceClassification(BertConfig(**SHAPES[size], id2label=names))
        write_large(small, model)
    model.config.label2id = {label: output for output, label in names.items()}
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def make_tokenizer(folder: Path, texts: list[str], size: int) -> BertTokenizerFast:
    """Whole words and single letters, then words that nobody says, as published ones have them.

    The library's trainer breaks ties by chance: each run would learn another model.
    """
    normalizer, splitter = BertNormalizer(lowercase=True), BertPreTokenizer()
    words = Counter(
        word
        for text in texts
        for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))
    )
    letters = sorted({letter for word in words for letter in word})
    known = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters)]
    longer = (word for word in words if len(word) > 1)
    known += sorted(longer, key=lambda word: (-words[word], word))[: size - len(known)]
    known += [f"[unused{number}]" for number in range(size - len(known))]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(known) + "\n", encoding="utf-8")
    return BertTokenizerFast(vocab_file=str(vocabulary), do_lower_case=True)


def learn(
    model: BertForSequenceClassification,
    tokenizer: BertTokenizerFast,
    texts: list[str],
    outputs: list[int],
) -> None:
    """A small model learns our headlines by heart within seconds."""
    by_length = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    batches = [
        (
            encode(tokenizer, [texts[place] for place in by_length[start : start + BATCH]]),
            torch.tensor([outputs[place] for place in by_length[start : start + BATCH]]),
        )
        for start in range(0, len(texts), BATCH)
    ]
    optimizer = torch.optim.AdamW(model.train().parameters(), lr=0.005)
    for _ in range(EPOCHS):
        for place in torch.randperm(len(batches)).tolist():
            inputs, expected = batches[place]
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(**inputs).logits, expected).backward()
            optimizer.step()


@torch.inference_mode()
def write_large(small: BertForSequenceClassification, large: BertForSequenceClassification) -> None:
    """Repeats every number: means and variances stay as they are, sums are shared by the copies."""
    numbers = small.state_dict()
    last_norm = "encoder.layer.{}.output.LayerNorm".format
    small_last = last_norm(small.config.num_hidden_layers - 1)
    large_last = last_norm(large.config.num_hidden_layers - 1)
    head = large.config.hidden_size // large.config.num_attention_heads
    for name, number in large.state_dict().items():
        source = name.replace(large_last, small_last)
        # Before the idle layers the norm stays plain, so that theirs have nothing to change.
        if source in numbers and small_last not in name:
            times = [
                wide // narrow
                for wide, narrow in zip(number.shape, numbers[source].shape, strict=True)
            ]
            summed = number.dim() > 1 and "embeddings" not in name
            number.copy_(numbers[source].repeat(*times) / (times[1] if summed else 1))
            if "attention.self.query" in name:
                # Products of longer vectors grow faster than what they are divided by.
                number.div_((head / small.config.hidden_size) ** 0.5)
        elif name.endswith("output.dense.weight"):
            number.mul_(IDLE)


def encode(tokenizer: BertTokenizerFast, texts: list[str]) -> BatchEncoding:
    return tokenizer(
        texts, return_tensors="pt", padding=True, truncation=True, max_length=TOKENS_MAX
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=SHAPES, default="tiny")
    parser.add_argument("--labels", default=LABELS)
    arguments = parser.parse_args()
    make(arguments.folder, arguments.size, tuple(arguments.labels.split(",")))
