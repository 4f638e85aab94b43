"""Shared by all staff pages, and the page that staff see after signing in."""

import datetime
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Response, Router, get, post
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.pages import sign_in
from api.pages.menu import menu_for
from api.pages.templating import AnyRequest, prepare_page
from api.process.loading import import_lock
from api.security import people
from api.security.people import ROLES, Person, SignedIn
from survey.coding.double_coding import Accuracy, ReadingStatus
from survey.editions.chapters.alerts import RAISED_KINDS, WEEKS_OPEN
from survey.problems import Forbidden, Invalid
from survey.store import jobs
from survey.store.accounts import people as people_store
from survey.store.accounts import sessions
from survey.store.cases import complaints
from survey.store.coding import double_coding
from survey.store.database import Connection, Database
from survey.store.editions import actions, alerts

Errors = list[tuple[str, str]]
EMPTY_FORM: dict[str, str] = {}
any_staff = [SignedIn(*ROLES)]


@asynccontextmanager
async def audited_transaction(
    database: Database, person: Person, act: str, subject: str, detail: object = None
) -> AsyncIterator[Connection]:
    """A transaction whose change and audit line are saved together, or not at all.

    Every write from a page happens in one.
    """
    async with database.connection() as connection, connection.transaction():
        yield connection
        await people_store.append_audit(connection, act, subject, by=person.id, detail=detail)


def staff_page(name: str, person: Person, /, *, status: int = 200, **context: Any) -> Template:
    """Render a staff page. Staff pages are in English only and offer no other language."""
    given = {"person": person, "menu": menu_for(person), "languages": [], "done": ""}
    empty: dict[str, Any] = {"errors": [], "typed": EMPTY_FORM, "refused": None}
    return Template(f"work/{name}.html", context=given | empty | context, status_code=status)


def done_word(request: AnyRequest) -> str:
    """The `done` word of the address, by which a template confirms what was just done."""
    return request.query_params.get("done", "")


async def read_form(request: AnyRequest) -> dict[str, str]:
    """The text fields of a form; the last value if a field comes twice."""
    form = await request.form()
    return {name: clean_text(value) for name, value in form.multi_items() if isinstance(value, str)}


def clean_text(text: str) -> str:
    """Text without control characters, which cannot be shown and which the database refuses."""
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    return "".join(
        c for c in plain if c in "\n\t" or unicodedata.category(c) not in REMOVED_CATEGORIES
    ).strip()


REMOVED_CATEGORIES = ("Cc", "Cs")


def parse_day(form: dict[str, str], name: str) -> datetime.date | None:
    """The date in the three fields of a form; None if they are not a date."""
    try:
        year, month, day = (int(form.get(f"{name}-{one}", "")) for one in ("year", "month", "day"))
        return datetime.date(year, month, day)
    except (ValueError, OverflowError):
        return None


def day_fields(name: str, day: datetime.date) -> dict[str, str]:
    """The three form fields for a date."""
    parts = {"day": day.day, "month": day.month, "year": day.year}
    return {f"{name}-{part}": str(number) for part, number in parts.items()}


def format_day(at: datetime.datetime) -> str:
    return f"{at.astimezone(clock.LONDON):%-d %b %Y}"


def format_moment(at: datetime.datetime) -> str:
    return f"{format_day(at)}, {at.astimezone(clock.LONDON):%H:%M}"


@get("/work", guards=any_staff, include_in_schema=False)
async def show_work(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        waiting = await load_waiting_counts(connection, person)
        reading, read = await load_machine_accuracy(connection, person)
        reported = await load_unassigned_reports(connection, person)
    return staff_page(
        "landing",
        person,
        waiting=waiting,
        reading=reading,
        read=read[:2],
        reported=reported,
        done=done_word(request),
    )


async def load_unassigned_reports(connection: Connection, person: Person) -> list[str]:
    """Alerts reported by staff in the last four weeks that have no owner, newest first."""
    if not person.may("reviewer"):
        return []
    since = clock.now() - datetime.timedelta(weeks=WEEKS_OPEN)
    rows = await alerts.load_reports(connection, since)
    return [
        f"{RAISED_KINDS[row.kind]}, reported {format_moment(row.at)}"
        for row in rows
        if not row.owner and not row.why
    ]


async def load_machine_accuracy(
    connection: Connection, person: Person
) -> tuple[ReadingStatus | None, list[Accuracy]]:
    """How accurately the model reads, for reviewers; nothing before double coding started."""
    if not person.may("reviewer") or not await double_coding.has_begun(connection):
        return None, []
    with import_lock("api.jobs.texts.double_coding"):
        from api.jobs.texts import double_coding as job  # slow to load

    return await job.judge_reading(connection)


async def load_waiting_counts(connection: Connection, person: Person) -> dict[str, int]:
    """How many items need this person's attention, by the address of their page."""
    found = {}
    if person.may("reviewer"):
        progress = await double_coding.load_progress(connection, person.id)
        found["/work/double-coding"] = sum(row.left_to_me for row in progress)
        found["/work/actions"] = await actions.count_overdue(connection, clock.today())
        found["/work/complaints"] = (await complaints.count_by_status(connection)).get("new", 0)
    if person.may("administrator"):
        found["/work/jobs"] = len(await jobs.load_failures(connection))
    return found


@get("/work/password", guards=any_staff, include_in_schema=False)
async def show_password_form(database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        account = await people_store.get(connection, person.id)
    return staff_page("password", person, known=bool(account and account.password_hash))


@post("/work/password", guards=any_staff, include_in_schema=False)
async def set_password(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Set a new password; this ends all the person's other sessions."""
    form = await request.form()
    new, old = (str(form.get(name, "")) for name in ("new", "old"))
    async with database.connection() as connection:
        account = await people_store.get(connection, person.id)
    known = account.password_hash if account else None
    wrong: Errors = []
    if known and not await people.verify_hash(known, old[:1_000]):
        wrong = [("old", "Enter the password that you have now")]
    try:
        hashed = await people.hash_password(new[:1_000], person.email)
    except Invalid as short:
        wrong += [("new", f"{short.sentence} {short.remedy}")]
    if wrong:
        return staff_page("password", person, status=422, known=bool(known), errors=wrong)
    async with audited_transaction(database, person, "password set", person.email) as connection:
        await people_store.set_password(connection, person.email, hashed)
        await sessions.delete_all_of(connection, person.id)
        welcomed = await sign_in.start_session(request, connection, person.id)
    return Redirect("/work?done=password", status_code=303, cookies=welcomed.cookies)


def require_other_account(person: Person, account: str) -> None:
    """Refuse to change one's own account, so that nobody locks themselves out."""
    if person.id == account:
        raise Forbidden(
            "account.own",
            "You cannot change your own role or close your own account.",
            "Ask another administrator.",
        )


def staff_router(handlers: list[ControllerRouterHandler]) -> Router:
    return Router("/", route_handlers=handlers, before_request=prepare_page)


HANDLERS: list[ControllerRouterHandler] = [
    staff_router([show_work, show_password_form, set_password])
]
