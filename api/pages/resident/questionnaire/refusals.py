"""Why residents are refused, in words: at a question, or because a survey takes no more."""

import re
from collections.abc import Iterable
from typing import Literal

from litestar.datastructures import Cookie
from litestar.response import Template

from api.locales import gettext
from api.operations.answers import submissions
from api.pages.filters import plain
from api.pages.forms import example_day
from api.pages.resident.questionnaire import steps
from api.pages.resident.questionnaire.drafts import ResidentDraft
from api.pages.resident.questionnaire.steps import QuestionnaireStep
from api.pages.resident.questionnaire.walk import Walk, draft_submission, written_texts
from api.pages.shell import AnyRequest
from api.security import cookies
from survey.formats.expressions.logic import BROKEN
from survey.media import MOST_BYTES, MOST_FILES, most_bytes
from survey.problems import Fault, Problem
from survey.sentences import N_
from survey.store import places
from survey.store.database import Database
from survey.store.surveys import limits
from survey.surveys import sharing
from survey.surveys.instruments import FileItem, Item, wording_text
from survey.surveys.responses import EvaluationResult
from survey.surveys.sharing import Quota, Respondent
from survey.words import in_local_words

MOST_NAME = 80  # of a question that has no short name

# What is said where an answer is missing, by the word that its type has for it.
MISSING_MESSAGES: dict[str, str] = {
    "enter": N_("Enter an answer to ‘%(name)s’"),
    "select": N_("Select an answer to ‘%(name)s’"),
    "select_row": N_("Select an answer in the row ‘%(name)s’"),
    "select_several": N_("Select one or more answers to ‘%(name)s’"),
    "number_all": N_("Number all the answers to ‘%(name)s’"),
    "date": N_("Enter a date for ‘%(name)s’"),
    "time": N_("Enter a time for ‘%(name)s’"),
    "borough": N_("Select a borough for ‘%(name)s’"),
    "postcode": N_("Enter a postcode for ‘%(name)s’"),
    "file": N_("Choose a file for ‘%(name)s’"),
    "tick": N_("Tick the box ‘%(name)s’ to continue"),
}
ENTER_ANSWER = MISSING_MESSAGES["enter"]

# The messages of the rules in survey/responses, and what residents read instead.
RULE_MESSAGES = [
    (
        r"needs (?P<most>\d+) options at most",
        N_("Select no more than %(most)s answers to ‘%(name)s’"),
    ),
    (r"needs some of the options", N_("Select from the answers shown for ‘%(name)s’")),
    (r"needs one of the options", N_("Select one of the answers shown for ‘%(name)s’")),
    (r"needs every option once", N_("Give each answer to ‘%(name)s’ a different number")),
    (
        r"needs a whole number from (?P<least>\S+) to (?P<most>\S+)",
        N_("‘%(name)s’ must be a whole number from %(least)s to %(most)s"),
    ),
    (
        r"needs a number from (?P<least>\S+) to (?P<most>\S+)",
        N_("‘%(name)s’ must be a number from %(least)s to %(most)s"),
    ),
    (
        r"needs a number in steps of (?P<step>\S+) from (?P<least>\S+)",
        N_("‘%(name)s’ must be a number in steps of %(step)s from %(least)s"),
    ),
    (r"needs a whole number$", N_("‘%(name)s’ must be a whole number, such as 12")),
    (r"needs a number", N_("‘%(name)s’ must be a number, such as 12")),
    (
        r"needs (?P<most>[\d,]+) characters at most; there are (?P<there>[\d,]+)",
        N_("‘%(name)s’ must be %(most)s characters or fewer. You have written %(there)s"),
    ),
    (r"has characters that cannot", N_("Remove the characters in ‘%(name)s’ that cannot be shown")),
    (r"needs a date such as", N_("‘%(name)s’ must be a real date, such as %(example)s")),
    (
        r"needs a date that is not in the future",
        N_("‘%(name)s’ must be a date that is not in the future"),
    ),
    (r"needs a time such as", N_("‘%(name)s’ must be a time, such as 14:30")),
    (r"needs a borough of this city", N_("Select a borough for ‘%(name)s’")),
    (
        "is in several boroughs, choose one: (?P<boroughs>.+)",
        N_(
            "The postcode in ‘%(name)s’ is in more than one borough. Enter one of them: "
            "%(boroughs)s"
        ),
    ),
    (
        r"needs a postcode of this city",
        N_("‘%(name)s’ must be a postcode in this city, such as E8 1EA, or the name of a borough"),
    ),
    (r"needs a date after 1900", N_("‘%(name)s’ must be a date after 1900")),
    (r"needs the id of a file", N_("Choose a file for ‘%(name)s’")),
    (
        r"needs a file that was sent",
        N_("Choose the file for ‘%(name)s’ again. The one you sent before is no longer here"),
    ),
]

# A condition without a message of its own that only compares the answer with a number.
LIMITS = re.compile(r"\s*\.\s*(?P<sign><=|>=|<|>)\s*(?P<limit>-?\d+(\.\d+)?)\s*")
LIMIT_MESSAGES = {
    "<": N_("‘%(name)s’ must be less than %(limit)s"),
    "<=": N_("‘%(name)s’ must be %(limit)s or less"),
    ">": N_("‘%(name)s’ must be more than %(limit)s"),
    ">=": N_("‘%(name)s’ must be %(limit)s or more"),
}

