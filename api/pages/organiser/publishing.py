"""A draft looked over, published as the next version, or discarded."""

from typing import Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import importing
from api.pages.organiser.faults import in_words, warnings_in_words
from api.pages.organiser.opening import BASE, open_draft, organisers
from api.pages.templating import AnyRequest
from api.pages.work import acting, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Slug
from survey.formats import expressions
from survey.instruments import (
    Harmony,
    Instrument,
    check,
    faults_of_map,
)
from survey.instruments import drafts as acts
from survey.instruments.drafts import Draft
from survey.problems import Fault, Problem
from survey.store import instrument_drafts, instruments, surveys
from survey.store.database import Connection, Database


@get(BASE + "/{slug:str}/publish", guards=organisers, include_in_schema=False)
async def before_publishing(database: FromDatabase, person: FromPerson, slug: Slug) -> Template:
    return await publishing_page(database, person, slug)


async def publishing_page(
    database: Database, person: Person, slug: str, **context: Any
) -> Template:
    """What will be public, what becomes of the version before, and what stands in the way."""
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
        chain = await instruments.chain(connection, slug)
        closed = bool(chain) and (await instruments.get(connection, slug))[1]
    now, faults = await anyio.to_thread.run_sync(next_version, draft, chain)
    return page(
        "survey_publish",
        person,
        draft=draft,
        now=now,
        live=chain[-1] if chain else None,
        closed=closed,
        breaks=Harmony([*chain, now]).breaks() if chain and not faults else [],
        faults=in_words(now, faults),
        warnings=warnings_in_words(draft),
        **context,
    )


def next_version(draft: Draft, chain: list[Instrument]) -> tuple[Instrument, list[Fault]]:
    now = acts.publishable(draft, chain[-1] if chain else None)
    try:
        faults = expressions.check(check(now))
    except Problem as refused:
        return now, list(refused.faults)
    return now, [*faults, *(faults_of_map(chain, now) if chain else [])]


@post(BASE + "/{slug:str}/publish", guards=organisers, include_in_schema=False)
async def publish(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await typed(request)
    try:
        async with database.connection() as connection, connection.transaction():
            draft = await open_draft(connection, person, slug, form)
            await publish_draft(connection, person, slug, draft)
    except Problem as refused:
        errors = [("", f"{refused.sentence} {refused.remedy}")]
        return await publishing_page(
            database, person, slug, errors=errors, status=refused.status, refused=refused
        )
    return Redirect(f"/work/surveys/{slug}?done=published", status_code=303)


async def publish_draft(connection: Connection, person: Person, slug: str, draft: Draft) -> None:
    chain = await instruments.chain(connection, slug)
    now = acts.publishable(draft, chain[-1] if chain else None)
    await importing.publish(connection, now, by=person)
    await instrument_drafts.delete(connection, slug)


@get(BASE + "/{slug:str}/discard", guards=organisers, include_in_schema=False)
async def before_discarding(database: FromDatabase, person: FromPerson, slug: Slug) -> Template:
    """Asks first: nothing brings a draft back."""
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
    return page("survey_discard", person, draft=draft, questions=len(draft.instrument.questions()))


@post(BASE + "/{slug:str}/discard", guards=organisers, include_in_schema=False)
async def discard(database: FromDatabase, person: FromPerson, slug: Slug) -> Redirect:
    async with acting(database, person, "draft discarded", slug) as connection:
        await open_draft(connection, person, slug)
        await instrument_drafts.delete(connection, slug)
        await surveys.release(connection, slug)
    return Redirect(f"{BASE}?done=discarded", status_code=303)


HANDLERS = [before_publishing, publish, before_discarding, discard]
