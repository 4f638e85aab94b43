"""Alerts: what the newest editions told, what people reported at once, and who looks after it."""

import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock, figures
from api.pages.reviewer.complaints import reviewers
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, day_in, day_typed, done, moment, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson
from survey.alerts import KINDS, WEEKS_STANDING, Alert, Assigned, by_chance
from survey.places import City
from survey.problems import Conflict
from survey.store import alerts, places
from survey.store.alerts import Told
from survey.store.database import Connection, Database

MOST_OWNER, MOST_ACTION = 100, 300
LEVELS = {"red": "red", "amber": "orange", "data": "blue"}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as the page shows it, with what was last written down of it."""

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
async def every(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    return await list_page(database, person, done=done(request))


async def list_page(
    database: Database, person: Person, *, status: int = 200, **context: Any
) -> Template:
    async with database.connection() as connection:
        city = await places.get_city(connection)
        told = await alerts.told(connection)
        reported = await newest(connection)
        owners = {one.key: one for one in await alerts.assigned(connection)}
    names = {area.code: area.name for area in city.areas}
    given = {
        "editions": [(heading(one), lines(one, names, owners)) for one in told],
        "reported": reported,
        "boroughs": [(area.code, area.name) for area in city.boroughs()],
        "kinds_offered": [{"value": kind, "text": words} for kind, words in KINDS.items()],
        "weeks": WEEKS_STANDING,
        "typed": day_typed("on", clock.today()) | context.pop("typed", {}),
    }
    return page("alerts", person, status=status, **(given | context))


def heading(one: Told) -> tuple[str, str]:
    """The name of an edition and its address."""
    name = f"{one.kind.capitalize()} edition {one.number}, {figures.day(one.start)} to"
    return f"{name} {figures.day(one.end)}", f"/reports/{one.kind}/{one.start}?number={one.number}"


def lines(told: Told, names: dict[str, str], owners: dict[str, Assigned]) -> list[Line]:
    return [line(one, names, owners.get(one.key)) for one in told.alerts]


def line(one: Alert, names: dict[str, str], by: Assigned | None) -> Line:
    until = "closed" if one.standing == "closed" else f"ends {figures.day(one.until)}"
    return Line(
        key=one.key,
        level=one.level.capitalize(),
        colour=LEVELS[one.level],
        standing=one.standing,
        place=names.get(one.domain, one.domain),
        sentence=one.sentence,
        span=f"Since {figures.day(one.since)}; {until}",
        by_chance=by_chance(one.expected_a_year) if one.expected_a_year is not None else "",
        owner=by.owner if by else one.owner,
        action=by.action if by else one.action,
    )


async def newest(connection: Connection) -> list[Line]:
    """What people reported in the last four weeks."""
    since = clock.now() - datetime.timedelta(weeks=WEEKS_STANDING)
    city = await places.get_city(connection)
    names = {area.code: area.name for area in city.areas}
    return [
        Line(
            key=f"raised/{row['id']}",
            level="Red",
            colour=LEVELS["red"],
            standing="",
            place=names.get(row["area"], row["area"]),
            sentence=f"{KINDS[row['kind']]}, on {figures.day(row['on_day'])}",
            span=f"Reported by {row['name']}, {moment(row['at'])}",
            by_chance="",
            owner=row["owner"],
            action=row["action"],
            reported=row["id"],
            taken_back=f"by {row['taken_back_by']}: {row['why']}" if row["why"] else "",
        )
        for row in await alerts.reported(connection, since)
    ]


@post("/work/alerts", guards=reviewers, include_in_schema=False)
async def report(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    """What must be known at once; the next edition tells it too, without the place."""
    form = await typed(request)
    kind, area, day = form.get("kind", ""), form.get("area", ""), day_in(form, "on")
    async with database.connection() as connection:
        city = await places.get_city(connection)
    errors = faults_of(kind, area, day, city)
    if errors or day is None:
        return await list_page(database, person, status=422, errors=errors, typed=form)
    detail = {"area": area, "on": str(day)}
    async with acting(database, person, "alert raised", kind, detail) as connection:
        await alerts.insert_raised(connection, kind, area, day, by=person.id)
    return Redirect("/work/alerts?done=raised", status_code=303)


def faults_of(kind: str, area: str, day: datetime.date | None, city: City) -> Errors:
    errors: Errors = []
    if kind not in KINDS:
        errors.append(("kind", "Select what happened"))
    if area not in {one.code for one in city.boroughs()}:
        errors.append(("area", "Choose a borough"))
    if day is None or day > clock.today():
        errors.append(("on-day", "Enter the day of the deployment, not one in the future"))
    return errors


@post("/work/alerts/taken-back", guards=reviewers, include_in_schema=False)
async def take_back(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """What was reported by mistake: it stays on the page, and no edition tells it from now on."""
    form = await typed(request)
    alert, why = form.get("alert", ""), form.get("why", "")
    if not 1 <= len(why) <= MOST_ACTION:
        words = f"Say why you withdraw it, in up to {MOST_ACTION} characters"
        wrong: Errors = [(f"why-{form.get('place', '')}", words)]
        return await list_page(database, person, status=422, errors=wrong, typed=form)
    async with acting(database, person, "alert taken back", alert, {"why": why}) as connection:
        if not await alerts.take_back(connection, alert, why, by=person.id):
            raise Conflict(
                "alert.taken_back",
                "There is no such report, or it was already withdrawn.",
                "Look at the list of alerts.",
            )
    return Redirect("/work/alerts?done=taken-back", status_code=303)


@post("/work/alerts/assign", guards=reviewers, include_in_schema=False)
async def assign(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    """Who looks after an alert; what was written down before is kept."""
    form = await typed(request)
    key, owner, action = (form.get(name, "") for name in ("key", "owner", "action"))
    async with database.connection() as connection:
        known = await keys(connection)
    errors = wrong_words(form, known)
    if errors:
        return await list_page(database, person, status=422, errors=errors, typed=form)
    detail = {"owner": owner, "action": action}
    async with acting(database, person, "alert assigned", key, detail) as connection:
        await alerts.assign(connection, key, owner, action, by=person.id)
    return Redirect("/work/alerts?done=assigned", status_code=303)


async def keys(connection: Connection) -> set[str]:
    """Of every alert that the page shows."""
    told = await alerts.told(connection)
    return {one.key for edition in told for one in edition.alerts} | {
        one.key for one in await newest(connection)
    }


def wrong_words(form: dict[str, str], known: set[str]) -> Errors:
    """Each at the field of its alert: `place` says where on the page that stands."""
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


HANDLERS = [every, report, take_back, assign]
