"""Drafts of surveys: new, copied or imported, tried out, and how long each is."""

import datetime
from typing import Any

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import Slug
from api.operations import imports, survey_rights
from api.operations.answers import submissions
from api.pages.forms import Form, read_file
from api.pages.organiser.builder.sentences import SurveyFault, survey_faults
from api.pages.resident.questionnaire import drafts, steps
from api.pages.resident.questionnaire.drafts import TEST_PATH, testable_instrument
from api.pages.resident.questionnaire.walk import fitting_answers
from api.pages.shell import AnyRequest
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.security import cookies, people
from api.security.people import Person
from api.security.requests import site_address
from survey.formats import readers
from survey.formats.expressions import logic as expressions
from survey.formats.foreign import MOST_BYTES
from survey.problems import Invalid, Problem
from survey.sentences import with_noun
from survey.store import places, surveys
from survey.store.database import Connection, Database
from survey.surveys.instruments import SLUG, Instrument, Mode, all_parts, wording_text
from survey.surveys.instruments.drafts import (
    InstrumentDraft,
    NotImported,
    changed_draft,
    name_from_words,
    unknown_draft,
)
from survey.surveys.ready import COMPLAINT, load_templates

BASE = "/work/builder"
MOST_SENT = MOST_BYTES + 100_000  # a file, and the form around it
MODES: dict[str, Mode] = {"open": "open", "sampled": "sampled", "met": "met"}
EMPTY_INSTRUMENT = Instrument(
    slug="empty", version=1, mode="open", kind="survey", title={}, summary={}, items=()
)
COPY_WORD = "copy"
NO_COMPLAINT_FORM = NotImported(
    "survey",
    "that it is a complaint form",
    "Soundings has its own complaint form: what people send here are survey answers",
)


class SurveyLength(msgspec.Struct, frozen=True):
    questions: int
    minutes: int

    @property
    def words(self) -> str:
        return f"{with_noun(self.questions, 'question')}, about {self.time}"

    @property
    def time(self) -> str:
        return with_noun(self.minutes, "minute")


def survey_length(instrument: Instrument) -> SurveyLength:
    """The survey's number of questions, and its minutes if every question is asked; for most people
    conditions make it shorter.
    """
    questions = [part for part in all_parts(instrument.items) if part.is_asked]
    return SurveyLength(len(questions), steps.longest_minutes(instrument))


def survey_address(request: AnyRequest, slug: str) -> str:
    """The full public address of a survey."""
    return f"{site_address(request)}/surveys/{slug}"


async def load_survey_draft(
    connection: Connection, person: Person, slug: str, form: Form | None = None
) -> InstrumentDraft:
    """A draft that this person may change; raises if it was changed since the page of `form` was
    made.
    """
    draft = await surveys.get_draft(connection, slug)
    survey = await surveys.find(connection, slug)
    # The same answer for a draft of others as for none, so that nobody learns what exists.
    if survey is None or not survey_rights.is_allowed(person, "draft", survey):
        raise unknown_draft()
    if form is not None and form["revision"] != str(draft.revision):
        raise changed_draft()
    return draft


async def new_survey_page(page: FromPage) -> Template:
    drafts = await page.load(load_own_drafts, page.person)
    return page.show(
        "surveys/new",
        drafts=drafts,
        templates=[(template, survey_length(template).words) for template in load_templates()],
    )


async def load_own_drafts(
    connection: Connection, person: Person
) -> list[tuple[Instrument, datetime.datetime]]:
    """The drafts that this person may change, and when each was last changed."""
    return [
        (draft.draft.instrument, draft.changed_at)
        for draft in await surveys.load_drafts(connection)
        if survey_rights.is_allowed(person, "draft", draft.survey)
    ]


@post(BASE)
async def create_draft(page: FromPage) -> Response[Any]:
    """Create a draft of a new survey, blank or from a template."""
    start = page.form["start"]
    base = next(
        (template for template in load_templates() if template.slug == start), EMPTY_INSTRUMENT
    )
    title = page.form["title"] or wording_text(base.title)
    if not title:
        page.form.add_error("title", "Enter a title, such as “Police in our estate”")
        return await new_survey_page(page)
    draft = InstrumentDraft(
        instrument=msgspec.structs.replace(
            base,
            title=base.title | {"en": title},
            mode=MODES.get(page.form["mode"], "open"),
            version=1,
        )
    )
    try:
        slug = await save_new_draft(page, draft, title)
    except Problem as refused:
        page.form.refuse(refused, [("title", refused.sentence)])
        return await new_survey_page(page)
    return page.to(f"{BASE}/{slug}")


async def save_new_draft(page: StaffRequest, draft: InstrumentDraft, title: str) -> str:
    """Save a new draft under a free address; returns that address."""
    async with page.write("draft begun", title) as connection:
        taken = await surveys.load_claimed_slugs(connection) | survey_rights.built_in_slugs()
        slug = name_from_words(title, taken, "survey").replace("_", "-")
        slug = slug if SLUG.fullmatch(slug) and slug not in taken else free_slug(slug, taken)
        draft = msgspec.structs.replace(
            draft, instrument=msgspec.structs.replace(draft.instrument, slug=slug)
        )
        await survey_rights.claim_slug(connection, page.person, draft.instrument)
        await surveys.insert_draft(connection, draft, by=page.person.id)
    return slug


def free_slug(stem: str, taken: set[str]) -> str:
    # Cut, so that the number still fits into the 60 characters of an address.
    return next(s for n in range(2, 10_000) if (s := f"{stem[:50]}-{n}") not in taken)


