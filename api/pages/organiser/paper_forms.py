"""Type in paper forms, one after the other, and decide where two copies of a form differ."""

import secrets
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromKeyring, RowNumber, Slug
from api.operations import survey_rights
from api.operations.answers import submissions
from api.pages.forms import Form
from api.pages.organiser.exports import load_survey
from api.pages.organiser.paper import (
    QUESTION,
    KeyingForm,
    copy_values,
    count_form,
    differing_fields,
)
from api.pages.staff.themes.texts import language_name
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.security.keyring import Keyring
from survey.problems import Problem
from survey.receipts import form_code, parse_form_code
from survey.store import places
from survey.store.accounts import people
from survey.store.answers import entries
from survey.store.answers.entries import PaperForm
from survey.store.database import Connection, Database
from survey.surveys.instruments import languages_used
from survey.surveys.item_types.answers import first_language
from survey.surveys.refusals import counted_form, unknown_paper_form
from survey.surveys.responses import Submission, accept_submission
from survey.words import in_local_words

BASE = "/work/surveys/{slug:str}/paper"
NO_AREA = "This is not a borough or a postcode of this city, or a postcode of several boroughs"
ABOUT_HOME = ("area.", "postcode.", "borough.")  # refusals about where people live


class DecidedField(msgspec.Struct, frozen=True):
    """A question in which two copies of a form differ, and what each of them says."""

    name: str
    number: str
    words: str
    first: str
    second: str


async def load_keying(page: StaffRequest, slug: str, language: str) -> KeyingForm:
    instrument = await load_survey(page, slug)
    limits = await submissions.find_limits(page.database, slug)
    city = await page.database.load_cached(places.get_city)
    areas = {area.code: area.name for area in city.local_areas()}
    by_code = limits is not None and limits.one_each == "code"
    spoken = languages_used(instrument)
    return KeyingForm(
        instrument,
        language if language in spoken else first_language(instrument.title),
        areas,
        by_code=by_code,
    )


@get(BASE + "/typing")
async def show_typing(page: FromPage, slug: Slug) -> Template:
    """Show an empty form; the one whose code was scanned has its number filled in."""
    asked = page.query
    keying = await load_keying(page, slug, asked.get("language", ""))
    page.fill({"form": asked.get("form", "")[:20]})
    before = asked.get("before", "")[:20]
    return await typing_page(page, keying, before=before)


async def typing_page(page: StaffRequest, keying: KeyingForm, *, before: str = "") -> Template:
    slug = keying.instrument.slug
    settings = await page.load(entries.find_paper_settings, slug)
    return page.show(
        "surveys/entering/typing",
        instrument=keying.instrument,
        keyed=keying.fields(),
        language=keying.language,
        languages_printed={code: language_name(code) for code in languages_used(keying.instrument)},
        twice=settings.twice and not keying.by_code,
        before=before,
        once=page.form["once"] if page.form.errors else secrets.token_urlsafe(24),
    )


@post(BASE + "/typing")
async def save_typed_form(page: FromPage, keyring: FromKeyring, slug: Slug) -> Response[Any]:
    keying = await load_keying(page, slug, page.form["language"])
    number = parse_form_code(page.form["form"])
    twice = await check_number(page.database, keying, page.form, number)
    typed = {field.name: page.form[field.name] for field in keying.fields()}
    page.form.require(any(typed.values()), "form", "Type in at least one answer")
    submission = keying.submission(keying.typed_values(typed))
    if any(typed.values()):
        await check_answers(page.database, keying, submission, page.form)
    if page.form.errors:
        return await typing_page(page, keying)
    try:
        if twice and number:
            done = await save_one_copy(page.database, keying, submission, number, page.form["once"])
        else:
            marks = request_marks(keyring, slug, submission, page.form["once"])
            await count_form(page.database, keying.instrument, submission, number, request=marks)
            done = "counted"
    except Problem as refused:
        refuse_at_fields(page.form, keying, refused)
        return await typing_page(page, keying)
    asked = f"done={done}&language={keying.language}&before={form_code(number) if number else ''}"
    return page.to(f"/work/surveys/{slug}/paper/typing?{asked}")


