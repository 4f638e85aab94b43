"""A draft as others see it: preview, paper, and trying it out."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import Slug
from api.operations import survey_rights
from api.operations.answers import submissions
from api.pages.forms import Form
from api.pages.organiser.builder.drafts import BASE, load_survey_draft
from api.pages.organiser.builder.sentences import SurveyFault, survey_faults
from api.pages.resident.questionnaire import drafts
from api.pages.resident.questionnaire.drafts import TEST_PATH, testable_instrument
from api.pages.resident.questionnaire.step_forms import field_name
from api.pages.resident.questionnaire.steps import QuestionnaireStep, questionnaire_steps
from api.pages.resident.questionnaire.walk import fitting_answers
from api.pages.shell import LANGUAGES, native_name
from api.pages.work import FromPage, StaffPage
from api.paper import documents
from api.paper.conditions import condition_in_words
from api.paper.layout import number_questions
from api.security import cookies, people
from survey.files.refusals import unknown_survey_file
from survey.formats import readers, xform, xlsform
from survey.formats.expressions import logic as expressions
from survey.places import Area
from survey.problems import Invalid
from survey.store import places
from survey.store.answers import entries
from survey.store.database import Database
from survey.store.surveys import sharing
from survey.surveys.instruments import Instrument, Item, QuestionPage, Repeat
from survey.surveys.instruments.drafts import InstrumentDraft
from survey.surveys.instruments.instrument import in_languages_only
from survey.surveys.responses import EvaluationResult

SurveyFileName = Annotated[str, PathParameter(pattern=r"^(survey|form)\.(xlsx|xml|json|pdf)$")]
FILES_PATH = "/files/{name:str}"


@get(BASE + "/{slug:str}/preview")
async def show_preview(page: FromPage, slug: Slug) -> Template:
    """Every page of the survey, one below the other, in the frame of a phone."""
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        city = await places.get_city(connection)
    languages = [(code, LANGUAGES.get(code) or native_name(code)) for code in draft.all_languages()]
    asked_for = page.query.get("in", "")
    code = asked_for if asked_for in draft.all_languages() else draft.all_languages()[0]
    numbered_form = number_questions(draft.instrument, code)
    steps = [
        (
            step,
            partial(preview_field_name, number, step),
            " · ".join(
                condition_in_words(item.relevant, numbered_form)
                for item in step.items
                if item.relevant
            ),
        )
        for number, step in enumerate(
            questionnaire_steps(
                instrument_with_one_round(in_languages_only(draft.instrument, [code])),
                {},
                # Nothing is evaluated, so no condition is false and every page is shown.
                EvaluationResult(),
            ),
            1,
        )
    ]
    return page.show(
        "surveys/preview",
        draft=draft,
        steps=steps,
        asked=Form(),
        areas=city.local_areas(),
        code=code,
        spoken_in=languages,
    )


def preview_field_name(number: int, step: QuestionnaireStep, item: Item) -> str:
    """The name of a question's field, unique among all pages of the preview."""
    return f"p{number}-{field_name(step, item)}"


def instrument_with_one_round(instrument: Instrument) -> Instrument:
    """The survey with each repeat as one page of its questions."""
    items = tuple(
        QuestionPage(name=part.name, text=part.text, items=part.items)
        if isinstance(part, Repeat)
        else part
        for part in instrument.items
    )
    return msgspec.structs.replace(instrument, items=items)


@get(BASE + "/{slug:str}" + FILES_PATH)
async def download_draft_file(page: FromPage, slug: Slug, name: SurveyFileName) -> Response[bytes]:
    draft = await page.load(load_survey_draft, page.person, slug)
    return await survey_file_response(
        page.database, draft.instrument, name, page.query.get("in", "en")
    )


