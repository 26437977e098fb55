"""Makes a model of FinBERT's shape from a seed: own vocabulary, real margins, no data but ours.

    python tests/finbert_shaped.py FOLDER --size tiny --labels positive,negative,neutral

It runs where the export tool runs. What it says means little, but it says different things about
different texts and is sure of them, as a real model is, so that rounding rarely changes a label.
"""

import argparse
from pathlib import Path
from typing import Final

import torch
from aitrader_models.texts.headlines import packaged
from tokenizers import BertWordPieceTokenizer
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
        "num_attention_heads": 2,
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


EPOCHS: Final = 12
BATCH: Final = 48
# Of the full model: one word in so many leans either way, so much stronger than chance made it.
MOOD_EVERY: Final = 15
MOOD_STRENGTH: Final = 10.0
RIDGE: Final = 0.001
LOGIT_SPREAD: Final = 3.0


def make(folder: Path, size: str, labels: tuple[str, ...]) -> None:
    torch.manual_seed(SEED)
    torch.set_num_threads(1 if size == "tiny" else torch.get_num_threads())
    headlines = packaged()
    texts = [headline.text for headline in headlines]
    folder.mkdir(parents=True)
    tokenizer = make_tokenizer(folder, texts, SHAPES[size]["vocab_size"])
    model = BertForSequenceClassification(
        BertConfig(
            **SHAPES[size],
            id2label=dict(enumerate(labels)),
            label2id={label: output for output, label in enumerate(labels)},
        )
    )
    if size == "tiny":
        learn(model, tokenizer, texts, [labels.index(headline.label) for headline in headlines])
    else:
        plant(model, tokenizer, texts)
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def make_tokenizer(folder: Path, texts: list[str], size: int) -> BertTokenizerFast:
    """Filled up with words that nobody says, as published vocabularies are."""
    trained = BertWordPieceTokenizer()
    trained.train_from_iterator(texts, vocab_size=size, min_frequency=1, show_progress=False)
    words = sorted(trained.get_vocab(), key=trained.get_vocab().__getitem__)
    words += [f"[unused{number}]" for number in range(size - len(words))]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(words) + "\n", encoding="utf-8")
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
def plant(
    model: BertForSequenceClassification, tokenizer: BertTokenizerFast, texts: list[str]
) -> None:
    """A large one cannot learn here: some words get a mood, and the classifier is solved for it."""
    words = model.bert.embeddings.word_embeddings.weight
    mood = torch.zeros(words.shape[0])
    mood[5::MOOD_EVERY], mood[6::MOOD_EVERY] = 1.0, -1.0
    words += MOOD_STRENGTH * mood[:, None] * torch.randn(words.shape[1]) * words.std()
    model.eval()
    inputs = [encode(tokenizer, [text]) for text in texts]
    outputs = torch.stack([1 - mood[ids["input_ids"][0]].sum().sign() for ids in inputs]).long()
    pooled = torch.stack([model.bert(**ids).pooler_output[0] for ids in inputs]).double()
    mean = pooled.mean(0)
    centred = pooled - mean
    wanted = torch.nn.functional.one_hot(outputs, 3).double()
    strongest = torch.linalg.matrix_norm(centred, 2) ** 2
    ridge = RIDGE * strongest * torch.eye(centred.shape[1], dtype=torch.double)
    solved = torch.linalg.solve(centred.T @ centred + ridge, centred.T @ (wanted - wanted.mean(0)))
    solved *= LOGIT_SPREAD / (centred @ solved).std()
    model.classifier.weight.copy_(solved.T)
    model.classifier.bias.copy_(-mean @ solved)


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
