"""Makes the report of a scrutiny panel's meeting: for the panel in full, for the public gated."""

import datetime
from collections.abc import Callable, Sequence
from typing import TypeVar

import anyio.to_thread

from api import clock
from api.process.loading import import_lock, load_statistics
from survey.editions.chapters.scrutiny import (
    LeftOutRecords,
    MeetingReport,
    RulePart,
    SafeMeetingReport,
    StratumMarks,
)
from survey.editions.edition import edition_from_report
from survey.scrutiny.answer_refusals import open_meeting
from survey.scrutiny.meetings import PanelMeeting
from survey.scrutiny.rules import DrawRule, DrawSummary
from survey.scrutiny.triggers import TriggerEvent
from survey.store import places
from survey.store.database import Connection
from survey.store.editions import actions, editions
from survey.store.scrutiny import answers, marks, meetings, reports, triggers

Report = TypeVar("Report", bound=MeetingReport)


async def make_report(
    connection: Connection, meeting: PanelMeeting, as_of: datetime.date
) -> MeetingReport:
    """The full report of a closed meeting, for its panel; answers and actions are those of today.

    Raises for a meeting that is not closed.
    """
    with import_lock("analysis.scrutiny.report"):
        from analysis.scrutiny import report  # slow to load

    if meeting.stage != "closed" or meeting.draw is None:
        raise open_meeting()
    drawn = await meetings.load_records(connection, meeting.id)
    agreed = await marks.load_joint_marks(connection, meeting.id)
    since, raised = await load_raised(connection, meeting)
    facts = report.MeetingFacts(
        blank=blank_report(
            meeting,
            meeting.draw,
            as_of=as_of,
            triggers_from=since,
            synthetic=await places.is_synthetic(connection),
        ),
        stratum_of={one.id: one.stratum for one in drawn},
        joint={one.record: one.colour for one in agreed},
        alone=[
            (one.record, one.seat, one.colour)
            for one in await marks.load_marks(connection, meeting.id)
        ],
        answers=await answers.load_answers(connection, meeting.id),
        triggers=raised,
        actions=[one.as_action() for one in await actions.load_of_meeting(connection, meeting.id)],
    )
    return await anyio.to_thread.run_sync(compute, report.meeting_report, facts)


def compute(function: Callable[..., Report], *arguments: object) -> Report:
    """Call the function in a thread, once scipy is loaded."""
    load_statistics()
    return function(*arguments)


async def load_raised(
    connection: Connection, meeting: PanelMeeting
) -> tuple[datetime.date | None, Sequence[TriggerEvent]]:
    """What set off the panel's triggers since its meeting before, and from which day that is."""
    events = await triggers.load_events(connection, meeting.panel)
    held = await meetings.load_meetings(connection, meeting.panel)
    before = [one.held_on for one in held if one.closed_at and one.held_on < meeting.held_on]
    known = [one.since for one in await triggers.load_triggers(connection, meeting.panel)]
    if not known:
        return None, ()
    since = max(before) + datetime.timedelta(days=1) if before else min(known)
    return since, [one for one in events if since <= one.raised_on <= meeting.held_on]


def blank_report(
    meeting: PanelMeeting,
    draw: DrawSummary,
    *,
    as_of: datetime.date,
    triggers_from: datetime.date | None,
    synthetic: bool,
) -> MeetingReport:
    """Which meeting it was, and how its records were drawn."""
    rule = meeting.rule or DrawRule()
    return MeetingReport(
        meeting=meeting.id,
        panel=meeting.panel_name,
        number=meeting.number,
        held_on=meeting.held_on,
        as_of=as_of,
        areas=meeting.areas or (),
        kind=rule.kind,
        file_is_public=rule.file_is_public,
        rule=rule_parts(rule),
        seed=meeting.seed or "",
        seeded_on=meeting.seeded_at.astimezone(clock.LONDON).date() if meeting.seeded_at else None,
        sealed=meeting.is_sealed,
        file_sha256=meeting.file_sha256 or "",
        drawn_sha256=meeting.drawn_sha256 or "",
        first=draw.first,
        last=draw.last,
        rows=draw.rows,
        left_out=tuple(LeftOutRecords(one.reason, one.number) for one in draw.left_out),
        strata=tuple(
            StratumMarks(name=one.name, always=one.always, size=one.size, drawn=one.drawn)
            for one in draw.strata
        ),
        triggers_from=triggers_from,
        synthetic=synthetic,
    )


def rule_parts(rule: DrawRule) -> tuple[RulePart, ...]:
    return (
        *(RulePart(name=one.name, part="left_out") for one in rule.leave_out),
        *(RulePart(name=one.name, part="always") for one in rule.always),
        *(
            RulePart(name=one.name, part="always" if one.take is None else "chance", take=one.take)
            for one in rule.strata
        ),
    )


async def make_public_report(connection: Connection, full: MeetingReport) -> SafeMeetingReport:
    """The report as anybody may read it, next to all that was or may be published."""
    with import_lock("analysis.editions.gate", "analysis.scrutiny.gate"):
        from analysis.editions.gate import open_session  # slow to load
        from analysis.scrutiny import gate

    city = (await places.get_city(connection)).name
    before = await reports.load_reviewed(connection)
    earlier = [
        *await editions.load_for_gate(connection, full.first or full.held_on),
        # An earlier version of the same report is about the same events.
        *(edition_from_report(one, city) for one in before if one.meeting != full.meeting),
    ]

    def through_gate() -> SafeMeetingReport:
        return gate.safe_report(full, open_session(city, earlier))

    return await anyio.to_thread.run_sync(compute, through_gate)
