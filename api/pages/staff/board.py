"""The board of the working group: its boxes, each loaded with one statement at most."""

import datetime
from collections.abc import Iterator
from typing import Any

from litestar import get
from litestar.response import Template

from api import clock, locales
from api.editions.summary import days_in_words
from api.jobs.kinds import job_label, this_week
from api.pages.filters import short_day
from api.pages.organiser import load_handed_over
from api.pages.reports import history
from api.pages.staff.cases import sunday
from api.pages.staff.cases.case_history import due_words, late_words
from api.pages.staff.editions import (
    EDITION_JOBS,
    edition_address,
    edition_status,
    job_edition_name,
    scheduled_editions,
)
from api.pages.staff.editions.actions import action_row
from api.pages.staff.editions.alerts import load_alert_lines, open_alerts
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.process.installation import import_lock
from api.security.people import Person
from survey.store import editions, health, places, surveys
from survey.store.accounts import people
from survey.store.answers import counts
from survey.store.cases import inbox
from survey.store.database import Connection, Database
from survey.store.editions import actions
from survey.store.editions.actions import NewestEdition
from survey.store.health import Failures
from survey.store.scrutiny import marks, reports
from survey.store.themes import codes
from survey.surveys.instruments import wording_text
from survey.themes.double_coding import Accuracy, ReadingStatus
from survey.words import in_local_words

MOST_SHOWN = 5
OVER_TIME = (
    ("Boroughs over time", "/reports/boroughs"),
    ("Themes over time", "/reports/themes"),
    ("Explore the figures", "/explore"),
    ("How we work out each figure", "/method"),
)
DUE_SOON = datetime.timedelta(days=14)
BOXES = (
    *("markings", "cases", "alerts", "yours", "actions", "owed", "coding", "ahead", "failed"),
    *("surveys", "editions", "accounts"),
)
FIRST_BOXES = {"administrator": ("failed", "accounts"), "organiser": ("surveys",)}
Box = dict[str, object]  # what a box of the board shows
# So many lines fit on one sheet of A4 together.
MOST_ALERTS, MOST_ACTIONS, MOST_CASES = 8, 6, 5


def days_ago(day: datetime.date, today: datetime.date) -> str:
    days = (today - day).days
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    return f"{days} days ago" if days < 14 else f"{days // 7} weeks ago"


async def load_newest_editions(connection: Connection, person: Person) -> list[NewestEdition]:
    """The newest edition of each kind that this person may read."""
    return await actions.load_newest_with_assignments(connection, drafts=person.may("reviewer"))


async def editions_box(newest: list[NewestEdition], person: Person) -> list[Box]:
    """The newest edition of each kind, and what it says first."""
    return [
        {
            "name": f"{edition.kind.capitalize()}, {days_in_words(edition.start, edition.end)}",
            "status": edition.status,
            "sentence": await lead_sentence(edition),
            "made": "Made " + days_ago(clock.local_day(edition.made_at), clock.today()),
            "address": f"{edition_address(edition.which)}/read"
            if person.may("reviewer")
            else f"/reports/{edition.kind}/{edition.start}?number={edition.number}",
        }
        for edition in newest
    ]


async def lead_sentence(edition: NewestEdition) -> str:
    """What an edition says first; of one from before there were lead lines its headline."""
    summary = await history.summary_of_body(edition.body, edition.sha256)
    return summary.lead or summary.sentence


async def load_shortcuts(connection: Connection, person: Person) -> list[tuple[str, str]]:
    """The links at the top of a board, with names: the meeting, a new survey, figures over time."""
    first = [("For the meeting", "/work/meeting")] if person.may("reviewer") else []
    first += [("Make a survey", "/work/builder")] if person.may("organiser") else []
    # Before the first report the pages of boroughs and themes have nothing to show.
    published = await editions.find_newest_published(connection) is not None
    over_time = [(in_local_words(said), address) for said, address in OVER_TIME]
    return [*first, *(over_time if published else ())]


