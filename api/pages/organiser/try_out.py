"""A draft tried out as a resident would answer it, conditions and all; nothing of it is stored.

The answers so far travel with each page, in a hidden field, and are checked again each time.
"""

from functools import partial
from typing import Any, cast
from urllib.parse import unquote

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api import intake
from api.keys import Keyring
from api.pages.organiser.faults import in_words
from api.pages.organiser.opening import BASE, open_draft, organisers
from api.pages.resident import asking, steps
from api.pages.resident.answering import onward_of
from api.pages.resident.drafts import Draft as Answered
from api.pages.resident.fields import first, values_in
from api.pages.resident.refusing import Asked
from api.pages.resident.steps import Step
from api.pages.resident.walking import Walk, brought_up
from api.pages.templating import AnyRequest, speaking
from api.pages.work import page
from api.people import Person
from api.wiring import FromDatabase, FromKeyring, FromPerson, Slug
from survey.instruments import AnyPart, File, Image, Instrument, Note, Repeat, every, said
from survey.instruments.drafts import Draft, mapped
from survey.instruments.wordings import spoken_in
from survey.places import City
from survey.problems import Invalid
from survey.responses import Answers
from survey.store import places

NO_FILES = " (People send a file here. The try-out leaves it out.)"
MOST_STATE = 200_000


class State(msgspec.Struct):
    """What was answered so far."""

    answers: dict[str, Any] = {}
    borough: str = ""


@get(BASE + "/{slug:str}/try", guards=organisers, include_in_schema=False)
async def begin(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    keyring: FromKeyring,
    slug: Slug,
) -> Template:
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
    code = language_in(draft, request.query_params.get("in", ""))
    city = await database.remembered(places.get_city)
    try:
        walk = await walk_through(draft, code, city, keyring, State())
    except Invalid as refused:
        faults = in_words(draft.instrument, refused.faults)
        return page("survey_try", person, draft=draft, faults=faults, step=None, answered=[])
    return step_page(person, draft, walk, walk.steps[0] if walk.steps else None, city, code=code)


@post(BASE + "/{slug:str}/try", guards=organisers, include_in_schema=False)
async def go_on(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    keyring: FromKeyring,
    slug: Slug,
) -> Response[Any]:
    """The next page after what was answered, the same one with what is wrong, or the one before."""
    values = values_in(await request.form())
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
    code = language_in(draft, first(values, "in"))
    city = await database.remembered(places.get_city)
    walk = await walk_through(draft, code, city, keyring, state_in(first(values, "so-far")))
    step, way = walk.at(first(values, "at")), first(values, "way")
    if step is None or way:
        return step_page(person, draft, walk, before(walk, step), city, code=code)
    with speaking(code):
        again = await intake.beside(walk.instrument, asking.take, walk, step, values, city)
    await walk.settle()
    if again is not None:
        return step_page(person, draft, walk, step, city, code=code, asked=again)
    onward = unquote(onward_of(walk, step, first(values, "act"), change=False).rpartition("/")[2])
    return step_page(person, draft, walk, walk.at(onward), city, code=code)


def language_in(draft: Draft, asked_for: str) -> str:
    return asked_for if asked_for in draft.spoken() else draft.spoken()[0]


def before(walk: Walk, step: Step | None) -> Step | None:
    """The page before this one; from the end, the last."""
    if step is None:
        return walk.steps[-1] if walk.steps else None
    names = [one.name for one in walk.steps]
    return walk.steps[max(0, names.index(step.name) - 1)]


def state_in(text: str) -> State:
    """The answers that a page brought along; none where they cannot be read."""
    try:
        return msgspec.json.decode(text[:MOST_STATE], type=State)
    except (msgspec.DecodeError, RecursionError):
        return State()


async def walk_through(draft: Draft, code: str, city: City, keyring: Keyring, state: State) -> Walk:
    """Where somebody stands with these answers, as far as they fit the draft as it is now."""
    one = without_files(spoken_in(draft.instrument, code))
    occasion = intake.occasion(one, city)
    answers = await intake.beside(one, brought_up, one, cast(Answers, state.answers), occasion)
    answered = Answered(slug=one.slug, answers=answers)
    if any(area.code == state.borough for area in city.boroughs()):
        answered.borough = state.borough
    walk = Walk(instrument=one, occasion=occasion, keyring=keyring, draft=answered)
    await walk.settle()
    return walk


def without_files(instrument: Instrument) -> Instrument:
    """Without access code, and with words in place of what asks for a file."""
    items = mapped(instrument.items, lambda row: tuple(asks_for_no_file(one) for one in row))
    return msgspec.structs.replace(instrument, mode="open", items=items)


def asks_for_no_file(part: AnyPart) -> AnyPart:
    if not isinstance(part, File | Image):
        return part
    text = {code: words + NO_FILES for code, words in part.text.items()}
    return Note(name=part.name, text=text, relevant=part.relevant)


def step_page(
    person: Person,
    draft: Draft,
    walk: Walk,
    step: Step | None,
    city: City,
    *,
    code: str,
    asked: Asked | None = None,
) -> Template:
    """A page of the try-out, or its end with everything that was answered."""
    answered = walk.draft or Answered(slug="")
    state = State(dict(answered.answers), answered.borough)
    names = [one.name for one in walk.steps]
    shown = asked or (asking.given_before(walk, step) if step else Asked())
    asked_names = {item.name for one in walk.steps for item in one.items}
    return page(
        "survey_try",
        person,
        status=422 if shown.errors else 200,
        draft=draft,
        faults=[],
        walk=walk,
        step=step,
        field_name=partial(asking.field_name, step) if step else None,
        asked=shown,
        errors=shown.errors,
        boroughs=city.boroughs(),
        borough=city.find(answered.borough).name if answered.borough else "",
        code=code,
        so_far=msgspec.json.encode(state).decode(),
        number=names.index(step.name) + 1 if step else 0,
        of=len(names),
        answered=[(one, steps.answers_on(one, answered.answers)) for one in walk.steps],
        closing=steps.closing_notes(walk.instrument, answered.answers, walk.settled),
        not_asked=not_asked(walk.instrument, asked_names) if step is None else [],
    )


def not_asked(instrument: Instrument, asked: set[str]) -> list[str]:
    """The questions that these answers passed over."""
    return [
        said(item.text)
        for item in instrument.questions()
        if item.name not in asked and not isinstance(item, Note) and said(item.text)
        if not any(
            isinstance(part, Repeat) and item in part.items for part in every(instrument.items)
        )
    ]


HANDLERS = [begin, go_on]
