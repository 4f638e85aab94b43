"""What kind of comment a text is: experience, complaint, praise, suggestion or question."""

import functools
import re
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from analysis.text import reading
from analysis.text.personal_data.marks import CHARACTERS_READ, without_marks
from survey.coding.codes import CommentType

TYPES: tuple[CommentType, ...] = ("complaint", "experience", "praise", "question", "suggestion")
STRENGTH = 4.0
"""C of the regression, chosen on the examples left out in fives."""

TYPE_CUES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\?\s*$",
        r"\?",
        r"^\W*(?:who|what|when|where|why|which|how|is|are|was|were|do|does|did|can|could|will|would"
        r"|has|have|may|am|should)\b",
        r"\b(?:should|ought to|must|needs? to|has to|have to|would help|suggest|recommend)\b",
        r"\b(?:would like|would be (?:good|better|nice|useful)|we need|please|maybe|why not)\b",
        r"\b(?:i|we)(?: was| were|'d| had| saw| went| called| rang| got| met| spoke| gave)\b",
        r"\b(?:thank|thanks|grateful|appreciate|well done|impressed|brilliant|praise)",
        r"\b(?:never|nobody|no one|nothing|ignored|refused|failed|too (?:much|many|long|few))\b",
        r"^\W*(?:more|less|better|fewer|create|give|make|put|have|use|train|let|stop|bring|build|get"
        r"|work|ask|invite|listen|publish|teach|hire|recruit|consider|ensure|allow|educate|share"
        r"|provide|improve|increase|reduce|introduce|involve|engage|focus|eliminate|ban|abolish"
        r"|fund|invest|encourage|hold|start|open|set up|show|offer|remove|keep|change|review)\b",
    )
)


class CommentTypeExamples(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    experience: str
    complaint: str
    praise: str
    suggestion: str
    question: str


class CommentTypeGuess(NamedTuple):
    type: CommentType
    probability: float


@functools.cache
def load_examples() -> CommentTypeExamples:
    written = Path(__file__).with_name("comment_types.toml").read_bytes()
    return msgspec.toml.decode(written, type=CommentTypeExamples)


@functools.cache
def comment_type_model() -> LogisticRegression:
    """The model of comment types, fitted once per process: the same examples give the same
    types.
    """
    names = [name for name in TYPES for _ in example_lines(name)]
    return fit_regression(
        comment_features(example_texts(), reading.read_texts(example_texts())), names
    )


def example_lines(name: CommentType) -> list[str]:
    said: str = getattr(load_examples(), name)
    return said.strip().splitlines()


def example_texts() -> list[str]:
    return [text for name in TYPES for text in example_lines(name)]


def fit_regression(rows: NDArray[np.float64], names: list[CommentType]) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=2_000).fit(rows, names)


def comment_features(texts: list[str], read: reading.ReadingBatch) -> NDArray[np.float64]:
    """(n, 384 + 3 + cues): the vector, the model's tone, and cues such as a question mark."""
    plain = [without_marks(text[:CHARACTERS_READ]).replace("’", "'").strip() for text in texts]
    signs = [[bool(sign.search(text)) for sign in TYPE_CUES] for text in plain]
    return np.hstack([read.vectors, read.tone, np.array(signs, float).reshape(-1, len(TYPE_CUES))])


def guess_types(
    texts: list[str], languages: list[str], read: reading.ReadingBatch | None = None
) -> list[CommentTypeGuess | None]:
    """The likeliest type of each text and its probability; None if not English, or empty.

    A regularised multinomial logistic regression on few examples: a text that does two things has
    one type and a low probability. `read` is the result of `reading.read_texts` for the same texts.
    """
    scored = [
        language.partition("-")[0] == "en" and bool(text.strip())
        for text, language in zip(texts, languages, strict=True)
    ]
    if not any(scored):
        return [None] * len(texts)
    read = reading.read_texts(texts) if read is None else read
    found = comment_type_model().predict_proba(comment_features(texts, read))
    return [
        CommentTypeGuess(TYPES[int(p.argmax())], round(float(p.max()), 4)) if is_scored else None
        for p, is_scored in zip(found, scored, strict=True)
    ]
