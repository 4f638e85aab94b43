"""The first page of a survey or complaint, with code and borough; and the way to leave it."""

import contextlib
import re
import secrets
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromKeyring
from api.locales import gettext
from api.operations.answers import submissions
from api.operations.survey_rights import require_password
from api.pages.forms import Errors, Form, Values, filled_form, first_value, read_form
from api.pages.resident.questionnaire import drafts, refusals, step_forms, steps
from api.pages.resident.questionnaire.drafts import TEST_PATH, ResidentDraft
from api.pages.resident.questionnaire.walk import (
    WAY_FIELD,
    FromWalk,
    Walk,
    count_way,
    start_address,
)
from api.pages.shell import AnyRequest, requested_language, use_language
from api.security import cookies, people
from api.security.keyring import Keyring
from api.security.limits import request_guesser
from api.security.requests import FORGET_SITE
from survey.formats.expressions import logic as expressions
from survey.places import City
from survey.problems import Forbidden, Limited, Problem
from survey.store import places
from survey.store.cases import case_owners
from survey.store.database import Database
from survey.surveys.sharing import parse_way_code

FORM_BASES = ["/surveys/{slug:str}", "/complaints"]
TEST_BASE = TEST_PATH + "/{slug:str}"
CARRIED = ("code", "answer", "postcode", WAY_FIELD)
NOTHING_CARRIED: dict[str, str] = {}
STEP_FIELDS = {steps.ACCESS_CODE: "access_code", steps.BOROUGH: "area"}
FORM_PATH = re.compile(r"(/[a-z0-9-]+){1,2}")


def form_paths(path: str) -> list[str]:
    return [base + path for base in FORM_BASES]


class StartForm(msgspec.Struct, kw_only=True):
    """What was typed on the first page, and the draft that it makes."""

    draft: ResidentDraft
    asked: Form
    way: str = ""
    left: bool = False  # only a code was sent, from the home page: the borough is still missing


@get([*FORM_BASES, TEST_BASE], include_in_schema=False)
async def show_start(request: AnyRequest, database: FromDatabase, walk: FromWalk) -> Template:
    if not walk.is_begun and (refusal := await refusals.find_refusal(request, database, walk)):
        return refusal
    city = await database.load_cached(places.get_city)
    refused = drafts.find_refused_page(walk.keyring, walk.draft, drafts.START)
    way = request.query_params.get(WAY_FIELD, "")
    return start_page(walk, city, refused or filled_form({WAY_FIELD: parse_way_code(way)}))


def start_page(
    walk: Walk,
    city: City,
    asked: Form,
    *,
    status: int = 200,
    carried: dict[str, str] = NOTHING_CARRIED,
) -> Template:
    return Template(
        "resident/start.html",
        context={
            "walk": walk,
            "asked": asked,
            "areas": city.local_areas(),
            "asks_code": asks_for(walk, steps.ACCESS_CODE),
            "asks_area": asks_for(walk, steps.BOROUGH),
            "way": parse_way_code(asked[WAY_FIELD]),
            "carried": carried,
        },
        status_code=status,
    )


def asks_for(walk: Walk, name: str) -> bool:
    step = walk.at(name)
    return step is not None and not step.items


@post([*FORM_BASES, TEST_BASE], include_in_schema=False)
async def start_answering(
    request: AnyRequest, database: FromDatabase, walk: FromWalk
) -> Response[Any]:
    """Create a draft; go on with the one in this browser unless asked to start again."""
    values = (await read_form(request)).values
    if first_value(values, "again"):
        return await start_again(request, database, walk, values)
    if not walk.is_begun:
        return await begin(request, database, walk, values)
    if is_another_code(walk, values) and not first_value(values, "go_on"):
        # Perhaps another person's letter: they decide what happens to the draft of the first one.
        if refused := await find_wrong_code(request, database, walk, values):
            return refused
        return await ask_whose(database, walk, Form(values=values), carried_values(values))
    # Going back to the first page and on again must not delete what was typed.
    still_open = walk.open_step()
    onward = walk.address(still_open.name if still_open else steps.CHECK)
    return Redirect(onward, status_code=303)


async def begin(
    request: AnyRequest, database: Database, walk: Walk, values: Values
) -> Response[Any]:
    """Create a draft from what was typed on the first page, or say what is wrong with it."""
    if refusal := await refusals.find_refusal(request, database, walk):
        return refusal
    city = await database.load_cached(places.get_city)
    with use_language(requested_language(request)):
        given = await read_start_form(request, database, walk, values, city)
        # Without the password no draft is made: a draft opens the questions.
        if await is_password_refused(request, database, walk, given):
            return start_page(walk, city, given.asked, status=given.asked.status)
    if given.left or given.asked.errors or given.asked.faults:
        if walk.draft and walk.draft.reference:  # which stays what it is until it is put away
            return start_page(walk, city, given.asked)
        # Send the browser to the first page again, with what was typed and what is wrong.
        key, draft = walk.key, walk.draft
        if draft is None:
            key, draft = secrets.token_urlsafe(32), drafts.new(walk.instrument)
        draft.admitted = draft.admitted or given.draft.admitted
        drafts.save_refused_page(walk.keyring, draft, drafts.START, given.asked)
        async with database.connection() as connection:
            await drafts.save_draft(connection, walk.keyring, key, draft)
        on_the_way = drafts.draft_cookie(request, key, walk.base)
        return Redirect(walk.base, status_code=303, cookies=[on_the_way])
    return await create_draft(request, database, walk, given.draft)


