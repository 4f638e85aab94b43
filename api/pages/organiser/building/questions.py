"""Edit one question of a draft: its texts in every language and its condition."""

from collections.abc import Iterator
from typing import Annotated, Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Template

from api.dependencies import Slug
from api.pages.forms import Errors, Form
from api.pages.organiser.building.conditions import (
    ChosenConditions,
    chosen_conditions,
    offers_before,
    parse_condition,
    sentences_by_claim,
)
from api.pages.organiser.building.faults import check_known_names, form_errors
from api.pages.organiser.building.opening import BASE, load_survey_draft
from api.pages.organiser.building.parts import parse_question
from api.pages.registry import StaffPage
from api.pages.work import FromPage, StaffRequest
from survey.formats.expressions import logic as expressions
from survey.formats.languages import ENGLISH_NAMES
from survey.problems import Fault, Problem
from survey.store.surveys import instruments, surveys
from survey.surveys.instruments import AnyPart, Instrument
from survey.surveys.instruments import drafts as acts
from survey.surveys.instruments.drafts import InstrumentDraft
from survey.surveys.instruments.instrument import quoted_question
from survey.surveys.instruments.options import (
    add_other,
    find_other,
    may_have_other,
    name_options,
    remove_other,
)
from survey.surveys.refusals import bad_instrument

QuestionName = Annotated[str, PathParameter(pattern=r"^[A-Za-z_][\w.-]{0,59}$")]
ADVANCED_FIELDS = (
    "relevant", "constraint", "required_when", "default", "filter", "most_pixels", "name",
)  # fmt: skip
WHO_READS = (
    "You and the working group read what people write here, once a program has hidden names and "
    "phone numbers. It is not in your exports. Residents see this before they answer. To count "
    "answers, offer a list to choose from."
)


@get(BASE + "/{slug:str}/questions/{name:str}")
async def show_question(page: FromPage, slug: Slug, name: QuestionName) -> Template:
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        live = await instruments.load_history(connection, slug)
    return question_page(page, draft, live, name)


def question_page(
    page: StaffRequest, draft: InstrumentDraft, live: list[Instrument], name: str
) -> Template:
    """The form of a question; what was typed takes precedence over what is saved."""
    part = draft.find(name)
    offers = offers_before(draft, name)
    # What was typed is shown again even where it is not a condition yet.
    chosen = parse_condition(page.form, part.relevant, offers)[1] if page.form.values else None
    chosen = chosen or chosen_conditions(part.relevant, sentences_by_claim(offers))
    return page.show(
        "surveys/question",
        draft=draft,
        part=part,
        name=name,
        live=live[-1] if live else None,
        languages_of=[(code, ENGLISH_NAMES.get(code, code)) for code in draft.all_languages()],
        offers=offers,
        chosen=chosen,
        has_other=may_have_other(part) and find_other(draft, part) is not None,
        who_reads=WHO_READS,
        advanced_open=is_advanced_open(part, chosen, page.form.errors),
    )


def is_advanced_open(part: AnyPart, chosen: ChosenConditions, errors: Errors) -> bool:
    """Whether something under Advanced is in use or wrong, so that it is shown open."""
    used = chosen.written or bool(getattr(part, "constraint", ""))
    return used or any(field in ADVANCED_FIELDS for field, _ in errors)


@post(BASE + "/{slug:str}/questions/{name:str}")
async def submit_question(page: FromPage, slug: Slug, name: QuestionName) -> Response[Any]:
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        live = await instruments.load_history(connection, slug)
    before = draft.find(name)
    part = parse_question(draft, before, page.form)
    part = name_options(draft, before, part, live[-1] if live else None)
    if not page.form.errors:
        try:
            await save_question(page, slug, name, part)
        except Problem as refused:
            page.form.errors += form_errors(refused, draft.instrument)
    if page.form.errors:
        return question_page(page, draft, live, name)
    if page.form["then"] == "more":
        return page.to(f"{BASE}/{slug}/questions/{part.name}", "kept")
    return page.to(f"{BASE}/{slug}#part-{part.name}")


async def save_question(page: StaffRequest, slug: str, name: str, part: AnyPart) -> None:
    """Save an edited question, if its rules can be read."""
    async with page.connection() as connection, connection.transaction():
        draft = await load_survey_draft(connection, page.person, slug, page.form)
        # Before the question is replaced: the removed options are only in the old one.
        for option, into in parse_merged_options(draft.find(name), page.form):
            draft = acts.merge_options(draft, name, option, into)
        draft = draft_with_other(
            acts.replace_part(draft, name, part), part, wanted=page.form["other"] == "yes"
        )
        # In a thread: rules are tried out. Before saving: none is stored that cannot be read.
        await anyio.to_thread.run_sync(check_rules, draft, part)
        await surveys.save_draft(connection, draft, act=f"Changed {quoted_question(part)}")


def draft_with_other(draft: InstrumentDraft, part: AnyPart, *, wanted: bool) -> InstrumentDraft:
    """The draft with or without “Other, please say” on a choice, as its box was ticked."""
    if not may_have_other(part):
        return draft
    if wanted:
        return add_other(draft, part)
    return remove_other(draft, part) if find_other(draft, part) else draft


def parse_merged_options(part: AnyPart, form: Form) -> Iterator[tuple[str, str]]:
    """Options that are removed, with the option their answers count as from now on."""
    for number in range(1, 201):
        name, into = form[f"option-{number}-name"], form[f"option-{number}-into"]
        options = getattr(part, "options", ())
        if name and into and name != into and into in {option.name for option in options}:
            yield name, into


def check_rules(draft: InstrumentDraft, part: AnyPart) -> None:
    """Refuse a rule that cannot be read, while whoever wrote it is still there."""
    check_known_names(draft, part)
    if expressions.needs_evaluation(draft.instrument):
        faults = [
            one
            for one in expressions.faults_of_expressions(draft.instrument)
            # Faults of other questions do not stop this one: publishing lists them.
            if faulty_part_name(one) == part.name
        ]
        if faults:
            raise bad_instrument(tuple(faults))


def faulty_part_name(fault: Fault) -> str:
    return fault.where.partition(":")[0]


PAGES = [StaffPage([show_question, submit_question], linked_from="/work/builder/{slug:str}")]
