"""One page of questions: its fields, what was typed into them, and the errors."""

import hashlib
from functools import partial
from typing import Any, cast

import msgspec
from litestar.response import Template

from api.locales import gettext
from api.pages.forms import Errors, Form, Values, first_value
from api.pages.resident.questionnaire import form_answers, refusals, steps
from api.pages.resident.questionnaire.drafts import ResidentDraft
from api.pages.resident.questionnaire.steps import QuestionnaireStep
from api.pages.resident.questionnaire.walk import Walk, draft_contact, written_texts
from api.pages.shell import AnyRequest
from api.security.limits import code_guesses, request_source
from survey.places import City
from survey.problems import Fault, Problem
from survey.receipts import is_mistyped_card_code, parse_case_number, tidy_code
from survey.store.database import Database
from survey.store.surveys import instruments
from survey.surveys.instruments import FileItem, Instrument, Item, Repeat, all_parts, wording_text
from survey.surveys.item_types.answers import Answers, Round
from survey.surveys.item_types.choices import EVERY_OPTION
from survey.surveys.responses import (
    MISSING,
    MOST_ROUNDS,
    OFFERED,
    evaluation_faults,
    is_child,
    validate_item,
)
from survey.words import has_postcodes

OVERTAKEN = "page.overtaken"
LONGEST_CODE = 40
SHORT_ANSWER = 20  # characters: shorter answers are quickly typed again
FILES_FIELD = "files"  # the field of a page that takes several


def field_name(step: QuestionnaireStep, item: Item) -> str:
    """The name of a question's field: 'answer' if the page asks one thing, else the question's
    own.
    """
    if step.file is item:
        return FILES_FIELD
    return form_answers.ONLY_FIELD if step.item is item else f"q-{item.name}"


def saved_form(walk: Walk, step: QuestionnaireStep) -> Form:
    draft = walk.draft or ResidentDraft(slug="")
    if step.items:
        answers = steps.step_answers(step, draft.answers)
        values: Values = {}
        for item in steps.step_questions(step):
            values |= form_answers.answer_fields(item, answers, field_name(step, item))
        return Form(values=values)
    if step.file:
        return Form()
    if step.name == steps.CONTACT:
        return Form(values=form_answers.contact_fields(draft_contact(walk, draft)))
    given = draft.access_code if step.name == steps.ACCESS_CODE else draft.area
    return Form(values={"answer": [given] if given else []})


def page_mark(walk: Walk, step: QuestionnaireStep) -> str:
    """A mark made from a page's saved answers; it differs once another device has answered the
    page.
    """
    saved = msgspec.json.encode(saved_form(walk, step).values)
    return hashlib.sha256(saved).hexdigest()[:16]


def is_overtaken(walk: Walk, step: QuestionnaireStep, values: Values) -> bool:
    """Whether another device answered the page after it was opened here."""
    seen = first_value(values, "seen")
    return walk.is_newer_elsewhere and bool(seen) and seen != page_mark(walk, step)


def overtaken_form(values: Values) -> Form:
    """The page again with what was typed here, when another device has answered it since."""
    newer = gettext(
        "You answered this page on another device after you opened it here, so the answer there is "
        "newer. To save what you see below instead, continue"
    )
    return Form(values=values, errors=[("", newer)], code=OVERTAKEN)


def apply_step(walk: Walk, step: QuestionnaireStep, values: Values, city: City) -> Form | None:
    """Save what was typed in the draft; else return the form to show again."""
    draft = walk.draft
    assert draft is not None
    if step.items:
        return apply_answers(walk, step, values)
    if step.repeat:
        return change_rounds(walk, step, values)
    if step.name == steps.CONTACT:
        return apply_contact(walk, draft, values)
    return (apply_code if step.name == steps.ACCESS_CODE else apply_area)(draft, values, city)


