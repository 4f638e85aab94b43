"""The boxes of the working group's board, each loaded with one statement at most."""

import datetime
from collections.abc import Iterator

import msgspec

from api import clock, formatting
from api.editions.chapters.alerts import (
    alert_change_text,
    alert_figure_text,
    alert_section,
)
from api.editions.summary import days_in_words
from api.jobs.kinds import job_label
from api.pages import summaries
from api.pages.staff.cases.case_history import due_words, late_words
from api.pages.staff.editions.actions import ActionRow, action_row
from api.pages.staff.editions.editions import (
    EDITION_JOBS,
    edition_status,
    job_edition_name,
    scheduled_editions,
)
from api.pages.work import format_day, format_moment
from api.security.people import Person
from survey.editions.actions import RAISED_KINDS, WEEKS_OPEN, Alert
from survey.places import City
from survey.store import jobs
from survey.store.cases import inbox
from survey.store.cases.inbox import OverdueCase
from survey.store.database import Connection
from survey.store.editions import actions, alerts, editions
from survey.store.editions.alerts import AlertReport, EditionAlerts, NewestEdition
from survey.store.editions.editions import EditionLine
from survey.store.jobs import FailedJob, Failures
from survey.store.scrutiny import marks, reports
from survey.store.scrutiny.marks import OverdueAnswers
from survey.store.scrutiny.reports import ReviewedReport
from survey.store.surveys import surveys
from survey.surveys.instruments import wording_text

MOST_SHOWN = 5
LEVELS = ("red", "amber", "data")  # the most severe first
OVER_TIME = (
    ("Boroughs over time", "/reports/boroughs"),
    ("Themes over time", "/reports/themes"),
    ("Explore the figures", "/explore"),
    ("How we work out each figure", "/method"),
)
DUE_SOON = datetime.timedelta(days=14)


class BoardEdition(msgspec.Struct, frozen=True):
    """The newest edition of a kind, and what it says first."""

    name: str
    status: str
    sentence: str
    made: str
    address: str


class BoardAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert with where it stands and who owns it; `figure` and `change` are empty where it has
    none.
    """

    level: str
    place: str
    sentence: str
    since: str
    address: str
    figure: str = ""
    change: str = ""
    owner: str = ""
    action: str = ""


class CasesBox(msgspec.Struct, frozen=True):
    """How many cases are new, overdue and this person's, and the longest overdue."""

    new: int
    overdue: int
    mine: int
    worst: list[tuple[str, str]]


class ActionsBox(msgspec.Struct, frozen=True):
    """How many actions are overdue, how many come due soon, and the first of them."""

    overdue: int
    soon: int
    shown: list[ActionRow]


class EditionsAhead(msgspec.Struct, frozen=True):
    """Drafts that wait, each with its address and what it waits for; and what is scheduled.

    Reports of scrutiny panels wait among them.
    """

    drafts: list[tuple[str, str, str]]
    more: bool
    coming: list[tuple[str, str]]


class FailedThing(msgspec.Struct, frozen=True):
    """Something that failed or is overdue, and where to look at it."""

    words: str
    address: str


def board_edition(
    newest: NewestEdition, sentence: str, today: datetime.date, *, reviewer: bool
) -> BoardEdition:
    made = newest.made_at.astimezone(clock.LONDON).date()
    return BoardEdition(
        name=f"{newest.kind.capitalize()}, {days_in_words(newest.start, newest.end)}",
        status=newest.status,
        sentence=sentence,
        made=f"Made {days_ago(made, today)}",
        address=reading_address(newest) if reviewer else public_address(newest),
    )


def public_address(newest: NewestEdition) -> str:
    return f"/reports/{newest.kind}/{newest.start}?number={newest.number}"


def reading_address(newest: NewestEdition) -> str:
    """The address at which reviewers read an edition, drafts included."""
    return f"/work/editions/{newest.kind}/{newest.start}/{newest.number}/read"


