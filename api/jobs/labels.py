"""What two people said of texts, and what the machine did, as arrays."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec
import numpy as np

from analysis import residents
from analysis.accuracy import TONES, Labelled
from analysis.statistics.variance import Flags, Floats, Labels
from survey.codebooks import Codebook, carried
from survey.codes import CommentType
from survey.double_coding import Label, settled
from survey.instruments import Instrument, Margin

TYPES = get_args(CommentType)
TONE_ORDER = tuple(TONES)
Forms = Mapping[tuple[str, int], Instrument]
GROUPS: dict[Margin, tuple[str, ...]] = {
    "age": residents.AGES,
    "sex": residents.SEXES,
    "ethnicity": residents.ETHNICITIES,
}


class Coded(msgspec.Struct, frozen=True):
    """A row of the store with what each person said of it and what counts."""

    row: Any
    first: Label
    second: Label
    counts: Label | None


def coded(row: Any) -> Coded:
    first, second = (msgspec.convert(row[seat], Label) for seat in ("first", "second"))
    third = msgspec.convert(row["resolution"], Label | None)
    return Coded(row, first, second, settled([first, second], third))


class Told:
    """Tells codes made under an older version in the themes of this one."""

    def __init__(
        self, book: Codebook, themes: Sequence[str], known: dict[int, frozenset[str]]
    ) -> None:
        self.book = book
        self.themes = list(themes)
        self.known = known
        self.taught = {text for theme in book.themes for text in theme.examples}

    def said(self, themes: Sequence[str] | None, since: int) -> frozenset[str] | None:
        return None if themes is None else frozenset(carried(self.book, themes, since=since))

    def asked(self, since: int) -> frozenset[str]:
        """The themes that the people of version `since` could choose, as they are told today."""
        return self.said(sorted(self.known[since]), since) or frozenset()

    def today(self, row: Any) -> frozenset[str] | None:
        """What the machine says now; of a text that it was taught as an example, what it said then.

        It would read that one without a mistake, and seem better than it is.
        """
        when = "then" if row["redacted"] in self.taught else "now"
        return self.said(row[f"{when}_themes"], row[f"{when}_codebook"])

    def row(self, said: frozenset[str] | None) -> list[bool]:
        return [theme in (said or ()) for theme in self.themes]


def arrays(found: list[Coded], told: Told, area: dict[str, int], forms: Forms) -> Labelled:
    rows = [one.row for one in found]
    since = [row["codebook"] for row in rows]
    shape = len(rows), len(told.themes)

    def sets(labels: list[Label | None]) -> list[frozenset[str] | None]:
        both = zip(labels, since, strict=True)
        return [told.said(one.themes, version) if one else None for one, version in both]

    def flags(rows: list[frozenset[str] | None]) -> Flags:
        return np.array([told.row(one) for one in rows], dtype=np.bool_).reshape(shape)

    counts = sets([one.counts for one in found])
    return Labelled(
        **drawn(rows, area),
        **{margin: group_of(rows, margin, forms) for margin in GROUPS},
        settled=np.array([one.counts is not None for one in found], dtype=np.bool_),
        first=objects(sets([one.first for one in found])),
        second=objects(sets([one.second for one in found])),
        truth=flags(counts),
        told=flags(
            [
                None if one is None else told.asked(version)
                for one, version in zip(counts, since, strict=True)
            ]
        ),
        then=flags([told.said(row["then_themes"], row["then_codebook"]) for row in rows]),
        now=flags([told.today(row) for row in rows]),
        tone=numbers([TONES.get(one.counts.tone or "") if one.counts else None for one in found]),
        tone_then=numbers([tone_of(row["then_sentiment"]) for row in rows]),
        tone_now=numbers([tone_of(row["now_sentiment"]) for row in rows]),
        **apart(found, told),
    )


def apart(found: list[Coded], told: Told) -> dict[str, Any]:
    """What each of the two said as numbers, -1 where they could not tell."""

    def marks(label: Label, since: int) -> list[int]:
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
            [[place(TONE_ORDER, label.tone) for label in pair] for pair, _ in both], dtype=np.int64
        ).reshape(n, 2),
        "comment_types": np.array(
            [[place(TYPES, label.comment_type) for label in pair] for pair, _ in both],
            dtype=np.int64,
        ).reshape(n, 2),
    }


def place(order: Sequence[str], name: str | None) -> int:
    return order.index(name) if name in order else -1


def drawn(rows: list[Any], area: dict[str, int]) -> dict[str, Any]:
    """How each text came to be coded, and where it comes from.

    Coding goes by chance within strata, so those that are coded stand for those that are not yet.
    """
    return {
        "quarter": objects([row["quarter"] for row in rows]),
        "stream": np.array([row["stream"] for row in rows], dtype=np.str_),
        "area": np.array([area.get(row["area"], -1) for row in rows], dtype=np.int64),
        "language": np.array([row["language"] for row in rows], dtype=np.str_),
        "weight": numbers([row["drawn"] / row["coded"] / row["probability"] for row in rows]),
        "stratum": np.array([f"{row['quarter']} {row['stratum']}" for row in rows], dtype=np.str_),
        "survey_weight": numbers([1 / (row["survey_probability"] or 1.0) for row in rows]),
        "survey_stratum": np.array([row["survey_stratum"] or "" for row in rows], dtype=np.str_),
        "psu": np.array([row["psu"] or "" for row in rows], dtype=np.str_),
    }


def group_of(rows: list[Any], margin: Margin, forms: Forms) -> Labels:
    """What each writer said of themselves, or "": not asked, not told, or another answer."""
    asked = {key: form.margins().get(margin) for key, form in forms.items()}
    said = [
        item.kind_of(row["answers"]) if (item := asked[row["instrument"], row["version"]]) else ""
        for row in rows
    ]
    return np.array([one if one in GROUPS[margin] else "" for one in said], dtype=np.str_)


def objects(values: Sequence[object]) -> Labels:
    """An array of things that numpy would take apart."""
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def numbers(values: Sequence[float | None]) -> Floats:
    return np.array(values, dtype=np.float64)


def tone_of(sentiment: Any) -> float | None:
    return TONES.get(sentiment["label"]) if sentiment else None
