"""One question a page: shown, answered, or shown again with what is wrong and what was typed."""

from functools import partial
from typing import Any, cast

from litestar.response import Template

from api import lodging
from api.pages.resident import contacting, fields, sentences, steps
from api.pages.resident.drafts import Draft
from api.pages.resident.fields import Values
from api.pages.resident.refusing import Asked, Errors
from api.pages.resident.steps import Step
from api.pages.resident.walking import Walk, contact_in, is_child, words_in
from api.pages.translating import gettext
from survey.instruments import AnyItem, File, Image, Repeat, every, names_of, said
from survey.places import Area, City
from survey.problems import Fault, Problem
from survey.responses import MOST_ROUNDS, Answers, Round, check_item, faults_by
from survey.responses.checking import MISSING, OFFERED
from survey.responses.rules import EVERY_OPTION

MOST_CODE = 40
SHORT = 20  # characters: less is quickly typed again
FILES = "files"  # the field of a page that takes several


def field_name(step: Step, item: AnyItem) -> str:
    """Where a page asks one thing its field is 'answer'; else each question has its own."""
    if step.file is item:
        return FILES
    return fields.ONLY if step.item is item else f"q-{item.name}"


def given_before(walk: Walk, step: Step) -> Asked:
    draft = walk.draft or Draft(slug="")
    if step.items:
        answers = steps.answers_on(step, draft.answers)
        values: Values = {}
        for item in steps.questions(step):
            values |= fields.fields_of(item, answers, field_name(step, item))
        return Asked(values=values)
    if step.file:
        return Asked()
    if step.name == steps.CONTACT:
        return Asked(values=contacting.fields_of(contact_in(walk, draft)))
    given = draft.access_code if step.name == steps.ACCESS_CODE else draft.borough
    return Asked(values={"answer": [given] if given else []})


def take(walk: Walk, step: Step, values: Values, city: City) -> Asked | None:
    """Put what was typed into the draft, or say how to ask again."""
    draft = walk.draft
    assert draft is not None
    if step.items:
        return take_answers(walk, step, values)
    if step.repeat:
        return take_round(walk, step, values)
    if step.name == steps.CONTACT:
        return take_contact(walk, draft, values)
    return (take_code if step.name == steps.ACCESS_CODE else take_borough)(draft, values, city)


def take_answers(walk: Walk, step: Step, values: Values) -> Asked | None:
    """Every question of the page by its rule, then by the expressions of the instrument."""
    kept: Answers = {}
    errors: Errors = []
    named = dict[str, tuple[AnyItem, str, str]]()
    for item in steps.questions(step):
        at = field_name(step, item)
        skipped = values.get("skip") and not item.required
        given = {} if skipped else fields.answers_in(item, values, at)
        answers, faults = check_item(item, given, walk.occasion)
        kept |= answers
        errors += sentences.errors_of(item, faults, at)
        if not faults:
            named |= {step.address(name): (item, name, at) for name in names_of(item)}
    assert walk.draft is not None
    names = [name for item in steps.questions(step) for name in names_of(item)]
    after = put(step, walk.draft.answers, kept, names)
    settled = walk.occasion.logic(after)
    found = {fault.where: fault for fault in reversed(faults_by(after, settled))}
    for where, (item, name, at) in named.items():
        if where in found and where not in settled.passed_over:
            fault = Fault(name, in_own_words(item, found[where].sentence))
            errors += sentences.errors_of(item, [fault], at)
    errors += sentences.errors_of_notes(step, settled)
    if errors:
        return Asked(values=values, errors=errors)
    walk.draft.answers = after
    return None


def in_own_words(item: AnyItem, wrong: str) -> str:
    """What the organiser says where a condition is broken, with answers in it."""
    rules = (MISSING, OFFERED, EVERY_OPTION)
    return wrong if wrong in rules else said(item.constraint_message) or wrong


def is_left_empty(walk: Walk, step: Step, values: Values) -> bool:
    """Whether this is one more of what may be added at will, and nothing was entered there."""
    repeat = next((one for one in every(walk.instrument.items) if one.name == step.repeat), None)
    if not step.round or not isinstance(repeat, Repeat) or repeat.count:
        return False
    given = (
        fields.answers_in(item, values, field_name(step, item)) for item in steps.questions(step)
    )
    return not any(answer not in ("", [], {}) for one in given for answer in one.values())


def drop_round(walk: Walk, step: Step) -> None:
    assert walk.draft is not None
    rounds = walk.draft.answers.get(step.repeat)
    others = list(rounds) if isinstance(rounds, list) else []
    del others[step.round - 1 : step.round]
    walk.draft.answers = walk.draft.answers | {step.repeat: others}


def put(step: Step, answers: Answers, kept: Answers, names: list[str]) -> Answers:
    """All answers with those of this page as they are now."""
    if not step.round:
        return {name: one for name, one in answers.items() if name not in names} | kept
    rounds = answers.get(step.repeat)
    told = list(rounds) if isinstance(rounds, list) else []
    before = cast(Answers, told[step.round - 1])
    told[step.round - 1] = cast(Round, {k: v for k, v in before.items() if k not in names} | kept)
    return answers | {step.repeat: told}