def days_ago(day: datetime.date, today: datetime.date) -> str:
    days = (today - day).days
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    return f"{days} days ago" if days < 14 else f"{days // 7} weeks ago"


async def load_newest_editions(connection: Connection, person: Person) -> list[NewestEdition]:
    """The newest edition of each kind that this person may read."""
    return await alerts.load_newest_with_assignments(connection, drafts=person.may("reviewer"))


async def editions_box(newest: list[NewestEdition], person: Person) -> list[BoardEdition]:
    return [
        board_edition(
            one,
            (await summaries.summary_of_body(one.body, one.sha256)).sentence,
            clock.today(),
            reviewer=person.may("reviewer"),
        )
        for one in newest
    ]


async def load_shortcuts(connection: Connection, person: Person) -> list[tuple[str, str]]:
    """The pages that a board leads to on top, by name: the meeting, a new survey, and figures
    over time.
    """
    first = [("For the meeting", "/work/meeting")] if person.may("reviewer") else []
    first += [("Make a survey", "/work/builder")] if person.may("organiser") else []
    # Before the first report the pages of boroughs and themes have nothing to show.
    published = await editions.find_newest_published(connection) is not None
    return [*first, *(OVER_TIME if published else ())]


async def load_alerts(
    connection: Connection, newest: list[NewestEdition], city: City
) -> list[BoardAlert]:
    """Alerts that still hold: those reported by staff first, then by severity."""
    since = clock.now() - datetime.timedelta(weeks=WEEKS_OPEN)
    names = {area.code: area.name for area in city.areas}
    # A report with a reason was withdrawn.
    raised = [one for one in await alerts.load_reports(connection, since) if one.why is None]
    # An edition says that something was reported, but not where: the report itself says more.
    known = {one.kind for one in raised}
    return [
        *(reported_alert(one, names) for one in raised),
        *edition_alerts(newest, names, known),
    ]


def reported_alert(one: AlertReport, names: dict[str, str]) -> BoardAlert:
    return BoardAlert(
        level="red",
        place=names.get(one.area, one.area),
        sentence=RAISED_KINDS[one.kind],
        since=f"reported {format_moment(one.at)}",
        address="/work/alerts",
        owner=one.owner,
        action=one.action,
    )


def edition_alerts(
    newest: list[NewestEdition], names: dict[str, str], known: set[str]
) -> Iterator[BoardAlert]:
    """The open alerts of the newest editions, each once and without reports by staff of the rules
    `known`, the most severe first.
    """
    found: dict[str, tuple[Alert, NewestEdition, EditionAlerts]] = {}
    for edition in newest:
        of = edition.with_alerts
        for one in of.alerts:
            if one.standing != "closed" and (one.of or one.rule not in known):
                found.setdefault(one.key, (one, edition, of))
    for one, edition, of in sorted(found.values(), key=lambda each: LEVELS.index(each[0].level)):
        owner = edition.assignments.get(one.key)
        yield BoardAlert(
            level=one.level,
            place=names.get(one.domain, one.domain),
            sentence=formatting.format_sentence(one.sentence),
            since=f"since {formatting.format_short_day(one.since)}",
            address=f"{reading_address(edition)}#{alert_section(one, edition.kind)}",
            figure=alert_figure_text(one),
            change=alert_change_text(one, of),
            owner=owner.owner if owner else one.owner,
            action=owner.action if owner else one.action,
        )


async def load_cases(connection: Connection, person: Person, most: int = MOST_SHOWN) -> CasesBox:
    today = clock.today()
    found = await inbox.load_overview(connection, today, person.id, most)
    worst = [(one.reference, overdue_words(one, today)) for one in found.worst]
    return CasesBox(found.new, found.overdue, found.mine, worst)


def overdue_words(one: OverdueCase, today: datetime.date) -> str:
    return due_words(one.status, one.due_on, today) or late_words((today - one.due_on).days)


