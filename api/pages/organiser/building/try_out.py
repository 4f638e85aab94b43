"""Start a test run of a draft on the pages that residents will see, conditions and all."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromPerson, Slug
from api.operations import submissions
from api.pages.organiser.building.faults import SurveyFault, survey_faults
from api.pages.organiser.building.opening import BASE, load_survey_draft
from api.pages.registry import StaffPage
from api.pages.resident.draft_tests import TEST_PATH, testable_instrument
from api.pages.resident.questionnaire import drafts
from api.pages.resident.questionnaire.walking import fitting_answers
from api.pages.templating import AnyRequest
from api.pages.work import staff_page
from api.security import cookies, people
from survey.formats.expressions import logic as expressions
from survey.problems import Invalid
from survey.store import places
from survey.store.database import Database
from survey.surveys.instruments.drafts import InstrumentDraft


@get(BASE + "/{slug:str}/try")
async def show_test_start(database: FromDatabase, person: FromPerson, slug: Slug) -> Template:
    async with database.connection() as connection:
        draft = await load_survey_draft(connection, person, slug)
    return staff_page(
        "surveys/try", person, draft=draft, faults=await find_test_faults(database, draft)
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
async def start_test(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """Begin a test in this browser; only its key opens the pages, and signing out ends it."""
    async with database.connection() as connection:
        draft = await load_survey_draft(connection, person, slug)
    if await find_test_faults(database, draft):
        return Redirect(f"{BASE}/{slug}/try", status_code=303)
    one = testable_instrument(draft.instrument)
    answers = await submissions.run_evaluation(
        one, expressions.default_answers, one, clock.now().replace(tzinfo=None)
    )
    opened = people.key_digest(cookies.read_cookie(request, cookies.SESSION)).hex()
    async with database.connection() as connection:
        key = await drafts.start_draft(connection, one, answers, opened=opened, tests=True)
    base = f"{TEST_PATH}/{slug}"
    return Redirect(base, status_code=303, cookies=[drafts.draft_cookie(request, key, base)])


PAGES = [StaffPage([show_test_start, start_test], linked_from="/work/builder/{slug:str}")]
