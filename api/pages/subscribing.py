"""Subscribing: an address asks, its owner confirms by a link, and leaves by a link."""

import secrets
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import mail
from api.pages.templating import arrive
from api.pages.work import Errors, tidy
from api.wiring import FromDatabase
from survey.contacts import is_email
from survey.problems import Gone
from survey.store import subscribers

KINDS = {
    "weekly": "The weekly report, each Monday or soon after",
    "monthly": "The monthly report",
}
MOST = 254
Key = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{43}$")]
AnyRequest = Request[Any, Any, Any]


@get("/subscribe", before_request=arrive, include_in_schema=False)
async def form(request: AnyRequest) -> Template:
    return form_page(request)


def form_page(request: AnyRequest, *, status: int = 200, **context: Any) -> Template:
    able = mail.server_of(request.app.state.settings) is not None
    given: dict[str, Any] = {"able": able, "kinds": KINDS, "errors": [], "email": "", "asked": []}
    return Template("subscribe/form.html", context=given | context, status_code=status)


@post("/subscribe", include_in_schema=False)
async def ask(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    """The answer is the same whether the address is known or not."""
    if mail.server_of(request.app.state.settings) is None:
        raise mail.not_set_up()
    sent = await request.form()
    email = tidy(str(sent.get("email", "")))
    asked = [kind for kind in KINDS if kind in sent.getall("kinds", [])]
    errors: Errors = []
    if not is_email(email):
        errors.append(("email", "Enter an email address, such as name@example.org"))
    if not asked:
        errors.append(("kinds", "Select which reports you want"))
    if errors:
        return form_page(request, status=422, errors=errors, email=email[:MOST], asked=asked)
    async with database.connection() as connection:
        await subscribers.ask(connection, email, asked, secrets.token_urlsafe(32))
    return Redirect("/subscribe/sent", status_code=303)


@get("/subscribe/sent", before_request=arrive, include_in_schema=False)
async def sent() -> Template:
    return Template("subscribe/sent.html")


@get("/subscribe/{key:str}", before_request=arrive, include_in_schema=False)
async def confirm_form(database: FromDatabase, key: Key) -> Template:
    """A page with one button: programs that open links ahead must not confirm anything."""
    async with database.connection() as connection:
        found = await subscribers.by_key(connection, key)
    if found is None or not found["asked"]:
        raise too_late()
    return Template("subscribe/confirm.html", context={"key": key, **found, "names": KINDS})


@post("/subscribe/{key:str}", include_in_schema=False)
async def confirm(database: FromDatabase, key: Key) -> Template:
    async with database.connection() as connection:
        if not await subscribers.confirm(connection, key):
            raise too_late()
    return Template("subscribe/confirmed.html", context={"key": key})


def too_late() -> Gone:
    return Gone(
        "subscription.link_spent",
        "This link has expired, or the address was deleted.",
        "Subscribe again at /subscribe.",
    )


@get("/unsubscribe/{key:str}", before_request=arrive, include_in_schema=False)
async def leave_form(key: Key) -> Template:
    return Template("subscribe/leave.html", context={"key": key})


@post("/unsubscribe/{key:str}", include_in_schema=False)
async def leave(database: FromDatabase, key: Key) -> Template:
    """Also what a mail program sends by itself (RFC 8058); twice does no harm."""
    async with database.connection() as connection:
        await subscribers.delete(connection, key)
    return Template("subscribe/left.html")


HANDLERS = [form, ask, sent, confirm_form, confirm, leave_form, leave]
