"""Labels that could become examples: texts on which people settled a theme that the machine missed.

A person chooses, and may reword: the edit goes to the draft of the codebook like any other.
"""

from litestar import get
from litestar.response import Template

from api.loading import loading
from api.pages.reviewer.codebook_draft import DRAFT
from api.pages.reviewer.complaints import reviewers
from api.pages.reviewer.double_coding import BASE
from api.pages.work import page
from api.wiring import FromDatabase, FromPerson
from survey.store import codebooks

MOST_OF_THEME = 5


@get(f"{BASE}/examples", guards=reviewers, include_in_schema=False)
async def read(database: FromDatabase, person: FromPerson) -> Template:
    with loading("api.jobs.double_coding"):
        from api.jobs import double_coding as job  # slow to load

    async with database.connection() as connection:
        draft = await codebooks.draft(connection)
        book = draft.book if draft else await codebooks.newest(connection)
        found = await job.missed(connection, book)
    return page(
        "double_coding_examples",
        person,
        draft=draft,
        address=DRAFT,
        themes=[
            (theme, found[theme.id][:MOST_OF_THEME]) for theme in book.themes if found.get(theme.id)
        ],
    )


HANDLERS = [read]
