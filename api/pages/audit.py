"""The audit: who did what, narrowed down by who, what and when, searched, and as CSV."""

import datetime
import json
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.response import Template

from api import clock, paging
from api.pages.administrator import administrators
from api.pages.audit_words import GROUPS, details, sentence
from api.pages.templating import AnyRequest
from api.pages.work import Errors, day_in, moment, page, staff, tidy
from api.wiring import Cursor, FromDatabase, FromPerson
from survey.formats.csv_files import write_csv
from survey.store import audit as store
from survey.store import people
from survey.store.audit import AuditLine, AuditSearch
from survey.store.database import Connection

ADDRESS = "/work/audit"
ON_A_PAGE = 50
MOST_EXPORTED = 100_000
LAST = 2**62
COMMAND = "command"  # in place of an account: done by a command, which has no name
FIELDS = (
    *("who", "what", "q", "from-day", "from-month", "from-year"),
    *("to-day", "to-month", "to-year"),
)
HEAD = ("when", "who", "what", "details", "act", "subject")
MOST_WORDS = 100


class Asked(msgspec.Struct, frozen=True):
    """What was typed, and the search that it makes; faults where a day is none."""

    typed: dict[str, str]
    search: AuditSearch
    errors: Errors

    def query(self) -> str:
        return urlencode({name: value for name, value in self.typed.items() if value})


def asked_in(given: dict[str, str], accounts: dict[str, str]) -> Asked:
    typed = {name: tidy(given.get(name, ""))[:MOST_WORDS] for name in FIELDS}
    errors: Errors = []
    days: dict[str, datetime.date | None] = {}
    for name in ("from", "to"):
        days[name] = day_in(typed, name)
        if days[name] is None and any(typed[f"{name}-{part}"] for part in ("day", "month", "year")):
            errors.append((f"{name}-day", "Enter a real day, such as 16 11 2026"))
    first, last = days["from"], days["to"]
    if first and last and last < first:
        errors.append(("to-day", "Enter a last day that is not before the first"))
    who = typed["who"]
    search = AuditSearch(
        account=who if who in accounts else None,
        by_command=who == COMMAND,
        acts=GROUPS[typed["what"]][1] if typed["what"] in GROUPS else (),
        since=midnight(first),
        before=midnight(last, days=1),
        words=typed["q"],
    )
    return Asked(typed, search, errors)


def midnight(day: datetime.date | None, days: int = 0) -> datetime.datetime | None:
    """When the day begins, or the day after; nothing beyond what the calendar holds."""
    if day is None or day >= datetime.date.max - datetime.timedelta(days=days):
        return None
    return clock.midnight(day + datetime.timedelta(days=days))


async def names_of(connection: Connection) -> dict[str, str]:
    return {row["id"]: row["name"] for row in await people.everyone(connection)}


@get(ADDRESS, include_in_schema=False, guards=administrators)
async def read(
    request: AnyRequest, database: FromDatabase, person: FromPerson, after: Cursor = None
) -> Template:
    (below,) = paging.decode(after, tuple[int]) or (LAST,)
    async with database.connection() as connection:
        names = await names_of(connection)
        asked = asked_in(dict(request.query_params), names)
        rows = []
        if not asked.errors:
            rows = await store.acts(connection, min(below, LAST), ON_A_PAGE + 1, asked.search)
    found = paging.page_of(
        rows, ON_A_PAGE, lambda one: cells_of(one, names), key=lambda one: [one.id]
    )
    return page(
        "audit",
        person,
        status=422 if asked.errors else 200,
        rows=found.items,
        next=found.next,
        query=asked.query(),
        typed=asked.typed,
        errors=asked.errors,
        people={**names, COMMAND: "A command"},
        groups={name: title for name, (title, _) in GROUPS.items()},
    )


def cells_of(line: AuditLine, names: dict[str, str]) -> dict[str, Any]:
    """What the page says in a row of its table."""
    return {
        "at": moment(line.at),
        "who": line.name or "Command line",
        "what": sentence(line.act, line.subject, names),
        "details": details(line.detail, names),
    }


@get(f"{ADDRESS}.csv", include_in_schema=False, guards=administrators)
async def export(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[bytes]:
    """The lines that the page would show, on all its pages; the export is a line itself."""
    async with database.connection() as connection, connection.transaction():
        names = await names_of(connection)
        asked = asked_in(dict(request.query_params), names)
        lines = []
        if not asked.errors:
            lines = await store.acts(connection, LAST, MOST_EXPORTED, asked.search)
        detail = {"lines": len(lines), "chosen": asked.query()}
        await people.note(connection, "audit exported", "audit", by=person.id, detail=detail)
    body = write_csv([HEAD, *(columns_of(line, names) for line in lines)], byte_order_mark=True)
    name = f"audit-{clock.today()}.csv"
    return Response(
        body,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def columns_of(line: AuditLine, names: dict[str, str]) -> tuple[str, ...]:
    """A line of the file: its moment and details as a program reads them."""
    at = line.at.astimezone(clock.LONDON).isoformat(timespec="seconds")
    cells = cells_of(line, names)
    detail = json.dumps(line.detail, ensure_ascii=False) if line.detail else ""
    return at, cells["who"], cells["what"], detail, line.act, line.subject


HANDLERS = [staff([read, export])]