async def load_cases(connection: Connection, person: Person, most: int = MOST_SHOWN) -> Box:
    """How many cases are overdue, due this week, without a handler, new and this person's; and the
    longest overdue.
    """
    today = clock.today()
    overview = await inbox.load_overview(connection, today, sunday(today), person.id, most)
    worst = [
        (
            case.reference,
            due_words(case.status, case.due_on, today) or late_words((today - case.due_on).days),
        )
        for case in overview.worst
    ]
    return {"counts": overview, "worst": worst}


async def load_actions(connection: Connection, most: int = MOST_SHOWN) -> Box:
    """How many actions are overdue, how many come due soon, and the first of them."""
    today = clock.today()
    due = await actions.load_due(connection, today + DUE_SOON)
    overdue = sum(action.due < today for action in due)
    shown = [action_row(action) for action in due[:most]]
    return {"overdue": overdue, "soon": len(due) - overdue, "shown": shown}


async def load_owed_answers(connection: Connection) -> list[tuple[str, str]]:
    """The answers that the force owes scrutiny panels since more than their due day."""
    owed = []
    for debt in await marks.load_overdue(connection, clock.today()):
        what = "1 answer" if debt.answers == 1 else f"{debt.answers} answers"
        where, address = "triggers", f"/work/scrutiny/panels/{debt.panel}/triggers#events"
        if debt.meeting is not None:
            where = f"meeting {debt.meeting_number}"
            address = f"/work/scrutiny/meetings/{debt.meeting}/answers"
        since = locales.format_short_day(debt.due)
        owed.append((f"{debt.panel_name}, {where}: {what} since {since}", address))
    return owed


async def load_editions_ahead(connection: Connection, newest: list[NewestEdition]) -> Box:
    """Drafts and reports of panels that wait, each with its address and what it waits for; and what
    is scheduled.
    """
    draft_editions = await editions.load_drafts(connection, MOST_SHOWN + 1)
    drafts = [
        (
            f"{draft.kind.capitalize()}, {days_in_words(draft.start, draft.end)}",
            f"/work/editions/{draft.kind}/{draft.start}/{draft.number}",
            "to be published" if edition_status(draft) == "reviewed" else "to be reviewed",
        )
        for draft in draft_editions[:MOST_SHOWN]
    ]
    # Reports of panels that another person has to publish.
    drafts += [
        (
            f"{panel_report.report.panel}, report of meeting {panel_report.report.number}",
            f"/work/scrutiny/meetings/{panel_report.meeting}/report/public",
            "to be published",
        )
        for panel_report in await reports.load_waiting(connection)
    ]
    more = len(draft_editions) > MOST_SHOWN
    return {"drafts": drafts, "more": more, "coming": scheduled_editions(newest)}


def failed_things(failures: Failures, person: Person) -> Iterator[tuple[str, str]]:
    """What failed, and where to look at it."""
    for job in failures.jobs:
        if job.kind in EDITION_JOBS.values():
            # The rest of a key says how the job is to be done.
            edition = job_edition_name(f"{job.kind.split('_')[0]} {job.key.split()[0]}")
            yield f"{edition} could not be made", "/work/editions"
        elif person.may("administrator"):
            yield f"Job stopped: {job_label(job.kind)}", "/work/jobs"
    mails = sum(case.mails for case in failures.cases)
    if failures.cases:
        # On one line: without a mail server every case that had one would have a line of its own.
        first, several = failures.cases[0].reference, len(failures.cases) > 1
        about = f"{len(failures.cases)} cases, first {first}" if several else f"case {first}"
        yield f"{emails(mails)} about {about}, may not have arrived", f"/work/complaints/{first}"
    if failures.edition_mails:
        words = f"{emails(failures.edition_mails)} about editions may not have arrived"
        yield words, "/work/editions"
    if failures.account_mails and person.may("administrator"):
        words = (
            f"{emails(failures.account_mails)} to staff about their sign-in may not have arrived"
        )
        yield words, "/work/people"


def emails(number: int) -> str:
    return "1 email" if number == 1 else f"{number} emails"


