"""What two people and the machine said of texts, as arrays."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec
import numpy as np

from analysis import residents
from analysis.coding.accuracy import TONES, DoubleCodedTexts
from analysis.statistics.sampling.variance import Flags, Floats, Labels
from survey.coding.codebooks import Codebook, current_themes
from survey.coding.codes import CommentType
from survey.coding.double_coding import CoderLabel, final_label
from survey.surveys.instruments import Instrument, Margin

TYPES = get_args(CommentType)
TONE_ORDER = tuple(TONES)
Forms = Mapping[tuple[str, int], Instrument]
GROUPS: dict[Margin, tuple[str, ...]] = {
    "age": residents.AGES,
    "sex": residents.SEXES,
    "ethnicity": residents.ETHNICITIES,
}


class TextLabels(msgspec.Struct, frozen=True):
    """A row of the store with each person's label, and the label that counts."""

    row: Any
    first: CoderLabel
    second: CoderLabel
    counts: CoderLabel | None


def text_labels(row: Any) -> TextLabels:
    first, second = (msgspec.convert(row[seat], CoderLabel) for seat in ("first", "second"))
    third = msgspec.convert(row["resolution"], CoderLabel | None)
    return TextLabels(row, first, second, final_label([first, second], third))


class ThemeCarrier:
    """Carries themes coded under an older version into the themes of this codebook."""

    def __init__(
        self, book: Codebook, themes: Sequence[str], known: dict[int, frozenset[str]]
    ) -> None:
        self.book = book
        self.themes = list(themes)
        self.known = known
        self.taught = {text for theme in book.themes for text in theme.examples}

    def said(self, themes: Sequence[str] | None, since: int) -> frozenset[str] | None:
        return None if themes is None else frozenset(current_themes(self.book, themes, since=since))

    def asked(self, since: int) -> frozenset[str]:
        """The themes that coders could choose under version `since`, carried into this version."""
        return self.said(sorted(self.known[since]), since) or frozenset()

    def today(self, row: Any) -> frozenset[str] | None:
        """The themes that the machine finds now, or found then in a text it was taught as an
        example.

        It would now code such a text without a mistake, and seem better than it is.
        """
        when = "then" if row["redacted"] in self.taught else "now"
        return self.said(row[f"{when}_themes"], row[f"{when}_codebook"])

    def row(self, said: frozenset[str] | None) -> list[bool]:
        return [theme in (said or ()) for theme in self.themes]


def label_arrays(
    found: list[TextLabels], told: ThemeCarrier, area: dict[str, int], forms: Forms
) -> DoubleCodedTexts:
    rows = [one.row for one in found]
    since = [row["codebook"] for row in rows]
    shape = len(rows), len(told.themes)

    def sets(labels: list[CoderLabel | None]) -> list[frozenset[str] | None]:
        both = zip(labels, since, strict=True)
        return [told.said(one.themes, version) if one else None for one, version in both]

    def flags(rows: list[frozenset[str] | None]) -> Flags:
        return np.array([told.row(one) for one in rows], dtype=np.bool_).reshape(shape)

    counts = sets([one.counts for one in found])
    return DoubleCodedTexts(
        **sample_arrays(rows, area),
        **{margin: writer_groups(rows, margin, forms) for margin in GROUPS},
        settled=np.array([one.counts is not None for one in found], dtype=np.bool_),
        first=object_array(sets([one.first for one in found])),
        second=object_array(sets([one.second for one in found])),
        truth=flags(counts),
        told=flags(
            [
                None if one is None else told.asked(version)
                for one, version in zip(counts, since, strict=True)
            ]
        ),
        then=flags([told.said(row["then_themes"], row["then_codebook"]) for row in rows]),
        now=flags([told.today(row) for row in rows]),
        tone=float_array(
            [TONES.get(one.counts.tone or "") if one.counts else None for one in found]
        ),
        tone_then=float_array([tone_value(row["then_sentiment"]) for row in rows]),
        tone_now=float_array([tone_value(row["now_sentiment"]) for row in rows]),
        **coder_arrays(found, told),
    )


def coder_arrays(found: list[TextLabels], told: ThemeCarrier) -> dict[str, Any]:
    """What each of the two coders said as numbers; -1 where they could not tell."""

    def marks(label: CoderLabel, since: int) -> list[int]:
        said = told.said(label.themes, since)
        asked = told.asked(since)
        known = [said is not None and theme in asked for theme in told.themes]
        return [int(mark) if k else -1 for mark, k in zip(told.row(said), known, strict=True)]

    both = [((one.first, one.second), one.row["codebook"]) for one in found]
    n = len(found)
    return {
        "marks": np.array(
            [[marks(label, since) for label in pair] for pair, since in both], dtype=np.int64
        ).reshape(n, 2, len(told.themes)),
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


def sample_arrays(rows: list[Any], area: dict[str, int]) -> dict[str, Any]:
    """How each text was drawn for coding, and where it comes from.

    Coding is in random order within strata, so the coded texts represent those not yet coded.
    """
    return {
        "quarter": object_array([row["quarter"] for row in rows]),
        "stream": np.array([row["stream"] for row in rows], dtype=np.str_),
        "area": np.array([area.get(row["area"], -1) for row in rows], dtype=np.int64),
        "language": np.array([row["language"] for row in rows], dtype=np.str_),
        "weight": float_array([row["drawn"] / row["coded"] / row["probability"] for row in rows]),
        "stratum": np.array([f"{row['quarter']} {row['stratum']}" for row in rows], dtype=np.str_),
        "survey_weight": float_array([1 / (row["survey_probability"] or 1.0) for row in rows]),
        "survey_stratum": np.array([row["survey_stratum"] or "" for row in rows], dtype=np.str_),
        "psu": np.array([row["psu"] or "" for row in rows], dtype=np.str_),
    }


def writer_groups(rows: list[Any], margin: Margin, forms: Forms) -> Labels:
    """What each writer said about themselves; "" if not asked, not answered, or another answer."""
    asked = {key: form.margins().get(margin) for key, form in forms.items()}
    said = [
        item.kind_of(row["answers"]) if (item := asked[row["instrument"], row["version"]]) else ""
        for row in rows
    ]
    return np.array([one if one in GROUPS[margin] else "" for one in said], dtype=np.str_)


def object_array(values: Sequence[object]) -> Labels:
    """An array of objects that numpy would otherwise unpack."""
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def float_array(values: Sequence[float | None]) -> Floats:
    return np.array(values, dtype=np.float64)


def tone_value(sentiment: Any) -> float | None:
    return TONES.get(sentiment["label"]) if sentiment else None
