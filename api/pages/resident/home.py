"""Where residents start: home page, access code, list of surveys, complaint form on paper."""

import re
import secrets
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromKeyring
from api.operations.answers import submissions
from api.pages import summaries
from api.pages.caching.made_files import MADE
from api.pages.forms import Form, read_form
from api.pages.resident import refusing
from api.pages.resident.questionnaire.asking import (
    LONGEST_CODE,
    too_many_codes_sentence,
    unknown_code_sentence,
)
from api.pages.templating import AnyRequest, operator_of, requested_language, use_language
from api.paper import documents
from api.security import cookies
from api.security.limits import code_guesses, request_source
from api.translating import gettext
from survey.store import places
from survey.store.database import Database
from survey.store.surveys import instruments
from survey.surveys.ready import COMPLAINT

ON_A_PAGE = 50
ACCESS_CODE = "/access-code"
SHORT_ADDRESS = "/c"
PAGE_NUMBER = re.compile("[1-9][0-9]{0,3}")


@get("/", include_in_schema=False)
async def show_home(database: FromDatabase) -> Template:
    return Template(
        "resident/home.html", context={"found": await summaries.newest_summary(database)}
    )


@get("/surveys", include_in_schema=False)
async def list_surveys(request: AnyRequest, database: FromDatabase) -> Template:
    """The surveys that are open today; the built-in ones are on the first page.

    The complaint form is not among them: it has its own address.
    """
    asked = request.query_params.get("page", "")
    page = int(asked) if PAGE_NUMBER.fullmatch(asked) else 1
    async with database.connection() as connection:
        # One row more than is shown says whether there is another page.
        rows = await instruments.load_open_on(
            connection, clock.today(), (page - 1) * ON_A_PAGE, ON_A_PAGE + 1, COMPLAINT
        )
    more = page + 1 if len(rows) > ON_A_PAGE else None
    context = {"instruments": rows[:ON_A_PAGE], "page": page, "more": more}
    return Template("resident/surveys.html", context=context)


@get("/complaints/form.pdf", include_in_schema=False)
async def download_paper_form(request: AnyRequest, database: FromDatabase) -> Response[bytes]:
    """The complaint form as a PDF to fill in by pen; staff enter it later."""
    async with database.connection() as connection:
        instrument = await submissions.load_open_instrument(connection, COMPLAINT)
    city = await database.load_cached(places.get_city)
    language = requested_language(request)
    send_to = operator_of(request).address
    made = await MADE.load(
        ("complaint.pdf", str(instrument.version), language, city.name, send_to),
        documents.render_form_pdf,
        instrument,
        language,
        city.local_areas(),
        send_to,
    )
    named = {"Content-Disposition": f'inline; filename="complaint-{instrument.version}.pdf"'}
    return Response(made, media_type="application/pdf", headers=named)


@get(SHORT_ADDRESS, include_in_schema=False)
async def lead_to_code_form() -> Redirect:
    """The address on cards, short enough to type."""
    return Redirect(ACCESS_CODE, status_code=303)


@get(ACCESS_CODE, include_in_schema=False)
async def show_code_form(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Template:
    async with database.connection() as connection:
        asked = await refusing.find_apart(connection, keyring, key_of_code(request))
    context = {"asked": asked or Form()}
    return Template("resident/code.html", context=context)


def key_of_code(request: AnyRequest) -> str:
    return cookies.read_cookie(request, cookies.DRAFT, ACCESS_CODE)


@post(ACCESS_CODE, include_in_schema=False)
async def open_survey_by_code(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """Go to the survey of an access code; the browser sends the code on with it."""
    key = key_of_code(request)
    form = await read_form(request)
    code = form["code"]
    may_try = code_guesses(request.app.state).may_try(request_source(request))
    slug = await find_survey(request, database, code) if code and may_try else None
    if slug is not None:
        async with database.connection() as connection:
            await refusing.drop_apart(connection, key)
        gone = [cookies.build_removal(request, cookies.DRAFT, ACCESS_CODE)] if key else []
        # 307 repeats the POST, so that the code travels in the body and is in no address or log.
        return Redirect(f"/surveys/{slug}", status_code=307, cookies=gone)
    with use_language(requested_language(request)):
        missing = gettext("Enter the access code from your letter or card")
        wrong = unknown_code_sentence(code) if may_try else too_many_codes_sentence()
        form.add_error("code", wrong if code else missing)
    key = key or secrets.token_urlsafe(32)
    # Only what the page shows again is stored, whatever else was sent.
    form.values = {"code": [code[:200]]}
    async with database.connection() as connection:
        await refusing.save_apart(connection, keyring, key, form)
    draft_cookie = cookies.build_cookie(request, cookies.DRAFT, key, path=ACCESS_CODE)
    return Redirect(ACCESS_CODE, status_code=303, cookies=[draft_cookie])


async def find_survey(request: AnyRequest, database: Database, code: str) -> str | None:
    """The slug of the survey that an access code opens; a wrong code is counted."""
    slug = None
    # What is too long to be a code is refused without asking the database.
    if len(code) <= LONGEST_CODE:
        async with database.connection() as connection:
            slug = await instruments.find_by_code(connection, code)
    if slug is None:
        code_guesses(request.app.state).count_wrong(request_source(request))
    return slug


HANDLERS = [
    show_home,
    lead_to_code_form,
    show_code_form,
    open_survey_by_code,
    list_surveys,
    download_paper_form,
]
