"""One question a page: shown, answered, or shown again with what is wrong and what was typed."""

from typing import Any

import msgspec
from litestar.response import Template

from api import clock
from api.pages.resident import fields, sentences, steps
from api.pages.resident.drafts import Draft
from api.pages.resident.fields import Values
from api.pages.resident.steps import Step
from api.pages.resident.walking import Walk, words_in
from api.pages.templating import kind
from api.pages.translating import gettext
from survey.instruments import names_of
from survey.places import Area, City
from survey.problems import Fault, Problem
from survey.responses import check_item

Errors = list[tuple[str, str]]
MOST_CODE = 40


class Asked(msgspec.Struct, kw_only=True):
    """A page as it is to be shown."""

    values: Values = {}
    errors: Errors = []
    choices: tuple[Fault, ...] = ()  # the boroughs that share a postcode district


def given_before(step: Step, draft: Draft) -> Asked:
    if step.item is not None:
        return Asked(values=fields.fields_of(step.item, draft.answers))
    given = draft.access_code if step.name == steps.ACCESS_CODE else draft.borough
    return Asked(values={"answer": [given] if given else []})


def take(step: Step, draft: Draft, values: Values, city: City) -> Asked | None:
    """Put what was typed into the draft, or say how to ask again."""
    if step.item is not None:
        return take_answer(step, draft, values)
    return (take_code if step.name == steps.ACCESS_CODE else take_borough)(draft, values, city)


def take_answer(step: Step, draft: Draft, values: Values) -> Asked | None:
    item = step.item
    assert item is not None
    given = {} if values.get("skip") and not item.required else fields.answers_in(item, values)
    kept, faults = check_item(item, given, clock.today())
    if faults:
        return Asked(values=values, errors=sentences.errors_of(item, faults))
    for name in names_of(item):
        draft.answers.pop(name, None)
    draft.answers |= kept
    return None


def take_code(draft: Draft, values: Values, _: City) -> Asked | None:
    code = "".join(c for c in fields.first(values, "answer").upper() if c.isalnum())
    if not code or len(code) > MOST_CODE:
        wrong = gettext("Enter the access code from your letter")
        return Asked(values=values, errors=[("answer", wrong)])
    draft.access_code = code
    return None


def take_borough(draft: Draft, values: Values, city: City) -> Asked | None:
    """A postcode typed now goes before a borough chosen earlier; only the borough is kept."""
    try:
        area = area_in(values, city)
    except Problem as problem:
        return wrong_borough(values, problem)
    if area is None:
        wrong = gettext("Choose a borough, or enter a postcode")
        return Asked(values=values, errors=[("answer", wrong)])
    draft.borough = area.code
    return None


def area_in(values: Values, city: City) -> Area | None:
    if postcode := fields.first(values, "postcode"):
        return city.at(postcode)
    code = fields.first(values, "answer")
    return next((area for area in city.boroughs() if area.code == code), None)


def wrong_borough(values: Values, problem: Problem) -> Asked:
    if problem.code == "postcode.ambiguous":
        wrong = gettext("Several boroughs share this part of the postcode: choose one")
        return Asked(values={}, errors=[("answer", wrong)], choices=problem.faults)
    wrong = gettext("Enter a postcode in this city, such as E8 1EA, or choose a borough")
    return Asked(values=values, errors=[("postcode", wrong)])


def page(walk: Walk, step: Step, asked: Asked, city: City, *, change: bool) -> Template:
    names = [one.name for one in walk.steps]
    template = {steps.ACCESS_CODE: "access_code.html", steps.BOROUGH: "borough.html"}
    return Template(
        f"resident/{template.get(step.name, 'question.html')}",
        context={
            "walk": walk,
            "step": step,
            "kind": kind(step.item) if step.item else "",
            "asked": asked,
            "boroughs": city.boroughs(),
            "number": names.index(step.name) + 1,
            "of": len(names),
            "change": change,
            "back": walk.address(steps.CHECK) if change else walk.beside(step, -1),
        },
        status_code=422 if asked.errors else 200,
    )


def check_page(walk: Walk, city: City, errors: Errors) -> Template:
    draft = walk.draft
    assert draft is not None
    return Template(
        "resident/check.html",
        context={
            "walk": walk,
            "draft": draft,
            "borough": city.find(draft.borough).name,
            "notes": steps.closing_notes(walk.instrument),
            "wrote": bool(words_in(walk.instrument, draft.answers)),
            "asked": Asked(errors=errors),
            "back": walk.beside(walk.steps[-1], 0),
        },
        status_code=422 if errors else 200,
    )


def lost(walk: Walk) -> Template:
    context: dict[str, Any] = {"walk": walk}
    return Template("resident/lost.html", context=context, status_code=410)
