"""The audit log: filtered by who, what and when, searched, and exported as CSV."""

import datetime
import json
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.response import Template

from api import clock, dependencies
from api.dependencies import Cursor
from api.pages.filters import moment
from api.pages.forms import Form, filled_form
from api.pages.staff.admin.audit_words import ACT_GROUPS, audit_sentence, detail_lines
from api.pages.work import FromPage, StaffPage
from survey.files.delimited import write_csv
from survey.store.accounts import people
from survey.store.accounts.people import AuditLine, AuditSearch
from survey.store.database import Connection

ADDRESS = "/work/audit"
ON_A_PAGE = 50
MOST_EXPORTED = 100_000
# Above every number of a line, and within the bigint of PostgreSQL.
HIGHEST_ID = 2**62
BY_COMMAND = "command"  # the filter value for acts of commands, which have no account
SEARCH_FIELDS = (
    *("who", "what", "q", "from-day", "from-month", "from-year"),
    *("to-day", "to-month", "to-year"),
)
CSV_HEAD = ("when", "who", "what", "details", "act", "subject")
MOST_WORDS = 100


class AuditPageQuery(msgspec.Struct, frozen=True):
    """The search form as it was typed, with the dates that are wrong, and the search it makes."""

    form: Form
    search: AuditSearch

    def query(self) -> str:
        return urlencode({name: value for name, value in self.form.typed_values.items() if value})


def parse_audit_query(given: dict[str, str], accounts: dict[str, str]) -> AuditPageQuery:
    form = filled_form({name: given.get(name, "")[:MOST_WORDS] for name in SEARCH_FIELDS})
    first, last = form.day("from"), form.day("to")
    for name, day in (("from", first), ("to", last)):
        real = day or not form.has_day(name)
        form.require(real, f"{name}-day", "Enter a real day, such as 16 11 2026")
    if first and last and last < first:
        form.add_error("to-day", "Enter a last day that is not before the first")
    who, what = form["who"], form["what"]
    search = AuditSearch(
        # A made-up account in the address would not be a valid UUID to PostgreSQL.
        account=who if who in accounts else None,
        by_command=who == BY_COMMAND,
        acts=ACT_GROUPS[what][1] if what in ACT_GROUPS else (),
        since=start_of_day(first),
        before=start_of_day(last, days=1),
        words=form["q"],
    )
    return AuditPageQuery(form, search)


def start_of_day(day: datetime.date | None, days: int = 0) -> datetime.datetime | None:
    """The start of a day, or of one `days` later; None for no day or beyond the calendar."""
    if day is None or day >= datetime.date.max - datetime.timedelta(days=days):
        return None
    return clock.midnight(day + datetime.timedelta(days=days))


async def load_account_names(connection: Connection) -> dict[str, str]:
    return {one.id: one.name for one in await people.load_all(connection)}


@get(ADDRESS)
async def show_audit(page: FromPage, after: Cursor = None) -> Template:
    (below,) = dependencies.decode_cursor(after, tuple[int]) or (HIGHEST_ID,)
    async with page.connection() as connection:
        names = await load_account_names(connection)
        asked = parse_audit_query(dict(page.query), names)
        rows = []
        if not asked.form.errors:
            # A cursor in the address may have been changed to any number, hence the least of both.
            rows = await people.load_audit(
                connection, min(below, HIGHEST_ID), ON_A_PAGE + 1, asked.search
            )
    found = dependencies.build_page(
        rows, ON_A_PAGE, lambda one: audit_row(one, names), key=lambda one: [one.id]
    )
    return page.show(
        "admin/audit",
        form=asked.form,
        rows=found.items,
        next=found.next,
        query=asked.query(),
        people={**names, BY_COMMAND: "A command"},
        groups={name: title for name, (title, _) in ACT_GROUPS.items()},
    )


def audit_row(line: AuditLine, names: dict[str, str]) -> dict[str, Any]:
    return {
        "at": moment(line.at),
        "who": line.name or "Command line",
        "what": audit_sentence(line.act, line.subject, names),
        "details": detail_lines(line.detail, names),
    }


@get(f"{ADDRESS}.csv")
async def export_audit(page: FromPage) -> Response[bytes]:
    """Download all lines the search finds; the export itself is written to the audit."""
    async with page.connection() as connection, connection.transaction():
        names = await load_account_names(connection)
        asked = parse_audit_query(dict(page.query), names)
        lines = []
        if not asked.form.errors:
            lines = await people.load_audit(connection, HIGHEST_ID, MOST_EXPORTED, asked.search)
        # After the lines were read, so that an export does not contain itself.
        detail = {"lines": len(lines), "chosen": asked.query()}
        await people.append_audit(
            connection, "audit exported", "audit", by=page.person.id, detail=detail
        )
    # Excel reads a file as UTF-8 only if it begins with this mark.
    body = write_csv([CSV_HEAD, *(csv_row(line, names) for line in lines)], byte_order_mark=True)
    name = f"audit-{clock.today()}.csv"
    return Response(
        body,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def csv_row(line: AuditLine, names: dict[str, str]) -> tuple[str, ...]:
    """One row of the CSV file, with the time and the details in machine-readable form."""
    at = line.at.astimezone(clock.LONDON).isoformat(timespec="seconds")
    cells = audit_row(line, names)
    detail = json.dumps(line.detail, ensure_ascii=False) if line.detail else ""
    return at, cells["who"], cells["what"], detail, line.act, line.subject


PAGES = [StaffPage([show_audit, export_audit], menu="Audit", place=140)]
