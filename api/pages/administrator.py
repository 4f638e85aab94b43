"""The pages of those who let people in: accounts, and work that waits."""

import uuid
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from api import mail, people
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, done, moment, page, refuse_to_self, staff, typed
from api.people import ROLES, Person, SignedIn
from api.wiring import FromDatabase, FromPerson
from survey.contacts import is_email
from survey.problems import Conflict, NotFound
from survey.store import jobs, sessions
from survey.store import people as people_store
from survey.store.database import Connection, Database

KINDS = {
    "code_texts": "Reading what people wrote",
    "weekly_edition": "Weekly edition",
    "monthly_edition": "Monthly edition",
    "nudge_cases": "Reminders of overdue cases",
    "retention": "Daily forgetting",
}
administrators = [SignedIn("administrator")]


@get("/work/people", guards=administrators, include_in_schema=False)
async def everybody(database: FromDatabase, person: FromPerson) -> Template:
    return await people_page(database, person)


async def people_page(database: Database, person: Person, **context: Any) -> Template:
    async with database.connection() as connection:
        rows = await people_store.everyone(connection)
    return page("people", person, rows=rows, roles=ROLES, **context)


@post("/work/people", guards=administrators, include_in_schema=False)
async def add(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    """A new account; the link for its first visit is on this answer and nowhere else."""
    form = await typed(request)
    email, name, role = form.get("email", ""), form.get("name", ""), form.get("role", "")
    if wrong := faults_of(email, name, role):
        return await people_page(database, person, status=422, errors=wrong, typed=form)
    detail = {"role": role}
    try:
        async with acting(database, person, "account added", email, detail) as connection:
            ident = await people_store.insert(connection, email, name, role, None)
            key = await people.make_link(connection, ident)
    except Conflict as taken:
        wrong = [("email", taken.sentence)]
        return await people_page(database, person, status=409, errors=wrong, typed=form)
    return page("link", person, name=name, account=ident, link=address(request, key))


def faults_of(email: str, name: str, role: str) -> Errors:
    wrong: Errors = []
    if not is_email(email):
        wrong.append(("email", "Enter an email address, such as name@example.org"))
    if not 1 <= len(name) <= 100 or "\n" in name:
        wrong.append(("name", "Enter a name of up to 100 characters"))
    if role not in ROLES:
        wrong.append(("role", "Choose a role"))
    return wrong


def address(request: AnyRequest, key: str) -> str:
    """Never what the request calls us: whoever sent it could send the link elsewhere."""
    return f"{mail.base_of(request.app.state.settings)}/sign-in/{key}"


@get("/work/people/{account:uuid}", guards=administrators, include_in_schema=False)
async def one(
    request: AnyRequest, database: FromDatabase, person: FromPerson, account: FromPath[uuid.UUID]
) -> Template:
    async with database.connection() as connection:
        found = await find(connection, account)
    return page("person", person, found=found, roles=ROLES, done=done(request))


async def find(connection: Connection, account: uuid.UUID) -> Any:
    found = await people_store.get(connection, str(account))
    if found is None:
        raise NotFound("account.unknown", "There is no such account.", "Look at the list.")
    return found


@post("/work/people/{account:uuid}/role", guards=administrators, include_in_schema=False)
async def change_role(
    request: AnyRequest, database: FromDatabase, person: FromPerson, account: FromPath[uuid.UUID]
) -> Response[Any]:
    """Another role; it holds from the person's next click."""
    role = (await typed(request)).get("role", "")
    refuse_to_self(person, str(account))
    async with database.connection() as connection:
        found = await find(connection, account)
    if role not in ROLES:
        errors = [("role", "Choose a role")]
        return page("person", person, status=422, found=found, roles=ROLES, errors=errors)
    detail = {"from": found["role"], "to": role}
    async with acting(database, person, "role changed", found["email"], detail) as connection:
        await people_store.set_role(connection, found["email"], role)
    return Redirect(f"/work/people/{account}?done=role", status_code=303)


@post("/work/people/{account:uuid}/standing", guards=administrators, include_in_schema=False)
async def close_or_reopen(
    request: AnyRequest, database: FromDatabase, person: FromPerson, account: FromPath[uuid.UUID]
) -> Response[Any]:
    """A closed account loses its sessions, its links and its password at once."""
    refuse_to_self(person, str(account))
    active = (await typed(request)).get("standing") == "open"
    word = "reopened" if active else "closed"
    async with database.connection() as connection:
        found = await find(connection, account)
    async with acting(database, person, f"account {word}", found["email"]) as connection:
        await shut_out(connection, str(account))
        await people_store.set_active(connection, found["email"], active=active)
    return Redirect(f"/work/people/{account}?done={word}", status_code=303)


@post("/work/people/{account:uuid}/link", guards=administrators, include_in_schema=False)
async def new_link(
    request: AnyRequest, database: FromDatabase, person: FromPerson, account: FromPath[uuid.UUID]
) -> Template:
    """A way in for somebody who lost theirs; what opened the account before opens it no more."""
    refuse_to_self(person, str(account))
    async with database.connection() as connection:
        found = await find(connection, account)
    if not found["active"]:
        raise Conflict("account.closed", "This account is closed.", "Open it again first.")
    async with acting(database, person, "sign-in link made", found["email"]) as connection:
        await shut_out(connection, str(account))
        key = await people.make_link(connection, str(account))
    context = {"name": found["name"], "account": str(account), "link": address(request, key)}
    return page("link", person, **context)


async def shut_out(connection: Connection, account: str) -> None:
    await sessions.delete_all_of(connection, account)
    await people_store.delete_links(connection, account)
    await people_store.forget_password(connection, account)


@get("/work/jobs", guards=administrators, include_in_schema=False)
async def waiting(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        standing = await jobs.standing(connection)
        held = await jobs.failures(connection)
    going = [(row, moment(row["oldest"])) for row in standing if row["status"] != "failed"]
    told = [(row, where_of(row["traceback"])) for row in held]
    return page("jobs", person, kinds=KINDS, standing=going, held=told, done=done(request))


def where_of(kept: Any) -> dict[str, Any]:
    """Which kind of error and where; the queue keeps it as JSON within JSON."""
    found = msgspec.json.decode(kept) if isinstance(kept, str) else kept
    return found if isinstance(found, dict) else {}


@post("/work/jobs/release", guards=administrators, include_in_schema=False)
async def release(database: FromDatabase, person: FromPerson) -> Redirect:
    async with acting(database, person, "held jobs released", "jobs") as connection:
        await jobs.release(connection)
    return Redirect("/work/jobs?done=released", status_code=303)


HANDLERS: list[ControllerRouterHandler] = [
    staff([
        everybody, add, one, change_role, close_or_reopen, new_link, waiting, release,
    ])
]  # fmt: skip
