"""How each figure is worked out: the measures by the question that they answer, a page each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import anyio.to_thread
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

from analysis import measures
from api import clock
from api.dependencies import FromDatabase
from api.editions import rows
from api.editions.examples import MeasureExample, measure_examples
from api.editions.front import withheld_rule
from api.pages.reports.history import read_edition, remember
from api.process.installation import import_lock, reads_other_languages
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
            "Chance picks addresses, and we invite the people who live there. Each answer counts "
            "for as many residents as it stands for."
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
EXAMPLES: dict[str, dict[str, MeasureExample]] = {}
MOST_EXAMPLES = 2  # the newest report of each kind


@get("/method", include_in_schema=False)
async def show_method() -> Template:
    known = measures.load_measures()
    questions = [
        (key, title, answer, {n: one for n, one in known.items() if one.question == key})
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


def read_examples(body: bytes) -> Mapping[str, MeasureExample]:
    return measure_examples(rows.with_window_starts(read_edition(body)))


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
