"""How a draft begins - from nothing, a template, a live survey or a file - and how it is opened."""

import datetime
from typing import Any

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect, Template

from api import importing, survey_rights
from api.pages.organiser.lengths import length_of
from api.pages.templating import AnyRequest
from api.pages.work import acting, done, page, tidy, typed
from api.people import Person, SignedIn
from api.wiring import FromDatabase, FromPerson, Slug
from survey.formats import readers
from survey.formats.instruments import MOST_BYTES, Imported
from survey.instruments import SLUG, Instrument
from survey.instruments.drafts import Draft, Left, free_of
from survey.problems import Conflict, NotFound, Problem
from survey.ready import COMPLAINT, templates
from survey.store import instrument_drafts, instruments, surveys
from survey.store.database import Connection, Database

BASE = "/work/builder"
MOST_SENT = MOST_BYTES + 100_000  # a file, and the form around it
organisers = [SignedIn("organiser")]


def address_of(request: AnyRequest, slug: str) -> str:
    """The whole address of a survey, as people can be sent it."""
    base = request.app.state.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    return f"{base}/surveys/{slug}"


async def open_draft(
    connection: Connection, person: Person, slug: str, form: dict[str, str] | None = None
) -> Draft:
    """A draft that this person may change; with a form, only as they saw it."""
    draft = await instrument_drafts.get(connection, slug)
    survey = await surveys.find(connection, slug)
    if survey is None or not survey_rights.may(person, "draft", survey):
        raise NotFound(
            "draft.unknown", "This draft does not exist.", "Look at the list of surveys."
        )
    if form is not None and form.get("revision", "") != str(draft.revision):
        raise Conflict(
            "draft.changed",
            "This draft was changed in another window while you had it open.",
            "Your change is not saved yet: check that it still makes sense, then do it again.",
        )
    return draft


@get(BASE, guards=organisers, include_in_schema=False)
async def beginnings(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    return await beginnings_page(database, person, done=done(request))


async def beginnings_page(database: Database, person: Person, **context: Any) -> Template:
    async with database.connection() as connection:
        drafts = await drafts_of(connection, person)
    return page("survey_new", person, drafts=drafts, templates=ready_made(), **context)


def ready_made() -> list[tuple[Instrument, str]]:
    """The templates, and how long each is."""
    return [(one, length_of(one).words) for one in templates()]


async def drafts_of(
    connection: Connection, person: Person
) -> list[tuple[Instrument, datetime.datetime]]:
    """The drafts that this person may change, and when each was last changed."""
    return [
        (one.draft.instrument, one.changed_at)
        for one in await instrument_drafts.every(connection)
        if survey_rights.may(person, "draft", one.survey)
    ]


@post(BASE, guards=organisers, include_in_schema=False)
async def begin(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    """A draft of a new survey, empty or like a template."""
    form = await typed(request)
    title, start = form.get("title", ""), form.get("start", "")
    if not title:
        errors = [("title", "Enter a title, such as “Police in our estate”")]
        return await beginnings_page(database, person, errors=errors, typed=form, status=422)
    base = next((one for one in templates() if one.slug == start), EMPTY)
    draft = Draft(
        instrument=msgspec.structs.replace(
            base, title=base.title | {"en": title}, mode=mode_in(form), version=1
        )
    )
    try:
        slug = await keep_new(database, person, draft, title)
    except Problem as refused:
        return await refused_page(database, person, "title", refused, typed=form)
    return Redirect(f"{BASE}/{slug}", status_code=303)


async def refused_page(
    database: Database, person: Person, field: str, refused: Problem, **context: Any
) -> Template:
    errors = [(field, refused.sentence)]
    return await beginnings_page(
        database, person, errors=errors, refused=refused, status=refused.status, **context
    )


def mode_in(form: dict[str, str]) -> Any:
    return "sampled" if form.get("mode") == "sampled" else "open"


EMPTY = Instrument(
    slug="empty", version=1, mode="open", kind="survey", title={}, summary={}, items=()
)


async def keep_new(database: Database, person: Person, draft: Draft, title: str) -> str:
    """Keep a new draft under an address that is free."""
    async with acting(database, person, "draft begun", title) as connection:
        taken = await surveys.claimed_slugs(connection) | survey_rights.house_slugs()
        slug = free_of(title, taken, "survey").replace("_", "-")
        slug = slug if SLUG.fullmatch(slug) and slug not in taken else free_slug(slug, taken)
        draft = msgspec.structs.replace(
            draft, instrument=msgspec.structs.replace(draft.instrument, slug=slug)
        )
        await survey_rights.claim(connection, person, draft.instrument)
        await instrument_drafts.insert(connection, draft, by=person.id)
    return slug


def free_slug(stem: str, taken: set[str]) -> str:
    return next(s for n in range(2, 10_000) if (s := f"{stem[:50]}-{n}") not in taken)


@post("/work/surveys/{slug:str}/draft", guards=organisers, include_in_schema=False)
async def change(database: FromDatabase, person: FromPerson, slug: Slug) -> Redirect:
    """Begin the next version of a live survey, or go on with it."""
    async with acting(database, person, "draft begun", slug) as connection:
        await survey_rights.check(connection, person, "draft", slug)
        live, _ = await instruments.get(connection, slug)
        if await instrument_drafts.find(connection, slug) is None:
            await instrument_drafts.insert(connection, Draft(instrument=live), by=person.id)
    return Redirect(f"{BASE}/{slug}", status_code=303)


@post(BASE + "/import", guards=organisers, include_in_schema=False, request_max_body_size=MOST_SENT)
async def read_file(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """A draft from a file of another program, and the report of what it is not."""
    chosen = (await request.form()).get("file")
    name = tidy(chosen.filename or "")[:200] if isinstance(chosen, UploadFile) else ""
    content = await chosen.read() if isinstance(chosen, UploadFile) else b""
    if not content:
        errors = [("file", "Choose a file")]
        return await beginnings_page(database, person, errors=errors, status=422)
    try:
        found = await anyio.to_thread.run_sync(readers.read_apart, name, content)
    except Problem as unread:
        refused = importing.another_than_survey(name, content) or unread
        return await refused_page(database, person, "file", refused)
    title = next(iter(found.instrument.title.values()), name)
    try:
        slug = await keep_new(database, person, drafted(name, found), title)
    except Problem as refused:
        return await refused_page(database, person, "file", refused)
    return Redirect(f"{BASE}/{slug}/report", status_code=303)


def drafted(name: str, found: Imported) -> Draft:
    """The draft of what a file holds; a complaint form becomes a survey, and the report says so."""
    one = msgspec.structs.replace(found.instrument, version=1, follows=None)
    base = tuple(one.title)[:1]  # the language that the file begins with
    if one.kind != COMPLAINT:
        return Draft(instrument=one, languages=base, left=found.left, lists=found.lists, file=name)
    one = msgspec.structs.replace(one, kind="survey")
    return Draft(instrument=one, left=(*found.left, NO_COMPLAINT_FORM), file=name)


NO_COMPLAINT_FORM = Left(
    "survey",
    "that it is a complaint form",
    "Soundings has its own complaint form: what people send here are survey answers",
)


HANDLERS = [beginnings, begin, change, read_file]
