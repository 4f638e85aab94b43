"""What a resident hears when a survey takes no answer of theirs: it is full, or they sent one."""

from typing import Literal

from litestar.datastructures import Cookie
from litestar.response import Template

from api.operations.answers import submissions
from api.pages.resident.questionnaire import steps
from api.pages.resident.questionnaire.drafts import ResidentDraft
from api.pages.resident.questionnaire.walking import Walk, draft_submission, written_texts
from api.pages.templating import AnyRequest
from api.security import cookies
from survey.problems import Problem
from survey.store import places
from survey.store.database import Database
from survey.store.surveys import limits
from survey.surveys import sharing
from survey.surveys.sharing import Quota, Respondent

FULL_CODES = ("survey.full", "survey.full_for_group")
MARK = "yes"
MARK_LIFETIME_S = 180 * 24 * 60 * 60
Why = Literal["full", "group", "answered"]


async def find_full_quota(database: Database, walk: Walk, draft: ResidentDraft) -> Quota | None:
    """The quota that leaves no place for this person, as far as they have said who they are."""
    if walk.limits is None or not walk.limits.quotas:
        return None
    city = await database.load_cached(places.get_city)
    # What is not asked of this person is not sent either.
    asked = {name for step in walk.steps for item in step.items for name in item.answer_names()}
    given = {name: answer for name, answer in draft.answers.items() if name in asked}
    area = ""
    try:
        sent = draft_submission(walk, draft, "en")
        area = submissions.submission_area(city, walk.instrument, sent).code
    except Problem:
        pass  # they have not said yet where they live
    groups = sharing.respondent_of(walk.instrument, area, given).groups
    async with database.connection() as connection:
        now = await limits.load_quotas(connection, walk.instrument.slug)
    return sharing.find_full_quota(now, Respondent(area, groups))


async def find_refusal_address(database: Database, walk: Walk, draft: ResidentDraft) -> str:
    """The address that says why there is no place for this person; empty if there is one."""
    return walk.address(steps.FULL) if await find_full_quota(database, walk, draft) else ""


async def find_refusal(request: AnyRequest, database: Database, walk: Walk) -> Template | None:
    """The page for a browser that need not begin; None if it may."""
    if has_answered(request, walk):
        return refusal_page(walk, "answered")
    quota = await find_full_quota(database, walk, ResidentDraft(slug=walk.instrument.slug))
    return refusal_page(walk, "full") if quota else None


def why_full(quota: Quota) -> Why:
    return "full" if quota.is_of_everybody else "group"


def refusal_page(walk: Walk, why: Why) -> Template:
    """Why no answer is taken, what else the person can do, and what they wrote, to be copied."""
    answers = walk.draft.answers if walk.draft else {}
    context = {
        "walk": walk,
        "why": why,
        "typed": list(written_texts(walk.instrument, answers).values()),
        "check": walk.address(steps.CHECK) if walk.draft and why == "group" else "",
    }
    return Template("resident/full.html", context=context, status_code=409)


def has_answered(request: AnyRequest, walk: Walk) -> bool:
    """Whether this browser holds the mark of a survey that each device answers once."""
    return marks_devices(walk) and bool(cookies.read_cookie(request, cookies.ANSWERED, walk.base))


def marks_devices(walk: Walk) -> bool:
    return walk.limits is not None and walk.limits.one_each == "device"


def answered_cookies(request: AnyRequest, walk: Walk) -> list[Cookie]:
    """The mark that this browser has answered, the same for everybody; none if it is not wanted."""
    if not marks_devices(walk):
        return []
    return [
        cookies.build_cookie(
            request, cookies.ANSWERED, MARK, path=walk.base, max_age=MARK_LIFETIME_S
        )
    ]
