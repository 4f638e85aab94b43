"""Report emails: ask for them, confirm by a link, and unsubscribe by a link."""

import secrets
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import notifications
from api.dependencies import FromDatabase
from api.pages.forms import read_form
from api.pages.templating import prepare_page
from api.security.sent_forms import WITHOUT_SESSION
from survey.cases.contacts import is_email
from survey.problems import Gone
from survey.store.editions import mails

REPORT_KINDS = {
    "weekly": "The weekly report, each Monday or soon after",
    "monthly": "The monthly report",
}
LONGEST_EMAIL = 254
Key = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{43}$")]
AnyRequest = Request[Any, Any, Any]


@get("/subscribe", before_request=prepare_page, include_in_schema=False)
async def show_subscribe_form(request: AnyRequest) -> Template:
    return subscribe_page(request)


def subscribe_page(request: AnyRequest, *, status: int = 200, **context: Any) -> Template:
    able = notifications.find_subscriber_sender(request.app.state.settings) is not None
    given: dict[str, Any] = {
        "able": able,
        "kinds": REPORT_KINDS,
        "errors": [],
        "email": "",
        "asked": [],
    }
    return Template("subscribe/form.html", context=given | context, status_code=status)


@post("/subscribe", include_in_schema=False)
async def request_subscription(request: AnyRequest, database: FromDatabase) -> Response[Any]:
    """Queue an email to confirm the address. The response does not reveal whether it is subscribed
    already.
    """
    if notifications.find_subscriber_sender(request.app.state.settings) is None:
        raise notifications.no_mail_server()
    form = await read_form(request)
    email, chosen = form["email"], form.all("kinds")
    asked = [kind for kind in REPORT_KINDS if kind in chosen]
    form.require(is_email(email), "email", "Enter an email address, such as name@example.org")
    form.require(asked, "kinds", "Select which reports you want")
    if form.errors:
        return subscribe_page(
            request, status=422, errors=form.errors, email=email[:LONGEST_EMAIL], asked=asked
        )
    async with database.connection() as connection:
        # The same for a known and an unknown address: the page must not say who has subscribed.
        await mails.save_request(connection, email, asked, secrets.token_urlsafe(32))
    return Redirect("/subscribe/sent", status_code=303)


@get("/subscribe/sent", before_request=prepare_page, include_in_schema=False)
async def show_sent_page() -> Template:
    return Template("subscribe/sent.html")


@get("/subscribe/{key:str}", before_request=prepare_page, include_in_schema=False)
async def show_confirm_form(database: FromDatabase, key: Key) -> Template:
    """A page with one button: programs that open links ahead must not confirm anything."""
    async with database.connection() as connection:
        found = await mails.find_subscriber(connection, key)
    # Asked more than 48 hours ago, or never: there is nothing that could be confirmed.
    if found is None or not found.asked:
        raise expired_link()
    context = {"key": key, "email": found.email, "asked": found.asked, "names": REPORT_KINDS}
    return Template("subscribe/confirm.html", context=context)


@post("/subscribe/{key:str}", include_in_schema=False)
async def confirm_subscription(database: FromDatabase, key: Key) -> Template:
    async with database.connection() as connection:
        if not await mails.confirm_subscriber(connection, key):
            raise expired_link()
    return Template("subscribe/confirmed.html", context={"key": key})


expired_link = Gone.of(
    "subscription.link_spent",
    "This link has expired, or the address was deleted.",
    "Subscribe again at /subscribe.",
)


@get("/unsubscribe/{key:str}", before_request=prepare_page, include_in_schema=False)
async def show_unsubscribe_form(key: Key) -> Template:
    return Template("subscribe/leave.html", context={"key": key})


@post("/unsubscribe/{key:str}", include_in_schema=False)
async def unsubscribe(database: FromDatabase, key: Key) -> Template:
    """Delete a subscription. Mail programs also call this by themselves (RFC 8058)."""
    async with database.connection() as connection:
        await mails.delete_subscriber(connection, key)
    return Template("subscribe/left.html")


PUBLIC = [
    show_subscribe_form,
    request_subscription,
    show_sent_page,
    show_confirm_form,
    confirm_subscription,
    show_unsubscribe_form,
    unsubscribe,
]
HANDLERS = [Router("/", route_handlers=PUBLIC, opt=WITHOUT_SESSION)]