def apply_answers(walk: Walk, step: QuestionnaireStep, values: Values) -> Form | None:
    """Put the page's answers into the draft if they pass their own rules and the survey's
    expressions; otherwise return the form to show again.
    """
    accepted: Answers = {}
    errors: Errors = []
    named = dict[str, tuple[Item, str, str]]()
    for item in steps.step_questions(step):
        at = field_name(step, item)
        skipped = values.get("skip") and not item.required
        # Skipping never passes over a required question, whatever the request says.
        given = {} if skipped else form_answers.parse_answers(item, values, at)
        answers, faults = validate_item(item, given, walk.occasion)
        accepted |= answers
        errors += refusals.item_errors(item, faults, at)
        # An answer that is refused already has its error, so the survey's rules are left out.
        if not faults:
            named |= {step.address(name): (item, name, at) for name in item.answer_names()}
    assert walk.draft is not None
    names = [name for item in steps.step_questions(step) for name in item.answer_names()]
    after = answers_with(step, walk.draft.answers, accepted, names)
    settled = walk.occasion.logic(after)
    # Reversed, so that of several faults at one place the first is the one that is shown.
    rule_faults = {fault.where: fault for fault in reversed(evaluation_faults(after, settled))}
    for where, (item, name, at) in named.items():
        # A question that these answers make disappear must not stop anybody.
        if where in rule_faults and where not in settled.passed_over:
            wrong = rule_faults[where].sentence
            # The organiser's message for a broken condition, else the message of the rule.
            if wrong not in (MISSING, OFFERED, EVERY_OPTION):
                wrong = wording_text(item.constraint_message) or wrong
            fault = Fault(name, wrong)
            errors += refusals.item_errors(item, [fault], at)
    errors += refusals.note_errors(step, settled)
    if errors:
        return Form(values=values, errors=errors)
    walk.draft.answers = after
    return None


def is_left_empty(walk: Walk, step: QuestionnaireStep, values: Values) -> bool:
    """Whether the person added this round of a repeat and entered nothing in it."""
    repeat = next(
        (part for part in all_parts(walk.instrument.items) if part.name == step.repeat), None
    )
    if not step.round or not isinstance(repeat, Repeat) or repeat.count:
        return False
    given = (
        form_answers.parse_answers(item, values, field_name(step, item))
        for item in steps.step_questions(step)
    )
    return not any(answer not in ("", [], {}) for answers in given for answer in answers.values())


def answers_with(
    step: QuestionnaireStep, answers: Answers, accepted: Answers, names: list[str]
) -> Answers:
    """All answers, with those of this page replaced."""
    if not step.round:
        return {name: answer for name, answer in answers.items() if name not in names} | accepted
    rounds = answers.get(step.repeat)
    given_rounds = list(rounds) if isinstance(rounds, list) else []
    before = cast(Answers, given_rounds[step.round - 1])
    given_rounds[step.round - 1] = cast(
        Round, {k: v for k, v in before.items() if k not in names} | accepted
    )
    return answers | {step.repeat: given_rounds}


def answers_with_one(step: QuestionnaireStep, answers: Answers, name: str, answer: str) -> Answers:
    """All answers, with one answer of this page replaced; an empty one is removed."""
    rest = {key: other for key, other in steps.step_answers(step, answers).items() if key != name}
    there = rest | ({name: answer} if answer else {})
    return answers_with(step, answers, there, [name]) if step.round else there


def change_rounds(walk: Walk, step: QuestionnaireStep, values: Values) -> Form | None:
    """Add a round to a repeat, or remove its last one."""
    assert walk.draft is not None
    rounds = walk.draft.answers.get(step.repeat)
    given_rounds = list(rounds) if isinstance(rounds, list) else []
    act = first_value(values, "act")
    if act == "add" and len(given_rounds) < MOST_ROUNDS:
        given_rounds.append({})
    elif act == "remove":
        given_rounds = given_rounds[:-1]
    walk.draft.answers = walk.draft.answers | {step.repeat: given_rounds}
    return None


def parse_code(typed: str) -> str:
    """An access code in the form in which codes are compared; empty if it cannot be one."""
    code = tidy_code(typed)
    return code if len(code) <= LONGEST_CODE else ""


def unknown_code_sentence(typed: str = "") -> str:
    if is_mistyped_card_code(typed):
        return gettext("One letter or number of this code is wrong. Check each of them")
    if parse_case_number(typed):
        # A card's code has the same form: nobody knows which of the two was typed.
        return gettext(
            "This code opens no survey. If it is your case number, use ‘Follow a complaint’ instead"
        )
    return gettext("This access code is wrong or was used before. Check your letter or card")


def too_many_codes_sentence() -> str:
    return gettext("There were too many wrong codes. Wait an hour, then try again")


async def find_code_fault(
    request: AnyRequest, database: Database, instrument: Instrument, typed: str
) -> str:
    """What is wrong with an access code, in the reader's language; "" for one that works.

    After many wrong codes of one source none is looked up for an hour.
    """
    guesses, source = code_guesses(request.app.state), request_source(request)
    if not guesses.may_try(source):
        return too_many_codes_sentence()
    async with database.connection() as connection:
        if await instruments.is_code_unused(connection, instrument, typed):
            return ""
    guesses.count_wrong(source)
    return unknown_code_sentence(typed)


def apply_code(draft: ResidentDraft, values: Values, _: City) -> Form | None:
    code = parse_code(first_value(values, "answer"))
    if not code:
        wrong = gettext("Enter the access code from your letter or card")
        return Form(values=values, errors=[("answer", wrong)])
    draft.access_code = code
    return None