def request_marks(
    keyring: Keyring, slug: str, submission: Submission, once: str
) -> tuple[bytes, bytes]:
    """The marks by which a page that is sent twice is noticed."""
    return submissions.request_marks(keyring, slug, submission, f"paper {once}" if once else None)


async def check_number(
    database: Database, keying: KeyingForm, form: Form, number: int | None
) -> bool:
    """Add an error if no printed form has this number; returns True if each form of the survey is
    typed in twice.
    """
    slug = keying.instrument.slug
    async with database.connection() as connection:
        batches = await entries.load_paper_batches(connection, slug)
        settings = await entries.find_paper_settings(connection, slug)
    twice = settings.twice and not keying.by_code
    if form["form"]:
        known = any(batch.first_number <= (number or 0) <= batch.last_number for batch in batches)
        said = "This is not the number of a printed form. Check the digits and the letter"
        form.require(number is not None and known, "form", said)
    elif twice:
        form.add_error("form", "Enter the number of the form: it is typed in twice")
    return twice


async def check_answers(
    database: Database, keying: KeyingForm, submission: Submission, form: Form
) -> None:
    """Add an error for each answer that could never count, while the paper is on the table."""
    instrument, city = keying.instrument, await database.load_cached(places.get_city)
    area = ""
    try:
        if instrument.home() is None:
            area = submissions.submission_area(city, instrument, submission).code
    except Problem as refused:
        refuse_at_fields(form, keying, refused)
    now = submissions.answer_context(instrument, city)
    try:
        await submissions.run_evaluation(
            instrument, accept_submission, instrument, submission, area, now
        )
    except Problem as refused:
        refuse_at_fields(form, keying, refused)


async def save_one_copy(
    database: Database, keying: KeyingForm, submission: Submission, number: int, once: str
) -> str:
    """Save a copy of a form; if it is the second copy and equals the first, count the form.

    Returns the result as a word for the next page's address.
    """
    slug = keying.instrument.slug
    async with database.connection() as connection, connection.transaction():
        saved = await entries.save_copy(connection, slug, number, submission, once)
        paper_form = await entries.find_paper_form(connection, slug, number)
    if saved == "none" and (paper_form is None or paper_form.counted or paper_form.second_copy):
        raise counted_form()
    if paper_form is None or paper_form.first_copy is None or paper_form.second_copy is None:
        return "first"
    if differing_fields(paper_form.first_copy, paper_form.second_copy):
        return "differs"
    await count_form(database, keying.instrument, paper_form.second_copy, number)
    return "agreed"


def refuse_at_fields(form: Form, keying: KeyingForm, refused: Problem) -> None:
    """Add what a refusal says, each sentence at the field of its question."""
    fields = {field.name: field for field in keying.fields()}
    errors = []
    for fault in refused.faults:
        name = QUESTION + fault.where
        keyed_field = fields.get(name)
        called = f"Question {keyed_field.number}: " if keyed_field else ""
        errors.append((name if keyed_field else "form", f"{called}{fault.sentence}"))
    own = "borough" if refused.code.startswith(ABOUT_HOME) else "form"
    if refused.code.startswith("access_code"):
        own = "access_code"
    # A page for typing has no list of boroughs to choose from.
    said = (
        in_local_words(NO_AREA)
        if own == "borough"
        else f"{refused.sentence} {refused.remedy}".strip()
    )
    form.refuse(refused, errors or [(own if own in fields else "form", said)])


@get(BASE + "/forms/{number:int}")
async def show_differences(page: FromPage, slug: Slug, number: RowNumber) -> Template:
    keying, paper_form = await load_copies(page, slug, number)
    return differences_page(page, keying, paper_form)


