"""The question bank: every question that can be added to a draft, one by one or as a block."""

from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.pages.organiser.faults import errors_in_words
from api.pages.organiser.opening import BASE, EMPTY, open_draft, organisers
from api.pages.organiser.parts import KINDS
from api.pages.templating import AnyRequest, kind
from api.pages.work import page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Slug
from survey.instruments import AnyItem, Note, every, said
from survey.instruments.drafts import Draft, with_items
from survey.problems import NotFound, Problem
from survey.ready import bank
from survey.store import instrument_drafts
from survey.store.database import Connection, Database


class Offered(msgspec.Struct, frozen=True):
    """One question of the bank; `is_there` where the survey has it already."""

    name: str
    words: str
    type: str
    is_there: bool


class Block(msgspec.Struct, frozen=True):
    name: str
    title: str
    about: str
    source: str
    licence: str
    questions: list[Offered]


def block_titles() -> list[tuple[str, str, int]]:
    """Name and title of each block, and how many questions it has."""
    return [(one.name, one.title, number_of_questions(one.items)) for one in bank()]


def number_of_questions(items: Iterable[AnyItem]) -> int:
    return sum(not isinstance(one, Note) for one in items)


def blocks_for(draft: Draft) -> list[Block]:
    there = {part.name for part in every(draft.instrument.items)}
    return [
        Block(
            one.name,
            one.title,
            one.about,
            one.source,
            one.licence,
            [
                Offered(item.name, said(item.text), KINDS[kind(item)][0], item.name in there)
                for item in one.items
                if not isinstance(item, Note)
            ],
        )
        for one in bank()
    ]


@get(BASE + "/{slug:str}/bank", guards=organisers, include_in_schema=False)
async def read(database: FromDatabase, person: FromPerson, slug: Slug) -> Template:
    return await bank_page(database, person, slug)


async def bank_page(database: Database, person: Person, slug: str, **context: Any) -> Template:
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
    given: dict[str, Any] = {"draft": draft, "blocks": blocks_for(draft), "ticked": []}
    return page("survey_bank", person, **(given | context))


@post(BASE + "/{slug:str}/bank", guards=organisers, include_in_schema=False)
async def add(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """Add what was ticked, or a whole block, at the end."""
    form = await typed(request)
    ticked = [str(one) for one in (await request.form()).getall("item", [])]
    try:
        async with database.connection() as connection, connection.transaction():
            draft = await open_draft(connection, person, slug)
            wanted = items_of(form["block"]) if form.get("block") else items_named(ticked)
            number = await save_items(connection, draft, wanted)
    except Problem as refused:
        errors = errors_in_words(refused, EMPTY)
        shown = {"errors": errors, "ticked": ticked}
        return await bank_page(database, person, slug, status=refused.status, **shown)
    return Redirect(f"{BASE}/{slug}?done=block&added={number}", status_code=303)


def items_of(block: str) -> list[AnyItem]:
    found = next((one for one in bank() if one.name == block), None)
    if found is None:
        raise NotFound("block.unknown", "Choose questions from the bank.", "Nothing was added.")
    return list(found.items)


def items_named(names: list[str]) -> list[AnyItem]:
    found = [item for one in bank() for item in one.items if item.name in names]
    if not found:
        raise NotFound("block.unknown", "Tick the questions that you want.", "Nothing was added.")
    return found


async def save_items(connection: Connection, draft: Draft, items: Iterable[AnyItem]) -> int:
    """Add questions at the end and save; returns how many were not there already."""
    there = {part.name for part in every(draft.instrument.items)}
    new = tuple(item for item in items if item.name not in there)
    number = number_of_questions(new)
    if new:
        after = with_items(draft, (*draft.instrument.items, *new))
        label = "1 question" if number == 1 else f"{number} questions"
        await instrument_drafts.save(connection, after, act=f"Added {label} from the bank")
    return number


HANDLERS = [read, add]
