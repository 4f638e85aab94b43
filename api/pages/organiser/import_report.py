"""What came of a file of another program, and what has to be corrected before publishing."""

from typing import Any

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect, Template

from api.pages.organiser.faults import Said, in_words
from api.pages.organiser.opening import BASE, MOST_SENT, open_draft, organisers
from api.pages.organiser.publishing import next_version
from api.pages.templating import AnyRequest
from api.pages.work import page, tidy, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Slug
from survey.formats.answer_lists import read_apart, waiting_lists, with_answers
from survey.formats.languages import ENGLISH
from survey.instruments import Group, every
from survey.instruments.drafts import Draft, Left
from survey.problems import NotFound, Problem
from survey.store import instrument_drafts, instruments
from survey.store.database import Database


@get(BASE + "/{slug:str}/report", guards=organisers, include_in_schema=False)
async def report(database: FromDatabase, person: FromPerson, slug: Slug) -> Template:
    """How much of a file was imported, what was not, and what has to be put right first."""
    return await report_page(database, person, slug)


async def report_page(database: Database, person: Person, slug: str, **context: Any) -> Template:
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
        chain = await instruments.chain(connection, slug)
    now, faults = await anyio.to_thread.run_sync(next_version, draft, chain)
    waiting = waiting_lists(draft)
    return page(
        "survey_report",
        person,
        draft=draft,
        questions=len(draft.instrument.answer_names()),
        groups=sum(isinstance(part, Group) for part in every(draft.instrument.items)),
        kinds=by_place(draft.left),
        faults=[with_list(one, draft, waiting) for one in in_words(now, faults)],
        waiting=waiting,
        spoken=[ENGLISH.get(code, code) for code in draft.spoken()],
        **context,
    )


@post(
    BASE + "/{slug:str}/report",
    guards=organisers,
    include_in_schema=False,
    request_max_body_size=MOST_SENT,
)
async def add_list(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """The answers of a list that the survey needs and that came in another file."""
    form = await typed(request)
    name, content = await chosen_file(request)
    wanted = form.get("list", "")
    errors = [(wanted, "Choose a file")]
    if not content:
        return await report_page(database, person, slug, errors=errors, status=422)
    try:
        async with database.connection() as connection:
            draft = await open_draft(connection, person, slug, form)
        if wanted not in waiting_lists(draft):
            raise NotFound("list.unknown", "This survey does not need that list.")
        columns, language = draft.lists[wanted], draft.spoken()[0]
        options = await anyio.to_thread.run_sync(read_apart, name, content, columns, language)
        async with database.connection() as connection, connection.transaction():
            await instrument_drafts.save(connection, with_answers(draft, wanted, options))
    except Problem as refused:
        errors = [(wanted, f"{refused.sentence} {refused.remedy}")]
        return await report_page(database, person, slug, errors=errors, status=refused.status)
    return Redirect(f"{BASE}/{slug}/report", status_code=303)


async def chosen_file(request: AnyRequest) -> tuple[str, bytes]:
    chosen = (await request.form()).get("file")
    if not isinstance(chosen, UploadFile):
        return "", b""
    return tidy(chosen.filename or "")[:200], await chosen.read()


def with_list(fault: Said, draft: Draft, waiting: list[str]) -> Said:
    """What is wrong with a question that waits for its list is only that."""
    part = draft.find(fault.name) if fault.name else None
    if getattr(part, "list", "") not in waiting:
        return fault
    return msgspec.structs.replace(fault, sentence="has no answers yet: add its list below")


def by_place(left: tuple[Left, ...]) -> dict[str, list[Left]]:
    """The report by the place in the file, in its order."""
    found: dict[str, list[Left]] = {}
    for one in left:
        found.setdefault(one.where, []).append(one)
    return found


HANDLERS = [report, add_list]