@get("/work/surveys/{slug:str}" + FILES_PATH)
async def download_survey_file(page: FromPage, slug: Slug, name: SurveyFileName) -> Response[bytes]:
    async with page.connection() as connection:
        instrument, _ = await survey_rights.get_survey(connection, page.person, "see", slug)
        logo = await sharing.find_logo(connection, slug) if name == PAPER_FORM else None
        send_to = (await entries.find_paper_settings(connection, slug)).send_to
    return await survey_file_response(
        page.database, instrument, name, page.query.get("in", "en"), logo, send_to
    )


PAPER_FORM = "form.pdf"
FileWriter = Callable[[Instrument, Sequence[Area], str, bytes | None, str], bytes]
FILE_WRITERS: dict[str, tuple[str, FileWriter]] = {
    "survey.xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        lambda one, areas, *_: xlsform.to_workbook(xlsform.to_sheets(one, areas)),
    ),
    "survey.xml": ("text/xml", lambda one, areas, *_: xform.to_xform(one, areas)),
    "survey.json": ("application/json", lambda one, *_: readers.to_json(one)),
    PAPER_FORM: (
        "application/pdf",
        lambda one, areas, code, logo, send_to: documents.render_form_pdf(
            one, code, areas, send_to, logo
        ),
    ),
}


async def survey_file_response(
    database: Database,
    instrument: Instrument,
    name: str,
    code: str,
    logo: bytes | None = None,
    send_to: str = "",
) -> Response[bytes]:
    """A file of the survey, made in a thread because a workbook or a PDF takes a while."""
    if name not in FILE_WRITERS:
        raise unknown_survey_file()
    city = await database.load_cached(places.get_city)
    media, make = FILE_WRITERS[name]
    content = await anyio.to_thread.run_sync(
        make, instrument, city.local_areas(), code, logo, send_to
    )
    # A PDF opens in the browser to be printed; the others are for other programs.
    shown = "inline" if name == PAPER_FORM else "attachment"
    disposition = (
        f'{shown}; filename="{instrument.slug}-{instrument.version}.{name.rpartition(".")[2]}"'
    )
    return Response(content, media_type=media, headers={"Content-Disposition": disposition})


@get(BASE + "/{slug:str}/try")
async def show_test_start(page: FromPage, slug: Slug) -> Template:
    draft = await page.load(load_survey_draft, page.person, slug)
    return page.show(
        "surveys/try", draft=draft, faults=await find_test_faults(page.database, draft)
    )


async def find_test_faults(database: Database, draft: InstrumentDraft) -> list[SurveyFault]:
    """Why the draft cannot be tested yet: its rules that cannot be used."""
    one = testable_instrument(draft.instrument)
    city = await database.load_cached(places.get_city)
    occasion = submissions.answer_context(one, city)
    try:
        await submissions.run_evaluation(one, fitting_answers, one, {}, occasion)
    except Invalid as refused:
        return survey_faults(draft.instrument, refused.faults)
    return []


@post(BASE + "/{slug:str}/try")
async def start_test(page: FromPage, slug: Slug) -> Response[Any]:
    """Begin a test in this browser; only its key opens the pages, and signing out ends it."""
    draft = await page.load(load_survey_draft, page.person, slug)
    if await find_test_faults(page.database, draft):
        return page.to(f"{BASE}/{slug}/try")
    one = testable_instrument(draft.instrument)
    answers = await submissions.run_evaluation(
        one, expressions.default_answers, one, clock.now().replace(tzinfo=None)
    )
    opened = people.key_digest(cookies.read_cookie(page.request, cookies.SESSION)).hex()
    async with page.connection() as connection:
        key = await drafts.start_draft(connection, one, answers, opened=opened, tests=True)
    base = f"{TEST_PATH}/{slug}"
    return Redirect(base, status_code=303, cookies=[drafts.draft_cookie(page.request, key, base)])


PAGES = [
    StaffPage([show_preview, download_draft_file], linked_from="/work/builder/{slug:str}"),
    StaffPage(
        [download_survey_file],
        linked_from="/work/surveys/{slug:str}",
        roles=("organiser", "reviewer"),
    ),
    StaffPage([show_test_start, start_test], linked_from="/work/builder/{slug:str}"),
]
