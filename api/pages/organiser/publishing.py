"""A draft looked over, published as the next version, or discarded."""

from typing import Any

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import importing
from api.pages.organiser.faults import in_words, warnings_in_words
from api.pages.organiser.lengths import length_of
from api.pages.organiser.opening import BASE, address_of, open_draft, organisers
from api.pages.templating import AnyRequest
from api.pages.work import acting, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Slug
from survey.formats import expressions
from survey.instruments import (
    Harmony,
    Instrument,
    every,
    faults_of,
    faults_of_map,
    said,
)
from survey.instruments import drafts as acts
from survey.instruments.drafts import Draft
from survey.instruments.wordings import quoted, words_by_name
from survey.problems import Fault, Problem
from survey.store import instrument_drafts, instruments, surveys
from survey.store.database import Connection, Database


@get(BASE + "/{slug:str}/publish", guards=organisers, include_in_schema=False)
async def before_publishing(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Template:
    return await publishing_page(request, database, person, slug)


async def publishing_page(
    request: AnyRequest, database: Database, person: Person, slug: str, **context: Any
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
        address=address_of(request, slug),
        length=length_of(now),
        own_words=[quoted(part) for part in every(now.items) if part.name in now.texts()],
        words=words_by_name(now) | (words_by_name(chain[-1]) if chain else {}),
        options=option_words([*chain, now]),
        breaks=Harmony([*chain, now]).breaks() if chain and not faults else [],
        faults=in_words(now, faults),
        warnings=warnings_in_words(draft),
        **context,
    )


def with_listing(draft: Draft, *, unlisted: bool) -> Draft:
    one = msgspec.structs.replace(draft.instrument, unlisted=unlisted)
    return msgspec.structs.replace(draft, instrument=one)


def option_words(versions: list[Instrument]) -> dict[str, dict[str, str]]:
    """What the options of every question were called, by its name and theirs."""
    found: dict[str, dict[str, str]] = {}
    for part in (part for one in versions for part in every(one.items)):
        for option in getattr(part, "options", ()):
            found.setdefault(part.name, {})[option.name] = said(option.text)
    return found


def next_version(draft: Draft, chain: list[Instrument]) -> tuple[Instrument, list[Fault]]:
    now = acts.publishable(draft, chain[-1] if chain else None)
    faults = faults_of(now)
    try:
        faults += expressions.unreadable_in(now) if faults else expressions.check(now)
    except Problem as refused:
        faults += () if faults else refused.faults
    return now, faults or (faults_of_map(chain, now) if chain else [])


@post(BASE + "/{slug:str}/publish", guards=organisers, include_in_schema=False)
async def publish(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await typed(request)
    try:
        async with database.connection() as connection, connection.transaction():
            draft = await open_draft(connection, person, slug, form)
            draft = with_listing(draft, unlisted=form.get("listing") == "unlisted")
            await publish_draft(connection, person, slug, draft)
    except Problem as refused:
        errors = [("", f"{refused.sentence} {refused.remedy}")]
        if refused.faults:
            errors = [("", "You cannot publish it yet: correct what is listed below")]
        return await publishing_page(
            request,
            database,
            person,
            slug,
            errors=errors,
            status=refused.status,
            refused=refused,
            typed=form,
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
