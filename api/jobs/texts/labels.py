"""What two people and the machine said of texts, as arrays."""

from collections.abc import Mapping, Sequence
from typing import TypedDict, get_args

import numpy as np

from analysis import residents
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Labels
from analysis.themes.accuracy import TONES, DoubleCodedTexts
from survey.store.themes.double_coding import TwiceCodedText
from survey.surveys.instruments import Instrument, Margin
from survey.themes.codebooks import Codebook, CommentType, Sentiment, current_themes
from survey.themes.double_coding import CoderLabel

TYPES = get_args(CommentType)
TONE_ORDER = tuple(TONES)
Forms = Mapping[tuple[str, int], Instrument]
GROUPS: dict[Margin, tuple[str, ...]] = {
    "age": residents.AGES,
    "sex": residents.SEXES,
    "ethnicity": residents.ETHNICITIES,
}


class ThemeCarrier:
    """Carries themes coded under an older version into the themes of this codebook."""

    def __init__(
        self, book: Codebook, themes: Sequence[str], known: dict[int, frozenset[str]]
    ) -> None:
        self.book = book
        self.themes = list(themes)
        self.known = known
        self.taught = {text for theme in book.themes for text in theme.examples}

    def carried_themes(self, themes: Sequence[str] | None, since: int) -> frozenset[str] | None:
        return None if themes is None else frozenset(current_themes(self.book, themes, since=since))

    def offered_themes(self, since: int) -> frozenset[str]:
        """The themes that coders could choose under version `since`, carried into this version."""
        return self.carried_themes(sorted(self.known[since]), since) or frozenset()

    def today(self, text: TwiceCodedText) -> frozenset[str] | None:
        """The themes that the machine finds in a text now, carried into this codebook.

        For a text that became an example of a theme it is what the machine found before: it would
        now code such a text without a mistake, and seem better than it is.
        """
        if text.redacted in self.taught:
            return self.carried_themes(text.then_themes, text.then_codebook)
        return self.carried_themes(text.now_themes, text.now_codebook)

    def row(self, said: frozenset[str] | None) -> list[bool]:
        return [theme in (said or ()) for theme in self.themes]


class SampleArrays(TypedDict):
    """How texts were drawn for coding, by fields of `DoubleCodedTexts`."""

    quarter: Labels
    stream: Labels
    area: Labels
    language: Labels
    weight: Floats
    stratum: Labels
    survey_weight: Floats
    survey_stratum: Labels
    psu: Labels


class CoderArrays(TypedDict):
    """What the two coders said, by fields of `DoubleCodedTexts`."""

    marks: Ints
    tones: Ints
    comment_types: Ints


def label_arrays(
    texts: list[TwiceCodedText], carrier: ThemeCarrier, area: dict[str, int], forms: Forms
) -> DoubleCodedTexts:
    since = [text.codebook for text in texts]
    shape = len(texts), len(carrier.themes)
    labels = [text.counts for text in texts]

    def sets(labels: list[CoderLabel | None]) -> list[frozenset[str] | None]:
        both = zip(labels, since, strict=True)
        return [
            carrier.carried_themes(one.themes, version) if one else None for one, version in both
        ]

    def flags(rows: list[frozenset[str] | None]) -> Flags:
        return np.array([carrier.row(row) for row in rows], dtype=np.bool_).reshape(shape)

    counts = sets(labels)
    return DoubleCodedTexts(
        **sample_arrays(texts, area),
        age=writer_groups(texts, "age", forms),
        sex=writer_groups(texts, "sex", forms),
        ethnicity=writer_groups(texts, "ethnicity", forms),
        settled=np.array([label is not None for label in labels], dtype=np.bool_),
        first=object_array(sets([text.first for text in texts])),
        second=object_array(sets([text.second for text in texts])),
        truth=flags(counts),
        told=flags(
            [
                None if one is None else carrier.offered_themes(version)
                for one, version in zip(counts, since, strict=True)
            ]
        ),
        then=flags(
            [carrier.carried_themes(text.then_themes, text.then_codebook) for text in texts]
        ),
        now=flags([carrier.today(text) for text in texts]),
        tone=float_array([TONES.get(label.tone or "") if label else None for label in labels]),
        tone_then=float_array([tone_value(text.then_sentiment) for text in texts]),
        tone_now=float_array([tone_value(text.now_sentiment) for text in texts]),
        **coder_arrays(texts, carrier),
    )


def coder_arrays(texts: list[TwiceCodedText], carrier: ThemeCarrier) -> CoderArrays:
    """What each of the two coders said as numbers; -1 where they could not tell."""

    def marks(label: CoderLabel, since: int) -> list[int]:
        said = carrier.carried_themes(label.themes, since)
        asked = carrier.offered_themes(since)
        # A theme that their version did not have was not looked for: that is not a no.
        known = [said is not None and theme in asked for theme in carrier.themes]
        return [int(mark) if k else -1 for mark, k in zip(carrier.row(said), known, strict=True)]

    both = [((text.first, text.second), text.codebook) for text in texts]
    n = len(texts)
    return {
        "marks": np.array(
            [[marks(label, since) for label in pair] for pair, since in both], dtype=np.int64
        ).reshape(n, 2, len(carrier.themes)),
        "tones": np.array(
            [[position_in(TONE_ORDER, label.tone) for label in pair] for pair, _ in both],
            dtype=np.int64,
        ).reshape(n, 2),
        "comment_types": np.array(
            [[position_in(TYPES, label.comment_type) for label in pair] for pair, _ in both],
            dtype=np.int64,
        ).reshape(n, 2),
    }


def position_in(order: Sequence[str], name: str | None) -> int:
    return order.index(name) if name in order else -1


def sample_arrays(texts: list[TwiceCodedText], area: dict[str, int]) -> SampleArrays:
    """How each text was drawn for coding, and where it comes from.

    Coding is in random order within strata, so the coded texts represent those not yet coded.
    """
    return {
        "quarter": object_array([text.quarter for text in texts]),
        "stream": np.array([text.stream for text in texts], dtype=np.str_),
        "area": np.array([area.get(text.area, -1) for text in texts], dtype=np.int64),
        "language": np.array([text.language for text in texts], dtype=np.str_),
        "weight": float_array([text.weight for text in texts]),
        # With the quarter: each quarter was drawn by itself, so its strata are its own.
        "stratum": np.array([f"{text.quarter} {text.stratum}" for text in texts], dtype=np.str_),
        "survey_weight": float_array([1 / (text.survey_probability or 1.0) for text in texts]),
        "survey_stratum": np.array([text.survey_stratum or "" for text in texts], dtype=np.str_),
        "psu": np.array([text.psu or "" for text in texts], dtype=np.str_),
    }


def writer_groups(texts: list[TwiceCodedText], margin: Margin, forms: Forms) -> Labels:
    """What each writer said about themselves; "" if not asked, not answered, or another answer."""
    asked = {key: form.margins().get(margin) for key, form in forms.items()}
    said = [
        item.kind_of(text.answers) if (item := asked[text.instrument, text.version]) else ""
        for text in texts
    ]
    return np.array([one if one in GROUPS[margin] else "" for one in said], dtype=np.str_)


def object_array(values: Sequence[object]) -> Labels:
    """An array of objects that numpy would otherwise unpack."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def float_array(values: Sequence[float | None]) -> Floats:
    return np.array(values, dtype=np.float64)


def tone_value(sentiment: Sentiment | None) -> float | None:
    return TONES.get(sentiment.label) if sentiment else None
