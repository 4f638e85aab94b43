"""What a comment does: tell, complain, praise, suggest or ask."""

import functools
import re
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from analysis.text import reading
from analysis.text.marks import READ, without_marks
from survey.codes import CommentType

TYPES: tuple[CommentType, ...] = ("complaint", "experience", "praise", "question", "suggestion")
STRENGTH = 4.0
"""C of the regression, chosen on the examples left out in fives."""

SIGNS = tuple(
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


class Examples(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    experience: str
    complaint: str
    praise: str
    suggestion: str
    question: str


class Typed(NamedTuple):
    type: CommentType
    probability: float


@functools.cache
def examples() -> Examples:
    written = Path(__file__).with_name("comment_types.toml").read_bytes()
    return msgspec.toml.decode(written, type=Examples)


@functools.cache
def regression() -> LogisticRegression:
    """Fitted once a process on the examples of the file: the same file gives the same types."""
    names = [name for name in TYPES for _ in lines(name)]
    return fitted(features(texts(), reading.read(texts())), names)


def lines(name: CommentType) -> list[str]:
    said: str = getattr(examples(), name)
    return said.strip().splitlines()


def texts() -> list[str]:
    return [text for name in TYPES for text in lines(name)]


def fitted(rows: NDArray[np.float64], names: list[CommentType]) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=2_000).fit(rows, names)


def features(texts: list[str], read: reading.Read) -> NDArray[np.float64]:
    """(n, 384 + 3 + signs): the vector, the model's tone, and signs such as a question mark."""
    plain = [without_marks(text[:READ]).replace("’", "'").strip() for text in texts]
    signs = [[bool(sign.search(text)) for sign in SIGNS] for text in plain]
    return np.hstack([read.vectors, read.tone, np.array(signs, float).reshape(-1, len(SIGNS))])


def types(
    texts: list[str], languages: list[str], read: reading.Read | None = None
) -> list[Typed | None]:
    """The likeliest type of each text and its probability; None if not English, or empty.

    A regularised multinomial logistic regression on few examples: a text that does two things has
    one type and a low probability. `read` is what `reading.read` found for the same texts.
    """
    scored = [
        language.partition("-")[0] == "en" and bool(text.strip())
        for text, language in zip(texts, languages, strict=True)
    ]
    if not any(scored):
        return [None] * len(texts)
    read = reading.read(texts) if read is None else read
    found = regression().predict_proba(features(texts, read))
    return [
        Typed(TYPES[int(p.argmax())], round(float(p.max()), 4)) if is_scored else None
        for p, is_scored in zip(found, scored, strict=True)
    ]
