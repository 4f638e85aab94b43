"""Set or change one's own password."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, FromPerson
from api.pages import sign_in
from api.pages.forms import Form
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, staff_page
from api.security import people
from api.security.people import Person
from survey.problems import Invalid
from survey.store.accounts import account_news, api_keys, sessions
from survey.store.accounts import people as people_store
from survey.store.accounts.people import AccountWithPassword
from survey.store.database import Database


@get("/work/password")
async def show_password_form(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Template:
    return await password_page(request, database, person, Form())


async def password_page(
    request: AnyRequest, database: Database, person: Person, form: Form
) -> Template:
    account, keys = await load_access(database, person)
    mine, unused = sign_in.session_digest(request), people.longest_unused(request)
    async with database.connection() as connection:
        news = await account_news.load_of(connection, person.id)
        others = await sessions.load_others(connection, person.id, mine, unused)
    known = bool(account and account.password_hash)
    return staff_page(
        "home/password", person, form=form, known=known, keys=keys, news=news, others=others
    )


async def load_access(database: Database, person: Person) -> tuple[AccountWithPassword | None, int]:
    """The account of a person, and how many API keys it has."""
    async with database.connection() as connection:
        account = await people_store.get(connection, person.id)
        return account, len(await api_keys.load_all_of(connection, person.id))


@post("/work/password")
async def set_password(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Set a new password; this ends all the person's other sessions, and their API keys unless
    they say otherwise.
    """
    sent, form = await request.form(), Form()
    new, old = (str(sent.get(name, ""))[:1_000] for name in ("new", "old"))  # never shown again
    account, _ = await load_access(database, person)
    known = account.password_hash if account else None
    # Without a password the person came by a sign-in link, and has no old one to enter.
    if known and not await people.verify_hash(known, old):
        form.add_error("old", "Enter the password that you have now")
    try:
        hashed = await people.hash_password(new, person.email)
    except Invalid as short:
        form.add_error("new", f"{short.sentence} {short.remedy}")
    stay = sent.get("keys") == "stay"
    if form.errors:
        if stay:
            form.set("keys", "stay")
        return await password_page(request, database, person, form)
    async with audited_transaction(database, person, "password set", person.email) as connection:
        await people_store.set_password(connection, person.email, hashed)
        await account_news.insert(connection, person.id, "password")
        # Somebody who knew the old password may be signed in, so every session ends.
        await sessions.delete_all_of(connection, person.id)
        if not stay:
            await api_keys.delete_all_of(connection, person.id)
        welcomed = await sign_in.start_session(request, connection, person.id)
    return Redirect("/work?done=password", status_code=303, cookies=welcomed.cookies)


PAGES = [StaffPage([show_password_form, set_password], linked_from="/work")]
