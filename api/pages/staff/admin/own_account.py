"""A person's own way in: signing in and out, password, API keys, and a form that was not sent."""

import datetime
import logging
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase
from api.operations import survey_rights
from api.pages.forms import Form, is_typed, read_form
from api.pages.shell import prepare_page
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.security import cookies, people, sent_forms
from api.security.limits import request_guesser
from api.security.people import ROLES, create_api_key, spent_sign_in_link, too_many_attempts
from survey.problems import Invalid, Limited, Unauthenticated
from survey.store.accounts import account_news, programs, sessions
from survey.store.accounts import people as people_store
from survey.store.accounts.people import AccountWithPassword
from survey.store.database import Connection, Database
from survey.store.surveys import instruments
from survey.surveys.instruments import wording_text

WORK = "/work"
NOTED = (3, 30, 300)  # wrong passwords at an account within an hour
log = logging.getLogger("soundings")
Key = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{43}$")]
KEYS = "/work/keys"
LONGEST_NAME, MOST = 60, 20
LASTING = {"30": "30 days", "90": "90 days", "365": "A year"}
UNSENT = "/work/unsent"
# Fields that a page brings along by itself, in words or several of them.
OURS = ("order", "so-far", "query", "list", "record", "then", "where", "offered", "span")
MOST_SHOWN = 20


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
    """Log a refused sign-in. When the number of wrong tries reaches one of `NOTED`, the audit also
    gets a line that somebody guesses at this account.
    """
    log.warning("A sign-in was refused [%s].", code)
    if wrong in NOTED:
        async with database.connection() as connection:
            if account := await people_store.by_email(connection, email[:254]):
                detail = {"tries": wrong}
                await people_store.append_audit(
                    connection, "sign-in refused", account.id, by=None, detail=detail
                )


@get("/sign-in/{key:str}", before_request=prepare_page, include_in_schema=False)
async def show_link_page(key: Key) -> Template:
    """A page with one button, so that mail programs that open links by themselves do not use up the
    key.
    """
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


@post(KEYS)
async def make_key(page: FromPage) -> Response[Any]:
    """Make an API key and show it on this response only."""
    known = await page.load(programs.load_keys_of, page.person.id)
    name = page.form["name"]
    is_name = 0 < len(name) <= LONGEST_NAME and name.isprintable()
    page.form.require(is_name, "name", f"Give the key a name of 1 to {LONGEST_NAME} characters")
    page.form.require(page.form["days"] in LASTING, "days", "Select how long the key lasts")
    survey = page.form["survey"]
    page.form.require(
        not survey or survey in await load_own_surveys(page),
        "survey",
        "Select one of your surveys",
    )
    page.form.require(len(known) < MOST, "name", f"You have {MOST} keys: delete one first")
    if page.form.errors:
        return await keys_page(page)
    expires_on = clock.today() + datetime.timedelta(days=int(page.form["days"]))
    # Without the name, which may be a person's: the audit never forgets.
    detail = {"survey": survey, "until": str(expires_on)}
    async with page.write("API key made", "", detail) as connection:
        key = await create_api_key(connection, page.person.id, name, expires_on, survey or None)
    page.form = Form()
    shown = await keys_page(page.add(made=key))
    shown.headers["Cache-Control"] = "no-store"
    return shown


@post(f"{KEYS}/delete")
async def delete_key(page: FromPage) -> Response[Any]:
    """Delete a key: no program can use it from now on."""
    number = page.form.number("id")
    async with page.connection() as connection:
        known = [key.id for key in await programs.load_keys_of(connection, page.person.id)]
    if number is None or number not in known:
        return page.to(KEYS)
    async with page.write("API key deleted", "") as connection:
        await programs.delete_key(connection, page.person.id, number)
    return page.to(KEYS, "deleted")


async def load_own_surveys(page: StaffRequest) -> dict[str, str]:
    """The titles of the surveys that a program of this person may send answers to, by slug."""
    overview = await page.load(instruments.load_overview)
    return {
        row.survey.slug: wording_text(row.instrument.title)
        for row in overview
        if survey_rights.is_allowed(page.person, "collect", row.survey)
    }


