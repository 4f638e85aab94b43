"""One question of a draft: every word of it, in every language, and when it is asked."""

from collections.abc import Iterator
from typing import Annotated, Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api.pages.organiser.opening import BASE, open_draft, organisers
from api.pages.organiser.parts import KINDS, edited
from api.pages.templating import AnyRequest, kind
from api.pages.work import done, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Slug
from survey.formats import expressions
from survey.formats.languages import NAMES
from survey.instruments import (
    AnyPart,
    Choice,
    Choices,
    Instrument,
    every,
    said,
)
from survey.instruments import drafts as acts
from survey.instruments.drafts import Draft
from survey.instruments.option_names import name_options
from survey.problems import Fault, Problem, bad_instrument
from survey.store import instrument_drafts, instruments
from survey.store.database import Database

Condition = tuple[str, str]
QuestionName = Annotated[str, PathParameter(pattern=r"^[A-Za-z_][\w.-]{0,59}$")]


def asked_before(instrument: Instrument, name: str) -> Iterator[tuple[str, list[Condition]]]:
    """For each question asked earlier, the conditions that its answers can make."""
    for part in every(instrument.items):
        if part.name == name:
            return
        if isinstance(part, Choice | Choices):
            words = said(part.text)
            chosen = "selected(${%s}, '%s')" if isinstance(part, Choices) else "${%s} = '%s'"
            yield (
                words,
                [
                    (chosen % (part.name, option.name), f"“{words}” is “{said(option.text)}”")
                    for option in part.options
                ]
                + [(f"${{{part.name}}} != ''", f"“{words}” was answered")],
            )


@get(BASE + "/{slug:str}/questions/{name:str}", guards=organisers, include_in_schema=False)
async def question(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug, name: QuestionName
) -> Template:
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
        live = await instruments.chain(connection, slug)
    return question_page(person, draft, live, name, done=done(request))


def question_page(
    person: Person, draft: Draft, live: list[Instrument], name: str, **context: Any
) -> Template:
    part = context.pop("part", None) or draft.find(name)
    return page(
        "survey_question",
        person,
        draft=draft,
        part=part,
        name=name,
        kind=kind(part),
        kinds=KINDS,
        live=live[-1] if live else None,
        languages_of=[(code, NAMES.get(code, code)) for code in draft.spoken()],
        before=list(asked_before(draft.instrument, name)),
        **context,
    )


@post(BASE + "/{slug:str}/questions/{name:str}", guards=organisers, include_in_schema=False)
async def keep_question(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug, name: QuestionName
) -> Response[Any]:
    form = await typed(request)
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
        live = await instruments.chain(connection, slug)
    before = draft.find(name)
    part, wrong = edited(draft, before, form)
    part = name_options(draft, before, part, live[-1] if live else None)
    if not wrong:
        try:
            await save_question(database, person, slug, name, part, form)
        except Problem as refused:
            told = [f"{fault.where}: {fault.sentence}" for fault in refused.faults]
            sentence = " ".join([refused.sentence, *told, refused.remedy])
            wrong = [("name" if refused.code.startswith("question.") else "", sentence)]
    if wrong:
        return question_page(
            person, draft, live, name, part=part, typed=form, errors=wrong, status=422
        )
    if form.get("then") == "more":
        return Redirect(f"{BASE}/{slug}/questions/{part.name}?done=kept", status_code=303)
    return Redirect(f"{BASE}/{slug}#part-{part.name}", status_code=303)


async def save_question(
    database: Database, person: Person, slug: str, name: str, part: AnyPart, form: dict[str, str]
) -> None:
    """Keep an edited question, if what it says can be asked."""
    async with database.connection() as connection, connection.transaction():
        draft = await open_draft(connection, person, slug, form)
        for option, into in merged_in(draft.find(name), form):
            draft = acts.merge_options(draft, name, option, into)
        draft = acts.put(draft, name, part)
        await anyio.to_thread.run_sync(readable, draft, part)
        await instrument_drafts.save(connection, draft)


def merged_in(part: AnyPart, form: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Options that are left out and whose answers count as another's from now on."""
    for number in range(1, 201):
        name, into = form.get(f"option-{number}-name", ""), form.get(f"option-{number}-into", "")
        options = getattr(part, "options", ())
        if name and into and name != into and into in {option.name for option in options}:
            yield name, into


def readable(draft: Draft, part: AnyPart) -> None:
    """Refuse a condition that cannot be read, while whoever wrote it is still there."""
    if expressions.needs_logic(draft.instrument):
        faults = [one for one in expressions.check(draft.instrument) if named(one) == part.name]
        if faults:
            raise bad_instrument(tuple(faults))


def named(fault: Fault) -> str:
    return fault.where.partition(":")[0]


HANDLERS = [question, keep_question]
