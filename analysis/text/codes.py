"""Everything assigned to a text, in the order in which it happens: marks for personal data, its
language, themes, tone, and the type of comment.
"""

import functools
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from analysis.text import courtesies, language, personal_data
from analysis.text.model import multilingual, reading
from analysis.text.model.passages import PassageVectors, pack_passages
from analysis.text.personal_data import CHARACTERS_READ, NameFinder, without_marks
from analysis.text.tone import score_texts
from analysis.themes.codebook import Coder
from survey.themes.codebooks import Coding, CommentType, Passages, Sentiment, Span, ThemeCode

# In alphabetical order, as scikit-learn sorts its classes: a column of its result is a place here.
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
    return LogisticRegression(C=STRENGTH, max_iter=2_000).fit(
        comment_features(example_texts(), reading.read_texts(example_texts())), names
    )


def example_lines(name: CommentType) -> list[str]:
    said: str = getattr(load_examples(), name)
    return said.strip().splitlines()


def example_texts() -> list[str]:
    return [text for name in TYPES for text in example_lines(name)]


def comment_features(texts: list[str], read: reading.ReadingBatch) -> NDArray[np.float64]:
    """(n, 384 + 3 + cues): the vector, the model's tone, and cues such as a question mark."""
    # Phones type the curly apostrophe; the cues are written with the straight one.
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
    probabilities = comment_type_model().predict_proba(comment_features(texts, read))
    return [
        CommentTypeGuess(TYPES[int(p.argmax())], round(float(p.max()), 4)) if is_scored else None
        for p, is_scored in zip(probabilities, scored, strict=True)
    ]


CODER = "soundings.text"
CODER_VERSION = "7"
"""Raise it when any word list, pattern, threshold or model changes: codes remember it."""


class ReadingResult(NamedTuple):
    """What was read in a text; `for_themes` is what a second model read, if there is one."""

    tone: Sentiment | None = None
    comment_type: CommentType | None = None
    passages: Passages | None = None
    for_themes: Passages | None = None


NO_READING = ReadingResult()
NO_PASSAGES = Passages(reader="", spans=(), vectors=b"")


class ThemeReader(NamedTuple):
    """A second model for English texts, in whose vectors themes are found, and its name."""

    name: str
    read_passages: Callable[[list[str]], Sequence[PassageVectors]]


def code_texts(
    texts: list[str],
    chosen_languages: Sequence[str | None],
    coder: Coder,
    *,
    names: NameFinder | None = None,
    theme_reader: ThemeReader | None = None,
) -> list[Coding]:
    """The coding of each text. Nothing after redaction reads the unredacted text.

    `names` finds names that the lists lack, such as `named_entities.find_persons`. English is read
    by the sentence model; other languages get their themes from the multilingual model if it is
    installed, and never a tone. `theme_reader` is for themes alone: tone and type are the sentence
    model's. Courtesies are left out of all that is read. A text's codes never depend on another
    text.
    """
    redacted = personal_data.redact_texts(texts, names)
    shown = [text for text, _ in redacted]
    languages = language.detect_languages(shown, chosen_languages)
    # The extras mask more and read otherwise, so what is coded with them carries another version.
    version = CODER_VERSION + "+names" * bool(names) + "+mpnet" * bool(theme_reader)
    said = [courtesies.text_to_read(text) for text in shown]
    read = read_by_language(said, languages, theme_reader)
    assigned = coder.assign(
        shown,
        [text_reading.for_themes or text_reading.passages or NO_PASSAGES for text_reading in read],
    )
    return [
        to_coding(redacted_text, spoken, own_reading, themes, (coder.codebook.version, version))
        for redacted_text, spoken, own_reading, themes in zip(
            redacted, languages, read, assigned, strict=True
        )
    ]


def read_by_language(
    texts: list[str], languages: list[str], theme_reader: ThemeReader | None = None
) -> list[ReadingResult]:
    """Tone, type and passages of each text, read once by each model for its language."""
    english = [row for row, code in enumerate(languages) if language.is_english(code)]
    others = [row for row, code in enumerate(languages) if not language.is_english(code)]
    readings = [NO_READING] * len(texts)
    by_language = (
        (english, read_english([texts[row] for row in english], theme_reader)),
        (others, read_other_language([texts[row] for row in others])),
    )
    for rows, read in by_language:
        for row, said in zip(rows, read, strict=True):
            readings[row] = said
    return readings


def read_english(texts: list[str], theme_reader: ThemeReader | None) -> list[ReadingResult]:
    read = reading.read_texts(texts)
    codes = [language.ENGLISH] * len(texts)
    tones = score_texts(texts, codes, read)
    types = guess_types(texts, codes, read)
    return [
        ReadingResult(
            tone, typed.type if typed else None, pack_passages(reading.VERSION, placed), second
        )
        for tone, typed, placed, second in zip(
            tones, types, read.placed, passages_for_themes(texts, theme_reader), strict=True
        )
    ]


def passages_for_themes(
    texts: list[str], theme_reader: ThemeReader | None
) -> Sequence[Passages | None]:
    if theme_reader is None:
        return [None] * len(texts)
    return [
        pack_passages(theme_reader.name, passage) for passage in theme_reader.read_passages(texts)
    ]


def read_other_language(texts: list[str]) -> list[ReadingResult]:
    rows = multilingual.text_vectors(texts) if texts else None
    if rows is None:
        return [NO_READING] * len(texts)
    return [
        ReadingResult(
            # The engine gives one vector a text and no states of its pieces, so no sentences.
            passages=pack_passages(
                multilingual.READER, PassageVectors(((0, len(text)),), row[None])
            )
        )
        for text, row in zip(texts, rows, strict=True)
    ]


def to_coding(
    redacted: tuple[str, tuple[Span, ...]],
    spoken: str,
    said: ReadingResult,
    themes: tuple[ThemeCode, ...],
    versions: tuple[int, str],
) -> Coding:
    """A coding under these versions of the codebook and of the coder."""
    text, spans = redacted
    codebook, coder = versions
    left_out = courtesies.courtesy_spans(text)
    return Coding(
        language=spoken,
        redacted=text,
        spans=spans,
        sentiment=said.tone and msgspec.structs.replace(said.tone, left_out=left_out),
        themes=themes,
        coder=CODER,
        coder_version=coder,
        codebook=codebook,
        comment_type=said.comment_type,
        passages=said.passages,
        theme_passages=said.for_themes,
    )
