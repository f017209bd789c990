"""Which tool a search by words would take: Okapi BM25 (Robertson and Zaragoza 2009) over names and descriptions."""

import math
import re
from collections import Counter
from collections.abc import Mapping

from snowballstemmer import stemmer

K1, B = 1.2, 0.75
WORDS_OF_GRAMMAR = """
    a about all an and any are as at be by can did do does for from had has have how i if in is it its me much many no
    not now of on or our show tell than that the there these they this to us was we were what when which who will with
    you your
"""
EVERYWHERE = frozenset(WORDS_OF_GRAMMAR.split())
STEMMER = stemmer("english")


def ranked(question: str, descriptions: Mapping[str, str]) -> list[str]:
    """Order the tools by how well what is written of them fits the words of a question."""
    documents = {name: Counter(words(f"{name} {text}")) for name, text in descriptions.items()}
    mean = sum(document.total() for document in documents.values()) / len(documents)

    def score(document: Counter[str]) -> float:
        return sum(
            idf(sum(word in other for other in documents.values()), len(documents))
            * document[word] * (K1 + 1) / (document[word] + K1 * (1 - B + B * document.total() / mean))
            for word in set(words(question))
        )  # fmt: skip

    return sorted(documents, key=lambda name: (-score(documents[name]), name))


def idf(holding: int, every: int) -> float:
    return math.log(1 + (every - holding + 0.5) / (holding + 0.5))


def words(text: str) -> list[str]:
    """Give the stems of those words that tell anything."""
    found = re.findall(r"[a-z]+", text.lower())
    return STEMMER.stemWords([word for word in found if word not in EVERYWHERE])
