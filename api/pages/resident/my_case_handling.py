"""The questions on how a case was handled, which its owner may answer once it is closed."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Template

from api.dependencies import FromDatabase
from api.locales import gettext
from api.operations import handling
from api.operations.handling import HandlingRequest
from api.pages.forms import Form, read_form
from api.pages.resident.my_case_page import get_open_case, show_done
from api.pages.shell import AnyRequest, requested_language, use_language
from survey.cases.handling import QUESTIONS, complete_answers
from survey.problems import Conflict

ADDRESS = "/case/handling"
FIELDS = {f"handling-{at}": name for at, name in enumerate(QUESTIONS.answer_names(), 1)}


@get(ADDRESS, include_in_schema=False)
async def show_handling_form(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    reference = await get_open_case(request, database)
    return handling_page(await handling.load_request(database, reference), Form())


@post(ADDRESS, include_in_schema=False)
async def save_handling_answers(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    """Save the answers; a second send changes nothing. What is refused is not stored either: the
    page carries it.
    """
    reference = await get_open_case(request, database)
    form = await read_form(request)
    asked = await handling.load_request(database, reference)
    with use_language(requested_language(request)):
        wanted = gettext("Select an answer to one statement or more")
        form.require(any(form[field] for field in FIELDS), next(iter(FIELDS)), wanted)
    if not form.errors:
        answers = complete_answers({name: form[field] for field, name in FIELDS.items()})
        try:
            await handling.save_answers(database, reference, answers)
        except Conflict:
            # Reopened or too late in the meantime: the page says which.
            return handling_page(await handling.load_request(database, reference), form)
        return await show_done(request, database, "handling")
    return handling_page(asked, form)


def handling_page(asked: HandlingRequest | None, form: Form) -> Template:
    context = {
        "asked": asked,
        "questions": QUESTIONS,
        "errors": form.errors,
        "typed": form.values,
    }
    return Template(
        "resident/case_handling.html",
        context=context,
        status_code=form.status if form.errors else 200,
    )


HANDLERS = [show_handling_form, save_handling_answers]
