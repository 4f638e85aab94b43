"""The builder: a survey as a list of questions that an organiser adds to, orders and takes from."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.pages.organiser import opening
from api.pages.organiser.conditions import conditions_in_words
from api.pages.organiser.faults import errors_in_words, warnings_in_words
from api.pages.organiser.lengths import length_of
from api.pages.organiser.opening import BASE, open_draft, organisers
from api.pages.organiser.parts import KINDS, new_part
from api.pages.organiser.question_bank import block_titles, items_of, save_items
from api.pages.templating import AnyRequest
from api.pages.work import done, page, typed
from api.paper.laying import numbers_of
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Slug
from survey.instruments import AnyPart, Choice, Choices, Group, Page, Repeat, every
from survey.instruments import drafts as acts
from survey.instruments.copying import duplicate
from survey.instruments.drafts import Draft
from survey.instruments.other_answers import find_other
from survey.instruments.wordings import quoted
from survey.problems import Invalid, Problem
from survey.store import instrument_drafts, instruments
from survey.store.database import Connection, Database


@get(BASE + "/{slug:str}", guards=organisers, include_in_schema=False)
async def build(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Template:
    after = request.query_params.get("after", "")
    return await builder_page(
        database,
        person,
        slug,
        done=done(request),
        added=number_in(request, "added"),
        typed={"where": f"after:{after}"} if after else {},
        is_adding=bool(after),
    )


def number_in(request: AnyRequest, name: str) -> int:
    """A small number of the address, such as how many questions were just added."""
    asked = request.query_params.get(name, "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 5 else 0


async def builder_page(database: Database, person: Person, slug: str, **context: Any) -> Template:
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
        live = await instruments.chain(connection, slug)
        last_act = await instrument_drafts.find_last_act(connection, slug)
    told = numbers_of(draft.instrument, draft.spoken()[0])
    parts = list(every(draft.instrument.items))
    return page(
        "survey_draft",
        person,
        draft=draft,
        live=live[-1] if live else None,
        numbers={name: known.number for name, known in told.questions.items()},
        kinds=KINDS,
        blocks=block_titles(),
        places=places_in(parts),
        last_act=last_act,
        length=length_of(draft.instrument),
        warnings=warnings_in_words(draft),
        conditions=conditions_in_words(draft),
        **({"added": 0, "is_adding": False} | context),
    )


def places_in(parts: list[AnyPart]) -> list[tuple[str, str]]:
    """Where a new question can go: at the end, behind each question, at the end of each group."""
    found = [("", "At the end")]
    for part in parts:
        found.append((f"after:{part.name}", f"After {quoted(part)}"))
        if isinstance(part, Group | Page | Repeat):
            found.append((f"in:{part.name}", f"In {quoted(part)}, at the end"))
    return found


@post(BASE + "/{slug:str}/act", guards=organisers, include_in_schema=False)
async def act(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """One act on the list; what is refused changes nothing and is said on the page."""
    form = await typed(request)
    wanted = form.get("act", "")
    try:
        async with database.connection() as connection, connection.transaction():
            draft = await open_draft(connection, person, slug, None if wanted in ADDS else form)
            onward = await save_act(connection, draft, form)
    except Problem as refused:
        return await builder_page(
            database,
            person,
            slug,
            status=refused.status,
            refused=refused,
            errors=[
                (field or FIELDS.get(wanted, ""), sentence)
                for field, sentence in errors_in_words(refused, opening.EMPTY)
            ],
            typed=form,
        )
    return Redirect(f"{BASE}/{slug}{onward}", status_code=303)


FIELDS = {"add": "words", "block": "block"}
ADDS = ("add", "block")  # undoes nothing of what somebody else did meanwhile


async def save_act(connection: Connection, draft: Draft, form: dict[str, str]) -> str:
    """Do an act and save it, and return where the organiser goes on."""
    wanted = form.get("act", "")
    if wanted == "undo":
        await instrument_drafts.undo(connection, draft)
        return "?done=undone"
    if wanted == "add":
        part = part_in(draft, form)
        draft = add_at(draft, part, form.get("where", ""))
        await instrument_drafts.save(connection, draft, act=f"Added {quoted(part)}")
        if form.get("then") == "stay":
            return f"?after={part.name}"
        return f"/questions/{part.name}?done=added"
    if wanted == "block":
        number = await save_items(connection, draft, items_of(form.get("block", "")))
        return f"?done=block&added={number}"
    after, anchor, label = apply_act(draft, form)
    if after is not draft:
        await instrument_drafts.save(connection, after, act=label)
    return f"#part-{anchor}" if anchor else ""


def part_in(draft: Draft, form: dict[str, str]) -> AnyPart:
    if form.get("kind") not in KINDS or not form.get("words"):
        raise Invalid("act.incomplete", "Enter the question", "")
    lines = [line.strip() for line in form.get("answers", "").splitlines()]
    return new_part(draft, form["kind"], form["words"], [line for line in lines if line])


def add_at(draft: Draft, part: AnyPart, where: str) -> Draft:
    """A new part where the organiser wants it."""
    place, _, name = where.partition(":")
    if place == "after":
        return acts.add(draft, part, behind=name)
    return acts.add(draft, part, into=name if place == "in" else "")


def apply_act(draft: Draft, form: dict[str, str]) -> tuple[Draft, str, str]:
    """The draft after an act on the list, the part to show, and what was done."""
    name, wanted = form.get("name", ""), form.get("act", "")
    if wanted == "arrange":
        return acts.arrange(draft, form.get("order", "").split()), "", "Moved a question"
    part = draft.find(name)
    if wanted in ("up", "down"):
        moved = acts.move(draft, name, -1 if wanted == "up" else 1)
        return moved, name, f"Moved {quoted(part)}"
    if wanted == "duplicate":
        after, copy = duplicate(draft, name)
        return after, copy, f"Duplicated {quoted(part)}"
    if wanted == "remove":
        return remove(draft, part), "", f"Removed {quoted(part)}"
    raise Invalid("act.unknown", "This cannot be done with a question.", "Nothing was changed.")


def remove(draft: Draft, part: AnyPart) -> Draft:
    """Without a question, and without the one that only asks what its other answer is."""
    if isinstance(part, Choice | Choices) and (other := find_other(draft, part)):
        draft = acts.remove(draft, other.name)
    return acts.remove(draft, part.name)


HANDLERS = [build, act]
