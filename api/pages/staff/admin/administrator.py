"""Pages for administrators: staff accounts and background jobs."""

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from api.dependencies import FromDatabase, FromPerson
from api.notifications import senders
from api.pages.templating import AnyRequest
from api.pages.work import (
    Errors,
    audited_transaction,
    done_word,
    format_moment,
    read_form,
    require_other_account,
    staff_page,
    staff_router,
)
from api.security import people
from api.security.people import ROLES, Person, SignedIn
from survey.cases.contacts import is_email
from survey.problems import Conflict, NotFound
from survey.store import jobs
from survey.store.accounts import people as people_store
from survey.store.accounts import sessions
from survey.store.accounts.people import AccountWithPassword
from survey.store.database import Connection, Database

JOB_LABELS = {
    "code_texts": "Reading what people wrote",
    "weekly_edition": "Weekly edition",
    "monthly_edition": "Monthly edition",
    "nudge_cases": "Reminders of overdue cases",
    "retention": "Daily forgetting",
}
administrators = [SignedIn("administrator")]


@get("/work/people", guards=administrators, include_in_schema=False)
async def list_accounts(database: FromDatabase, person: FromPerson) -> Template:
    return await accounts_page(database, person)


async def accounts_page(database: Database, person: Person, **context: Any) -> Template:
    async with database.connection() as connection:
        rows = await people_store.load_all(connection)
    return staff_page("people", person, rows=rows, roles=ROLES, **context)


@post("/work/people", guards=administrators, include_in_schema=False)
async def add_account(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Add an account. The first sign-in link is shown on this response only."""
    form = await read_form(request)
    email, name, role = form.get("email", ""), form.get("name", ""), form.get("role", "")
    if wrong := account_faults(email, name, role):
        return await accounts_page(database, person, status=422, errors=wrong, typed=form)
    detail = {"role": role}
    try:
        async with audited_transaction(
            database, person, "account added", email, detail
        ) as connection:
            ident = await people_store.insert(connection, email, name, role, None)
            key = await people.create_sign_in_link(connection, ident)
    except Conflict as taken:
        wrong = [("email", taken.sentence)]
        return await accounts_page(database, person, status=409, errors=wrong, typed=form)
    return staff_page("link", person, name=name, account=ident, link=sign_in_address(request, key))


def account_faults(email: str, name: str, role: str) -> Errors:
    wrong: Errors = []
    if not is_email(email):
        wrong.append(("email", "Enter an email address, such as name@example.org"))
    if not 1 <= len(name) <= 100 or "\n" in name:
        wrong.append(("name", "Enter a name of up to 100 characters"))
    if role not in ROLES:
        wrong.append(("role", "Choose a role"))
    return wrong


def sign_in_address(request: AnyRequest, key: str) -> str:
    """The address of a sign-in link.

    Built from our settings, never from the request's Host header: whoever sent the request could
    point the link elsewhere.
    """
    return f"{senders.public_base(request.app.state.settings)}/sign-in/{key}"


@get("/work/people/{account:uuid}", guards=administrators, include_in_schema=False)
async def show_account(
    request: AnyRequest, database: FromDatabase, person: FromPerson, account: FromPath[uuid.UUID]
) -> Template:
    async with database.connection() as connection:
        found = await load_account(connection, account)
    return staff_page("person", person, found=found, roles=ROLES, done=done_word(request))


async def load_account(connection: Connection, account: uuid.UUID) -> AccountWithPassword:
    found = await people_store.get(connection, str(account))
    if found is None:
        raise NotFound("account.unknown", "There is no such account.", "Look at the list.")
    return found


@post("/work/people/{account:uuid}/role", guards=administrators, include_in_schema=False)
async def change_role(
    request: AnyRequest, database: FromDatabase, person: FromPerson, account: FromPath[uuid.UUID]
) -> Response[Any]:
    """Change the role of an account; it takes effect at that person's next request."""
    role = (await read_form(request)).get("role", "")
    require_other_account(person, str(account))
    async with database.connection() as connection:
        found = await load_account(connection, account)
    if role not in ROLES:
        errors = [("role", "Choose a role")]
        return staff_page("person", person, status=422, found=found, roles=ROLES, errors=errors)
    detail = {"from": found.role, "to": role}
    async with audited_transaction(
        database, person, "role changed", found.email, detail
    ) as connection:
        await people_store.set_role(connection, found.email, role)
    return Redirect(f"/work/people/{account}?done=role", status_code=303)


@post("/work/people/{account:uuid}/standing", guards=administrators, include_in_schema=False)
async def close_or_reopen_account(
    request: AnyRequest, database: FromDatabase, person: FromPerson, account: FromPath[uuid.UUID]
) -> Response[Any]:
    """Close or reopen an account; either way its sessions, links and password are deleted."""
    require_other_account(person, str(account))
    active = (await read_form(request)).get("standing") == "open"
    word = "reopened" if active else "closed"
    async with database.connection() as connection:
        found = await load_account(connection, account)
    async with audited_transaction(database, person, f"account {word}", found.email) as connection:
        await revoke_access(connection, str(account))
        await people_store.set_active(connection, found.email, active=active)
    return Redirect(f"/work/people/{account}?done={word}", status_code=303)


@post("/work/people/{account:uuid}/link", guards=administrators, include_in_schema=False)
async def make_sign_in_link(
    request: AnyRequest, database: FromDatabase, person: FromPerson, account: FromPath[uuid.UUID]
) -> Template:
    """Make a new sign-in link for somebody who cannot sign in.

    Everything that opened the account before stops working.
    """
    require_other_account(person, str(account))
    async with database.connection() as connection:
        found = await load_account(connection, account)
    if not found.active:
        raise Conflict("account.closed", "This account is closed.", "Open it again first.")
    async with audited_transaction(
        database, person, "sign-in link made", found.email
    ) as connection:
        await revoke_access(connection, str(account))
        key = await people.create_sign_in_link(connection, str(account))
    link = sign_in_address(request, key)
    return staff_page("link", person, name=found.name, account=found.id, link=link)


async def revoke_access(connection: Connection, account: str) -> None:
    await sessions.delete_all_of(connection, account)
    await people_store.delete_links(connection, account)
    await people_store.clear_password(connection, account)


@get("/work/jobs", guards=administrators, include_in_schema=False)
async def list_jobs(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        standing = await jobs.load_queue_status(connection)
        held = await jobs.load_failures(connection)
    going = [(one, format_moment(one.oldest)) for one in standing if one.status != "failed"]
    return staff_page(
        "jobs", person, kinds=JOB_LABELS, standing=going, held=held, done=done_word(request)
    )


@post("/work/jobs/release", guards=administrators, include_in_schema=False)
async def retry_failed_jobs(database: FromDatabase, person: FromPerson) -> Redirect:
    async with audited_transaction(database, person, "held jobs released", "jobs") as connection:
        await jobs.release_held(connection)
    return Redirect("/work/jobs?done=released", status_code=303)


HANDLERS: list[ControllerRouterHandler] = [
    staff_router([
        list_accounts, add_account, show_account, change_role, close_or_reopen_account,
        make_sign_in_link, list_jobs, retry_failed_jobs,
    ])
]  # fmt: skip
