"""How far the members of a scrutiny panel agreed when each marked alone."""

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.statistics.classification.agreement import (
    CodingSample,
    bootstrapped_figure,
    krippendorff_alpha,
)
from survey.editions.chapters.scrutiny import MarkAgreement, StratumMarks

SCALE = ("green", "amber", "red")
# Green and red are twice as far apart as their neighbours; squared, as α has it for intervals.
DISTANCE = np.subtract.outer(np.arange(3), np.arange(3)) ** 2 / 4.0


def mark_agreement(
    marks: Sequence[tuple[str, int, str]],
    stratum_of: Mapping[str, str],
    strata: Sequence[StratumMarks],
) -> MarkAgreement | None:
    """Krippendorff's α of the members' own marks, weighted to all records of the strata.

    `marks` the record, the seat of the member and the colour; "cannot tell" is no mark, and only
    records with two marks or more count. The distance of two colours is (i - j)²/4 on green, amber,
    red. Limits by a bootstrap within the strata. None without such a record.
    Source: Krippendorff (2011); Rao & Wu (1988).
    """
    seats = {seat: i for i, seat in enumerate(sorted({seat for _, seat, _ in marks}))}
    rows = {record: i for i, record in enumerate(sorted(stratum_of))}
    values = np.full((len(rows), len(seats)), -1, dtype=np.int64)
    for record, seat, colour in marks:
        if colour in SCALE:
            values[rows[record], seats[seat]] = SCALE.index(colour)
    compared = np.flatnonzero((values >= 0).sum(axis=1) > 1)
    if not len(compared):
        return None
    weight = {one.name: (one.size or 0) / (one.drawn or 1) for one in strata}
    mine = [stratum_of[record] for record, i in rows.items() if i in compared]
    sample = CodingSample(weight=np.array([weight[one] for one in mine]), stratum=np.array(mine))
    given = values[compared]
    # The function counts colours up to the last one that somebody gave.
    last = int(given.max()) + 1
    found = bootstrapped_figure(krippendorff_alpha(given, DISTANCE[:last, :last]), sample)
    return MarkAgreement(records=len(compared), alpha=found.value, low=found.low, high=found.high)
