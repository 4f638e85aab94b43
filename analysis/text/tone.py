"""The tone of a text, by two lexicons and the sentence model, and by heads learned from people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy.optimize import minimize

from analysis.text import lexicons
from analysis.text.lexicons import is_about_a_victim, is_only_wishes
from analysis.text.masked_words import without_slips
from analysis.text.model import reading
from analysis.text.model.files import MODEL_CARD
from analysis.text.model.passages import PassageVectors, unpack_vectors
from analysis.text.personal_data import CHARACTERS_READ
from survey.themes.codebooks import Passages, Polarity, Sentiment, ShippedTone, Statement
from survey.themes.tone_heads import FOLDS, ConfidenceScale, FoldHead, ToneHead

LABELS: tuple[Polarity, ...] = ("negative", "neutral", "positive")
SCORE = np.array([-1.0, 0.0, 1.0])
LEAST = 1e-6
"""No probability is taken for nought: its logarithm would outvote everything."""

ToneRows = NDArray[np.float64]
LexiconScores = list[tuple[lexicons.TextBlobScore, lexicons.VaderScore]]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]
SCORERS = ("TextBlob", "VADER", "model")
LEAST_SHIPPED = 1e-3
"""Tones are stored with four digits: a smaller probability is not known."""
PENALTY = 4.0
"""These three were chosen on halves of labelled sets; half or twice as much changes a hundredth."""
FLAT = 1e-3
LOG_SCALE, VECTOR_SCALE = 0.5, 2.0


def score_texts(
    texts: list[str], languages: list[str], read: reading.ReadingBatch | None = None
) -> list[Sentiment | None]:
    """The tone of each text; None where it is not English or empty.

    p is proportional to exp(a log p_model + b log p_lexicons + bias), a geometric mix; polarity is
    p+ - p-, confidence the p of the label. `read` is the result of `reading.read_texts` for the
    same texts, so that each is read once; without it they are read here. Words and subjectivity are
    TextBlob's; statements are the sentences, each with its tone, of a text with both praise and
    blame. A text that is only hopes and wishes, or kind words about a victim, is never positive.
    Irony is rarely understood. Raises WrongModel if it must read.
    """
    rows = [
        row
        for row, (text, language) in enumerate(zip(texts, languages, strict=True))
        if language.partition("-")[0] == "en" and text.strip()
    ]
    if not rows:
        return [None] * len(texts)
    read = reading.read_texts(texts) if read is None else read
    model = read.tone[rows]
    scores = lexicon_scores([texts[row] for row in rows])
    mixed = without_praise_of_others(
        mixed_tone(model, lexicon_tone(scores)), [texts[row] for row in rows]
    )
    said = [find_statements(texts[row], read.placed[row], read.sentences[row]) for row in rows]
    sentiments = [
        to_sentiment(p, each, (("model", float(SCORE @ m)),), statements)
        for p, each, m, statements in zip(mixed, scores, model, said, strict=True)
    ]
    at = dict(zip(rows, sentiments, strict=True))
    return [at.get(row) for row in range(len(texts))]


def without_praise_of_others(p: ToneRows, texts: list[str]) -> ToneRows:
    """The tones (n, 3), with positive made neutral where a text is only hopes and wishes or tells
    of a victim and of nobody who helped.
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
    scores = lexicon_scores([text[start:end] for start, end in spans])
    mixed = mixed_tone(tone, lexicon_tone(scores))
    return tuple(
        Statement(start, end, LABELS[int(p.argmax())], round(float(SCORE @ p), 4))
        for (start, end), p in zip(spans, mixed, strict=True)
    )


def to_sentiment(
    p: ToneRows,
    scores: tuple[lexicons.TextBlobScore, lexicons.VaderScore],
    model: tuple[tuple[str, float], ...],
    statements: tuple[Statement, ...] = (),
) -> Sentiment:
    textblob, vader = scores
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


def lexicon_features(scores: LexiconScores) -> ToneRows:
    """The features of the lexicons (n, 8): VADER's four, TextBlob's two, and how far the two
    polarities are from 0.
    """
    plain = np.array(
        [(*vader, textblob.polarity, textblob.subjectivity) for textblob, vader in scores]
    ).reshape(-1, 6)
    return np.column_stack([plain, np.abs(plain[:, 3]), np.abs(plain[:, 4])])


