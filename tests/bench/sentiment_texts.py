"""Headlines of the package, as they come and cut to a number of tokens."""

from itertools import cycle
from pathlib import Path

from aitrader_models.manifest import read_manifest
from aitrader_models.texts.headlines import packaged
from tokenizers import Tokenizer

HEADLINES = [headline.text for headline in packaged()]


class Texts:
    """Texts as one model reads them."""

    def __init__(self, folder: Path) -> None:
        file = read_manifest(folder).tokenizer.file
        self._tokenizer = Tokenizer.from_file(str(folder / file))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def tokens(self, text: str) -> list[int]:
        """Its token ids with the marks at both ends."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def of_length(self, tokens: int, count: int) -> list[str]:
        """`count` different texts of exactly so many tokens, words of headlines one after another.

        A word that would be one token too many is left out.
        """
        words = cycle(word for headline in HEADLINES for word in headline.split())
        texts = []
        for _ in range(count):
            text = ""
            while (length := len(self.tokens(text))) < tokens:
                longer = f"{text} {next(words)}".strip()
                if length < len(self.tokens(longer)) <= tokens:
                    text = longer
            texts.append(text)
        return texts