@get("/work")
async def show_work(page: FromPage) -> Template:
    boxes = await load_boxes(page)
    reading, read = await load_machine_accuracy(page.database, boxes)
    order = FIRST_BOXES.get(page.person.role, ()) + BOXES
    return page.show(
        "home/landing",
        reading=reading,
        read=read[:2],
        # In the order in which somebody of this role looks at them.
        order=[name for name in dict.fromkeys(order) if name in boxes],
        today=clock.today(),
        **boxes,
    )


async def load_boxes(page: StaffRequest) -> dict[str, Any]:
    """The boxes of the board that this person may see, by name."""
    city = await page.database.load_cached(places.get_city)
    async with page.connection() as connection:
        newest = await load_newest_editions(connection, page.person)
        boxes: dict[str, Any] = {
            "editions": await editions_box(newest, page.person),
            "shortcuts": await load_shortcuts(connection, page.person),
            "markings": await marks.load_open_markings(connection, page.person.id),
        }
        if page.person.may("reviewer"):
            alerts = open_alerts(await load_alert_lines(connection, newest, city))
            boxes |= {
                "alerts": [alert for alert in alerts if not alert.owner],
                "yours": [alert for alert in alerts if alert.account == page.person.id],
                "cases": await load_cases(connection, page.person),
                "actions": await load_actions(connection),
                "coding": await codes.load_coding_waiting(connection, page.person.id),
                "owed": await load_owed_answers(connection),
                "ahead": await load_editions_ahead(connection, newest),
                "failed": list(failed_things(await health.load_failures(connection), page.person)),
            }
        if page.person.may("administrator"):
            boxes["accounts"] = await people.count_accounts(connection)
        if page.person.may("organiser"):
            week = this_week(clock.today())
            boxes["surveys"] = await counts.load_own_surveys(connection, page.person.id, week)
            boxes["drafts"] = [
                (
                    wording_text(draft.draft.instrument.title) or draft.survey.slug,
                    f"/work/builder/{draft.survey.slug}",
                    short_day(draft.changed_at),
                )
                for draft in await surveys.load_drafts(connection)
                if draft.survey.owner == page.person.id
            ]
            boxes["handed_over"] = await load_handed_over(connection, page.person)
    return boxes


async def load_machine_accuracy(
    database: Database, boxes: dict[str, Any]
) -> tuple[ReadingStatus | None, list[Accuracy]]:
    """How accurately the model reads texts, for reviewers; None and no rows before double coding
    started.
    """
    # Asked first, so that nobody waits for the import while there is nothing to judge.
    if "coding" not in boxes or not boxes["coding"].has_begun:
        return None, []
    return await database.load_cached(judge_reading)


async def judge_reading(connection: Connection) -> tuple[ReadingStatus | None, list[Accuracy]]:
    with import_lock("api.jobs.texts.double_coding"):
        from api.jobs.texts import double_coding as job  # slow to load

    return await job.judge_reading(connection)


@get("/work/meeting")
async def show_meeting(page: FromPage) -> Template:
    city = await page.database.load_cached(places.get_city)
    async with page.connection() as connection:
        newest = await load_newest_editions(connection, page.person)
        alerts = open_alerts(await load_alert_lines(connection, newest, city))
        actions = await load_actions(connection, MOST_ACTIONS)
        cases = await load_cases(connection, page.person, MOST_CASES)
        coding = await codes.load_coding_waiting(connection, page.person.id)
        owed = await load_owed_answers(connection)
        ahead = await load_editions_ahead(connection, newest)
    return page.show(
        "home/meeting",
        day=locales.format_day(clock.today()),
        editions=await editions_box(newest, page.person),
        slides=[edition for edition in newest if edition.status == "published"],
        alerts=alerts[:MOST_ALERTS],
        more_alerts=max(0, len(alerts) - MOST_ALERTS),
        actions=actions,
        cases=cases,
        coding=coding,
        owed=owed,
        ahead=ahead,
    )


PAGES = [
    StaffPage([show_work], menu="Your work", place=10),
    # It gathers what the board has, but only reviewers see alerts, cases and drafts.
    StaffPage(
        [show_meeting], menu="For the meeting", place=65, roles=("reviewer",), group="Editions"
    ),
]
