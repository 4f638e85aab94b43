"""The first page of a survey or complaint: what it is, the access code and the borough; begin."""

import secrets
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock, cookies, intake
from api.pages.resident import asking, drafts, refusing, steps
from api.pages.resident.drafts import Draft
from api.pages.resident.fields import Values, first, values_in
from api.pages.resident.refusing import Asked, Errors
from api.pages.resident.walking import FromWalk, Walk
from api.pages.templating import AnyRequest, language_of, speaking
from api.pages.translating import gettext
from api.wiring import FromDatabase
from survey.formats import expressions
from survey.places import City
from survey.store import instruments, places
from survey.store.database import Database

BASES = ["/surveys/{slug:str}", "/complaints"]


def under(path: str) -> list[str]:
    return [base + path for base in BASES]


class Given(msgspec.Struct, kw_only=True):
    """What was typed on the first page, and the draft that it makes."""

    draft: Draft
    asked: Asked
    left: bool = False  # a code alone came, from the front page: the borough is still to be asked


@get(BASES, include_in_schema=False)
async def start(database: FromDatabase, walk: FromWalk) -> Template:
    city = await database.remembered(places.get_city)
    refused = refusing.find(walk.keyring, walk.draft, refusing.START)
    return start_page(walk, city, refused or Asked())


def start_page(walk: Walk, city: City, asked: Asked) -> Template:
    return Template(
        "resident/start.html",
        context={
            "walk": walk,
            "asked": asked,
            "boroughs": city.boroughs(),
            "asks_code": asks(walk, steps.ACCESS_CODE),
            "asks_borough": asks(walk, steps.BOROUGH),
        },
    )


def asks(walk: Walk, name: str) -> bool:
    step = walk.at(name)
    return step is not None and not step.items


@post(BASES, include_in_schema=False)
async def begin(request: AnyRequest, database: FromDatabase, walk: FromWalk) -> Response[Any]:
    """A new draft; one that was begun here goes on, unless somebody asks to start again."""
    values = values_in(await request.form())
    if first(values, "again"):
        return await start_again(request, database, walk)
    if walk.is_begun and not is_of_another(walk, values):
        still_open = walk.open_step()
        onward = walk.address(still_open.name if still_open else steps.CHECK)
        return Redirect(onward, status_code=303)
    city = await database.remembered(places.get_city)
    with speaking(language_of(request)):
        given = await take(database, walk, values, city)
    if given.left or given.asked.errors or given.asked.choices:
        if walk.draft and walk.draft.reference:  # which stays what it is until it is put away
            return start_page(walk, city, given.asked)
        return await ask_again(request, database, walk, given.asked)
    return await go_on(request, database, walk, given.draft)


async def ask_again(request: AnyRequest, database: Database, walk: Walk, asked: Asked) -> Redirect:
    """Send the browser to the first page again, with what was typed and what is wrong.

    It waits in the draft that is there, or in one that has no answers yet.
    """
    key, draft = walk.key, walk.draft
    if draft is None:
        key, draft = secrets.token_urlsafe(32), drafts.new(walk.instrument)
    refusing.put(walk.keyring, draft, refusing.START, asked)
    async with database.connection() as connection:
        await drafts.save(connection, key, draft)
    on_the_way = drafts.cookie(request, key, walk.base)
    return Redirect(walk.base, status_code=303, cookies=[on_the_way])


def is_of_another(walk: Walk, values: Values) -> bool:
    """Whether the code is not that of the draft: another letter, and so another person's."""
    code, draft = asking.code_in(first(values, "code")), walk.draft
    return bool(code and draft and draft.access_code not in ("", code))


async def start_again(request: AnyRequest, database: Database, walk: Walk) -> Redirect:
    async with database.connection() as connection:
        await drafts.put_away(connection, walk.key)
    gone = drafts.gone_cookie(request, walk.base)
    corrects = walk.draft is not None and walk.draft.case
    onward = cookies.OWN_CASE if corrects else walk.base
    return Redirect(onward, status_code=303, cookies=[gone])


async def take(database: Database, walk: Walk, values: Values, city: City) -> Given:
    """The draft that was typed, or what is wrong. A form without these fields asks later."""
    draft, asked = Draft(slug=walk.instrument.slug), Asked(values=values)
    errors: Errors = []
    if "code" in values and asks(walk, steps.ACCESS_CODE):
        errors += await take_code(database, walk, draft, values)
    if not {"answer", "postcode"} & values.keys():
        asked.errors = errors
        return Given(draft=draft, asked=asked, left="code" in values and asks(walk, steps.BOROUGH))
    if asks(walk, steps.BOROUGH) and (again := asking.take_borough(draft, values, city)):
        asked.choices, errors = again.choices, errors + again.errors
    asked.errors = errors
    return Given(draft=draft, asked=asked)


async def take_code(database: Database, walk: Walk, draft: Draft, values: Values) -> Errors:
    draft.access_code = asking.code_in(first(values, "code"))
    if not draft.access_code:
        return [("code", gettext("Enter the access code from your letter"))]
    async with database.connection() as connection:
        if await instruments.is_unused(connection, walk.instrument, draft.access_code):
            return []
    return [("code", asking.unknown_code())]


async def go_on(request: AnyRequest, database: Database, walk: Walk, typed: Draft) -> Redirect:
    now = clock.now().replace(tzinfo=None)
    more = {"access_code": typed.access_code, "borough": typed.borough}
    answers = await intake.beside(walk.instrument, expressions.defaults_of, walk.instrument, now)
    async with database.connection() as connection:
        if walk.draft and not walk.draft.reference and not walk.is_begun:
            await drafts.put_away(connection, walk.key)  # it held what could not be taken
        key = await drafts.begin(connection, walk.instrument, answers, **more)
    left = [step.name for step in walk.steps if not more.get(NAMES.get(step.name, ""))]
    onward = walk.address(left[0] if left else steps.CHECK)
    return Redirect(onward, status_code=303, cookies=[drafts.cookie(request, key, walk.base)])


NAMES = {steps.ACCESS_CODE: "access_code", steps.BOROUGH: "borough"}
HANDLERS = [start, begin]
