"""Actions that were agreed on, with their changes; and alerts, with who sees to them."""

import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api import clock, dependencies, locales
from api.dependencies import Cursor, RowNumber
from api.editions.chapters.alerts import figures_in_words
from api.pages.filters import moment
from api.pages.forms import Form, day_fields, filled_form
from api.pages.staff.cases import load_handlers
from api.pages.work import FromPage, StaffPage
from survey.editions.actions import (
    RAISED_KINDS,
    WEEKS_OPEN,
    Action,
    Alert,
    AlertAssignment,
    expected_by_chance,
)
from survey.editions.refusals import changed_action, withdrawn_alert
from survey.store import places
from survey.store.database import Connection
from survey.store.editions import actions
from survey.store.editions.actions import EditionAlerts, StoredAction

ON_A_PAGE = 50
MOST_WORDS = 300
MOST_OWNER = 100
LATEST = datetime.timedelta(days=3_660)
Key = tuple[bool, datetime.date, int]
STATUSES = {"open": "Open", "done": "Done", "dropped": "Dropped"}
MOST_ACTION = 300
LEVELS = {"red": "red", "amber": "orange", "data": "blue"}


class ActionRow(msgspec.Struct, frozen=True):
    """An action and its status, and where it was agreed: on an edition or at a meeting."""

    number: int
    what: str
    owner: str
    due: str
    standing: str
    outcome: str
    agreed: str
    address: str


def action_row(action: StoredAction) -> ActionRow:
    late = action.status == "open" and action.due < clock.today()
    agreed, address = place_of_agreement(action)
    return ActionRow(
        number=int(action.id),
        what=action.what,
        owner=action.owner,
        due=locales.format_day(action.due),
        standing="Overdue" if late else STATUSES[action.status],
        outcome=action.outcome,
        agreed=agreed,
        address=address,
    )


def place_of_agreement(action: StoredAction) -> tuple[str, str]:
    """Where an action was agreed, in words and as an address."""
    if action.start is None:
        meeting = f"/work/scrutiny/meetings/{action.meeting}/report"
        return f"at meeting {action.meeting_number} of {action.panel}", meeting
    edition = f"/work/editions/{action.kind}/{action.start}/{action.number}"
    return f"on the {action.kind} edition from {locales.format_day(action.start)}", edition


def parse_action(form: Form) -> Action | None:
    """A new action as it was typed; None if something is wrong with it."""
    wanted = f"Say what needs to be done, in {MOST_WORDS} characters or fewer"
    form.require_length("what", 1, MOST_WORDS, wanted)
    owner, due = parse_owner_and_due(form)
    if form.errors or due is None:
        return None
    today = clock.today()
    return Action(id="", what=form["what"], owner=owner, due=due, status="open", agreed_on=today)


def parse_owner_and_due(form: Form) -> tuple[str, datetime.date | None]:
    due, today = form.day("due"), clock.today()
    wanted = f"Say who does it, in {MOST_OWNER} characters or fewer"
    form.require_length("owner", 1, MOST_OWNER, wanted)
    near = due is not None and today - LATEST < due < today + LATEST
    form.require(near, "due-day", "Enter a real date by which it will be done")
    return form["owner"], due


@get("/work/actions")
async def list_actions(page: FromPage, after: Cursor = None) -> Template:
    """List the open actions by due date, overdue ones first, then the settled ones."""
    rows = await page.load(actions.load_page, dependencies.decode_cursor(after, Key), ON_A_PAGE + 1)
    list_page = dependencies.build_page(rows, ON_A_PAGE, action_row, lambda action: action.key)
    return page.show("editions/actions", lines=list_page.items, next=list_page.next)


async def action_page(page: FromPage, number: RowNumber) -> Template:
    async with page.connection() as connection:
        action = await actions.get(connection, number)
        changes = await actions.load_history(connection, number)
    current = {"owner": action.owner, "status": action.status, "outcome": action.outcome}
    page.fill(current | day_fields("due", action.due))
    return page.show(
        "editions/action",
        line=action_row(action),
        version=action.version,
        changes=changes,
        statuses=STATUSES,
    )


