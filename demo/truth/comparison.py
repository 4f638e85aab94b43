"""All that an edition says next to the truth, by chapter."""

from itertools import groupby
from typing import NamedTuple

from demo.truth.answers import answer_rows
from demo.truth.figures import TrueFigures
from demo.truth.people_met import encounter_rows
from demo.truth.planted import PlantedTruth
from demo.truth.police import police_rows
from demo.truth.rows import TruthRow, VerdictCounts, count_verdicts
from demo.truth.statements import statement_rows
from demo.truth.written import text_rows
from survey.editions.edition import Edition


def compare_edition(edition: Edition, planted: PlantedTruth) -> tuple[TruthRow, ...]:
    """One row for each statement of the edition."""
    figures = TrueFigures(planted)
    return (
        *statement_rows(edition, figures),
        *answer_rows(edition, figures),
        *text_rows(edition, figures),
        *police_rows(edition, figures),
        *encounter_rows(edition),
    )


class ComparedChapter(NamedTuple):
    """The rows of a chapter: first what was not so, then all of what was said, last the silent."""

    title: str
    counts: VerdictCounts
    rows: list[TruthRow]


ORDER = ("false", "misses", "right", "holds", "silent")


def compared_chapters(rows: tuple[TruthRow, ...]) -> list[ComparedChapter]:
    """The rows by chapter, in the order of the first row of each."""
    order = list(dict.fromkeys(row.chapter for row in rows))
    ordered = sorted(rows, key=lambda row: (order.index(row.chapter), ORDER.index(row.verdict)))
    return [
        ComparedChapter(title, count_verdicts(mine), mine)
        for title, of in groupby(ordered, key=lambda row: row.chapter)
        for mine in [list(of)]
    ]
