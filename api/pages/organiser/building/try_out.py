"""A draft tried out as a resident would answer it, conditions and all; nothing of it is stored.

The answers so far travel with each page, in a hidden field, and are checked again each time.
"""

from functools import partial
from typing import Any
from urllib.parse import unquote

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api.dependencies import FromDatabase, FromKeyring, FromPerson, Slug
from api.operations import submissions
from api.pages.forms import Form, first_value, read_form
from api.pages.organiser.building.faults import survey_faults
from api.pages.organiser.building.opening import BASE, load_survey_draft
from api.pages.registry import StaffPage
from api.pages.resident.questionnaire import asking, steps
from api.pages.resident.questionnaire.answering import next_address
from api.pages.resident.questionnaire.drafts import ResidentDraft as Answered
from api.pages.resident.questionnaire.steps import QuestionnaireStep
from api.pages.resident.questionnaire.walking import Walk, fitting_answers
from api.pages.templating import AnyRequest, use_language
from api.pages.work import staff_page
from api.security.keyring import Keyring
from api.security.people import Person
from survey.places import City
from survey.problems import Invalid
from survey.store import places
from survey.surveys.instruments import (
    AnyPart,
    FileItem,
    Instrument,
    Note,
    Repeat,
    all_parts,
    wording_text,
)
from survey.surveys.instruments.drafts import InstrumentDraft, map_siblings
from survey.surveys.instruments.wordings import in_one_language
from survey.surveys.responses import Answers

NO_FILES = " (People send a file here. The try-out leaves it out.)"
MOST_STATE = 200_000


class TryOutState(msgspec.Struct):
    """The state of a try-out, which its pages carry along: the answers so far."""

    answers: Answers = {}
    borough: str = ""


@get(BASE + "/{slug:str}/try")
async def start_try_out(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    keyring: FromKeyring,
    slug: Slug,
) -> Template:
    async with database.connection() as connection:
        draft = await load_survey_draft(connection, person, slug)
    code = chosen_language(draft, request.query_params.get("in", ""))
    city = await database.load_cached(places.get_city)
    try:
        walk = await build_walk(draft, code, city, keyring, TryOutState())
    except Invalid as refused:
        # A draft may hold rules that cannot be used yet: they are listed, and the page still opens.
        faults = survey_faults(draft.instrument, refused.faults)
        return staff_page("surveys/try", person, draft=draft, faults=faults, step=None, answered=[])
    return try_out_page(person, draft, walk, walk.steps[0] if walk.steps else None, city, code=code)


@post(BASE + "/{slug:str}/try")
async def continue_try_out(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    keyring: FromKeyring,
    slug: Slug,
) -> Response[Any]:
    """Show the next page, this page again with its errors, or the page before."""
    values = (await read_form(request)).values
    async with database.connection() as connection:
        draft = await load_survey_draft(connection, person, slug)
    code = chosen_language(draft, first_value(values, "in"))
    city = await database.load_cached(places.get_city)
    walk = await build_walk(draft, code, city, keyring, parse_state(first_value(values, "so-far")))
    step, way = walk.at(first_value(values, "at")), first_value(values, "way")
    # Going back saves nothing of this page, so what was typed on it is not checked.
    if step is None or way:
        return try_out_page(person, draft, walk, previous_step(walk, step), city, code=code)
    with use_language(code):
        again = await submissions.run_evaluation(
            walk.instrument, asking.apply_step, walk, step, values, city
        )
    await walk.settle()
    if again is not None:
        return try_out_page(person, draft, walk, step, city, code=code, asked=again)
    # The address is one for residents; only the name of the page is of use here.
    onward = unquote(
        next_address(walk, step, first_value(values, "act"), change=False).rpartition("/")[2]
    )
    return try_out_page(person, draft, walk, walk.at(onward), city, code=code)


def chosen_language(draft: InstrumentDraft, asked_for: str) -> str:
    return asked_for if asked_for in draft.all_languages() else draft.all_languages()[0]


def previous_step(walk: Walk, step: QuestionnaireStep | None) -> QuestionnaireStep | None:
    """The page before this one; from the end, the last."""
    if step is None:
        return walk.steps[-1] if walk.steps else None
    names = [one.name for one in walk.steps]
    return walk.steps[max(0, names.index(step.name) - 1)]


def parse_state(text: str) -> TryOutState:
    """The answers that a page brought along; none where they cannot be read."""
    try:
        # The field comes back from a browser: both its length and its nesting have to be bounded.
        return msgspec.json.decode(text[:MOST_STATE], type=TryOutState)
    except (msgspec.DecodeError, RecursionError):
        return TryOutState()


async def build_walk(
    draft: InstrumentDraft, code: str, city: City, keyring: Keyring, state: TryOutState
) -> Walk:
    """A walk through the draft with these answers, as far as they fit it now."""
    one = instrument_without_files(in_one_language(draft.instrument, code))
    occasion = submissions.answer_context(one, city)
    answers = await submissions.run_evaluation(one, fitting_answers, one, state.answers, occasion)
    answered = Answered(slug=one.slug, answers=answers)
    if any(area.code == state.borough for area in city.boroughs()):
        answered.borough = state.borough
    walk = Walk(instrument=one, occasion=occasion, keyring=keyring, draft=answered)
    await walk.settle()
    return walk


def instrument_without_files(instrument: Instrument) -> Instrument:
    """The survey without access code, with a note in place of each file question."""
    items = map_siblings(instrument.items, lambda row: tuple(file_as_note(one) for one in row))
    return msgspec.structs.replace(instrument, mode="open", items=items)


def file_as_note(part: AnyPart) -> AnyPart:
    if not isinstance(part, FileItem):
        return part
    text = {code: words + NO_FILES for code, words in part.text.items()}
    return Note(name=part.name, text=text, relevant=part.relevant)


def try_out_page(
    person: Person,
    draft: InstrumentDraft,
    walk: Walk,
    step: QuestionnaireStep | None,
    city: City,
    *,
    code: str,
    asked: Form | None = None,
) -> Template:
    """A page of the try-out, or its end with everything that was answered."""
    answered = walk.draft or Answered(slug="")
    state = TryOutState(dict(answered.answers), answered.borough)
    names = [one.name for one in walk.steps]
    shown = asked or (asking.saved_form(walk, step) if step else Form())
    asked_names = {item.name for one in walk.steps for item in one.items}
    return staff_page(
        "surveys/try",
        person,
        draft=draft,
        faults=[],
        walk=walk,
        step=step,
        field_name=partial(asking.field_name, step) if step else None,
        asked=shown,
        form=shown,
        boroughs=city.boroughs(),
        borough=city.find(answered.borough).name if answered.borough else "",
        code=code,
        so_far=msgspec.json.encode(state).decode(),
        number=names.index(step.name) + 1 if step else 0,
        of=len(names),
        answered=[(one, steps.step_answers(one, answered.answers)) for one in walk.steps],
        closing=steps.closing_notes(walk.instrument, answered.answers, walk.evaluation),
        not_asked=skipped_questions(walk.instrument, asked_names) if step is None else [],
    )


def skipped_questions(instrument: Instrument, asked: set[str]) -> list[str]:
    """The questions that were skipped with these answers."""
    return [
        wording_text(item.text)
        for item in instrument.questions()
        if item.name not in asked and item.is_asked and wording_text(item.text)
        if not any(
            isinstance(part, Repeat) and item in part.items for part in all_parts(instrument.items)
        )
    ]


PAGES = [StaffPage([start_try_out, continue_try_out], linked_from="/work/builder/{slug:str}")]
