"""Signing in and out."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import cookies, people
from api.limits import source_of
from api.pages.templating import arrive
from api.tries import tries_of
from api.wiring import FromDatabase
from survey.problems import Limited, Unauthenticated
from survey.store import people as people_store
from survey.store import sessions
from survey.store.database import Connection

WORK = "/work"
Key = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{43}$")]


@get("/sign-in", before_request=arrive, include_in_schema=False)
async def form(request: Request[Any, Any, Any]) -> Response[Any]:
    if await people.person_of(request) is not None:
        return Redirect("/work")
    return Template("sign_in.html", context={"refused": None, "email": ""} | why_here(request))


def why_here(request: Request[Any, Any, Any]) -> dict[str, bool]:
    """Whether somebody was signed out in the middle of their work, and whether a change waits or
    was too large to."""
    return {
        "ended": "ended" in request.query_params,
        "lost": "lost" in request.query_params,
        "unsent": bool(cookies.read_cookie(request, cookies.UNSENT)),
    }


@post("/sign-in", include_in_schema=False)
async def sign_in(request: Request[Any, Any, Any], database: FromDatabase) -> Response[Any]:
    sent = await request.form()
    email, password = (str(sent.get(name, "")) for name in ("email", "password"))
    tries, source = tries_of(request.app.state), source_of(request)
    try:
        if not await tries.admit(email.strip().casefold(), source):
            raise too_often()
        async with database.connection() as connection:
            account = await people.check_password(connection, email, password)
            tries.forget(email.strip().casefold(), source)
            return await welcome(request, connection, account)
    except (Unauthenticated, Limited) as refused:
        return Template(
            "sign_in.html",
            context={"refused": refused, "email": email[:254]} | why_here(request),
            status_code=refused.status,
        )


def too_often() -> Limited:
    return Limited(
        "sign_in.too_often",
        "There were too many attempts to sign in to this account from here.",
        "Try again in an hour, or ask an administrator for a sign-in link, which works now.",
    )


@get("/sign-in/{key:str}", before_request=arrive, include_in_schema=False)
async def link(key: Key) -> Template:
    """A page with one button: programs that open links ahead must not use it up."""
    return Template("sign_in_link.html", context={"key": key})


@post("/sign-in/{key:str}", include_in_schema=False)
async def use_link(
    request: Request[Any, Any, Any], database: FromDatabase, key: Key
) -> Response[Any]:
    async with database.connection() as connection:
        account = await people_store.use_link(connection, people.digest(key))
        if account is None:
            raise Unauthenticated(
                "link.spent",
                "This sign-in link has been used before, or has expired.",
                "Ask an administrator for a new one.",
            )
        return await welcome(request, connection, account)


@post("/sign-out", include_in_schema=False)
async def sign_out(request: Request[Any, Any, Any], database: FromDatabase) -> Redirect:
    async with database.connection() as connection:
        await sessions.delete(connection, opened_by(request))
    gone = [
        cookies.build_removal(request, cookies.SESSION),
        cookies.build_removal(request, cookies.UNSENT),
        cookies.build_removal(request, cookies.DRAFT, cookies.COMPLAINTS),
    ]
    return Redirect("/", status_code=303, cookies=gone)


def opened_by(request: Request[Any, Any, Any]) -> bytes:
    """What is kept of the key of the session that this browser has."""
    return people.digest(cookies.read_cookie(request, cookies.SESSION))


async def welcome(
    request: Request[Any, Any, Any], connection: Connection, account: str, to: str = WORK
) -> Redirect:
    """A new session under a key of our own making, whatever the browser brought along."""
    await sessions.delete(connection, opened_by(request))
    key = await people.begin_session(connection, account)
    await people_store.note(connection, "signed in", account, by=account)
    age = int(people.SESSION.total_seconds())
    cookie = cookies.build_cookie(request, cookies.SESSION, key, max_age=age)
    if cookies.read_cookie(request, cookies.UNSENT):
        to = f"{WORK}/unsent"
    return Redirect(to, status_code=303, cookies=[cookie])


HANDLERS = [form, link, sign_in, use_link, sign_out]