def put_one(step: Step, answers: Answers, name: str, answer: str) -> Answers:
    """All answers with this one of the page as it is now; an empty one is none."""
    rest = {key: one for key, one in steps.answers_on(step, answers).items() if key != name}
    there = rest | ({name: answer} if answer else {})
    return put(step, answers, there, [name]) if step.round else there


def take_round(walk: Walk, step: Step, values: Values) -> Asked | None:
    """One more of what is repeated, or the last one taken away."""
    assert walk.draft is not None
    rounds = walk.draft.answers.get(step.repeat)
    told = list(rounds) if isinstance(rounds, list) else []
    act = fields.first(values, "act")
    if act == "add" and len(told) < MOST_ROUNDS:
        told.append({})
    elif act == "remove":
        told = told[:-1]
    walk.draft.answers = walk.draft.answers | {step.repeat: told}
    return None


def code_in(typed: str) -> str:
    """An access code as it is compared; empty where it cannot be one."""
    code = "".join(c for c in typed.upper() if c.isalnum())
    return code if len(code) <= MOST_CODE else ""


def unknown_code() -> str:
    return gettext("This access code is wrong or was used before. Check your letter")


def take_code(draft: Draft, values: Values, _: City) -> Asked | None:
    code = code_in(fields.first(values, "answer"))
    if not code:
        wrong = gettext("Enter the access code from your letter")
        return Asked(values=values, errors=[("answer", wrong)])
    draft.access_code = code
    return None


def take_contact(walk: Walk, draft: Draft, values: Values) -> Asked | None:
    contact = contacting.contact_in(values)
    if errors := contacting.errors_of(contact):
        return Asked(values=values, errors=errors)
    draft.contact = lodging.sealed(walk.keyring, "", contact).decode() if contact else ""
    return None


def take_borough(draft: Draft, values: Values, city: City) -> Asked | None:
    """A postcode typed now goes before a borough chosen earlier; only the borough is kept."""
    code, postcode = fields.first(values, "answer"), fields.first(values, "postcode")
    chosen = next((area for area in city.boroughs() if area.code == code), None)
    try:
        found = city.at(postcode) if postcode else chosen
    except Problem as problem:
        shared = problem.code == "postcode.ambiguous"
        if not shared or chosen is None or code not in {one.where for one in problem.faults}:
            return wrong_borough(values, problem, city)
        found = chosen
    if found is None:
        wrong = gettext("Select a borough, or enter a postcode")
        return Asked(values=values, errors=[("answer", wrong)])
    if chosen and chosen.code not in (found.code, draft.borough):
        return two_boroughs(values, found, chosen)
    draft.borough = found.code
    return None


def two_boroughs(values: Values, by_postcode: Area, chosen: Area) -> Asked:
    wrong = gettext(
        "This postcode is in %(one)s, but you selected %(other)s. Change one of them, or leave "
        "the postcode empty"
    ) % {"one": by_postcode.name, "other": chosen.name}
    return Asked(values=values, errors=[("postcode", wrong)])


def wrong_borough(values: Values, problem: Problem, city: City) -> Asked:
    """A postcode that several boroughs share is no mistake: they are offered to choose from."""
    if problem.code == "postcode.ambiguous":
        again = bool(fields.first(values, "shared"))
        missing = [("answer", gettext("Select the borough"))] if again else []
        return Asked(values=values, errors=missing, choices=problem.faults)
    wrong = gettext("Enter a postcode in %(city)s, such as E8 1EA, or select a borough")
    return Asked(values=values, errors=[("postcode", wrong % {"city": city.name})])


def page(walk: Walk, step: Step, asked: Asked, city: City, *, change: bool) -> Template:
    number, of = steps.number_of(walk.steps, step)
    return Template(
        f"resident/{template_of(step)}.html",
        context={
            "walk": walk,
            "step": step,
            "field_name": partial(field_name, step),
            "asked": asked,
            "boroughs": city.boroughs(),
            "number": number,
            "of": of,
            "change": change,
            "sends_files": any(isinstance(item, Image | File) for item in (*step.items, step.file)),
            "back": walk.address(steps.CHECK) if change else walk.beside(step, -1),
        },
    )


def template_of(step: Step) -> str:
    if step.file is not None:
        return "files"
    if step.item is not None:
        return "question"
    if step.items:
        return "questions"
    return "rounds" if step.repeat else step.name.replace("-", "_")


def check_page(walk: Walk, city: City, errors: Errors) -> Template:
    draft = walk.draft
    assert draft is not None
    return Template(
        "resident/check.html",
        context={
            "walk": walk,
            "draft": draft,
            "answers_on": steps.answers_on,
            "borough": city.find(draft.borough).name if draft.borough else "",
            "notes": steps.closing_notes(walk.instrument, draft.answers, walk.settled),
            "wrote": bool(words_in(walk.instrument, draft.answers)),
            "contact": contact_in(walk, draft),
            "is_child": is_child(walk),
            "boroughs": city.boroughs(),
            "asked": Asked(errors=errors),
            "back": walk.beside(walk.steps[-1], 0),
        },
    )


def lost(walk: Walk, values: Values | None = None) -> Template:
    """The draft has gone; what was typed on its last page is shown, to be copied."""
    typed = [str(one) for many in (values or {}).values() for one in many]
    context: dict[str, Any] = {"walk": walk, "typed": [one for one in typed if len(one) > SHORT]}
    return Template("resident/lost.html", context=context, status_code=410)