def lexicon_tone(scores: LexiconScores) -> ToneRows:
    """The probabilities of each tone (n, 3) by a logistic regression on the lexicons' features."""
    fitted = MODEL_CARD.lexicons
    return softmax(lexicon_features(scores) @ np.array(fitted.weights) + np.array(fitted.bias))


def mixed_tone(model: ToneRows, lexicon: ToneRows) -> ToneRows:
    """The tone (n, 3) mixed from the model's and the lexicons' (n, 3 each)."""
    fitted = MODEL_CARD.mixture
    logs = fitted.model * np.log(np.maximum(model, LEAST))
    logs = logs + fitted.lexicons * np.log(np.maximum(lexicon, LEAST))
    return softmax(logs + np.array(fitted.bias))


def softmax(logits: ToneRows) -> ToneRows:
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    rows: ToneRows = weights / weights.sum(axis=1, keepdims=True)
    return rows


@dataclass(frozen=True, eq=False, kw_only=True)
class ToneEvidence:
    """What a head knows of n texts: `shipped` (n, 3) are the probabilities of the tone as shipped,
    `scorers` (n, 3) the results of TextBlob, VADER and the model, `vectors` (n, 384).
    """

    shipped: ToneRows
    scorers: Floats
    vectors: Floats

    def __len__(self) -> int:
        return len(self.shipped)

    def only(self, rows: Rows | Ints) -> "ToneEvidence":
        return ToneEvidence(
            shipped=self.shipped[rows], scorers=self.scorers[rows], vectors=self.vectors[rows]
        )

    def start(self) -> Floats:
        """The logits (n, 3) as shipped, from which a head begins."""
        return np.asarray(np.log(np.clip(self.shipped, LEAST_SHIPPED, 1.0)))

    def features(self) -> Floats:
        """(n, 390): the centred log probabilities, the scorers and the vector, scaled."""
        logs = self.start()
        logs = logs - logs.mean(axis=1, keepdims=True)
        return np.hstack([LOG_SCALE * logs, self.scorers, VECTOR_SCALE * self.vectors])


@dataclass(frozen=True, eq=False, kw_only=True)
class TaughtTones:
    """n texts with the tone that people settled on (0 to 2), the weight and the fold of each."""

    evidence: ToneEvidence
    tone: Ints
    weight: Floats
    fold: Ints

    def __len__(self) -> int:
        return len(self.tone)

    def only(self, rows: Rows | Ints) -> "TaughtTones":
        return TaughtTones(
            evidence=self.evidence.only(rows),
            tone=self.tone[rows],
            weight=self.weight[rows],
            fold=self.fold[rows],
        )


def evidence_of(tones: Sequence[Sentiment], passages: Sequence[Passages]) -> ToneEvidence:
    """What a head knows of texts that were read: their tone and their vectors as stored."""
    n = len(tones)
    return ToneEvidence(
        shipped=np.array([tone_probabilities(shipped_tone(tone)) for tone in tones]).reshape(n, 3),
        scorers=np.array(
            [[dict(tone.scorers).get(name, 0.0) for name in SCORERS] for tone in tones]
        ).reshape(n, 3),
        vectors=np.array([unpack_vectors(passage)[0] for passage in passages], np.float64).reshape(
            n, -1
        ),
    )


def shipped_tone(sentiment: Sentiment) -> ShippedTone:
    return sentiment.shipped or ShippedTone(
        sentiment.label, sentiment.polarity, sentiment.confidence
    )


def tone_probabilities(tone: Sentiment | ShippedTone) -> Floats:
    """The three probabilities that a tone was made from, by its confidence and polarity."""
    p, polarity = tone.confidence, tone.polarity
    # The confidence is the label's probability; polarity and the sum of 1 give the other two.
    if tone.label == "neutral":
        probabilities = [(1 - p - polarity) / 2, p, (1 - p + polarity) / 2]
    elif tone.label == "positive":
        probabilities = [p - polarity, 1 - 2 * p + polarity, p]
    else:
        probabilities = [p, 1 - 2 * p - polarity, p + polarity]
    return np.clip(np.array(probabilities, dtype=np.float64), 0.0, 1.0)


