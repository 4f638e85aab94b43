"""Texts that could become examples: people agreed on a theme that the model missed.

A reviewer chooses and may reword them; the edit goes to the draft codebook like any other.
"""

from litestar import get
from litestar.response import Template

from api.dependencies import FromDatabase, FromPerson
from api.pages.registry import StaffPage
from api.pages.staff.codebook.codebook_draft import DRAFT_ADDRESS
from api.pages.staff.texts.double_coding import BASE
from api.pages.work import staff_page
from api.process.loading import import_lock
from survey.store.coding import codebooks

MOST_OF_THEME = 5


@get(f"{BASE}/examples")
async def show_missed_examples(database: FromDatabase, person: FromPerson) -> Template:
    with import_lock("api.jobs.texts.double_coding"):
        from api.jobs.texts import double_coding as job  # slow to load

    async with database.connection() as connection:
        draft = await codebooks.find_draft(connection)
        book = draft.book if draft else await codebooks.get_newest(connection)
        found = await job.find_missed_texts(connection, book)
    return staff_page(
        "double_coding/examples",
        person,
        draft=draft,
        address=DRAFT_ADDRESS,
        themes=[
            (theme, found[theme.id][:MOST_OF_THEME]) for theme in book.themes if found.get(theme.id)
        ],
    )


PAGES = [StaffPage([show_missed_examples], linked_from="/work/double-coding/results")]
