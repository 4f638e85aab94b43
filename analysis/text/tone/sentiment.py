"""The tone of a text: two lexicons and the sentence model, mixed, with reasons and a confidence."""

import numpy as np
from numpy.typing import NDArray

from analysis.text import reading
from analysis.text.model_files import MODEL_CARD
from analysis.text.passages import PassageVectors
from analysis.text.personal_data.marks import CHARACTERS_READ
from analysis.text.tone import lexicons
from analysis.text.tone.slips import without_slips
from analysis.text.tone.victims import is_about_a_victim
from analysis.text.tone.wishes import is_only_wishes
from survey.coding.codes import Polarity, Sentiment, Statement

LABELS: tuple[Polarity, ...] = ("negative", "neutral", "positive")
SCORE = np.array([-1.0, 0.0, 1.0])
LEAST = 1e-6
"""No probability is taken for nought: its logarithm would outvote everything."""

ToneRows = NDArray[np.float64]
LexiconScores = list[tuple[lexicons.TextBlobScore, lexicons.VaderScore]]


def score_texts(
    texts: list[str], languages: list[str], read: reading.ReadingBatch | None = None
) -> list[Sentiment | None]:
    """The tone of each text; None where it is not English or empty.

    p is proportional to exp(a log p_model + b log p_lexicons + bias), a geometric mix; polarity is
    p+ - p-, confidence the p of the label. `read` is the result of `reading.read_texts` for the
    same texts, so that each is read once; without it they are read here. Words and subjectivity are
    TextBlob's; statements are the sentences with a tone each, where some praise and some blame. A
    text that is only hopes and wishes, or kind words about a victim, is never positive.
    Irony is rarely understood. Raises WrongModel if it must read.
    """
    rows = scorable_rows(texts, languages)
    if not rows:
        return [None] * len(texts)
    read = reading.read_texts(texts) if read is None else read
    model = read.tone[rows]
    found = lexicon_scores([texts[row] for row in rows])
    mixed = without_praise_of_others(
        mixed_tone(model, lexicon_tone(found)), [texts[row] for row in rows]
    )
    said = [find_statements(texts[row], read.placed[row], read.sentences[row]) for row in rows]
    return in_row_order(
        len(texts),
        rows,
        [
            to_sentiment(p, each, (("model", float(SCORE @ m)),), statements)
            for p, each, m, statements in zip(mixed, found, model, said, strict=True)
        ],
    )


def without_praise_of_others(p: ToneRows, texts: list[str]) -> ToneRows:
    """The tones (n, 3), with what is positive as neutral where a text is only hopes and wishes or
    tells of a victim and of nobody who helped.
    """
    read = [text[:CHARACTERS_READ] for text in texts]
    others = np.array([is_only_wishes(text) or is_about_a_victim(text) for text in read], bool)
    moved = np.column_stack([p[:, 0], p[:, 1] + p[:, 2], np.zeros(len(p))])
    return np.where(others[:, None], moved, p)


def find_statements(text: str, placed: PassageVectors, tone: ToneRows) -> tuple[Statement, ...]:
    """The sentences of a text that has praise and blame, each with a tone mixed as a text's is."""
    spans = placed.spans[1:]
    if not len(tone):
        return ()
    found = lexicon_scores([text[start:end] for start, end in spans])
    mixed = mixed_tone(tone, lexicon_tone(found))
    return tuple(
        Statement(start, end, LABELS[int(p.argmax())], round(float(SCORE @ p), 4))
        for (start, end), p in zip(spans, mixed, strict=True)
    )


def scorable_rows(texts: list[str], languages: list[str]) -> list[int]:
    """Numbers of the non-empty English texts: the lexicons and the model know no other language."""
    return [
        row
        for row, (text, language) in enumerate(zip(texts, languages, strict=True))
        if language.partition("-")[0] == "en" and text.strip()
    ]


def in_row_order(n: int, rows: list[int], found: list[Sentiment]) -> list[Sentiment | None]:
    at = dict(zip(rows, found, strict=True))
    return [at.get(row) for row in range(n)]


def to_sentiment(
    p: ToneRows,
    found: tuple[lexicons.TextBlobScore, lexicons.VaderScore],
    model: tuple[tuple[str, float], ...],
    statements: tuple[Statement, ...] = (),
) -> Sentiment:
    textblob, vader = found
    scorers = (("TextBlob", textblob.polarity), ("VADER", vader.compound), *model)
    return Sentiment(
        label=LABELS[int(p.argmax())],
        polarity=round(float(SCORE @ p), 4),
        subjectivity=round(textblob.subjectivity, 4),
        words=textblob.words,
        confidence=round(float(p.max()), 4),
        scorers=tuple((name, round(value, 4)) for name, value in scorers),
        statements=statements,
    )


def lexicon_scores(texts: list[str]) -> LexiconScores:
    said = [without_slips(lexicons.text_for_lexicons(text)) for text in texts]
    return [(lexicons.textblob_score(text), lexicons.vader_score(text)) for text in said]


def lexicon_features(found: LexiconScores) -> ToneRows:
    """The features of the lexicons (n, 8): VADER's four, TextBlob's two, and how far the two
    polarities are from 0.
    """
    plain = np.array(
        [(*vader, textblob.polarity, textblob.subjectivity) for textblob, vader in found]
    ).reshape(-1, 6)
    return np.column_stack([plain, np.abs(plain[:, 3]), np.abs(plain[:, 4])])


def lexicon_tone(found: LexiconScores) -> ToneRows:
    """The probabilities of each tone (n, 3) by a logistic regression on the lexicons' features."""
    fitted = MODEL_CARD.lexicons
    return softmax(lexicon_features(found) @ np.array(fitted.weights) + np.array(fitted.bias))


def mixed_tone(model: ToneRows, lexicon: ToneRows) -> ToneRows:
    """The tone (n, 3) mixed from the model's and the lexicons' (n, 3 each)."""
    fitted = MODEL_CARD.mixture
    logs = fitted.model * np.log(np.maximum(model, LEAST))
    logs = logs + fitted.lexicons * np.log(np.maximum(lexicon, LEAST))
    return softmax(logs + np.array(fitted.bias))


def softmax(logits: ToneRows) -> ToneRows:
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: ToneRows = weights / weights.sum(axis=1, keepdims=True)
    return found