def fit_head(taught: TaughtTones) -> FoldHead:
    """Multinomial logistic regression that starts from the tone as shipped.

    p ∝ exp(log s + X W + b): s (n, 3) the probabilities as shipped, X (n, 390) the features. W
    (390, 3) and b minimise Σ w·(-log p of the tone) + (4/2n)·‖W‖², with w the weights of the texts
    over the sum of those of their tone, and divided by three: each tone counts alike, however
    seldom it is. With few labels W stays near 0, and the tone near the one as shipped.
    Errors: ValueError where a tone has no text.
    Source: McCullagh & Nelder (1989) ch. 5; King & Zeng (2001) for the weights by class.
    """
    counts = np.bincount(taught.tone, taught.weight, minlength=3)
    if not counts.all():
        raise ValueError("each tone needs a text to learn from")
    share = taught.weight / counts[taught.tone] / 3
    start, features = taught.evidence.start(), taught.evidence.features()
    (n, width), chosen = features.shape, np.eye(3)[taught.tone]

    def loss(x: Floats) -> tuple[float, Floats]:
        weights, bias = x[:-3].reshape(width, 3), x[-3:]
        p = softmax(start + features @ weights + bias)
        away = share[:, None] * (p - chosen)
        badness = -float(share @ np.log(np.maximum((p * chosen).sum(axis=1), 1e-300)))
        badness += 0.5 * (PENALTY / n * float((weights**2).sum()) + FLAT * float(bias @ bias))
        slope = features.T @ away + PENALTY / n * weights
        return badness, np.concatenate([slope.ravel(), away.sum(axis=0) + FLAT * bias])

    optimum = minimize(loss, np.zeros(3 * width + 3), jac=True, method="L-BFGS-B")
    bias = tuple(round(float(intercept), 6) for intercept in optimum.x[-3:])
    return FoldHead(
        weights=optimum.x[:-3].astype("<f4").tobytes(), bias=(bias[0], bias[1], bias[2])
    )


def fit_fold_heads(taught: TaughtTones) -> tuple[FoldHead, ...]:
    """For each fold the head learned from the texts of the other folds."""
    return tuple(fit_head(taught.only(taught.fold != number)) for number in range(FOLDS))


def read_tones(heads: Sequence[FoldHead], evidence: ToneEvidence, fold: Ints) -> ToneRows:
    """The probabilities (n, 3) of each tone, each text read by the head of its fold.

    That head has not learned from the text, nor from an equal one, so that a text that people
    coded is read like any other, and figures corrected by these labels stay right.
    Source: Zrnic & Candès (2024), "Cross-prediction-powered inference", PNAS 121(15).
    """
    start, features = evidence.start(), evidence.features()
    tones = np.zeros_like(start)
    for number, head in enumerate(heads):
        rows = fold == number
        weights = np.frombuffer(head.weights, "<f4").astype(np.float64).reshape(-1, 3)
        tones[rows] = softmax(start[rows] + features[rows] @ weights + np.array(head.bias))
    return tones


def tones_by_head(
    head: ToneHead,
    tones: Sequence[Sentiment],
    passages: Sequence[Passages],
    fold: Sequence[int],
    streams: Sequence[str],
) -> list[Sentiment]:
    """The tones as this head reads them; their other fields stay."""
    if not tones:
        return []
    p = read_tones(head.folds, evidence_of(tones, passages), np.array(fold, dtype=np.int64))
    scales = {confidence.stream: confidence for confidence in head.confidences}
    return [
        by_head(tone, row, scales.get(stream))
        for tone, row, stream in zip(tones, p, streams, strict=True)
    ]


def as_shipped(sentiment: Sentiment) -> Sentiment:
    before = shipped_tone(sentiment)
    return replace(
        sentiment,
        label=before.label,
        polarity=before.polarity,
        confidence=before.confidence,
        shipped=None,
        checked=None,
    )


def by_head(sentiment: Sentiment, p: Floats, scale: ConfidenceScale | None) -> Sentiment:
    sure = float(p.max())
    return replace(
        sentiment,
        label=LABELS[int(p.argmax())],
        polarity=round(float(SCORE @ p), 4),
        confidence=round(sure, 4),
        shipped=shipped_tone(sentiment),
        checked=scale and round(float(scaled_confidence(np.array([sure]), scale)[0]), 4),
    )


def scaled_confidence(p: Floats, scale: ConfidenceScale) -> Floats:
    """How often a tone of this probability is right, by the scale of its stream."""
    odds = logit(p)
    return np.asarray(1 / (1 + np.exp(-scale.slope * odds - scale.intercept)))


def logit(p: Floats) -> Floats:
    inside = np.clip(p, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(inside / (1 - inside)))
