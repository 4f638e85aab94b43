"""What the pages of the people who work here share, and where they arrive after signing in."""

import datetime
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Response, Router, get, post
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from api import clock, people
from api.loading import loading
from api.pages import sign_in
from api.pages.menu import menu_of
from api.pages.templating import AnyRequest, arrive
from api.people import ROLES, Person, SignedIn
from api.wiring import FromDatabase, FromPerson
from survey.alerts import KINDS, WEEKS_STANDING
from survey.double_coding import Accuracy, Standing
from survey.problems import Forbidden, Invalid
from survey.store import actions, alerts, complaints, double_coding, jobs, sessions
from survey.store import people as people_store
from survey.store.database import Connection, Database

Errors = list[tuple[str, str]]
NOTHING_TYPED: dict[str, str] = {}
anybody = [SignedIn(*ROLES)]


@asynccontextmanager
async def acting(
    database: Database, person: Person, act: str, subject: str, detail: object = None
) -> AsyncIterator[Connection]:
    """Where every write of a page happens: the write and its line in the audit, or neither."""
    async with database.connection() as connection, connection.transaction():
        yield connection
        await people_store.note(connection, act, subject, by=person.id, detail=detail)


def page(name: str, person: Person, /, *, status: int = 200, **context: Any) -> Template:
    """A page of ours; English only, so that it offers no other language."""
    given = {"person": person, "menu": menu_of(person), "languages": [], "done": ""}
    empty: dict[str, Any] = {"errors": [], "typed": NOTHING_TYPED, "refused": None}
    return Template(f"work/{name}.html", context=given | empty | context, status_code=status)


def done(request: AnyRequest) -> str:
    """What was done just before this page, as a word that the template knows."""
    return request.query_params.get("done", "")


async def typed(request: AnyRequest) -> dict[str, str]:
    """The words of a form; of a field that comes twice, the last."""
    form = await request.form()
    return {name: tidy(value) for name, value in form.multi_items() if isinstance(value, str)}


def tidy(text: str) -> str:
    """Without signs that cannot be printed, which the database would not take either."""
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    return "".join(c for c in plain if c in "\n\t" or unicodedata.category(c) not in CUT).strip()


CUT = ("Cc", "Cs")


def day_in(form: dict[str, str], name: str) -> datetime.date | None:
    """The day of three fields, or nothing where they make none."""
    try:
        year, month, day = (int(form.get(f"{name}-{one}", "")) for one in ("year", "month", "day"))
        return datetime.date(year, month, day)
    except (ValueError, OverflowError):
        return None


def day_typed(name: str, day: datetime.date) -> dict[str, str]:
    """A day as its three fields would hold it."""
    parts = {"day": day.day, "month": day.month, "year": day.year}
    return {f"{name}-{part}": str(number) for part, number in parts.items()}


def day(at: datetime.datetime) -> str:
    return f"{at.astimezone(clock.LONDON):%-d %b %Y}"


def moment(at: datetime.datetime) -> str:
    return f"{day(at)}, {at.astimezone(clock.LONDON):%H:%M}"


@get("/work", guards=anybody, include_in_schema=False)
async def landing(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        waiting = await waiting_for(connection, person)
        reading, read = await judged(connection, person)
        reported = await reported_to(connection, person)
    return page(
        "landing",
        person,
        waiting=waiting,
        reading=reading,
        read=read[:2],
        reported=reported,
        done=done(request),
    )


async def reported_to(connection: Connection, person: Person) -> list[str]:
    """What people reported in the last four weeks and nobody looks after yet, newest first."""
    if not person.may("reviewer"):
        return []
    since = clock.now() - datetime.timedelta(weeks=WEEKS_STANDING)
    rows = await alerts.reported(connection, since)
    return [
        f"{KINDS[row['kind']]}, reported {moment(row['at'])}"
        for row in rows
        if not row["owner"] and not row["why"]
    ]


async def judged(connection: Connection, person: Person) -> tuple[Standing | None, list[Accuracy]]:
    """How well the machine reads, for those who measure it; nothing before they have begun."""
    if not person.may("reviewer") or not await double_coding.begun(connection):
        return None, []
    with loading("api.jobs.double_coding"):
        from api.jobs import double_coding as job  # slow to load

    return await job.judged(connection)


async def waiting_for(connection: Connection, person: Person) -> dict[str, int]:
    """What asks for this person's attention, by the page where it waits."""
    found = {}
    if person.may("reviewer"):
        progress = await double_coding.progress(connection, person.id)
        found["/work/double-coding"] = sum(row["left_to_me"] for row in progress)
        found["/work/actions"] = await actions.overdue(connection, clock.today())
        found["/work/complaints"] = (await complaints.by_status(connection)).get("new", 0)
    if person.may("administrator"):
        found["/work/jobs"] = len(await jobs.failures(connection))
    return found


@get("/work/password", guards=anybody, include_in_schema=False)
async def password_form(database: FromDatabase, person: FromPerson) -> Template:
    async with database.connection() as connection:
        account = await people_store.get(connection, person.id)
    return page("password", person, known=bool(account and account["password_hash"]))


@post("/work/password", guards=anybody, include_in_schema=False)
async def set_password(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """A new password ends the person's sessions everywhere but here."""
    form = await request.form()
    new, old = (str(form.get(name, "")) for name in ("new", "old"))
    async with database.connection() as connection:
        account = await people_store.get(connection, person.id)
    known = account["password_hash"] if account else None
    wrong: Errors = []
    if known and not await people.verify(known, old[:1_000]):
        wrong = [("old", "Enter the password that you have now")]
    try:
        hashed = await people.hash_password(new[:1_000], person.email)
    except Invalid as short:
        wrong += [("new", f"{short.sentence} {short.remedy}")]
    if wrong:
        return page("password", person, status=422, known=bool(known), errors=wrong)
    async with acting(database, person, "password set", person.email) as connection:
        await people_store.set_password(connection, person.email, hashed)
        await sessions.delete_all_of(connection, person.id)
        welcomed = await sign_in.welcome(request, connection, person.id)
    return Redirect("/work?done=password", status_code=303, cookies=welcomed.cookies)


def refuse_to_self(person: Person, account: str) -> None:
    """Nobody shuts the last door behind themselves."""
    if person.id == account:
        raise Forbidden(
            "account.own",
            "You cannot change your own role or close your own account.",
            "Ask another administrator.",
        )


def staff(handlers: list[ControllerRouterHandler]) -> Router:
    return Router("/", route_handlers=handlers, before_request=arrive)


HANDLERS: list[ControllerRouterHandler] = [staff([landing, password_form, set_password])]
