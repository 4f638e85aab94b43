"""Surveys as their organiser sees them: the list, publishing, one survey, its export."""

from typing import Any

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect, Template

from api import clock, exporting, importing
from api.jobs import calendar
from api.pages.organiser import answers, files
from api.pages.templating import AnyRequest, kind
from api.pages.work import acting, done, page, tidy, typed
from api.people import Person, SignedIn
from api.wiring import FromDatabase, FromPerson, Slug
from survey.formats.csv_files import write_csv
from survey.instruments import Instrument
from survey.problems import Forbidden, Problem, unknown_instrument, unreadable_file
from survey.store import instruments, places, responses
from survey.store import people as people_store
from survey.store.database import Connection, Database

organisers = [SignedIn("organiser")]


class Outline(msgspec.Struct):
    """The little of a definition that tells who may publish it."""

    slug: str = ""
    kind: str = ""


class Listed(msgspec.Struct, frozen=True):
    instrument: Instrument
    standing: str
    answers: int


@get("/work/surveys", guards=organisers, include_in_schema=False)
async def every(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    return await list_page(database, person, done=done(request))


async def list_page(database: Database, person: Person, **context: Any) -> Template:
    async with database.connection() as connection:
        rows = await instruments.overview(connection)
    kept = [listed(row) for row in rows if may_run(person, row["founder"])]
    shown = [one for one in kept if one.instrument.kind != "complaint"]
    return page("surveys", person, rows=shown, **context)


def listed(row: Any) -> Listed:
    instrument = msgspec.convert(row["definition"], Instrument)
    return Listed(instrument, standing(instrument, closed=row["closed"]), row["answers"])


def standing(instrument: Instrument, *, closed: bool) -> str:
    if closed:
        return "closed"
    today = clock.today()
    if instrument.opens is not None and today < instrument.opens:
        return "not yet open"
    return "open" if instrument.is_open(today) else "over"


def may_run(person: Person, founder: str | None) -> bool:
    """Surveys that came with the house are everybody's; others belong to who published them."""
    return person.may() or founder in (None, person.id)


async def find(connection: Connection, person: Person, slug: str) -> tuple[Instrument, bool]:
    """A survey that this person runs; somebody else's is as unknown as one that is not there."""
    instrument, closed = await instruments.get(connection, slug)
    founder = await instruments.founder(connection, slug)
    if instrument.kind == "complaint" or not may_run(person, founder):
        raise unknown_instrument(slug[:60])
    return instrument, closed


@post("/work/surveys", guards=organisers, include_in_schema=False)
async def publish(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    content = await definition_in(request)
    try:
        async with database.connection() as connection, connection.transaction():
            outline = await check_rights(connection, person, content)
            await importing.survey(connection, content, by=person.id)
    except Problem as refused:
        return await list_page(
            database,
            person,
            status=refused.status,
            refused=refused,
            typed={"definition": content.decode(errors="replace")},
            errors=[("definition", refused.sentence)],
        )
    own = "" if outline.kind == "complaint" else f"/{outline.slug}"
    return Redirect(f"/work/surveys{own}?done=published", status_code=303)


async def definition_in(request: AnyRequest) -> bytes:
    """The file that was chosen, else what was typed."""
    form = await request.form()
    chosen = form.get("file")
    content = await chosen.read() if isinstance(chosen, UploadFile) else b""
    return content or tidy(str(form.get("definition", ""))).encode()


async def check_rights(connection: Connection, person: Person, content: bytes) -> Outline:
    if not content:
        raise unreadable_file("The survey", "a file, or a definition typed in", "nothing")
    try:
        outline = msgspec.json.decode(content, type=Outline)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Outline()
    taken = (outline.slug, 1) in await instruments.versions(connection)
    own = not taken or await instruments.founder(connection, outline.slug) == person.id
    if not person.may() and (outline.kind == "complaint" or not own):
        raise Forbidden(
            "survey.not_yours",
            f"{outline.slug!r} is not a survey of yours.",
            "Publish it under another slug, or ask an administrator.",
        )
    return outline


@get("/work/surveys/{slug:str}", guards=organisers, include_in_schema=False)
async def read(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Template:
    page_of_files = files.page_in(request.query_params.get("files", ""))
    return await survey_page(
        database, person, slug, done=done(request), page_of_files=page_of_files
    )


async def survey_page(
    database: Database, person: Person, slug: str, *, page_of_files: int = 1, **context: Any
) -> Template:
    async with database.connection() as connection:
        instrument, closed = await find(connection, person, slug)
        founder = await instruments.founder(connection, slug)
        rows = await responses.by_week(connection, slug, instrument.version)
        drawn = await instruments.drawn(connection, slug)
        boroughs = (await places.get_city(connection)).boroughs()
        chain = await instruments.chain(connection, slug)
        answered = await answers.every(connection, chain)
        attached = await files.page_of(connection, chain, page_of_files)
    return page(
        "survey",
        person,
        instrument=instrument,
        kinds=[(item, kind(item)) for item in instrument.questions()],
        closed=closed,
        standing=standing(instrument, closed=closed),
        may_steer=may_steer(person, founder),
        total=sum(row["answers"] for row in rows),
        weeks=answers.weeks(rows, calendar.this_week(clock.today())),
        answered=answered,
        versions=len(chain),
        attached=attached,
        asks_for_files=any(one.files() for one in chain),
        boroughs=boroughs,
        drawn=[(name_of(boroughs, row["stratum"]), row["drawn"], row["used"]) for row in drawn],
        **context,
    )


def name_of(boroughs: Any, code: str) -> str:
    return next((area.name for area in boroughs if area.code == code), code)


async def check_may_steer(connection: Connection, person: Person, slug: str) -> None:
    """Surveys of the house feed the report: only an administrator closes them or draws for them."""
    if not may_steer(person, await instruments.founder(connection, slug)):
        raise Forbidden(
            "survey.of_the_house",
            "This survey came with the house and feeds the report.",
            "Ask an administrator to close it, reopen it or draw access codes for it.",
        )


def may_steer(person: Person, founder: str | None) -> bool:
    return person.may() or founder == person.id


@post("/work/surveys/{slug:str}/standing", guards=organisers, include_in_schema=False)
async def close_or_reopen(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Redirect:
    closed = (await typed(request)).get("standing") == "closed"
    word = "closed" if closed else "reopened"
    async with acting(database, person, f"survey {word}", slug) as connection:
        await find(connection, person, slug)
        await check_may_steer(connection, person, slug)
        await instruments.close(connection, slug, closed=closed)
    return Redirect(f"/work/surveys/{slug}?done={word}", status_code=303)


@get("/work/surveys/{slug:str}/answers.csv", guards=organisers, include_in_schema=False)
async def export(database: FromDatabase, person: FromPerson, slug: Slug) -> Response[bytes]:
    """Every answer without the words; who took it is written down."""
    async with database.connection() as connection:
        await find(connection, person, slug)
        rows = await exporting.responses_to(connection, slug)
        await people_store.note(
            connection, "answers exported", slug, by=person.id, detail={"answers": len(rows) - 1}
        )
    return Response(
        await anyio.to_thread.run_sync(write_csv, rows),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{slug}-{clock.today()}.csv"'},
    )


HANDLERS = [every, publish, read, close_or_reopen, export]
