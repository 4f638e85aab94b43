"""The parts of a sheet that keep a log: of disclosure, and of the quality of the data."""

from collections.abc import Iterator, Sequence

from api.figures import spoken
from api.sheet.behind import behind
from api.sheet.nouns import Part, told
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
