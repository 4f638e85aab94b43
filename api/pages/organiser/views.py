"""A survey seen before anybody answers: as on a phone, on paper, and as a file to take away."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

import anyio.to_thread
import msgspec
from litestar import Response, get
from litestar.params import PathParameter
from litestar.response import Template

from api import survey_rights
from api.pages.organiser import surveys
from api.pages.organiser.opening import BASE, open_draft, organisers
from api.pages.resident.asking import field_name
from api.pages.resident.refusing import Asked
from api.pages.resident.steps import Step, steps_of
from api.pages.templating import LANGUAGES, AnyRequest
from api.pages.work import page
from api.paper import form
from api.paper.conditions import in_words
from api.paper.laying import numbers_of
from api.paper.numbering import Told
from api.wiring import FromDatabase, FromPerson, Slug
from survey.formats import native, xform, xlsform
from survey.instruments import Instrument, Page, Repeat
from survey.instruments.wordings import spoken_in
from survey.places import Area
from survey.problems import NotFound
from survey.responses import Settled
from survey.store import instruments, places
from survey.store.database import Database

Name = Annotated[str, PathParameter(pattern=r"^(survey|form)\.(xlsx|xml|json|pdf)$")]
FILES = "/files/{name:str}"


@get(BASE + "/{slug:str}/preview", guards=organisers, include_in_schema=False)
async def preview(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Template:
    """Every page of the survey, one below the other, in the frame of a phone."""
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
        city = await places.get_city(connection)
    languages = [(code, LANGUAGES.get(code, code)) for code in draft.spoken()]
    asked_for = request.query_params.get("in", "")
    code = asked_for if asked_for in draft.spoken() else draft.spoken()[0]
    told = numbers_of(draft.instrument, code)
    steps = [
        (step, partial(shown_name, number, step), asked_if(step, told))
        for number, step in enumerate(
            steps_of(one_round(spoken_in(draft.instrument, code)), {}, Settled()), 1
        )
    ]
    return page(
        "survey_preview",
        person,
        draft=draft,
        steps=steps,
        asked=Asked(),
        boroughs=city.boroughs(),
        code=code,
        spoken_in=languages,
    )


def asked_if(step: Step, told: Told) -> str:
    """When a page is asked, where that hangs on an answer."""
    return " · ".join(in_words(item.relevant, told) for item in step.items if item.relevant)


def shown_name(number: int, step: Step, item: Any) -> str:
    """The field of a question, apart from those of all other pages."""
    return f"p{number}-{field_name(step, item)}"


def one_round(instrument: Instrument) -> Instrument:
    """With every repeat shown as the questions of one round."""
    items = tuple(
        Page(name=part.name, text=part.text, items=part.items) if isinstance(part, Repeat) else part
        for part in instrument.items
    )
    return msgspec.structs.replace(instrument, items=items)


@get(BASE + "/{slug:str}" + FILES, guards=organisers, include_in_schema=False)
async def draft_file(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug, name: Name
) -> Response[bytes]:
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
    return await file_of(database, draft.instrument, name, request.query_params.get("in", "en"))


@get("/work/surveys/{slug:str}" + FILES, guards=surveys.readers, include_in_schema=False)
async def survey_file(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug, name: Name
) -> Response[bytes]:
    async with database.connection() as connection:
        await survey_rights.check(connection, person, "see", slug)
        instrument, _ = await instruments.get(connection, slug)
    return await file_of(database, instrument, name, request.query_params.get("in", "en"))


Maker = Callable[[Instrument, Sequence[Area], str], bytes]
MAKERS: dict[str, tuple[str, Maker]] = {
    "survey.xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        lambda one, areas, _: xlsform.workbook(xlsform.rows_of(one, areas)),
    ),
    "survey.xml": ("text/xml", lambda one, areas, _: xform.xform(one, areas)),
    "survey.json": ("application/json", lambda one, _, __: native.write(one)),
    "form.pdf": ("application/pdf", lambda one, areas, code: form.pdf(one, code, areas)),
}


async def file_of(
    database: Database, instrument: Instrument, name: str, code: str
) -> Response[bytes]:
    """A file of the survey; made beside the loop, since a workbook or a PDF takes a while."""
    if name not in MAKERS:
        raise NotFound("file.unknown", "There is no such survey file.")
    city = await database.remembered(places.get_city)
    media, make = MAKERS[name]
    content = await anyio.to_thread.run_sync(make, instrument, city.boroughs(), code)
    shown = "inline" if name == "form.pdf" else "attachment"
    told = f'{shown}; filename="{instrument.slug}-{instrument.version}.{name.rpartition(".")[2]}"'
    return Response(content, media_type=media, headers={"Content-Disposition": told})


HANDLERS = [preview, draft_file, survey_file]
