"""Accounts of the staff: added, changed and closed; and the audit of what everybody did."""

import datetime
import json
import uuid
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from api import clock, dependencies, notifications
from api.dependencies import Cursor
from api.operations.cases import NOBODY, hand_over_cases, require_no_open_cases
from api.pages.filters import moment
from api.pages.forms import Form, filled_form
from api.pages.shell import AnyRequest
from api.pages.staff.admin.audit_words import ACT_GROUPS, audit_sentence, detail_lines
from api.pages.staff.cases import load_handlers
from api.pages.work import FromPage, StaffPage
from api.security import people
from api.security.people import ROLES, Person, Role
from survey.cases.contacts import is_email
from survey.files.delimited import write_csv
from survey.problems import Conflict
from survey.store import surveys
from survey.store.accounts import account_news, programs, sessions
from survey.store.accounts import people as people_store
from survey.store.accounts.people import AuditLine, AuditSearch
from survey.store.cases import inbox
from survey.store.database import Connection
from survey.surveys.instruments import wording_text

HANDLING_ROLES = ("reviewer", "administrator")
ROLE_HINTS: dict[Role, str] = {
    "organiser": "Runs surveys",
    "reviewer": "Reads complaints, imports figures, makes editions",
    "statistician": "Downloads the weighted answers behind published editions, and nothing else",
    "scrutineer": "Sits on a scrutiny panel: sees and marks the records drawn for it",
    "administrator": "Can do everything, and manages accounts",
}
ROLE_CHOICES = [
    {"value": role, "text": role.capitalize(), "hint": {"text": hint}}
    for role, hint in ROLE_HINTS.items()
]
STANDINGS = {"open": "reopened", "closed": "closed", "moved": "handed over"}


async def accounts_page(page: FromPage) -> Template:
    rows = await page.load(people_store.load_all)
    return page.show("admin/people", rows=rows, roles=ROLE_CHOICES)


@post("/work/people")
async def add_account(page: FromPage) -> Response[Any]:
    """Add an account. The first sign-in link is shown on this response only."""
    wanted = "Enter an email address, such as name@example.org"
    page.form.require(is_email(page.form["email"]), "email", wanted)
    is_name = 1 <= len(page.form["name"]) <= 100 and "\n" not in page.form["name"]
    page.form.require(is_name, "name", "Enter a name of up to 100 characters")
    page.form.require(page.form["role"] in ROLES, "role", "Choose a role")
    if page.form.errors:
        return await accounts_page(page)
    email, name, role = page.form["email"], page.form["name"], page.form["role"]
    detail = {"role": role}
    try:
        async with page.write("account added", email, detail) as connection:
            # Without a password: the person sets one, so that nobody else ever knows it.
            ident = await people_store.insert(connection, email, name, role, None)
            key = await people.create_sign_in_link(connection, ident)
    except Conflict as taken:
        page.form.refuse(taken, [("email", taken.sentence)])
        return await accounts_page(page)
    # Shown at once and not after a redirect: only a digest of the key is stored.
    return page.show(
        "admin/link", name=name, account=ident, link=sign_in_address(page.request, key)
    )


def sign_in_address(request: AnyRequest, key: str) -> str:
    """The address of a sign-in link.

    Built from our settings, never from the request's Host header: whoever sent the request could
    point the link elsewhere.
    """
    return f"{notifications.public_base(request.app.state.settings)}/sign-in/{key}"


async def account_page(page: FromPage, account: FromPath[uuid.UUID]) -> Template:
    async with page.connection() as connection:
        person = await load_account(connection, account)
        keys = await programs.load_keys_of(connection, str(account))
        cases = len(await inbox.load_open_cases(connection, str(account)))
        others = await load_handlers(connection)
        owned = await surveys.load_owned(connection, str(account))
    takers = {ident: name for ident, name in others.items() if ident != str(account)}
    return page.show(
        "admin/person", account=person, keys=keys, roles=ROLE_CHOICES, today=clock.today(),
        cases=cases, takers=takers,
        owned=[(survey.slug, wording_text(survey.title)) for survey in owned],
    )  # fmt: skip


async def load_account(
    connection: Connection, account: uuid.UUID
) -> people_store.AccountWithPassword:
    person = await people_store.get(connection, str(account))
    if person is None:
        raise people_store.unknown_account()
    return person


@post("/work/people/{account:uuid}/role")
async def change_role(page: FromPage, account: FromPath[uuid.UUID]) -> Response[Any]:
    """Change the role of an account; it takes effect at that person's next request."""
    role = page.form["role"]
    require_other_account(page.person, str(account))
    person = await page.load(load_account, account)
    if role not in ROLES:
        page.form.add_error("role", "Choose a role")
        return await account_page(page, account)
    detail = {"from": person.role, "to": role}
    try:
        async with page.write("role changed", person.email, detail) as connection:
            if role not in HANDLING_ROLES:
                await require_no_open_cases(connection, str(account), person.name)
            await people_store.set_role(connection, person.email, role)
    except Conflict as refused:
        page.form.refuse(refused, [("cases_to", refused.sentence)])
        return await account_page(page, account)
    return page.to(f"/work/people/{account}", "role")