async def is_password_refused(
    request: AnyRequest, database: Database, walk: Walk, given: StartForm
) -> bool:
    """Whether the survey has a password that was not given; the form then says what is wrong.

    A letter with an access code that works needs no password.
    """
    typed = first_value(given.asked.values, "password")
    # Shown again nowhere and kept nowhere, whatever else is wrong with the form.
    given.asked.values = {at: texts for at, texts in given.asked.values.items() if at != "password"}
    wrong_code = any(at == "code" for at, _ in given.asked.errors)
    if not walk.asks_password or (given.draft.access_code and not wrong_code):
        given.draft.admitted = True
        return False
    tries, source = request_guesser(request)
    try:
        await require_password(database, tries, source, walk.instrument.slug, typed)
    except (Forbidden, Limited) as refused:
        given.asked.errors = [("password", password_sentence(refused)), *given.asked.errors]
        given.asked.status = 429 if isinstance(refused, Limited) else 422
        return True
    given.draft.admitted = True
    return False


def password_sentence(refused: Problem) -> str:
    if refused.code == "survey.password_missing":
        return gettext("Enter the password of this survey")
    if refused.code == "survey.password_tries":
        return gettext("There were too many wrong passwords. Wait an hour, then try again")
    return gettext("This is not the password of this survey. Ask who sent you the link")


async def ask_whose(
    database: Database, walk: Walk, asked: Form, carried: dict[str, str]
) -> Template:
    """Ask whether to go on with the draft in this browser or to begin with what was just typed."""
    city = await database.load_cached(places.get_city)
    return start_page(walk, city, asked, carried=carried)


def carried_values(values: Values) -> dict[str, str]:
    """The fields typed on the first page, carried along so that a draft can begin with them
    later.
    """
    return {name: first_value(values, name) for name in CARRIED if name in values}


def is_another_code(walk: Walk, values: Values) -> bool:
    """Whether the typed code differs from the draft's code: it is then from another person's
    letter.
    """
    code, draft = step_forms.parse_code(first_value(values, "code")), walk.draft
    return bool(code and draft and draft.access_code not in ("", code))


async def start_again(
    request: AnyRequest, database: Database, walk: Walk, values: Values
) -> Response[Any]:
    """Ask first, then delete the draft; a correction is deleted at once, as the case stays as it
    was.

    If another person's code was typed, that person's draft begins at once.
    """
    corrects = walk.draft is not None and walk.draft.case
    carried = carried_values(values) if is_another_code(walk, values) else NOTHING_CARRIED
    if walk.is_begun and not corrects and not first_value(values, "sure"):
        return Template("resident/again.html", context={"walk": walk, "carried": carried})
    if carried and (refused := await find_wrong_code(request, database, walk, values)):
        return refused
    async with database.connection() as connection:
        await drafts.delete_draft(connection, walk.key)
    if carried:
        walk.draft, walk.key = None, ""
        return await begin(request, database, walk, values)
    gone = drafts.draft_removal_cookie(request, walk.base)
    # Starting a correction again ends it, and the case is where it was begun.
    ends_at = f"/work/builder/{walk.instrument.slug}/try" if walk.is_test else start_address(walk)
    onward = cookies.OWN_CASE if corrects else ends_at
    return Redirect(onward, status_code=303, cookies=[gone])


async def find_wrong_code(
    request: AnyRequest, database: Database, walk: Walk, values: Values
) -> Template | None:
    """The page that says the typed code opens nothing; None if the code works. No draft is
    deleted.
    """
    with use_language(requested_language(request)):
        typed = ResidentDraft(slug=walk.instrument.slug)
        wrong = await read_code(request, database, walk, typed, values)
        # The page of a draft that is begun has no field for a code that an error could lead to.
        asked = Form(values=values, errors=[("", sentence) for _, sentence in wrong])
        return await ask_whose(database, walk, asked, NOTHING_CARRIED) if wrong else None


