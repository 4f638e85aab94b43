"""Signing in and out."""

import logging
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase
from api.pages.forms import read_form
from api.pages.templating import prepare_page
from api.security import cookies, people
from api.security.limits import request_guesser
from api.security.people import spent_sign_in_link, too_many_attempts
from survey.problems import Limited, Unauthenticated
from survey.store.accounts import people as people_store
from survey.store.accounts import sessions
from survey.store.database import Connection, Database

WORK = "/work"
NOTED = (3, 30, 300)  # wrong passwords at an account within an hour
log = logging.getLogger("soundings")
Key = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{43}$")]


@get("/sign-in", before_request=prepare_page, include_in_schema=False)
async def show_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    if await people.current_person(request) is not None:
        return Redirect("/work")
    return Template(
        "sign_in.html", context={"refused": None, "email": ""} | sign_in_reasons(request)
    )


def sign_in_reasons(request: Request[Any, Any, Any]) -> dict[str, bool]:
    """Whether the session ended during work, and whether an unsent form is waiting."""
    return {
        "ended": "ended" in request.query_params,
        "lost": "lost" in request.query_params,
        "unsent": bool(cookies.read_cookie(request, cookies.UNSENT)),
    }


@post("/sign-in", include_in_schema=False)
async def sign_in(request: Request[Any, Any, Any], database: FromDatabase) -> Response[Any]:
    email = (await read_form(request))["email"]
    # Read as it was typed: our own form strips and normalises text, which changes a password.
    password = str((await request.form()).get("password", ""))
    tries, source = request_guesser(request)
    wrong = 0
    try:
        # Before a connection is taken, because a guess may have to wait here for seconds.
        if not await tries.admit(email.casefold(), source):
            raise too_many_attempts()
        async with database.connection() as connection:
            try:
                account = await people.check_password(connection, email, password)
            except Unauthenticated:
                wrong = tries.count_wrong(email.casefold())
                raise
            tries.forget(email.casefold(), source)
            return await start_session(request, connection, account)
    except (Unauthenticated, Limited) as refused:
        return Template(
            "sign_in.html",
            # 254 characters is the longest email address (RFC 5321).
            context={"refused": refused, "email": email[:254]} | sign_in_reasons(request),
            status_code=refused.status,
            # After the answer, which takes the same time whether there is such an account or not.
            background=BackgroundTask(note_refused, database, email, refused.code, wrong),
        )


async def note_refused(database: Database, email: str, code: str, wrong: int) -> None:
    """Log that a sign-in was refused, and write into the audit that somebody guesses at an account:
    a few lines an hour, however often they do.
    """
    log.warning("A sign-in was refused [%s].", code)
    if wrong in NOTED:
        async with database.connection() as connection:
            if found := await people_store.by_email(connection, email[:254]):
                detail = {"tries": wrong}
                await people_store.append_audit(
                    connection, "sign-in refused", found.id, by=None, detail=detail
                )


@get("/sign-in/{key:str}", before_request=prepare_page, include_in_schema=False)
async def show_link_page(key: Key) -> Template:
    """A page with one button: programs that open links ahead must not use them."""
    return Template("sign_in_link.html", context={"key": key})


@post("/sign-in/{key:str}", include_in_schema=False)
async def sign_in_by_link(
    request: Request[Any, Any, Any], database: FromDatabase, key: Key
) -> Response[Any]:
    async with database.connection() as connection:
        account = await people_store.use_link(connection, people.key_digest(key))
        if account is None:
            log.warning("A sign-in was refused [link.spent].")
            raise spent_sign_in_link()
        return await start_session(request, connection, account)


@post("/sign-out", include_in_schema=False)
async def sign_out(request: Request[Any, Any, Any], database: FromDatabase) -> Redirect:
    async with database.connection() as connection:
        await sessions.delete(connection, session_digest(request))
    gone = [
        cookies.build_removal(request, cookies.SESSION),
        cookies.build_removal(request, cookies.UNSENT),
        # A complaint keyed in for a caller must not be open to the next person at this computer.
        cookies.build_removal(request, cookies.DRAFT, cookies.COMPLAINTS),
    ]
    return Redirect("/", status_code=303, cookies=gone)


def session_digest(request: Request[Any, Any, Any]) -> bytes:
    """The digest of the session key in this browser; only the digest is stored."""
    return people.key_digest(cookies.read_cookie(request, cookies.SESSION))


async def start_session(
    request: Request[Any, Any, Any], connection: Connection, account: str, to: str = WORK
) -> Redirect:
    """Start a new session under a key that we make, whatever key the browser sent."""
    # The session that this browser had before would otherwise stay valid until it expires.
    await sessions.delete(connection, session_digest(request))
    key = await people.begin_session(connection, account)
    await people_store.append_audit(connection, "signed in", account, by=account)
    age = int(people.SESSION_LENGTH.total_seconds())
    cookie = cookies.build_cookie(request, cookies.SESSION, key, max_age=age)
    if cookies.read_cookie(request, cookies.UNSENT):
        to = f"{WORK}/unsent"
    return Redirect(to, status_code=303, cookies=[cookie])


HANDLERS = [show_sign_in, show_link_page, sign_in, sign_in_by_link, sign_out]