async def load_actions(connection: Connection, most: int = MOST_SHOWN) -> ActionsBox:
    today = clock.today()
    found = await actions.load_due(connection, today + DUE_SOON)
    overdue = sum(one.due < today for one in found)
    shown = [action_row(one) for one in found[:most]]
    return ActionsBox(overdue, len(found) - overdue, shown)


async def load_owed_answers(connection: Connection) -> list[FailedThing]:
    """The answers that the force owes scrutiny panels since more than their due day."""
    return [owed_answers(one) for one in await marks.load_overdue(connection, clock.today())]


def owed_answers(one: OverdueAnswers) -> FailedThing:
    what = "1 answer" if one.answers == 1 else f"{one.answers} answers"
    since = f"since {formatting.format_short_day(one.due)}"
    if one.meeting is None:
        address = f"/work/scrutiny/panels/{one.panel}/triggers#events"
        return FailedThing(f"{one.panel_name}, triggers: {what} {since}", address)
    where = f"{one.panel_name}, meeting {one.meeting_number}"
    return FailedThing(f"{where}: {what} {since}", f"/work/scrutiny/meetings/{one.meeting}/answers")


async def load_editions_ahead(connection: Connection, newest: list[NewestEdition]) -> EditionsAhead:
    found = await editions.load_drafts(connection, MOST_SHOWN + 1)
    drafts = [
        (
            f"{one.kind.capitalize()}, {days_in_words(one.start, one.end)}",
            f"/work/editions/{one.kind}/{one.start}/{one.number}",
            waiting_words(one),
        )
        for one in found[:MOST_SHOWN]
    ]
    drafts += [waiting_report(one) for one in await reports.load_waiting(connection)]
    return EditionsAhead(drafts, len(found) > MOST_SHOWN, scheduled_editions(newest))


def waiting_report(one: ReviewedReport) -> tuple[str, str, str]:
    """The report of a panel that another person has to publish, as a draft that waits."""
    name = f"{one.report.panel}, report of meeting {one.report.number}"
    return name, f"/work/scrutiny/meetings/{one.meeting}/report/public", "to be published"


def waiting_words(one: EditionLine) -> str:
    return "to be published" if edition_status(one) == "reviewed" else "to be reviewed"


async def load_failed(connection: Connection, person: Person) -> list[FailedThing]:
    """What failed, as far as this person can do something about it."""
    return list(failed_things(await jobs.load_failures(connection), person))


def failed_things(found: Failures, person: Person) -> Iterator[FailedThing]:
    for job in found.jobs:
        if job.kind in EDITION_JOBS.values():
            yield FailedThing(f"{failed_edition_name(job)} could not be made", "/work/editions")
        elif person.may("administrator"):
            yield FailedThing(f"Job stopped: {job_label(job.kind)}", "/work/jobs")
    for one in found.cases:
        mails = "1 email" if one.mails == 1 else f"{one.mails} emails"
        words = f"Case {one.reference}: {mails} may not have arrived"
        yield FailedThing(words, f"/work/complaints/{one.reference}")
    if found.edition_mails:
        words = f"Emails about editions that may not have arrived: {found.edition_mails}"
        yield FailedThing(words, "/work/editions")


def failed_edition_name(job: FailedJob) -> str:
    # The rest of a key says how the job is to be done.
    return job_edition_name(f"{job.kind.split('_')[0]} {job.key.split()[0]}")


async def load_own_drafts(connection: Connection, person: Person) -> list[tuple[str, str, str]]:
    """The surveys that this person has begun: title, address, and when it was last changed."""
    return [
        (
            wording_text(one.draft.instrument.title) or one.survey.slug,
            f"/work/builder/{one.survey.slug}",
            format_day(one.changed_at),
        )
        for one in await surveys.load_drafts(connection)
        if one.survey.owner == person.id
    ]