@post("/work/actions/{number:int}")
async def change_action(page: FromPage, number: RowNumber) -> Response[Any]:
    """Append a change, if nobody changed the action since this person saw it."""
    owner, due = parse_owner_and_due(page.form)
    status, outcome = page.form["status"], page.form["outcome"]
    page.form.require(status in STATUSES, "status", "Choose its status")
    wanted = f"Say what the result was, in {MOST_WORDS} characters or fewer"
    page.form.require_length("outcome", 0 if status == "open" else 1, MOST_WORDS, wanted)
    if page.form.errors or due is None:
        return await action_page(page, number)
    async with page.write(f"action {status}", str(number)) as connection:
        current = await actions.get(connection, number)
        changed = msgspec.structs.replace(
            current, owner=owner, due=due, status=status, outcome=outcome
        )
        seen = page.form.number("version") or 0
        if not await actions.append(connection, changed, seen + 1, by=page.person.id):
            raise changed_action()
    return page.to("/work/actions", "changed")


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as the page shows it, with its owner and what they are doing."""

    key: str
    level: str
    colour: str
    standing: str
    place: str
    sentence: str
    span: str
    by_chance: str
    owner: str
    action: str
    figure: str = ""
    reported: str = ""
    taken_back: str = ""


async def alerts_page(page: FromPage) -> Template:
    # Today is only suggested: a day that was typed takes its place.
    page.form.values = filled_form(day_fields("on", clock.today())).values | page.form.values
    async with page.connection() as connection:
        city = await places.get_city(connection)
        newest = await actions.load_newest(connection)
        reported = await load_recent_reports(connection)
        colleagues = await load_handlers(connection)
        owners = {
            assignment.key: assignment for assignment in await actions.load_assignments(connection)
        }
    names = {area.code: area.name for area in city.areas}
    return page.show(
        "editions/alerts",
        editions=[
            (edition_heading(edition), alert_rows(edition, names, owners)) for edition in newest
        ],
        reported=reported,
        areas=[(area.code, area.name) for area in city.local_areas()],
        kinds_offered=[{"value": kind, "text": words} for kind, words in RAISED_KINDS.items()],
        weeks=WEEKS_OPEN,
        colleagues=sorted(colleagues.values()),
    )


def edition_heading(edition: EditionAlerts) -> tuple[str, str]:
    """The name of the edition that these alerts are from, and its address."""
    first, last = locales.format_day(edition.start), locales.format_day(edition.end)
    return (
        f"{edition.kind.capitalize()} edition {edition.number}, {first} to {last}",
        f"/reports/{edition.kind}/{edition.start}?number={edition.number}",
    )


def alert_rows(
    newest: EditionAlerts, names: dict[str, str], owners: dict[str, AlertAssignment]
) -> list[AlertRow]:
    return [alert_row(alert, newest, names, owners.get(alert.key)) for alert in newest.alerts]


def alert_row(
    alert: Alert, of: EditionAlerts, names: dict[str, str], by: AlertAssignment | None
) -> AlertRow:
    until = "closed" if alert.standing == "closed" else f"ends {locales.format_day(alert.until)}"
    return AlertRow(
        key=alert.key,
        level=alert.level.capitalize(),
        colour=LEVELS[alert.level],
        standing=alert.standing,
        place=names.get(alert.domain, alert.domain),
        sentence=alert.sentence,
        span=f"Since {locales.format_day(alert.since)}; {until}",
        by_chance=expected_by_chance(alert.expected_a_year)
        if alert.expected_a_year is not None
        else "",
        owner=by.owner if by else alert.owner,
        action=by.action if by else alert.action,
        figure=figures_in_words(alert, of),
    )


async def load_recent_reports(connection: Connection) -> list[AlertRow]:
    """What staff reported in the last four weeks."""
    since = clock.now() - datetime.timedelta(weeks=WEEKS_OPEN)
    city = await places.get_city(connection)
    names = {area.code: area.name for area in city.areas}
    return [
        AlertRow(
            key=f"raised/{row.id}",
            level="Red",
            colour=LEVELS["red"],
            standing="",
            place=names.get(row.area, row.area),
            sentence=f"{RAISED_KINDS[row.kind]}, on {locales.format_day(row.on_day)}",
            span=f"Reported by {row.name}, {moment(row.at)}",
            by_chance="",
            owner=row.owner,
            action=row.action,
            reported=row.id,
            taken_back=f"by {row.taken_back_by}: {row.why}" if row.why else "",
        )
        for row in await actions.load_reports(connection, since)
    ]


@post("/work/alerts")
async def report_alert(page: FromPage) -> Response[Any]:
    """Report an event that cannot wait; the next edition shows it too, without the place."""
    kind, area, day = page.form["kind"], page.form["area"], page.form.day("on")
    city = await page.load(places.get_city)
    page.form.require(kind in RAISED_KINDS, "kind", "Select what happened")
    is_local = area in {area.code for area in city.local_areas()}
    page.form.require(is_local, "area", "Choose a borough")
    past = day is not None and day <= clock.today()
    page.form.require(past, "on-day", "Enter the day of the deployment, not one in the future")
    if page.form.errors or day is None:
        return await alerts_page(page)
    detail = {"area": area, "on": str(day)}
    async with page.write("alert raised", kind, detail) as connection:
        await actions.insert_raised(connection, kind, area, day, by=page.person.id)
    return page.to("/work/alerts", "raised")


@post("/work/alerts/taken-back")
async def withdraw_report(page: FromPage) -> Response[Any]:
    """Withdraw a mistaken report: it stays on the page, and later editions leave it out."""
    alert, why = page.form["alert"], page.form["why"]
    if not 1 <= len(why) <= MOST_ACTION:
        words = f"Say why you withdraw it, in up to {MOST_ACTION} characters"
        page.form.add_error(f"why-{page.form['place']}", words)
        return await alerts_page(page)
    async with page.write("alert taken back", alert, {"why": why}) as connection:
        if not await actions.take_back(connection, alert, why, by=page.person.id):
            raise withdrawn_alert()
    return page.to("/work/alerts", "taken-back")


@post("/work/alerts/assign")
async def assign_alert(page: FromPage) -> Response[Any]:
    """Assign an owner to an alert; earlier assignments stay on record."""
    key, owner, action = (page.form[name] for name in ("key", "owner", "action"))
    async with page.connection() as connection:
        # The key comes from the form, so it is looked up among the alerts that are shown.
        newest = await actions.load_newest(connection)
        known = {alert.key for edition in newest for alert in edition.alerts} | {
            report.key for report in await load_recent_reports(connection)
        }
    # The position of the alert on the page.
    place = page.form["place"]
    page.form.require(key in known, "", "That alert has closed: look at the list")
    is_name = 1 <= len(owner) <= MOST_OWNER and "\n" not in owner
    wanted = f"Enter who owns it, in up to {MOST_OWNER} characters"
    page.form.require(is_name, f"owner-{place}", wanted)
    wanted = f"Enter what they are doing, in up to {MOST_ACTION} characters"
    page.form.require(len(action) <= MOST_ACTION, f"action-{place}", wanted)
    if page.form.errors:
        return await alerts_page(page)
    detail = {"owner": owner, "action": action}
    async with page.write("alert assigned", key, detail) as connection:
        await actions.assign(connection, key, owner, action, by=page.person.id)
    return page.to("/work/alerts", "assigned")


PAGES = [
    StaffPage(
        [list_actions, get("/work/actions/{number:int}")(action_page), change_action],
        menu="Actions",
        place=50,
    ),
    StaffPage(
        [get("/work/alerts")(alerts_page), report_alert, withdraw_report, assign_alert],
        menu="Alerts",
        place=60,
    ),
]
