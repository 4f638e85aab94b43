"""Surveys as their organiser sees them: the list, publishing, one survey."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect, Template

from api import clock, importing, survey_rights
from api.jobs import calendar
from api.pages.organiser import answers, files, opening
from api.pages.templating import AnyRequest, kind
from api.pages.work import acting, done, page, tidy, typed
from api.people import Person, SignedIn
from api.wiring import FromDatabase, FromPerson, Slug
from survey.instruments import Instrument, Repeat, said
from survey.problems import Problem, unreadable_file
from survey.ready import COMPLAINT
from survey.store import instruments, places, responses
from survey.store.database import Database
from survey.store.instruments import SurveyOverview

organisers = [SignedIn("organiser")]
readers = [SignedIn("organiser", "reviewer")]


class Listed(msgspec.Struct, frozen=True):
    instrument: Instrument
    standing: str
    answers: int


@get("/work/surveys", guards=readers, include_in_schema=False)
async def every(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    return await list_page(database, person, done=done(request))


async def list_page(database: Database, person: Person, **context: Any) -> Template:
    async with database.connection() as connection:
        surveys = await instruments.overview(connection)
        drafts = await opening.drafts_of(connection, person)
    rows = [survey_line(one) for one in surveys if survey_rights.may(person, "see", one.survey)]
    return page(
        "surveys",
        person,
        rows=rows,
        drafts=drafts,
        may_publish=person.may("organiser"),
        built_in=sorted(survey_rights.house_slugs()) if person.may() else [],
        titles={row.instrument.slug: said(row.instrument.title) for row in rows},
        **context,
    )


def survey_line(found: SurveyOverview) -> Listed:
    return Listed(found.instrument, standing(found.instrument, closed=found.closed), found.answers)


def standing(instrument: Instrument, *, closed: bool) -> str:
    if closed:
        return "closed"
    today = clock.today()
    if instrument.opens is not None and today < instrument.opens:
        return "not yet open"
    return "open" if instrument.is_open(today) else "over"


@post("/work/surveys", guards=organisers, include_in_schema=False)
async def publish(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    content = await definition_in(request)
    try:
        if not content:
            raise unreadable_file("The survey", "a file, or a definition typed in", "nothing")
        async with database.connection() as connection, connection.transaction():
            published = await importing.survey(connection, content, by=person)
    except Problem as refused:
        return await list_page(
            database,
            person,
            status=refused.status,
            refused=refused,
            typed={"definition": content.decode(errors="replace")},
            errors=[("definition", refused.sentence)],
        )
    own = "" if published.slug == COMPLAINT else f"/{published.slug}"
    return Redirect(f"/work/surveys{own}?done=published", status_code=303)


async def definition_in(request: AnyRequest) -> bytes:
    """The file that was chosen, else what was typed."""
    form = await request.form()
    chosen = form.get("file")
    content = await chosen.read() if isinstance(chosen, UploadFile) else b""
    return content or tidy(str(form.get("definition", ""))).encode()


@get("/work/surveys/{slug:str}", guards=readers, include_in_schema=False)
async def read(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Template:
    page_of_files = files.page_in(request.query_params.get("files", ""))
    return await survey_page(
        request, database, person, slug, done=done(request), page_of_files=page_of_files
    )


async def survey_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    slug: str,
    *,
    page_of_files: int = 1,
    **context: Any,
) -> Template:
    async with database.connection() as connection:
        survey = await survey_rights.check(connection, person, "see", slug)
        instrument, closed = await instruments.get(connection, slug)
        rows = await responses.by_week(connection, slug)
        drawn = await instruments.drawn(connection, slug)
        boroughs = (await places.get_city(connection)).boroughs()
        chain = await instruments.chain(connection, slug)
        answered = await answers.every(connection, chain)
        may_export = survey_rights.may(person, "export", survey)
        attached = await files.page_of(connection, chain, page_of_files) if may_export else None
    return page(
        "survey",
        person,
        instrument=instrument,
        kinds=[(item, kind(item)) for item in instrument.questions()],
        closed=closed,
        standing=standing(instrument, closed=closed),
        may_steer=survey_rights.may(person, "close", survey),
        may_export=may_export,
        total=sum(row["answers"] for row in rows),
        weeks=answers.weeks(rows, calendar.this_week(clock.today())),
        answered=answered,
        address=opening.address_of(request, slug),
        own_words=own_words(instrument),
        attached=attached,
        asks_for_files=may_export and any(one.files() for one in chain),
        boroughs=boroughs,
        drawn=[(name_of(boroughs, row["stratum"]), row["drawn"], row["used"]) for row in drawn],
        **over_versions(chain),
        **context,
    )


def over_versions(chain: list[Instrument]) -> dict[str, Any]:
    """What the page says about downloads."""
    return {"versions": len(chain), "repeats": repeats_in(chain)}


def repeats_in(chain: list[Instrument]) -> list[str]:
    """What was ever asked several times, in words; that of the newest version first."""
    found: dict[str, str] = {}
    for item in (item for one in reversed(chain) for item in one.leaves()):
        if isinstance(item, Repeat):
            found.setdefault(item.name, said(item.text) or item.name)
    return list(found.values())


def own_words(instrument: Instrument) -> list[str]:
    """The questions that people answer in their own words."""
    written = instrument.texts()
    return [said(item.text) for item in instrument.questions() if item.name in written]


def name_of(boroughs: Any, code: str) -> str:
    return next((area.name for area in boroughs if area.code == code), code)


@post("/work/surveys/{slug:str}/standing", guards=organisers, include_in_schema=False)
async def close_or_reopen(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Redirect:
    closed = (await typed(request)).get("standing") == "closed"
    word = "closed" if closed else "reopened"
    async with acting(database, person, f"survey {word}", slug) as connection:
        await survey_rights.check(connection, person, "close", slug)
        await instruments.close(connection, slug, closed=closed)
    return Redirect(f"/work/surveys/{slug}?done={word}", status_code=303)


@post(
    "/work/surveys/{slug:str}/restore",
    guards=[SignedIn("administrator")],
    include_in_schema=False,
)
async def restore(database: FromDatabase, person: FromPerson, slug: Slug) -> Redirect:
    """Publish a survey of the house anew as it was supplied."""
    async with database.connection() as connection, connection.transaction():
        await importing.restore(connection, slug, by=person)
    return Redirect("/work/surveys?done=restored", status_code=303)


HANDLERS = [every, publish, read, close_or_reopen, restore]
