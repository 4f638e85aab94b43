"""Alerts: those of the newest editions and those that staff report, and who owns each."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api import clock, locales
from api.editions.chapters.alerts import alert_change_text, alert_figure_text, alert_section
from api.pages.filters import moment
from api.pages.forms import Form, day_fields, filled_form
from api.pages.staff.cases import load_handlers
from api.pages.staff.editions import edition_address
from api.pages.work import FromPage, StaffPage
from survey.editions.actions import (
    RAISED_KINDS,
    WEEKS_OPEN,
    Alert,
    expected_by_chance,
)
from survey.editions.refusals import withdrawn_alert
from survey.places import City
from survey.store import places
from survey.store.database import Connection
from survey.store.editions import actions
from survey.store.editions.actions import AlertReport, EditionAlerts, NewestEdition
from survey.words import in_local_words

MOST_OWNER = 100
MOST_ACTION = 300
LEVELS = ("red", "amber", "data")  # the most severe first
ADDRESS = "/work/alerts"


class AlertLine(msgspec.Struct, frozen=True, kw_only=True):
    """An alert on a line: where, what, its figure now and before, and its owner.

    What it lacks is "". `account` is the owner's, None where they have none. `reported` is the
    number of a report by staff, `withdrawn` by whom it was withdrawn and why.
    """

    key: str
    rule: str
    level: str
    place: str
    sentence: str
    since: str
    address: str = ""
    figure: str = ""
    before: str = ""
    by_chance: str = ""
    owner: str = ""
    account: str | None = None
    action: str = ""
    is_open: bool = True
    reported: str = ""
    withdrawn: str = ""


async def load_alert_lines(
    connection: Connection, newest: Sequence[NewestEdition], city: City
) -> list[AlertLine]:
    """What staff reported in the last four weeks, then the alerts of these editions: each once, the
    open ones first and then the most severe.
    """
    since = clock.now() - datetime.timedelta(weeks=WEEKS_OPEN)
    names = {area.code: area.name for area in city.areas}
    reports = await actions.load_reports(connection, since)
    return [*(report_line(report, names) for report in reports), *edition_alerts(newest, names)]


def report_line(report: AlertReport, names: dict[str, str]) -> AlertLine:
    return AlertLine(
        key=f"raised/{report.id}",
        rule=report.kind,
        level="red",
        place=names.get(report.area, report.area),
        sentence=f"{RAISED_KINDS[report.kind]}, on {locales.format_day(report.on_day)}",
        since=f"reported by {report.name}, {moment(report.at)}",
        address=ADDRESS,
        owner=report.owner,
        account=report.account,
        action=report.action,
        is_open=report.why is None,
        reported=report.id,
        withdrawn=f"by {report.taken_back_by}: {report.why}" if report.why else "",
    )


def edition_alerts(newest: Sequence[NewestEdition], names: dict[str, str]) -> Iterator[AlertLine]:
    alerts: dict[str, tuple[Alert, NewestEdition, EditionAlerts]] = {}
    for edition in newest:
        of = edition.with_alerts
        for alert in of.alerts:
            alerts.setdefault(alert.key, (alert, edition, of))
    for alert, edition, of in sorted(
        alerts.values(),
        key=lambda each: (each[0].standing == "closed", LEVELS.index(each[0].level)),
    ):
        owned = edition.assignments.get(alert.key)
        yield AlertLine(
            key=alert.key,
            rule=alert.rule if not alert.of else "",
            level=alert.level,
            place=names.get(alert.domain, alert.domain),
            sentence=locales.format_sentence(alert.sentence),
            since=f"since {locales.format_short_day(alert.since)}",
            address=f"{edition_address(edition.which)}/read#{alert_section(alert, edition.kind)}",
            figure=alert_figure_text(alert),
            before=alert_change_text(alert, of),
            by_chance=""
            if alert.expected_a_year is None
            else str(expected_by_chance(alert.expected_a_year)),
            owner=owned.owner if owned else alert.owner,
            account=owned.account if owned else None,
            action=owned.action if owned else alert.action,
            is_open=alert.standing != "closed",
        )


def open_alerts(lines: Sequence[AlertLine]) -> list[AlertLine]:
    """The alerts that still hold. An edition says that something was reported and not where: where
    the report itself is among them, it is enough.
    """
    known = {line.rule for line in lines if line.reported and line.is_open}
    return [line for line in lines if line.is_open and (line.reported or line.rule not in known)]


async def load_all_lines(connection: Connection) -> list[AlertLine]:
    newest = await actions.load_newest_with_assignments(connection, drafts=True)
    return await load_alert_lines(connection, newest, await places.get_city(connection))


async def alerts_page(page: FromPage) -> Template:
    # Today is only suggested: a day that was typed takes its place.
    page.form.values = filled_form(day_fields("on", clock.today())).values | page.form.values
    async with page.connection() as connection:
        city = await places.get_city(connection)
        lines = await load_all_lines(connection)
        colleagues = await load_handlers(connection)
    others = {ident: name for ident, name in colleagues.items() if ident != page.person.id}
    return page.show(
        "editions/alerts",
        open_lines=[line for line in lines if line.is_open],
        closed_lines=[line for line in lines if not line.is_open],
        areas=[(area.code, area.name) for area in city.local_areas()],
        kinds_offered=[{"value": kind, "text": words} for kind, words in RAISED_KINDS.items()],
        weeks=WEEKS_OPEN,
        colleagues={page.person.id: f"Me, {page.person.name}"} | others,
    )


@post(ADDRESS)
async def report_alert(page: FromPage) -> Response[Any]:
    """Report an event that cannot wait; the next edition shows it too, without the place."""
    kind, area, day = page.form["kind"], page.form["area"], page.form.day("on")
    city = await page.load(places.get_city)
    page.form.require(kind in RAISED_KINDS, "kind", "Select what happened")
    is_local = area in {area.code for area in city.local_areas()}
    page.form.require(is_local, "area", in_local_words("Choose a borough"))
    past = day is not None and day <= clock.today()
    page.form.require_day("on", past, "Enter the day of the deployment, not one in the future")
    if page.form.errors or day is None:
        return await alerts_page(page)
    detail = {"area": area, "on": str(day)}
    async with page.write("alert raised", kind, detail) as connection:
        await actions.insert_raised(connection, kind, area, day, by=page.person.id)
    return page.to(ADDRESS, "raised")


@post(f"{ADDRESS}/taken-back")
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
    return page.to(ADDRESS, "taken-back")


@post(f"{ADDRESS}/assign")
async def assign_alert(page: FromPage) -> Response[Any]:
    """Assign an owner to an alert; earlier assignments stay on record."""
    key, action = page.form["key"], page.form["action"]
    async with page.connection() as connection:
        # The key comes from the form, so it is looked up among the alerts that are shown.
        known = {line.key: line for line in await load_all_lines(connection)}
        colleagues = await load_handlers(connection)
    page.form.require(key in known, "", "That alert has closed: look at the list")
    owner = chosen_owner(page.form, colleagues)
    if key in known:
        now = known[key].owner
        page.form.require(
            not now or now in (page.form.get("was", now), owner),
            f"account-{page.form['place']}",
            f"{now} became the owner while you had the page open: talk to them, or choose again",
        )
    page.form.require(
        len(action) <= MOST_ACTION,
        f"action-{page.form['place']}",
        f"Enter what they are doing, in up to {MOST_ACTION} characters",
    )
    if page.form.errors:
        return await alerts_page(page)
    detail = {"owner": owner, "action": action}
    async with page.write("alert assigned", key, detail) as connection:
        await actions.assign(
            connection,
            key,
            owner,
            action,
            by=page.person.id,
            account=page.form["account"] or None,
        )
    return page.to(ADDRESS, "assigned")


def chosen_owner(form: Form, colleagues: dict[str, str]) -> str:
    """The name of the colleague that was chosen, or the name that was typed of somebody else."""
    account, place = form["account"], form["place"]
    if account:
        form.require(
            account in colleagues, f"account-{place}", "Choose a colleague who has an account"
        )
        return colleagues.get(account, "")
    owner = form["owner"]
    form.require(
        1 <= len(owner) <= MOST_OWNER and "\n" not in owner,
        f"account-{place}",
        f"Choose who owns it, or enter a name of up to {MOST_OWNER} characters",
    )
    return owner


PAGES = [
    StaffPage(
        [get(ADDRESS)(alerts_page), report_alert, withdraw_report, assign_alert],
        menu="Alerts",
        place=60,
    ),
]
