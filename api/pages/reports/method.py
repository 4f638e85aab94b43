"""How each figure is worked out: the measures by the question that they answer, and a page for
each, with what the newest report says by it.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import anyio.to_thread
import msgspec
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

from analysis import measures
from api import clock
from api.dependencies import FromDatabase
from api.editions import contents, rows
from api.editions.front import withheld_rule
from api.editions.report import MeasureLink, ReportSection, ReportTable
from api.pages.reports.history import read_edition, remember
from api.process.installation import import_lock, reads_other_languages
from survey.editions import Edition
from survey.sentences import N_
from survey.store import editions
from survey.store.database import Connection

if TYPE_CHECKING:
    from analysis.text.word_lists import WordList  # slow to load

# Each question of a reader, with the answer in short; measures name the question they belong to.
QUESTIONS = {
    "asked": (
        N_("How do we ask?"),
        N_(
            "Chance picks addresses, and we invite the people who live there. Groups that answer "
            "less often count for more."
        ),
    ),
    "police": (
        N_("What did the police do?"),
        N_("We count what the police publish, and compare it with the number of residents."),
    ),
    "wrote": (
        N_("How do we read what people write?"),
        N_(
            "A machine sorts texts into themes and tone. People check a sample without seeing what "
            "it said, and its mistakes are counted."
        ),
    ),
    "compared": (
        N_("What changed, and what is chance?"),
        N_("We only say that something changed where chance alone would rarely do that."),
    ),
    "sure": (
        N_("How sure are we?"),
        N_("Each figure has a range in which the truth very likely lies."),
    ),
}
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


EXAMPLES: dict[str, dict[str, MeasureExample]] = {}
MOST_EXAMPLES = 2  # the newest report of each kind


@get("/method", include_in_schema=False)
async def show_method() -> Template:
    known = measures.load_measures()
    questions = [
        (key, title, answer, [(name, known[name]) for name in known if known[name].question == key])
        for key, (title, answer) in QUESTIONS.items()
    ]
    given = {"questions": questions, "today": clock.today(), "withheld": withheld_rule()}
    return Template("report/method.html", context=given)


@get("/method/{measure:str}", include_in_schema=False)
async def show_measure(measure: FromPath[str], database: FromDatabase) -> Template:
    known_measure = measures.load_measures().get(measure)
    if known_measure is None:
        raise NotFoundException
    async with database.connection() as connection:
        example = await find_example(connection, measure)
    overdue = known_measure.next_review < clock.today()
    given = {"name": measure, "measure": known_measure, "overdue": overdue, "example": example}
    return Template("report/measure.html", context=given)


async def find_example(connection: Connection, measure: str) -> MeasureExample | None:
    """What the newest report says by this measure: the monthly one, or else the weekly one."""
    for kind in ("monthly", "weekly"):
        line = await editions.find_newest_published(connection, kind)
        if line is None:
            continue
        if line.sha256 not in EXAMPLES:
            stored = await editions.get_stored(connection, line.kind, line.start, line.number)
            # In a thread, because decoding a whole edition would hold up every other request.
            examples = await anyio.to_thread.run_sync(read_examples, stored.body)
            remember(EXAMPLES, line.sha256, examples, MOST_EXAMPLES)
        if example := EXAMPLES[line.sha256].get(measure):
            return example
    return None


def read_examples(body: bytes) -> dict[str, MeasureExample]:
    return measure_examples(rows.with_window_starts(read_edition(body)))


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
    examples_by_name: dict[str, MeasureExample] = {}
    for links, example in examples:
        if example.table or example.sentence:
            for link in links:
                examples_by_name.setdefault(link.name, example)
    return examples_by_name


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
        report=rows.period_label(edition),
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
    return (table for table in section.every_table if table.rows)


@get("/method/texts", include_in_schema=False)
async def show_text_method() -> Template:
    lists = await anyio.to_thread.run_sync(load_word_lists)
    return Template(
        "report/texts.html",
        context={"lists": lists, "other_languages": reads_other_languages()},
    )


def load_word_lists() -> tuple["WordList", ...]:
    """The word lists. Called in a thread: loading the lexicons takes a second, the first time."""
    with import_lock("analysis.text.word_lists"):
        from analysis.text import word_lists

    return word_lists.word_lists()


PAGES = [show_method, show_measure, show_text_method]