async def keys_page(page: FromPage) -> Template:
    keys = await page.load(programs.load_keys_of, page.person.id)
    return page.show(
        "home/keys", keys=keys, made="", lasting=LASTING,
        today=clock.today(), surveys=await load_own_surveys(page),
    )  # fmt: skip


@get("/work/password")
async def show_password_form(page: FromPage) -> Template:
    return await password_page(page, Form())


async def password_page(page: StaffRequest, form: Form) -> Template:
    account, keys = await load_access(page)
    mine, unused = session_digest(page.request), people.longest_unused(page.request)
    async with page.connection() as connection:
        news = await account_news.load_of(connection, page.person.id)
        others = await sessions.load_others(connection, page.person.id, mine, unused)
    known = bool(account and account.password_hash)
    return page.show("home/password", form=form, known=known, keys=keys, news=news, others=others)


async def load_access(page: StaffRequest) -> tuple[AccountWithPassword | None, int]:
    """The account of a person, and how many API keys it has."""
    async with page.connection() as connection:
        account = await people_store.get(connection, page.person.id)
        return account, len(await programs.load_keys_of(connection, page.person.id))


@post("/work/password")
async def set_password(page: FromPage) -> Response[Any]:
    """Set a new password; this ends all the person's other sessions, and their API keys unless
    they say otherwise.
    """
    sent, form = await page.request.form(), Form()
    new, old = (str(sent.get(name, ""))[:1_000] for name in ("new", "old"))  # never shown again
    account, _ = await load_access(page)
    known = account.password_hash if account else None
    # Without a password the person came by a sign-in link, and has no old one to enter.
    if known and not await people.verify_hash(known, old):
        form.add_error("old", "Enter the password that you have now")
    try:
        hashed = await people.hash_password(new, page.person.email)
    except Invalid as short:
        form.add_error("new", f"{short.sentence} {short.remedy}")
    stay = sent.get("keys") == "stay"
    if form.errors:
        if stay:
            form.set("keys", "stay")
        return await password_page(page, form)
    async with page.write("password set", page.person.email) as connection:
        await people_store.set_password(connection, page.person.email, hashed)
        await account_news.insert(connection, page.person.id, "password")
        # Somebody who knew the old password may be signed in, so every session ends.
        await sessions.delete_all_of(connection, page.person.id)
        if not stay:
            await programs.delete_all_keys_of(connection, page.person.id)
        welcomed = await start_session(page.request, connection, page.person.id)
    return Redirect("/work?done=password", status_code=303, cookies=welcomed.cookies)


@get(UNSENT)
async def show(page: FromPage) -> Response[Any]:
    async with page.connection() as connection:
        form = await sent_forms.find_form(page.request, connection)
        if form is None or not sent_forms.is_of(form, page.person):
            # Whoever signs in next at this browser must not read what another person typed.
            gone = await sent_forms.delete_form(page.request, connection)
            return Redirect("/work", status_code=303, cookies=[gone])
    return page.show(
        "home/unsent",
        unsent=form,
        words=[v for k, v in form.fields if k not in OURS and is_typed(v)][:MOST_SHOWN],
    )


@post(UNSENT)
async def send_on(page: FromPage) -> Response[Any]:
    """Send the unsent form, with the same fields, to the address it was meant for; or delete it."""
    async with page.connection() as connection:
        form = await sent_forms.find_form(page.request, connection)
        # Deleted before it is sent on, so that going back cannot send it twice.
        gone = await sent_forms.delete_form(page.request, connection)
    if form is None or not sent_forms.is_of(form, page.person):
        return Redirect("/work", status_code=303, cookies=[gone])
    # Files are not stored, so a form with one has to be filled in again on its page.
    if form.has_file or page.form["unsent"] == "discard":
        return Redirect(form.page, status_code=303, cookies=[gone])
    return Redirect(form.path, status_code=307, cookies=[gone])  # the browser sends it again


# Everybody who can sign in has these, not administrators alone.
PAGES = [
    StaffPage(handlers, linked_from="/work", roles=ROLES, group="Your work")
    for handlers in (
        [get(KEYS)(keys_page), make_key, delete_key],
        [show_password_form, set_password],
        [show, send_on],
    )
]
