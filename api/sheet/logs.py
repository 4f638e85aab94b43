"""The parts of a sheet that keep a log: of disclosure, of the data, and of what was agreed."""

from collections.abc import Iterator, Sequence

from api.figures import short_day, spoken
from api.sheet.behind import behind
from api.sheet.nouns import Cell, Part, Table, told
from survey.actions import Action
from survey.editions import Edition
from survey.weeks import Quality


def disclosure(edition: Edition) -> Iterator[Part]:
    if edition.disclosure:
        yield Part(
            key="disclosure",
            heading="What was done so that nobody can be recognised",
            points=sentences(edition.disclosure),
        )


def quality(edition: Edition) -> Iterator[Part]:
    if edition.quality:
        yield Part(
            key="quality",
            heading="What is known of the quality of the data",
            points=sentences(edition.quality),
            measures=told("completeness"),
            rows=behind(edition, "files"),
        )


def sentences(found: Sequence[Quality]) -> tuple[str, ...]:
    return tuple(spoken(one.sentence) for one in found)


def actions(edition: Edition) -> Iterator[Part]:
    if edition.actions:
        last = "Actions from last month" if edition.kind == "monthly" else "Actions agreed before"
        yield Part(
            key="actions",
            heading=last,
            tables=(
                Table(
                    caption="What was agreed, and what became of it",
                    head=("Action", "Owner", "Due", "Standing"),
                    rows=tuple((Cell(one.what), *of_action(one)) for one in edition.actions),
                    wordy=True,
                ),
            ),
        )


def of_action(one: Action) -> tuple[Cell, ...]:
    standing = f"{one.status}: {one.outcome}" if one.outcome else one.status
    return Cell(one.owner), Cell(short_day(one.due)), Cell(standing)
