"""The sections with notes on disclosure control and on data quality."""

from collections.abc import Iterator

from api.editions.behind import drill_down_links
from api.editions.report import ReportSection, measure_links
from api.formatting import format_sentence
from survey.editions.edition import Edition


def disclosure_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.disclosure:
        yield ReportSection(
            key="disclosure",
            heading="What was done so that nobody can be recognised",
            points=tuple(
                f"{format_sentence(one.kind).capitalize()}: {one.sentence}"
                for one in edition.disclosure
            ),
        )


def quality_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.quality:
        yield ReportSection(
            key="quality",
            heading="What is known of the quality of the data",
            points=tuple(format_sentence(one.sentence) for one in edition.quality),
            measures=measure_links("completeness"),
            rows=drill_down_links(edition, "files"),
        )