@post("/work/people/{account:uuid}/standing")
async def close_or_reopen_account(page: FromPage, account: FromPath[uuid.UUID]) -> Response[Any]:
    """Close or reopen an account, or hand over its open cases only.

    Closing and reopening delete its sessions, links, keys and password.
    """
    require_other_account(page.person, str(account))
    word = STANDINGS.get(page.form["standing"], "closed")
    async with page.connection() as connection:
        person = await load_account(connection, account)
        takers = {*await load_handlers(connection), NOBODY} - {str(account)}
    taker = page.form["cases_to"] if page.form["cases_to"] in takers else ""
    detail = {"to": taker} if taker and word != "reopened" else {}
    try:
        async with page.write(f"account {word}", person.email, detail) as connection:
            if taker and word != "reopened":
                to = None if taker == NOBODY else taker
                await hand_over_cases(connection, str(account), to, by=page.person.id)
            if word != "reopened":
                await require_no_open_cases(connection, str(account), person.name)
            if word != "handed over":
                # On reopening too: whoever knew the old password must not get in with it.
                await revoke_access(connection, str(account))
                await people_store.set_active(connection, person.email, active=word == "reopened")
    except Conflict as refused:
        page.form.refuse(refused, [("cases_to", refused.sentence)])
        return await account_page(page, account)
    return page.to(f"/work/people/{account}", word.replace(" ", "-"))


@post("/work/people/{account:uuid}/link")
async def make_sign_in_link(page: FromPage, account: FromPath[uuid.UUID]) -> Template:
    """Make a new sign-in link for somebody who cannot sign in.

    Everything that opened the account before stops working.
    """
    require_other_account(page.person, str(account))
    person = await page.load(load_account, account)
    if not person.active:
        raise people_store.closed_account()
    async with page.write("sign-in link made", person.email) as connection:
        await revoke_access(connection, str(account))
        key = await people.create_sign_in_link(connection, str(account))
        await account_news.insert(connection, str(account), "link")
    link = sign_in_address(page.request, key)
    return page.show("admin/link", name=person.name, account=person.id, link=link)


@post("/work/people/{account:uuid}/keys")
async def end_key(page: FromPage, account: FromPath[uuid.UUID]) -> Response[Any]:
    """Delete an API key of an account: the person's programs can no longer use it."""
    number = page.form.number("id")
    async with page.connection() as connection:
        person = await load_account(connection, account)
        keys = await programs.load_keys_of(connection, str(account))
    if number in [key.id for key in keys]:
        async with page.write("API key ended", person.email) as connection:
            await programs.delete_key(connection, str(account), number)
    return page.to(f"/work/people/{account}", "key")


def require_other_account(person: Person, account: str) -> None:
    """Refuse to change one's own account, so that nobody locks themselves out."""
    if person.id == account:
        raise people_store.own_account()


async def revoke_access(connection: Connection, account: str) -> None:
    await sessions.delete_all_of(connection, account)
    await people_store.delete_links(connection, account)
    await people_store.clear_password(connection, account)
    # Whoever knew the password could have made keys.
    await programs.delete_all_keys_of(connection, account)


AUDIT = "/work/audit"
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
    """The audit's search form as typed, wrong dates included, and the search that is made from
    it.
    """

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
    """The start of a day, or of the day `days` later; None without a day or past the calendar's
    end.
    """
    if day is None or day >= datetime.date.max - datetime.timedelta(days=days):
        return None
    return clock.midnight(day + datetime.timedelta(days=days))


async def load_account_names(connection: Connection) -> dict[str, str]:
    return {account.id: account.name for account in await people_store.load_all(connection)}


@get(AUDIT)
async def show_audit(page: FromPage, after: Cursor = None) -> Template:
    (below,) = dependencies.decode_cursor(after, tuple[int]) or (HIGHEST_ID,)
    async with page.connection() as connection:
        names = await load_account_names(connection)
        asked = parse_audit_query(dict(page.query), names)
        rows = []
        if not asked.form.errors:
            # A cursor in the address may have been changed to any number, hence the least of both.
            rows = await people_store.load_audit(
                connection, min(below, HIGHEST_ID), ON_A_PAGE + 1, asked.search
            )
    audit_page = dependencies.build_page(
        rows, ON_A_PAGE, lambda line: audit_row(line, names), key=lambda line: [line.id]
    )
    return page.show(
        "admin/audit",
        form=asked.form,
        rows=audit_page.items,
        next=audit_page.next,
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


@get(f"{AUDIT}.csv")
async def export_audit(page: FromPage) -> Response[bytes]:
    """Download all lines the search finds; the export itself is written to the audit."""
    async with page.connection() as connection, connection.transaction():
        names = await load_account_names(connection)
        asked = parse_audit_query(dict(page.query), names)
        lines = []
        if not asked.form.errors:
            lines = await people_store.load_audit(
                connection, HIGHEST_ID, MOST_EXPORTED, asked.search
            )
        # After the lines were read, so that an export does not contain itself.
        detail = {"lines": len(lines), "chosen": asked.query()}
        await people_store.append_audit(
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
    at = clock.local_time(line.at).isoformat(timespec="seconds")
    cells = audit_row(line, names)
    detail = json.dumps(line.detail, ensure_ascii=False) if line.detail else ""
    return at, cells["who"], cells["what"], detail, line.act, line.subject


PAGES = [
    StaffPage(
        [
            get("/work/people")(accounts_page),
            add_account,
            get("/work/people/{account:uuid}")(account_page),
            change_role,
            close_or_reopen_account,
            make_sign_in_link,
            end_key,
        ],
        menu="Staff accounts",
        place=120,
    ),
    StaffPage([show_audit, export_audit], menu="Audit", place=140),
]
