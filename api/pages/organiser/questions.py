"""One question of a draft: every word of it, in every language, and when it is asked."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api.pages.organiser.conditions import (
    Chosen,
    chosen_now,
    condition_in,
    offers_before,
    sentences_of,
)
from api.pages.organiser.faults import errors_in_words, refuse_unknown_names
from api.pages.organiser.opening import BASE, open_draft, organisers
from api.pages.organiser.parts import KINDS, edited
from api.pages.templating import AnyRequest, kind
from api.pages.work import done, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Slug
from survey.formats import expressions
from survey.formats.languages import ENGLISH
from survey.instruments import AnyPart, Choice, Choices, Instrument
from survey.instruments import drafts as acts
from survey.instruments.drafts import Draft
from survey.instruments.option_names import name_options
from survey.instruments.other_answers import add_other, find_other, remove_other
from survey.instruments.wordings import quoted
from survey.problems import Fault, Problem, bad_instrument
from survey.store import instrument_drafts, instruments
from survey.store.database import Database

QuestionName = Annotated[str, PathParameter(pattern=r"^[A-Za-z_][\w.-]{0,59}$")]
ADVANCED = (
    "relevant", "constraint", "required_when", "default", "filter", "most_pixels", "name",
)  # fmt: skip
WHO_READS = (
    "You will not see what people write here. Only the working group reads it, and it is not in "
    "your exports. Residents see this before they answer. To see answers yourself, offer a list "
    "to choose from."
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
    """The form of a question; what was typed into it goes before what is saved."""
    part = draft.find(name)
    offers = offers_before(draft, name)
    form: Mapping[str, str] = context.get("typed", {})
    chosen = condition_in(form, part.relevant, offers)[1] if form else None
    chosen = chosen or chosen_now(part.relevant, sentences_of(offers))
    return page(
        "survey_question",
        person,
        draft=draft,
        part=part,
        name=name,
        kind=kind(part),
        kinds=KINDS,
        live=live[-1] if live else None,
        languages_of=[(code, ENGLISH.get(code, code)) for code in draft.spoken()],
        offers=offers,
        chosen=chosen,
        has_other=isinstance(part, Choice | Choices) and find_other(draft, part) is not None,
        who_reads=WHO_READS,
        advanced_open=is_advanced_open(part, chosen, context.get("errors", [])),
        **context,
    )


def is_advanced_open(part: AnyPart, chosen: Chosen, errors: list[tuple[str, str]]) -> bool:
    """Open where something in there is used, or wrong."""
    used = chosen.written or bool(getattr(part, "constraint", ""))
    return used or any(field in ADVANCED for field, _ in errors)


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
            wrong = errors_in_words(refused, draft.instrument)
    if wrong:
        return question_page(person, draft, live, name, typed=form, errors=wrong, status=422)
    if form.get("then") == "more":
        return Redirect(f"{BASE}/{slug}/questions/{part.name}?done=kept", status_code=303)
    return Redirect(f"{BASE}/{slug}#part-{part.name}", status_code=303)


async def save_question(
    database: Database, person: Person, slug: str, name: str, part: AnyPart, form: dict[str, str]
) -> None:
    """Save an edited question, if what it says can be asked."""
    async with database.connection() as connection, connection.transaction():
        draft = await open_draft(connection, person, slug, form)
        for option, into in merged_in(draft.find(name), form):
            draft = acts.merge_options(draft, name, option, into)
        draft = with_other(acts.put(draft, name, part), part, wanted=form.get("other") == "yes")
        await anyio.to_thread.run_sync(check_rules, draft, part)
        await instrument_drafts.save(connection, draft, act=f"Changed {quoted(part)}")


def with_other(draft: Draft, part: AnyPart, *, wanted: bool) -> Draft:
    """The draft with or without “Other, please say” on a choice, as its box was ticked."""
    if not isinstance(part, Choice | Choices):
        return draft
    if wanted:
        return add_other(draft, part)
    return remove_other(draft, part) if find_other(draft, part) else draft


def merged_in(part: AnyPart, form: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Options that are left out and whose answers count as another's from now on."""
    for number in range(1, 201):
        name, into = form.get(f"option-{number}-name", ""), form.get(f"option-{number}-into", "")
        options = getattr(part, "options", ())
        if name and into and name != into and into in {option.name for option in options}:
            yield name, into


def check_rules(draft: Draft, part: AnyPart) -> None:
    """Refuse a rule that cannot be read, while whoever wrote it is still there."""
    refuse_unknown_names(draft, part)
    if expressions.needs_logic(draft.instrument):
        faults = [one for one in expressions.check(draft.instrument) if named(one) == part.name]
        if faults:
            raise bad_instrument(tuple(faults))


def named(fault: Fault) -> str:
    return fault.where.partition(":")[0]


HANDLERS = [question, keep_question]