async def read_start_form(
    request: AnyRequest, database: Database, walk: Walk, values: Values, city: City
) -> StartForm:
    """The first page's draft and errors; a field that was not sent is asked for on a later page."""
    draft, asked = ResidentDraft(slug=walk.instrument.slug), Form(values=values)
    draft.way = parse_way_code(asked[WAY_FIELD])
    draft.admitted = walk.draft is not None and walk.draft.admitted
    errors: Errors = []
    if "code" in values and asks_for(walk, steps.ACCESS_CODE):
        errors += await read_code(request, database, walk, draft, values)
    # A code sent on from /access-code comes alone: the borough is asked next, not called missing.
    if not {"answer", "postcode"} & values.keys():
        asked.errors = errors
        return StartForm(
            draft=draft, asked=asked, left="code" in values and asks_for(walk, steps.BOROUGH)
        )
    if asks_for(walk, steps.BOROUGH) and (again := step_forms.apply_area(draft, values, city)):
        asked.faults, errors = again.faults, errors + again.errors
    asked.errors = errors
    return StartForm(draft=draft, asked=asked)


async def read_code(
    request: AnyRequest, database: Database, walk: Walk, draft: ResidentDraft, values: Values
) -> Errors:
    draft.access_code = step_forms.parse_code(first_value(values, "code"))
    if not draft.access_code:
        return [("code", gettext("Enter the access code from your letter or card"))]
    wrong = await step_forms.find_code_fault(request, database, walk.instrument, draft.access_code)
    return [("code", wrong)] if wrong else []


async def create_draft(
    request: AnyRequest, database: Database, walk: Walk, typed: ResidentDraft
) -> Redirect:
    now = clock.now().replace(tzinfo=None)
    more = {
        "access_code": typed.access_code,
        "area": typed.area,
        "way": typed.way,
        "admitted": typed.admitted,
    }
    # The test goes on under the session in which it was begun.
    test = {"tests": True, "opened": walk.draft.opened} if walk.is_test and walk.draft else {}
    answers = await submissions.run_evaluation(
        walk.instrument, expressions.default_answers, walk.instrument, now
    )
    async with database.connection() as connection:
        if walk.draft and not walk.draft.reference and not walk.is_begun:
            await drafts.delete_draft(connection, walk.key)  # it held what could not be taken
        key = await drafts.start_draft(connection, walk.instrument, answers, **more, **test)
    if not walk.is_test:
        count_way(request, walk.instrument.slug, typed.way, "begun")
    left = [step.name for step in walk.steps if not more.get(STEP_FIELDS.get(step.name, ""))]
    full = await refusals.find_refusal_address(database, walk, typed)
    onward = full or walk.address(left[0] if left else steps.CHECK)
    return Redirect(onward, status_code=303, cookies=[drafts.draft_cookie(request, key, walk.base)])


@get([*form_paths(f"/{steps.EXIT}"), f"{cookies.OWN_CASE}/{steps.EXIT}"], include_in_schema=False)
async def leave_site(request: AnyRequest, database: FromDatabase, keyring: FromKeyring) -> Redirect:
    """Close the case and delete unsent answers in this browser, then lead to another website.

    A link and not a form, because it has to work without scripts and from any page.
    """
    onward = str(request.app.state.settings.exit_url)
    # A link on another website must not delete what somebody is writing here.
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return Redirect(onward, status_code=303)
    base = request.url.path.removesuffix(f"/{steps.EXIT}")
    # No form is at any other address, and a cookie cannot name it.
    base = base if FORM_PATH.fullmatch(base) else cookies.COMPLAINTS
    # Somebody who has to leave is never shown an error instead.
    with contextlib.suppress(Problem):
        await forget_browser(request, database, keyring, base)
    # What removes our cookies also where a browser does not know the header that clears all.
    own = cookies.build_removal(request, cookies.CASE, cookies.OWN_CASE)
    gone = [drafts.draft_removal_cookie(request, path) for path in sorted(draft_paths(base))]
    return Redirect(
        onward,
        status_code=303,
        cookies=[own, *gone, cookies.build_removal(request, cookies.LANGUAGE)],
        headers=FORGET_SITE,
    )


async def forget_browser(
    request: AnyRequest, database: Database, keyring: Keyring, base: str
) -> None:
    """Delete what this browser's keys open, but not answers that were saved with a code."""
    case_key = cookies.read_cookie(request, cookies.CASE, cookies.OWN_CASE)
    keys = {cookies.read_cookie(request, cookies.DRAFT, path) for path in draft_paths(base)}
    async with database.connection() as connection, connection.transaction():
        if case_key:
            await case_owners.delete_key(connection, people.key_digest(case_key))
            await drafts.drop_apart(connection, case_key)
        for key in keys - {""}:
            draft = await drafts.find_draft(connection, keyring, key)
            if draft and draft.until is None:
                await drafts.delete_draft(connection, key)


def draft_paths(base: str) -> set[str]:
    return {base, cookies.COMPLAINTS} - {cookies.OWN_CASE}


LEAVING = [leave_site]


HANDLERS = [
    show_start,
    start_answering,
]
