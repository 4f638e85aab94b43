"""What people the police met answered in an edition, next to the truth."""

from collections.abc import Iterator

from demo.simulation import encounters
from demo.truth.figures import SaidInterval, Subject, TruthRow, interval_row
from survey.editions.edition import Edition

CHAPTER = "People the police met"


def encounter_rows(edition: Edition) -> Iterator[TruthRow]:
    """A row for each answer to the demonstration's own survey."""
    for question in edition.tables_of("met question", encounters.SLUG):
        for answer in (one.row for one in question.counts if one.row):
            about = Subject(CHAPTER, "share of an answer", f"{question.text('text')} {answer}")
            value, low, high = map(percent, question.figure("share", answer).cells)
            true = 100 * true_share(question.key[-1], answer)
            yield interval_row(about, SaidInterval(value, low, high, 0, "%"), true)


def percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def true_share(item: str, words: str) -> float:
    """The share of people who would give this answer.

    Nobody answers the question of several answers for whom none of them happened.
    """
    if item in encounters.TRUTH:
        return encounters.TRUTH[item][1][words]
    nothing = 1.0
    for share in encounters.DONE.values():
        nothing *= 1 - share
    return encounters.DONE[words] / (1 - nothing)
