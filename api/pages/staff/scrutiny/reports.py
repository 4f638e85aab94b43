"""The report of a meeting: in full for its panel, its public pages and files, and its actions."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from api import clock, locales
from api.dependencies import ON_REPLICA, FromDatabase
from api.editions.files import meeting_report
from api.operations.scrutiny import make_public_report, make_report
from api.pages.public_copies import MADE
from api.pages.reports.downloads import file_response
from api.pages.reports.editions import language_switch
from api.pages.shell import prepare_page
from api.pages.staff.editions import (
    may_publish_alone,
    publication_detail,
    read_reason,
    who_publishes,
)
from api.pages.staff.editions.actions import action_row, parse_action
from api.pages.staff.scrutiny import ROOT, MeetingAccess, load_meeting_access
from api.pages.work import FromPage, StaffPage
from api.security.people import Person
from api.security.sent_forms import WITHOUT_SESSION
from survey.scrutiny import JointMark
from survey.scrutiny.refusals import own_report, report_not_to_publish, withdrawn_report
from survey.store import editions
from survey.store.accounts import people
from survey.store.database import Connection, Database
from survey.store.editions import actions
from survey.store.scrutiny import marks, meetings, panels, reports
from survey.store.scrutiny.reports import StoredReport

PUBLISHERS = "another reviewer, an administrator or another chair of the panel"
WantsToday = Annotated[str | None, QueryParameter(max_length=5, required=False)]
ADDRESS = f"{ROOT}/meetings/{{meeting:uuid}}/report"
REPORT = "/scrutiny/{meeting:uuid}/report"
VersionParameter = Annotated[int | None, QueryParameter(ge=1, le=1_000_000, required=False)]


async def report_page(page: FromPage, meeting: FromPath[UUID]) -> Template:
    """The report with exact figures, which only the panel and the working group may read."""
    async with page.connection() as connection:
        access = await load_meeting_access(connection, page.person, meeting)
        full = await make_report(connection, access.meeting, clock.today())
        published = await reports.load_versions(connection, access.meeting.id)
        waiting = await reports.find_waiting(connection, access.meeting.id)
        agreed = await actions.load_of_meeting(connection, access.meeting.id)
        joint = await marks.load_joint_marks(connection, access.meeting.id)
        shown = await load_shown_records(connection, access, page.person)
    return page.show(
        "scrutiny/report",
        access=access,
        by_reason=list(marks_by_reason(joint, shown)),
        sheet=meeting_report.meeting_view(full, version=0),
        published=[published_words(report) for report in published],
        newest=published[0] if published else None,
        waiting=waiting,
        agreed=[action_row(action) for action in agreed],
        overdue=full.answers.overdue if full.answers else 0,
    )


async def load_shown_records(
    connection: Connection, access: MeetingAccess, person: Person
) -> dict[str, int]:
    """The numbers of the records that this person may open, by their id."""
    if not access.present:
        return {}
    aside = await marks.load_stepped_aside(connection, access.meeting.id, person.id)
    records = await meetings.load_records(connection, access.meeting.id)
    return {record.id: record.number for record in records if record.id not in aside}


def marks_by_reason(
    joint: Sequence[JointMark], shown: dict[str, int]
) -> Iterator[tuple[str, Counter[str], list[int]]]:
    """What the panel marked for each reason, and the numbers of those records that the reader may
    open; the most frequent reason first. A record can have several.
    """
    counts = Counter(reason for mark in joint for reason in mark.reasons)
    for reason, _ in counts.most_common():
        given = [mark for mark in joint if reason in mark.reasons]
        records = sorted(shown[mark.record] for mark in given if mark.record in shown)
        yield reason, Counter(mark.colour for mark in given), records


def published_words(report: StoredReport) -> tuple[int, str, bool]:
    """The number of a published version, when and by whom it was published, and whether it is
    withdrawn.
    """
    by = f"reviewed by {report.reviewed_by}, published by {report.published_by}"
    if report.reviewed_by == report.published_by:
        by = f"reviewed and published by {report.published_by}"
    on = locales.format_day(report.published_on)
    return report.version, f"{on}, {by}", bool(report.withdrawn)


@get(f"{ADDRESS}/public")
async def preview_report(
    page: FromPage, meeting: FromPath[UUID], today: WantsToday = None
) -> Template:
    """The report that was reviewed and waits to be published; with `today`, or if no report waits,
    the report as it would be today.
    """
    alone = may_publish_alone(page.request)
    async with page.connection() as connection:
        access = await load_meeting_access(connection, page.person, meeting)
        full = await make_report(connection, access.meeting, clock.today())
        safe = await make_public_report(connection, full)
        waiting = await reports.find_waiting(connection, access.meeting.id)
        published = await reports.load_versions(connection, access.meeting.id)
        others = await people.has_other_reviewers(connection, page.person.id) or any(
            member.chairs and member.account != page.person.id and member.serves_on(clock.today())
            for member in await panels.load_members(connection, access.panel.id)
        )
    shown = None if today else waiting
    number = max([report.version for report in published] + ([waiting.version] if waiting else [0]))
    version = shown.version if shown else number + 1
    return page.show(
        "scrutiny/preview",
        access=access,
        sheet=meeting_report.meeting_view(shown.report if shown else safe, version=version),
        shown=shown,
        waiting=waiting,
        changed=waiting is not None
        and msgspec.structs.replace(waiting.report, as_of=safe.as_of) != safe,
        versions=len(published),
        own=shown is not None and shown.reviewer == page.person.id and not alone,
        who_publishes=who_publishes(
            "report", PUBLISHERS, shown, page.person, others=others, alone=alone
        ),
    )


@post(f"{ADDRESS}/review")
async def review_report(page: FromPage, meeting: FromPath[UUID]) -> Redirect:
    """Store the report as it is today, for another person to publish; if this person stored an
    equal report before, that one stays.
    """
    access = await page.load(load_meeting_access, page.person, meeting)
    access.require_runner()
    async with page.write("scrutiny report reviewed", access.subject) as connection:
        await editions.wait_for_count_lock(connection)
        full = await make_report(connection, access.meeting, clock.today())
        safe = await make_public_report(connection, full)
        waiting = await reports.find_waiting(connection, access.meeting.id)
        # Pressed twice, or in a second tab: whoever has the first open can still publish it.
        if waiting is None or (waiting.reviewer, waiting.report) != (page.person.id, safe):
            await reports.insert_reviewed(connection, safe, by=page.person.id)
    return page.to(f"{access.address}/report", "reviewed")


@post(f"{ADDRESS}/publication")
async def publish_report(page: FromPage, meeting: FromPath[UUID]) -> Redirect:
    """Publish the report that another person reviewed; versions published before stay as they
    are.
    """
    version = page.form.number("version")
    access = await page.load(load_meeting_access, page.person, meeting)
    access.require_runner()
    detail: dict[str, str] = {}
    async with page.write("scrutiny report published", access.subject, detail) as connection:
        waiting = await reports.find_waiting(connection, access.meeting.id)
        if waiting is None or waiting.version != version:
            raise report_not_to_publish()
        # Changed in place: the audit line is written from this dict when the block ends.
        detail |= publication_detail(
            waiting.reviewer,
            waiting.reviewed_by,
            page.person,
            own_report(),
            alone=may_publish_alone(page.request),
        )
        if not await reports.insert_publication(
            connection, access.meeting.id, waiting.version, by=page.person.id
        ):
            raise report_not_to_publish()
    return page.to(f"{access.address}/report", "published")


@post(f"{ADDRESS}/withdrawal")
async def withdraw_panel_report(page: FromPage, meeting: FromPath[UUID]) -> Response[Any]:
    """Withdraw the newest report. It stays online with the reason, so that citations still work."""
    reason = read_reason(page.form)
    access = await page.load(load_meeting_access, page.person, meeting)
    access.require_runner()
    if page.form.errors:
        return await report_page(page, meeting)
    async with page.write("scrutiny report withdrawn", access.subject) as connection:
        if not await reports.withdraw_newest(
            connection, access.meeting.id, reason, by=page.person.id
        ):
            raise withdrawn_report()
    return page.to(f"{access.address}/report", "withdrawn")


@post(f"{ADDRESS}/actions")
async def add_meeting_action(page: FromPage, meeting: FromPath[UUID]) -> Response[Any]:
    """Add an action that the panel agreed on; it is followed up like all actions."""
    action = parse_action(page.form)
    access = await page.load(load_meeting_access, page.person, meeting)
    access.require_runner()
    if action is None:
        return await report_page(page, meeting)
    async with page.write("action agreed", access.subject) as connection:
        await actions.insert_at_meeting(
            connection, access.meeting.id, action.what, action.owner, action.due, by=page.person.id
        )
    return page.to(f"{access.address}/report", "agreed")


PAGES = [
    StaffPage(
        [
            get(ADDRESS)(report_page),
            preview_report,
            review_report,
            publish_report,
            withdraw_panel_report,
            add_meeting_action,
        ],
        linked_from=ROOT,
    )
]


async def load_report(database: Database, meeting: UUID, version: int | None) -> StoredReport:
    async with database.connection() as connection:
        return await reports.get_report(connection, str(meeting), version)


@get(REPORT, include_in_schema=False)
async def show_report(
    database: FromDatabase, meeting: FromPath[UUID], version: VersionParameter = None
) -> Template:
    """The newest report of a meeting, or an older version of it."""
    stored = await load_report(database, meeting, version)
    context = report_context(stored, by_version=version is not None)
    return Template("report/meeting.html", context=context)


def report_context(stored: StoredReport, *, by_version: bool) -> dict[str, Any]:
    sheet = meeting_report.meeting_view(stored.report, version=stored.version, sha256=stored.sha256)
    is_older = stored.version < stored.newest
    return {
        "sheet": sheet,
        "address": f"/scrutiny/{stored.meeting}/report",
        "query": f"?version={stored.version}" if by_version else "",
        "back": f"/scrutiny/{stored.meeting}",
        "is_older": is_older,
        "withdrawn": stored.withdrawn,
        "words": meeting_report.page_words(sheet, stored.newest),
        **language_switch(),
    }


@get(REPORT + ".pdf", include_in_schema=False)
async def download_meeting_pdf(
    database: FromDatabase, meeting: FromPath[UUID], version: VersionParameter = None
) -> Response[bytes]:
    stored = await load_report(database, meeting, version)
    name = ("meeting.pdf", stored.sha256, str(stored.version))
    of = (stored.report, stored.version, stored.sha256)
    pdf = await MADE.load(name, meeting_report.render_meeting_pdf, *of)
    return report_file(pdf, stored, "pdf", "application/pdf")


@get(REPORT + ".csv", include_in_schema=False)
async def download_meeting_csv(
    database: FromDatabase, meeting: FromPath[UUID], version: VersionParameter = None
) -> Response[bytes]:
    stored = await load_report(database, meeting, version)
    return report_file(meeting_report.render_meeting_csv(stored.report), stored, "csv", "text/csv")


@get(REPORT + ".json", include_in_schema=False)
async def download_meeting_json(
    database: FromDatabase, meeting: FromPath[UUID], version: VersionParameter = None
) -> Response[bytes]:
    """The report as it was stored: its SHA-256 is the fingerprint on the page."""
    stored = await load_report(database, meeting, version)
    return report_file(stored.body, stored, "json", "application/json")


def report_file(body: bytes, stored: StoredReport, ending: str, media_type: str) -> Response[bytes]:
    report = stored.report
    stem = f"soundings-panel-{report.held_on}-{report.number}-{stored.version}"
    return file_response(body, stem, ending, media_type)


HANDLERS: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[show_report],
        before_request=prepare_page,
        opt=WITHOUT_SESSION,
        dependencies=ON_REPLICA,
    ),
    Router(
        "/",
        route_handlers=[download_meeting_pdf, download_meeting_csv, download_meeting_json],
        opt=WITHOUT_SESSION,
        dependencies=ON_REPLICA,
    ),
]
