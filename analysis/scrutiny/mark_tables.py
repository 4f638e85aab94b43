"""Which marks of a scrutiny panel may be published together: rows, counts and the step of a share.

A reader knows how many records the rule draws from a stratum, and how counts are rounded; the gate
asks by linear programs what follows from that and from everything that is shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, cast

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import EVENTS, FEWEST_TO_COUNT
from analysis.statistics import suppression
from analysis.statistics.sampling.variance import Flags, Floats, Ints
from analysis.statistics.suppression import SLACK, THRESHOLD, WIDTH, LinkedFigures
from survey.editions.scrutiny import MARK_FIELDS, StratumMarks

STEPS = (0.05, 0.10)
# Of so many records one or fewer is drawn where a share may rest on small counts.
RECORDS_TO_ONE_DRAWN: float = THRESHOLD
MARKED = ("amber", "red")
SHOWN_OF_ROW = {"marked": MARKED, "green": ("green",)}
SHOWN_OF_ALL = {"marked": MARKED, **{field: (field,) for field in MARK_FIELDS}}
Rows = Mapping[str, Sequence[StratumMarks]]


class GatedMarks(NamedTuple):
    """The public strata and totals, which strata are in each row, and the figures behind them."""

    strata: tuple[StratumMarks, ...]
    total: StratumMarks
    of_rows: Rows
    figures: "MarkFigures | None"
    gone: Flags


class Figure(NamedTuple):
    """A count over cells: of one row ("" for all) and one mark ("drawn" for all marks).

    `known` figures follow from the rule, so they cannot be withheld; `watched` figures are never
    shown, but still protected.
    """

    row: str
    mark: str
    cells: Floats
    known: bool = False
    watched: bool = False


class ShownShare(NamedTuple):
    """A share as a weighted sum of cells, and the span in which it is known to lie."""

    weights: Floats
    low: float
    high: float


class MarkFigures:
    """All counts of the marks of a meeting, over cells of stratum and mark."""

    def __init__(self, strata: Sequence[StratumMarks], rows: Rows, *, file_is_public: bool) -> None:
        self.strata, self.rows, self.file_is_public = strata, rows, file_is_public
        self.true = np.array(
            [getattr(stratum, mark) or 0 for stratum in strata for mark in MARK_FIELDS],
            dtype=np.int64,
        )
        self.figures = [*self.every_figure()]
        self.sums = np.array([figure.cells for figure in self.figures])
        counts = self.sums @ self.true
        bounds = [
            (count, count) if figure.known else EVENTS.bounds(EVENTS.cell(int(count)))
            for figure, count in zip(self.figures, counts, strict=True)
        ]
        self.low, self.high = (
            np.array(ends, dtype=np.float64) for ends in zip(*bounds, strict=True)
        )

    def every_figure(self) -> Iterator[Figure]:
        whole = any(is_whole(stratum) for stratum in self.strata)
        yield Figure("", "drawn", self.cells(self.strata, MARK_FIELDS), known=not whole)
        for mark, parts in SHOWN_OF_ALL.items():
            yield Figure("", mark, self.cells(self.strata, parts))
        for name, row in self.rows.items():
            known = not any(map(is_whole, row))
            yield Figure(name, "drawn", self.cells(row, MARK_FIELDS), known=known)
            for mark, parts in SHOWN_OF_ROW.items():
                yield Figure(name, mark, self.cells(row, parts))
            for mark in MARK_FIELDS:
                yield Figure(name, mark, self.cells(row, (mark,)), watched=True)
        for stratum in self.strata:
            if is_whole(stratum):
                yield Figure(
                    stratum.name, "drawn", self.cells([stratum], MARK_FIELDS), watched=True
                )
            else:
                yield Figure(stratum.name, "rule", self.cells([stratum], MARK_FIELDS), known=True)

    def cells(self, strata: Sequence[StratumMarks], marks: Sequence[str]) -> Floats:
        of = [stratum.name for stratum in strata]
        return np.array(
            [
                stratum.name in of and mark in marks
                for stratum in self.strata
                for mark in MARK_FIELDS
            ],
            dtype=np.float64,
        )

    def figures_gone(self) -> Flags | None:
        """The figures to withhold; None if what the rule says gives a small count away."""
        counts = self.sums @ self.true
        watched = np.array([figure.watched for figure in self.figures])
        known = np.array([figure.known for figure in self.figures])
        gone = suppression.figures_to_hide(
            self.link_figures(self.sums, self.low, self.high, known),
            self.true,
            watched | (~known & (counts < THRESHOLD)),
        )
        return None if (gone & known).any() else gone

    def link_figures(self, sums: Floats, low: Floats, high: Floats, known: Flags) -> LinkedFigures:
        return LinkedFigures(
            # A share is a sum with weights, which linear programs take like any other.
            sums=cast("Ints", sums),
            low=low,
            high=high,
            links=np.zeros((1, len(self.true)), dtype=np.int64),
            dear=known,
        )

    def leave_wide(self, gone: Flags, shares: Sequence[ShownShare]) -> bool:
        """Whether every small count stays wide enough once these shares, each in its span, are
        known.
        """
        known = np.zeros(len(self.sums) + len(shares), dtype=bool)
        before = self.link_figures(self.sums, self.low, self.high, known[: len(self.sums)])
        after = self.link_figures(
            np.vstack([self.sums, *(share.weights for share in shares)]),
            np.append(self.low, [share.low for share in shares]),
            np.append(self.high, [share.high for share in shares]),
            known,
        )
        still_gone = np.append(gone, np.zeros(len(shares), dtype=bool))
        return all(
            width(after, still_gone, aim) >= min(WIDTH, width(before, gone, aim)) - SLACK
            for aim in self.small_counts(gone)
        )

    def small_counts(self, gone: Flags) -> Iterator[Floats]:
        """The small counts that no share may narrow, in strata whose records could be traced: all
        strata of a public file, else strata with few records for each drawn one. These are the
        hidden counts, and the marked records of strata of which few were drawn.
        """
        traceable = [part for part in self.strata if self.file_is_public or is_light(part)]
        light = self.cells(traceable, MARK_FIELDS)
        for figure, hidden in zip(self.figures, gone, strict=True):
            if hidden and figure.cells @ self.true < THRESHOLD and figure.cells @ light:
                yield figure.cells
        for stratum in traceable:
            if (stratum.drawn or 0) < FEWEST_TO_COUNT:
                yield self.cells([stratum], MARKED)


def is_whole(marks: StratumMarks) -> bool:
    """Whether every record was drawn: the number drawn is then a count of records."""
    return marks.always or marks.drawn == marks.size


def is_light(marks: StratumMarks) -> bool:
    """Whether the stratum has too few records for each drawn one to hide among.

    Whoever has no file cannot tell which records were drawn: a mark in a stratum of which one in
    five or fewer were drawn points at nobody. Its counts are withheld like all others, but a share
    may rest on them (docs/decisions/0034-one-in-five.md). Whoever has a public file knows which
    records were drawn.
    """
    return (marks.size or 0) < RECORDS_TO_ONE_DRAWN * (marks.drawn or 0)


def width(published: LinkedFigures, gone: Flags, aim: Floats) -> float:
    """How far apart the largest and the smallest value of a sum are, given what is published."""
    ends = [
        float(aim @ suppression.extreme_cells(published, gone, sign * aim)[0])
        for sign in (1.0, -1.0)
    ]
    return ends[0] - ends[1]


def public_rows(strata: Sequence[StratumMarks]) -> dict[str, list[StratumMarks]]:
    """The strata of each public row: those with ten drawn records or more, and others together.

    A stratum of which every record was drawn is among the others, as its number is a count of
    records. Empty where fewer than ten were drawn in all.
    """
    strata = [stratum for stratum in strata if stratum.drawn]
    many = [
        stratum
        for stratum in strata
        if (stratum.drawn or 0) >= FEWEST_TO_COUNT and not is_whole(stratum)
    ]
    many.sort(key=lambda stratum: stratum.drawn or 0)
    rest = [stratum for stratum in strata if stratum not in many]
    while rest and many and sum(stratum.drawn or 0 for stratum in rest) < FEWEST_TO_COUNT:
        rest.append(many.pop(0))
    if sum(stratum.drawn or 0 for stratum in rest) < FEWEST_TO_COUNT:
        rest = []
    rows = {stratum.name: [stratum] for stratum in strata if stratum in many}
    if rest:
        rows[", ".join(stratum.name for stratum in strata if stratum in rest)] = rest
    return rows


def gated_marks(strata: Sequence[StratumMarks], *, file_is_public: bool) -> GatedMarks:
    """The counts of marks that may be published, in rows that are large enough."""
    rows = public_rows(strata)
    used = [stratum for stratum in strata if stratum.drawn]
    figures = MarkFigures(used, rows, file_is_public=file_is_public) if rows else None
    gone = figures.figures_gone() if figures else None
    if figures is None or gone is None:
        hidden = tuple(StratumMarks(name=name, together=len(row) > 1) for name, row in rows.items())
        return GatedMarks(hidden, StratumMarks(name=""), rows, None, np.zeros(0, dtype=bool))
    shown: dict[str, dict[str, int | None]] = {name: {} for name in ("", *rows)}
    for figure, hidden_figure in zip(figures.figures, gone, strict=True):
        if not figure.watched and figure.row in shown and figure.mark != "rule":
            count = int(figure.cells @ figures.true)
            value = count if figure.known else EVENTS.cell(count)
            shown[figure.row][figure.mark] = None if hidden_figure else value
    public = tuple(
        replace(StratumMarks(name=name, together=len(row) > 1), **shown[name])
        for name, row in rows.items()
    )
    total = replace(StratumMarks(name=""), **shown[""])
    return GatedMarks(public, total, rows, figures, gone)


def rounding_step(
    strata: Sequence[StratumMarks], marks: GatedMarks, shares: tuple[float, float]
) -> float | None:
    """The finest step to which the shares without and with "cannot tell" can be rounded.

    None where even a coarse one says too much, or where no marks can be shown at all.
    """
    if marks.figures is None or marks.total.marked is None:
        return None
    used = [stratum for stratum in strata if stratum.drawn]
    for step in STEPS:
        shown = [
            shown_share(used, counted, share, step)
            for counted, share in zip((MARKED, (*MARKED, "unsure")), shares, strict=True)
        ]
        if marks.figures.leave_wide(marks.gone, shown):
            return step
    return None


def shown_share(
    strata: Sequence[StratumMarks], marks: Sequence[str], share: float, step: float
) -> ShownShare:
    """A share of all records in per cent, as a sum of the counts of these marks, rounded."""
    total = sum(stratum.size or 0 for stratum in strata)
    weights = [
        100 * (stratum.size or 0) / (stratum.drawn or 1) / total if mark in marks else 0.0
        for stratum in strata
        for mark in MARK_FIELDS
    ]
    middle = 100 * step * round(share / step)
    return ShownShare(np.array(weights), middle - 50 * step, middle + 50 * step)
