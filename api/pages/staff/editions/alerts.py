"""Alerts: from the newest editions and from staff reports, and who owns each."""

import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock, formatting
from api.dependencies import FromDatabase, FromPerson
from api.pages.staff.inbox.complaints import reviewers
from api.pages.templating import AnyRequest
from api.pages.work import (
    Errors,
    audited_transaction,
    day_fields,
    done_word,
    format_moment,
    parse_day,
    read_form,
    staff_page,
)
from api.security.people import Person
from survey.editions.chapters.alerts import (
    RAISED_KINDS,
    WEEKS_OPEN,
    Alert,
    AlertAssignment,
    expected_by_chance,
)
from survey.places import City
from survey.problems import Conflict
from survey.store import places
from survey.store.database import Connection, Database
from survey.store.editions import alerts
from survey.store.editions.alerts import EditionAlerts

MOST_OWNER, MOST_ACTION = 100, 300
LEVELS = {"red": "red", "amber": "orange", "data": "blue"}


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
    reported: str = ""
    taken_back: str = ""


@get("/work/alerts", guards=reviewers, include_in_schema=False)
async def list_alerts(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    return await alerts_page(database, person, done=done_word(request))


async def alerts_page(
    database: Database, person: Person, *, status: int = 200, **context: Any
) -> Template:
    async with database.connection() as connection:
        city = await places.get_city(connection)
        told = await alerts.load_newest(connection)
        reported = await load_recent_reports(connection)
        owners = {one.key: one for one in await alerts.load_assignments(connection)}
    names = {area.code: area.name for area in city.areas}
    given = {
        "editions": [(edition_heading(one), alert_rows(one, names, owners)) for one in told],
        "reported": reported,
        "boroughs": [(area.code, area.name) for area in city.boroughs()],
        "kinds_offered": [{"value": kind, "text": words} for kind, words in RAISED_KINDS.items()],
        "weeks": WEEKS_OPEN,
        "typed": day_fields("on", clock.today()) | context.pop("typed", {}),
    }
    return staff_page("alerts", person, status=status, **(given | context))


def edition_heading(one: EditionAlerts) -> tuple[str, str]:
    """The name of an edition and its address."""
    name = f"{one.kind.capitalize()} edition {one.number}, {formatting.format_day(one.start)} to"
    return (
        f"{name} {formatting.format_day(one.end)}",
        f"/reports/{one.kind}/{one.start}?number={one.number}",
    )


def alert_rows(
    told: EditionAlerts, names: dict[str, str], owners: dict[str, AlertAssignment]
) -> list[AlertRow]:
    return [alert_row(one, names, owners.get(one.key)) for one in told.alerts]


def alert_row(one: Alert, names: dict[str, str], by: AlertAssignment | None) -> AlertRow:
    until = "closed" if one.standing == "closed" else f"ends {formatting.format_day(one.until)}"
    return AlertRow(
        key=one.key,
        level=one.level.capitalize(),
        colour=LEVELS[one.level],
        standing=one.standing,
        place=names.get(one.domain, one.domain),
        sentence=one.sentence,
        span=f"Since {formatting.format_day(one.since)}; {until}",
        by_chance=expected_by_chance(one.expected_a_year)
        if one.expected_a_year is not None
        else "",
        owner=by.owner if by else one.owner,
        action=by.action if by else one.action,
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
            sentence=f"{RAISED_KINDS[row.kind]}, on {formatting.format_day(row.on_day)}",
            span=f"Reported by {row.name}, {format_moment(row.at)}",
            by_chance="",
            owner=row.owner,
            action=row.action,
            reported=row.id,
            taken_back=f"by {row.taken_back_by}: {row.why}" if row.why else "",
        )
        for row in await alerts.load_reports(connection, since)
    ]


@post("/work/alerts", guards=reviewers, include_in_schema=False)
async def report_alert(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Report an event that cannot wait; the next edition shows it too, without the place."""
    form = await read_form(request)
    kind, area, day = form.get("kind", ""), form.get("area", ""), parse_day(form, "on")
    async with database.connection() as connection:
        city = await places.get_city(connection)
    errors = report_faults(kind, area, day, city)
    if errors or day is None:
        return await alerts_page(database, person, status=422, errors=errors, typed=form)
    detail = {"area": area, "on": str(day)}
    async with audited_transaction(database, person, "alert raised", kind, detail) as connection:
        await alerts.insert_raised(connection, kind, area, day, by=person.id)
    return Redirect("/work/alerts?done=raised", status_code=303)


def report_faults(kind: str, area: str, day: datetime.date | None, city: City) -> Errors:
    errors: Errors = []
    if kind not in RAISED_KINDS:
        errors.append(("kind", "Select what happened"))
    if area not in {one.code for one in city.boroughs()}:
        errors.append(("area", "Choose a borough"))
    if day is None or day > clock.today():
        errors.append(("on-day", "Enter the day of the deployment, not one in the future"))
    return errors


@post("/work/alerts/taken-back", guards=reviewers, include_in_schema=False)
async def withdraw_report(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Withdraw a mistaken report: it stays on the page, and later editions leave it out."""
    form = await read_form(request)
    alert, why = form.get("alert", ""), form.get("why", "")
    if not 1 <= len(why) <= MOST_ACTION:
        words = f"Say why you withdraw it, in up to {MOST_ACTION} characters"
        wrong: Errors = [(f"why-{form.get('place', '')}", words)]
        return await alerts_page(database, person, status=422, errors=wrong, typed=form)
    async with audited_transaction(
        database, person, "alert taken back", alert, {"why": why}
    ) as connection:
        if not await alerts.take_back(connection, alert, why, by=person.id):
            raise Conflict(
                "alert.taken_back",
                "There is no such report, or it was already withdrawn.",
                "Look at the list of alerts.",
            )
    return Redirect("/work/alerts?done=taken-back", status_code=303)


@post("/work/alerts/assign", guards=reviewers, include_in_schema=False)
async def assign_alert(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Assign an owner to an alert; earlier assignments stay on record."""
    form = await read_form(request)
    key, owner, action = (form.get(name, "") for name in ("key", "owner", "action"))
    async with database.connection() as connection:
        known = await load_alert_keys(connection)
    errors = assignment_errors(form, known)
    if errors:
        return await alerts_page(database, person, status=422, errors=errors, typed=form)
    detail = {"owner": owner, "action": action}
    async with audited_transaction(database, person, "alert assigned", key, detail) as connection:
        await alerts.assign(connection, key, owner, action, by=person.id)
    return Redirect("/work/alerts?done=assigned", status_code=303)


async def load_alert_keys(connection: Connection) -> set[str]:
    """The keys of all alerts on the page."""
    told = await alerts.load_newest(connection)
    return {one.key for edition in told for one in edition.alerts} | {
        one.key for one in await load_recent_reports(connection)
    }


def assignment_errors(form: dict[str, str], known: set[str]) -> Errors:
    """Errors at the field of their alert; `place` is its position on the page."""
    key, owner, action, place = (form.get(n, "") for n in ("key", "owner", "action", "place"))
    errors: Errors = []
    if key not in known:
        errors.append(("", "That alert has closed: look at the list"))
    if not 1 <= len(owner) <= MOST_OWNER or "\n" in owner:
        errors.append((f"owner-{place}", f"Enter who owns it, in up to {MOST_OWNER} characters"))
    if len(action) > MOST_ACTION:
        words = f"Enter what they are doing, in up to {MOST_ACTION} characters"
        errors.append((f"action-{place}", words))
    return errors


HANDLERS = [list_alerts, report_alert, withdraw_report, assign_alert]
