"""What a report says by each measure: the example on the page of the measure."""

from collections.abc import Iterable, Iterator

import msgspec

from api.editions import contents
from api.editions.report import MeasureLink, ReportSection, ReportTable
from api.editions.rows import period_label
from survey.editions import Edition

FEW_ROWS = 3
TOP_LEVEL = 2


class MeasureExample(msgspec.Struct, frozen=True, kw_only=True):
    """A section of a published report: where it is, whose answers it is about, and the first rows
    of its table that have all their figures or, where it has no table, its first sentence.
    """

    report: str
    address: str
    heading: str
    stream: str
    sentence: str
    table: ReportTable | None


def measure_examples(edition: Edition) -> dict[str, MeasureExample]:
    """For each measure of which the edition has figures, the section that says most about it: one
    with a table, and with the fewest other measures.
    """
    sections = [*contents.front_sections(edition)]
    for chapter in contents.report_chapters(edition):
        sections.extend(chapter.sections)
    examples = [
        (names, section_example(edition, section)) for names, section in with_measures(sections)
    ]
    examples.sort(key=lambda pair: (pair[1].table is None, len(pair[0])))
    found: dict[str, MeasureExample] = {}
    for measures, example in examples:
        if example.table or example.sentence:
            for measure in measures:
                found.setdefault(measure.name, example)
    return found


def with_measures(
    sections: Iterable[ReportSection],
) -> Iterator[tuple[tuple[MeasureLink, ...], ReportSection]]:
    """Each section with its measures; one below a heading may leave them to that heading."""
    above: tuple[MeasureLink, ...] = ()
    for section in sections:
        if section.level == TOP_LEVEL or section.measures:
            above = section.measures
        yield above, section


def section_example(edition: Edition, section: ReportSection) -> MeasureExample:
    table = next(shown_tables(section), None)
    return MeasureExample(
        report=period_label(edition),
        address=f"/reports/{edition.kind}/{edition.start}#{section.key}",
        heading=section.heading,
        stream=section.stream,
        sentence="" if table else next(iter((*section.points, *section.words)), ""),
        table=first_rows(table) if table else None,
    )


def first_rows(table: ReportTable) -> ReportTable:
    """The first rows with nothing withheld, or else the first rows; without the table's note."""
    whole = [row for row in table.rows if not any(cell.withheld for cell in row)]
    return msgspec.structs.replace(table, rows=tuple((whole or table.rows)[:FEW_ROWS]), note="")


def shown_tables(section: ReportSection) -> Iterator[ReportTable]:
    yield from (table for table in (*section.tables, *section.folded) if table.rows)
    if section.figure is not None and section.figure.table.rows:
        yield section.figure.table
