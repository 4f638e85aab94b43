"""The builder: a survey as a list of questions that an organiser adds to, orders and takes from."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.pages.organiser import opening
from api.pages.organiser.opening import BASE, open_draft, organisers, words_of_warnings
from api.pages.organiser.parts import KINDS, new_part
from api.pages.templating import AnyRequest
from api.pages.work import done, page, typed
from api.paper.conditions import in_words
from api.paper.laying import numbers_of
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Slug
from survey.instruments import (
    AnyPart,
    Group,
    Page,
    Repeat,
    every,
)
from survey.instruments import drafts as acts
from survey.instruments.drafts import Draft
from survey.problems import NotFound, Problem
from survey.store import instrument_drafts, instruments
from survey.store.database import Database


@get(BASE + "/{slug:str}", guards=organisers, include_in_schema=False)
async def build(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Template:
    return await builder_page(database, person, slug, done=done(request))


async def builder_page(database: Database, person: Person, slug: str, **context: Any) -> Template:
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
        live = await instruments.chain(connection, slug)
    told = numbers_of(draft.instrument, draft.spoken()[0])
    return page(
        "survey_draft",
        person,
        draft=draft,
        live=live[-1] if live else None,
        numbers={name: known.number for name, known in told.questions.items()},
        kinds=KINDS,
        blocks=opening.blocks(),
        holders=[part for part in parts_of(draft) if isinstance(part, Group | Page | Repeat)],
        warnings=words_of_warnings(draft),
        conditions={
            part.name: in_words(part.relevant, told) for part in parts_of(draft) if part.relevant
        },
        **context,
    )


def parts_of(draft: Draft) -> list[AnyPart]:
    return list(every(draft.instrument.items))


@post(BASE + "/{slug:str}/act", guards=organisers, include_in_schema=False)
async def act(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """One act on the list; what is refused changes nothing and is said on the page."""
    form = await typed(request)
    try:
        async with database.connection() as connection, connection.transaction():
            seen = None if form.get("act") in ADDS else form
            draft = await open_draft(connection, person, slug, seen)
            wanted, anchor = acted(draft, form)
            if wanted is not draft:
                await instrument_drafts.save(connection, wanted)
    except Problem as refused:
        return await builder_page(
            database,
            person,
            slug,
            status=refused.status,
            refused=refused,
            errors=[(FIELDS.get(form.get("act", ""), ""), f"{refused.sentence} {refused.remedy}")],
            typed=form,
        )
    if form.get("act") == "add":
        return Redirect(f"{BASE}/{slug}/questions/{anchor}?done=added", status_code=303)
    return Redirect(f"{BASE}/{slug}{'#part-' + anchor if anchor else ''}", status_code=303)


FIELDS = {"add": "words", "block": "block"}
ADDS = ("add", "block")  # undoes nothing of what somebody else did meanwhile


def acted(draft: Draft, form: dict[str, str]) -> tuple[Draft, str]:
    """The draft after an act, and the part that the page should show."""
    name, wanted = form.get("name", ""), form.get("act", "")
    if wanted in ("up", "down"):
        return acts.move(draft, name, -1 if wanted == "up" else 1), name
    if wanted == "remove":
        return acts.remove(draft, name), ""
    if wanted == "arrange":
        return acts.arrange(draft, form.get("order", "").split()), ""
    if wanted == "block":
        return opening.with_block(draft, form.get("block", "")), ""
    if wanted == "add" and form.get("kind") in KINDS and form.get("words"):
        part = new_part(draft, form["kind"], form["words"])
        return acts.add(draft, part, into=form.get("into", "")), part.name
    raise NotFound(
        "act.unknown",
        "Write the words of the question and choose its type.",
        "Nothing was changed.",
    )


HANDLERS = [build, act]
