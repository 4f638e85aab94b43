"""Texts that could become examples: people agreed on them, and the machine read them otherwise.

A reviewer chooses and may reword them; the edit goes to the draft codebook like any other.
"""

from collections.abc import Mapping

from litestar import get
from litestar.response import Template

from api.pages.registry import StaffPage
from api.pages.staff.codebook.codebook_draft import DRAFT_ADDRESS
from api.pages.staff.texts.double_coding import BASE
from api.pages.work import FromPage
from api.process.installation import import_lock
from survey.store.coding import codebooks
from survey.themes.codebooks import Codebook, Theme

MOST_OF_THEME = 5


@get(f"{BASE}/examples")
async def show_examples_to_teach(page: FromPage) -> Template:
    with import_lock("api.jobs.texts.double_coding"):
        from api.jobs.texts import double_coding as job  # slow to load

    async with page.connection() as connection:
        draft = await codebooks.find_draft(connection)
        book = draft.book if draft else await codebooks.get_newest(connection)
        found = await job.find_misread_texts(connection, book)
    return page.show(
        "double_coding/examples",
        draft=draft,
        address=DRAFT_ADDRESS,
        missed=texts_by_theme(book, found.missed),
        mistaken=texts_by_theme(book, found.mistaken),
    )


def texts_by_theme(
    book: Codebook, found: Mapping[str, list[tuple[str, str]]]
) -> list[tuple[Theme, list[tuple[str, str]]]]:
    """A few texts of each theme that has some, in the order of the codebook."""
    return [(one, found[one.id][:MOST_OF_THEME]) for one in book.themes if found.get(one.id)]


PAGES = [StaffPage([show_examples_to_teach], linked_from="/work/double-coding/results")]