# Why a file is refused, by the code of the refusal.
FILE_MESSAGES = {
    "attachment.empty": N_("%(name)s is empty. Choose another file"),
    "attachment.too_large": N_("%(name)s must be %(most)s MB or smaller"),
    "attachment.too_many": N_(
        "%(name)s was not added: you can send %(files)s files at most. Remove one first"
    ),
    "attachment.damaged": N_("%(name)s cannot be opened. Choose another file"),
    "attachment.type": N_("%(name)s must be a photo, a picture or a PDF"),
}
IMAGE_MESSAGES = {"attachment.type": N_("%(name)s must be a photo or a picture")}
MEDIA_MESSAGES = {
    "attachment.type": N_("%(name)s must be a photo, a video, a sound recording or a PDF"),
    "attachment.too_large": N_(
        "%(name)s is too large. Photos, videos and sound recordings can be %(most)s MB, other "
        "files %(other)s MB"
    ),
}
FULL_CODES = ("survey.full", "survey.full_for_group")
MARK = "yes"
MARK_LIFETIME_S = 180 * 24 * 60 * 60
Why = Literal["full", "group", "answered"]


def error_sentence(item: Item, fault: Fault) -> str:
    name = question_name(item, fault.where)
    if fault.sentence == "needs an answer":
        return plain(item.required_message) or gettext(MISSING_MESSAGES[item.missing]) % {
            "name": name
        }
    if fault.sentence == BROKEN:
        if limits := LIMITS.fullmatch(item.constraint):
            beyond = LIMIT_MESSAGES[limits["sign"]]
            return gettext(beyond) % {"name": name, "limit": limits["limit"]}
        return gettext("Check your answer to ‘%(name)s’: it cannot be accepted") % {"name": name}
    if fault.sentence == wording_text(item.constraint_message):
        return plain(item.constraint_message)
    if item.is_picked:
        return gettext(MISSING_MESSAGES[item.missing]) % {"name": name}
    for pattern, message in RULE_MESSAGES:
        if match := re.match(in_local_words(pattern), fault.sentence):
            placeholders = {"name": name, "example": example_day(), **match.groupdict()}
            return gettext(message) % placeholders
    return gettext(ENTER_ANSWER) % {"name": name}


def file_sentence(item: FileItem, code: str, kind: str, *, called: str = "") -> str:
    """What is wrong with a chosen file, in an instrument of this kind."""
    messages = FILE_MESSAGES
    if item.pictures_only:
        messages = FILE_MESSAGES | IMAGE_MESSAGES
    elif kind == "complaint":
        messages = FILE_MESSAGES | MEDIA_MESSAGES
    return gettext(messages[code]) % {
        "name": called or (plain(item.short) or plain(item.text))[:MOST_NAME],
        "most": most_bytes(item, kind) // 1_000_000,
        "other": MOST_BYTES // 1_000_000,
        "files": MOST_FILES,
    }


def question_name(item: Item, where: str) -> str:
    """What a sentence calls a question: its short name, or its own words."""
    name = plain(item.short_wording(where)) or plain(item.text)
    if len(name) > MOST_NAME:
        name = name[:MOST_NAME].rsplit(" ", 1)[0] + "…"
    return name.rstrip(":") or gettext("This question")


def item_errors(item: Item, faults: list[Fault], at: str) -> list[tuple[str, str]]:
    """Field and sentence of each fault."""
    return [(at + item.first_field(fault.where), error_sentence(item, fault)) for fault in faults]


def note_errors(step: QuestionnaireStep, settled: EvaluationResult) -> list[tuple[str, str]]:
    """The errors of required notes, which stop a person until an earlier answer is changed."""
    return [
        (
            "",
            gettext("Change an earlier answer before you go on: %(words)s")
            % {"words": plain(item.text)},
        )
        for item in step.items
        if not item.is_asked and step.address(item.name) in settled.required - settled.passed_over
    ]


def check_page_errors(walk: Walk, faults: Iterable[Fault]) -> list[tuple[str, str]]:
    """For the check page: the address where each fault can be corrected, and its message."""
    errors: dict[tuple[str, str], None] = {}
    pages = [(step, item) for step in walk.steps for item in step.items]
    for fault in faults:
        fault_places = [
            (step, item, name)
            for step, item in pages
            for name in (item.name, *item.answer_names())
            if step.address(name) == fault.where
        ]
        for step, item, name in fault_places[:1]:
            words = error_sentence(item, Fault(name, fault.sentence))
            # A dict, so that two faults with one sentence are listed once and in order.
            errors[f"{walk.address(step.name)}?change", words] = None
    return list(errors)


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
    """The page that says this browser's answers are not taken; None if it may begin."""
    if has_answered(request, walk):
        return refusal_page(walk, "answered")
    quota = await find_full_quota(database, walk, ResidentDraft(slug=walk.instrument.slug))
    return refusal_page(walk, "full") if quota else None


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
    """Whether this browser has answered, by its cookie; always False where a device may answer
    again.
    """
    return marks_devices(walk) and bool(cookies.read_cookie(request, cookies.ANSWERED, walk.base))


def marks_devices(walk: Walk) -> bool:
    return walk.limits is not None and walk.limits.one_each == "device"


def answered_cookies(request: AnyRequest, walk: Walk) -> list[Cookie]:
    """The cookie that this browser has answered, equal for everybody; none unless each device may
    answer only once.
    """
    if not marks_devices(walk):
        return []
    return [
        cookies.build_cookie(
            request, cookies.ANSWERED, MARK, path=walk.base, max_age=MARK_LIFETIME_S
        )
    ]