async def load_copies(page: StaffRequest, slug: str, number: int) -> tuple[KeyingForm, PaperForm]:
    """A form whose copies were typed in and which does not count yet; raises for any other form."""
    await load_survey(page, slug)
    paper_form = await page.load(entries.find_paper_form, slug, number)
    if paper_form is None or paper_form.first_copy is None:
        raise unknown_paper_form()
    return await load_keying(page, slug, paper_form.first_copy.language), paper_form


def differences_page(page: StaffRequest, keying: KeyingForm, form: PaperForm) -> Template:
    return page.show(
        "surveys/entering/differences",
        instrument=keying.instrument,
        number=form.number,
        code=form_code(form.number),
        differences=list_differences(keying, form),
        is_typed_twice=form.second_copy is not None,
    )


def list_differences(keying: KeyingForm, form: PaperForm) -> list[DecidedField]:
    """The fields that a person has to decide, in the order of the paper form."""
    if form.first_copy is None or form.second_copy is None:
        return []
    first, second = copy_values(form.first_copy), copy_values(form.second_copy)
    wanted = set(differing_fields(form.first_copy, form.second_copy))
    return [
        DecidedField(
            field.name,
            field.number,
            field.words,
            keying.in_words(field.name, first.get(field.name)),
            keying.in_words(field.name, second.get(field.name)),
        )
        for field in keying.fields()
        if field.name in wanted
    ]


@post(BASE + "/forms/{number:int}")
async def decide_differences(page: FromPage, slug: Slug, number: RowNumber) -> Response[Any]:
    """Count a form with the answers chosen by somebody who has the paper at hand."""
    keying, paper_form = await load_copies(page, slug, number)
    if paper_form.first_copy is None or paper_form.second_copy is None:
        raise unknown_paper_form()
    differences = list_differences(keying, paper_form)
    for difference in differences:
        other = page.form[difference.name] == "other" and page.form[f"other-{difference.name}"]
        chosen = page.form[difference.name] in ("first", "second") or other
        page.form.require(
            chosen, difference.name, f"Question {difference.number}: choose what the paper says"
        )
    if not page.form.errors:
        decided = keying.submission(decided_values(keying, paper_form, differences, page.form))

        async def note(connection: Connection) -> None:
            detail = {"form": form_code(number)}
            act = "paper form decided"
            await people.append_audit(connection, act, slug, by=page.person.id, detail=detail)

        try:
            await count_form(page.database, keying.instrument, decided, number, note=note)
        except Problem as refused:
            refuse_at_fields(page.form, keying, refused)
    if page.form.errors:
        return differences_page(page, keying, paper_form)
    return page.to(f"/work/surveys/{slug}/paper", "decided")


def decided_values(
    keying: KeyingForm, paper_form: PaperForm, differences: list[DecidedField], form: Form
) -> dict[str, object]:
    """All values of the form by field: decided where the copies differ, else as in both copies."""
    first, second = (
        copy_values(form_copy) if form_copy else {}
        for form_copy in (paper_form.first_copy, paper_form.second_copy)
    )
    names = [difference.name for difference in differences]
    others = {name: form[f"other-{name}"] for name in names if form[name] == "other"}
    typed = keying.typed_values(others)
    values = dict(first)
    for name in names:
        if form[name] == "second":
            values[name] = second.get(name)
        elif name in others:
            values[name] = typed.get(name)
    return values


@post(BASE + "/forms/{number:int}/clear")
async def clear_form(page: FromPage, slug: Slug, number: RowNumber) -> Redirect:
    """Delete what was typed from a form, so that it can be typed in from the beginning."""
    detail = {"form": form_code(number)}
    async with page.write("paper form cleared", slug, detail) as connection:
        await survey_rights.require_right(connection, page.person, "collect", slug)
        if not await entries.delete_copies(connection, slug, number):
            raise unknown_paper_form()
    return page.to(f"/work/surveys/{slug}/paper", "cleared")


PAGES = [
    StaffPage(
        [show_typing, save_typed_form, show_differences, decide_differences, clear_form],
        linked_from="/work/surveys/{slug:str}/paper",
    )
]