def apply_contact(walk: Walk, draft: ResidentDraft, values: Values) -> Form | None:
    form = Form(values=values)
    contact = form_answers.parse_contact(form)
    form_answers.check_contact(form, contact)
    if form.errors:
        return form
    draft.contact = walk.keyring.seal("", contact).decode() if contact else ""
    return None


def apply_area(draft: ResidentDraft, values: Values, city: City) -> Form | None:
    """Save the borough; only the borough is stored, not the postcode.

    A postcode typed now takes precedence over a borough chosen earlier.
    """
    code, postcode = first_value(values, "answer"), first_value(values, "postcode")
    chosen = next((area for area in city.local_areas() if area.code == code), None)
    try:
        borough = city.at(postcode) if postcode else chosen
    except Problem as problem:
        shared = problem.code == "postcode.ambiguous"
        if not shared or chosen is None or code not in {fault.where for fault in problem.faults}:
            return area_refusal(values, problem, city)
        borough = chosen
    if borough is None:
        wrong = gettext("Select a borough, or enter a postcode")
        if not has_postcodes():
            wrong = gettext("Select a borough")
        return Form(values=values, errors=[("answer", wrong)])
    # The borough saved before comes ticked, so only another one contradicts the postcode.
    if chosen and chosen.code not in (borough.code, draft.area):
        wrong = gettext(
            "This postcode is in %(one)s, but you selected %(other)s. Change one of them, or leave "
            "the postcode empty"
        ) % {"one": borough.name, "other": chosen.name}
        return Form(values=values, errors=[("postcode", wrong)])
    draft.area = borough.code
    return None


def area_refusal(values: Values, problem: Problem, city: City) -> Form:
    """The form again after a postcode that does not give one borough.

    A postcode that several boroughs share is not an error: they are offered to choose from.
    """
    if problem.code == "postcode.ambiguous":
        # On the first showing nobody has had the chance to choose yet, so nothing is missing.
        again = bool(first_value(values, "shared"))
        missing = [("answer", gettext("Select the borough"))] if again else []
        return Form(values=values, errors=missing, faults=problem.faults)
    wrong = gettext("Enter a postcode in %(city)s, such as E8 1EA, or select a borough")
    return Form(values=values, errors=[("postcode", wrong % {"city": city.name})])


def step_page(
    walk: Walk, step: QuestionnaireStep, asked: Form, city: City, *, change: bool
) -> Template:
    number, of = steps.step_number(walk.steps, step)
    return Template(
        f"resident/{step_template(step)}.html",
        context={
            "walk": walk,
            "step": step,
            "field_name": partial(field_name, step),
            "asked": asked,
            "seen": page_mark(walk, step) if walk.device else "",
            "newer": steps.step_answers(step, walk.draft.answers if walk.draft else {})
            if asked.code == OVERTAKEN
            else None,
            "areas": city.local_areas(),
            "number": number,
            "of": of,
            "change": change,
            "sends_files": any(isinstance(item, FileItem) for item in (*step.items, step.file)),
            "back": walk.address(steps.CHECK) if change else walk.beside(step, -1),
        },
    )


def step_template(step: QuestionnaireStep) -> str:
    if step.file is not None:
        return "files"
    if step.item is not None:
        return "question"
    if step.items:
        return "questions"
    return "rounds" if step.repeat else step.name.replace("-", "_")


def check_page(walk: Walk, city: City, errors: Errors, puzzle: str = "") -> Template:
    draft = walk.draft
    assert draft is not None
    return Template(
        "resident/check.html",
        context={
            "walk": walk,
            "draft": draft,
            "answers_on": steps.step_answers,
            "area": city.find(draft.area).name if draft.area else "",
            "notes": steps.closing_notes(walk.instrument, draft.answers, walk.evaluation),
            "wrote": bool(written_texts(walk.instrument, draft.answers)),
            "contact": draft_contact(walk, draft),
            "is_child": is_child(walk.instrument, draft.answers),
            "areas": city.local_areas(),
            "asked": Form(errors=errors),
            "puzzle": puzzle,
            "back": walk.beside(walk.steps[-1], 0),
        },
    )


def lost_draft_page(walk: Walk, values: Values | None = None) -> Template:
    """The page for an expired draft, with what was typed on its last page, to be copied."""
    # The draft is gone, so the page is the only place where what was typed can still be shown.
    typed = [str(text) for many in (values or {}).values() for text in many]
    context: dict[str, Any] = {
        "walk": walk,
        "typed": [text for text in typed if len(text) > SHORT_ANSWER],
    }
    return Template("resident/lost.html", context=context, status_code=410)
