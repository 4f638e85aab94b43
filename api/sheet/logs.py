"""The parts of a sheet that keep a log: of disclosure, and of the quality of the data."""

from collections.abc import Iterator

from api.figures import spoken
from api.sheet.behind import behind
from api.sheet.nouns import Part, told
from survey.editions import Edition


def disclosure(edition: Edition) -> Iterator[Part]:
    if edition.disclosure:
        yield Part(
            key="disclosure",
            heading="What was done so that nobody can be recognised",
            points=tuple(
                f"{spoken(one.kind).capitalize()}: {one.sentence}" for one in edition.disclosure
            ),
        )


def quality(edition: Edition) -> Iterator[Part]:
    if edition.quality:
        yield Part(
            key="quality",
            heading="What is known of the quality of the data",
            points=tuple(spoken(one.sentence) for one in edition.quality),
            measures=told("completeness"),
            rows=behind(edition, "files"),
        )
