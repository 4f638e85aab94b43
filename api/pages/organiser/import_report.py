"""What came of a file of another program, and what has to be corrected before publishing."""

import anyio.to_thread
from litestar import get
from litestar.response import Template

from api.pages.organiser.opening import BASE, open_draft, organisers
from api.pages.organiser.publishing import next_version
from api.pages.work import page
from api.wiring import FromDatabase, FromPerson, Slug
from survey.formats.languages import ENGLISH
from survey.instruments import Group, every
from survey.instruments.drafts import Left
from survey.store import instruments


@get(BASE + "/{slug:str}/report", guards=organisers, include_in_schema=False)
async def report(database: FromDatabase, person: FromPerson, slug: Slug) -> Template:
    """How much of a file was imported, what was not, and what has to be put right first."""
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
        chain = await instruments.chain(connection, slug)
    _, faults = await anyio.to_thread.run_sync(next_version, draft, chain)
    return page(
        "survey_report",
        person,
        draft=draft,
        questions=len(draft.instrument.answer_names()),
        groups=sum(isinstance(part, Group) for part in every(draft.instrument.items)),
        kinds=by_place(draft.left),
        faults=faults,
        spoken=[ENGLISH.get(code, code) for code in draft.spoken()],
    )


def by_place(left: tuple[Left, ...]) -> dict[str, list[Left]]:
    """The report by the place in the file, in its order."""
    found: dict[str, list[Left]] = {}
    for one in left:
        found.setdefault(one.where, []).append(one)
    return found


HANDLERS = [report]