@post("/work/surveys/{slug:str}/draft")
async def start_next_version(page: FromPage, slug: Slug) -> Redirect:
    """Begin the next version of a live survey, or open the draft of it that exists."""
    async with page.connection() as connection:
        live, _ = await survey_rights.get_survey(connection, page.person, "draft", slug)
        begun = await surveys.find_draft(connection, slug)
    if begun is None:
        draft = InstrumentDraft(instrument=live)
        async with page.write("draft begun", slug) as connection:
            await surveys.insert_draft(connection, draft, by=page.person.id)
    return page.to(f"{BASE}/{slug}")


@post("/work/surveys/{slug:str}/duplicate")
async def duplicate_survey(page: FromPage, slug: Slug) -> Redirect:
    """Begin a draft of a new survey with the questions of a published one."""
    live, _ = await page.load(survey_rights.get_survey, page.person, "see", slug)
    return await open_duplicate(page, InstrumentDraft(instrument=live))


@post(BASE + "/{slug:str}/duplicate")
async def duplicate_draft(page: FromPage, slug: Slug) -> Redirect:
    """Begin a draft of a new survey with the questions of another draft."""
    draft = await page.load(load_survey_draft, page.person, slug)
    return await open_duplicate(page, draft)


async def open_duplicate(page: StaffRequest, draft: InstrumentDraft) -> Redirect:
    """Save a copy of a draft as a new survey of this person, and redirect to it."""
    title = {code: f"{text} ({COPY_WORD})" for code, text in draft.instrument.title.items()}
    # Its days are over or those of the other survey; a built-in survey's kind is its own.
    instrument = msgspec.structs.replace(
        draft.instrument,
        title=title,
        version=1,
        follows=None,
        kind="survey",
        opens=None,
        closes=None,
    )
    # What earlier versions were called belongs to their answers, and the copy has none.
    copy = msgspec.structs.replace(
        draft, instrument=instrument, was={}, merged={}, gone=(), revision=0
    )
    slug = await save_new_draft(page, copy, wording_text(title) or COPY_WORD)
    return page.to(f"{BASE}/{slug}", "duplicated")


@post(BASE + "/import", request_max_body_size=MOST_SENT)
async def import_survey_file(page: FromPage) -> Response[Any]:
    """Create a draft from another program's file, and report what could not be imported."""
    name, content = await read_file(page.request)
    if not content:
        page.form.add_error("file", "Choose a file")
        return await new_survey_page(page)
    try:
        try:
            # A small hostile workbook can end the process that opens it, so that is not ours.
            survey_file = await anyio.to_thread.run_sync(readers.read_in_child, name, content)
        except Problem as unread:
            raise imports.find_other_kind(name, content) or unread from None
        title = wording_text(survey_file.instrument.title) or name
        # The draft of an imported file; a complaint form becomes a survey, as the report says.
        # A file must not continue a survey of somebody else by claiming to be its next version.
        instrument = msgspec.structs.replace(survey_file.instrument, version=1, follows=None)
        base = tuple(instrument.title)[:1]  # the language that the file begins with
        left = survey_file.left
        if instrument.kind == COMPLAINT:
            instrument, left = (
                msgspec.structs.replace(instrument, kind="survey"),
                (*left, NO_COMPLAINT_FORM),
            )
        slug = await save_new_draft(
            page,
            InstrumentDraft(
                instrument=instrument, languages=base, left=left, lists=survey_file.lists, file=name
            ),
            title,
        )
    except Problem as refused:
        page.form.refuse(refused, [("file", refused.sentence)])
        return await new_survey_page(page)
    return page.to(f"{BASE}/{slug}/report")


@get(BASE + "/{slug:str}/try")
async def show_test_start(page: FromPage, slug: Slug) -> Template:
    draft = await page.load(load_survey_draft, page.person, slug)
    return page.show(
        "surveys/try", draft=draft, faults=await find_test_faults(page.database, draft)
    )


async def find_test_faults(database: Database, draft: InstrumentDraft) -> list[SurveyFault]:
    """The faults that stop a draft from being tested: its rules that cannot be used."""
    instrument = testable_instrument(draft.instrument)
    city = await database.load_cached(places.get_city)
    occasion = submissions.answer_context(instrument, city)
    try:
        await submissions.run_evaluation(instrument, fitting_answers, instrument, {}, occasion)
    except Invalid as refused:
        return survey_faults(draft.instrument, refused.faults)
    return []


@post(BASE + "/{slug:str}/try")
async def start_test(page: FromPage, slug: Slug) -> Response[Any]:
    """Begin a test in this browser; only its key opens the pages, and signing out ends it."""
    draft = await page.load(load_survey_draft, page.person, slug)
    if await find_test_faults(page.database, draft):
        return page.to(f"{BASE}/{slug}/try")
    instrument = testable_instrument(draft.instrument)
    answers = await submissions.run_evaluation(
        instrument, expressions.default_answers, instrument, clock.now().replace(tzinfo=None)
    )
    opened = people.key_digest(cookies.read_cookie(page.request, cookies.SESSION)).hex()
    async with page.connection() as connection:
        key = await drafts.start_draft(connection, instrument, answers, opened=opened, tests=True)
    base = f"{TEST_PATH}/{slug}"
    return Redirect(base, status_code=303, cookies=[drafts.draft_cookie(page.request, key, base)])


PAGES = [
    StaffPage(
        [
            *(get(BASE)(new_survey_page), create_draft, start_next_version, import_survey_file),
            duplicate_draft,
        ],
        linked_from="/work/surveys",
    ),
    StaffPage(
        [duplicate_survey],
        linked_from="/work/surveys/{slug:str}",
    ),
    StaffPage([show_test_start, start_test], linked_from="/work/builder/{slug:str}"),
]
