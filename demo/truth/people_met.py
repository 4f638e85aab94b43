"""What people the police met answered in an edition, next to the truth."""

from collections.abc import Iterator

from demo.simulation import encounters
from demo.truth.rows import SaidInterval, Subject, TruthRow, interval_row
from survey.editions.edition import Edition

CHAPTER = "People the police met"


def encounter_rows(edition: Edition) -> Iterator[TruthRow]:
    """A row for each answer to the demonstration's own survey."""
    for survey in edition.encounters:
        for question in survey.questions if survey.survey == encounters.SLUG else ():
            for answer in question.answers:
                about = Subject(CHAPTER, "share of an answer", f"{question.text} {answer.words}")
                limits = percent(answer.share), percent(answer.low), percent(answer.high)
                true = 100 * true_share(question.item, answer.words)
                yield interval_row(about, SaidInterval(*limits, places=0, unit="%"), true)


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
