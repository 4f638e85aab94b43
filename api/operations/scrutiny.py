"""The steps of a panel's meeting that pages and commands share: seed, draw, masks and report."""

import datetime
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from typing import TypeVar

import anyio.to_thread
import msgspec

from analysis.scrutiny.draw import draw_records, drawn_digest
from api import clock
from api.process.installation import import_lock, load_statistics
from survey.editions import edition_from_report, scrutiny
from survey.files.refusals import unreadable_file
from survey.scrutiny import PanelMeeting, PublishedDraw, RecordField, TriggerEvent, refusals, rules
from survey.scrutiny.records import read_records
from survey.store import editions, places
from survey.store.database import Connection
from survey.store.editions import actions
from survey.store.scrutiny import marks, meetings, panels, reports
from survey.store.scrutiny.meetings import OpenedFile
from survey.themes.redactions import redact

SEED_BYTES = 16
LONGEST_PLAIN = 80  # a longer cell is a text, whatever the rule says, and is masked as one
NO_MONTH = "not stated"
LETTERS = re.compile(r"(?<=[a-z])[A-Z](?=[a-z])")
Report = TypeVar("Report", bound=scrutiny.MeetingReport)


async def fix_seed(
    connection: Connection,
    meeting: PanelMeeting,
    sealed: str | None,
    *,
    at: datetime.datetime | None = None,
) -> str:
    """Fix the seed of a meeting: random digits that nobody chose. Returns the seed.

    `sealed` is the digest of the file, if the force has handed it over already.
    """
    rule = await panels.lock_rule(connection, meeting.panel)
    if not (rule.always or rule.strata) or not shown_columns(rule.shows):
        raise refusals.empty_rule()
    seed = secrets.token_hex(SEED_BYTES)
    await meetings.save_seed(connection, meeting.id, seed, sealed, at=at)
    return seed


def shown_columns(shows: rules.ShownFields) -> tuple[str, ...]:
    return (*shows.months, *shows.plain, *shows.texts)


async def open_file(
    connection: Connection,
    meeting: PanelMeeting,
    name: str,
    content: bytes,
    *,
    at: datetime.datetime | None = None,
) -> rules.RecordDraw:
    """Draw records from a file and save them as the rule lets them be shown; nothing else of the
    file is stored.
    """
    if meeting.seed is None or meeting.rule is None or meeting.stage != "seeded":
        raise refusals.meeting_moved_on()
    digest = hashlib.sha256(content).hexdigest()
    if meeting.sealed_sha256 not in (None, digest):
        raise refusals.unsealed_file()
    draw, shown = await anyio.to_thread.run_sync(
        draw_from_file, name, content, meeting.rule, meeting.seed
    )
    if not draw.records:
        raise refusals.empty_draw(name)
    file = OpenedFile(name, digest)
    await meetings.save_draw(connection, meeting.id, file, drawn_digest(draw), draw.summary, at=at)
    await meetings.insert_records(connection, meeting.id, shown)
    return draw


def draw_from_file(
    name: str, content: bytes, rule: rules.DrawRule, seed: str
) -> tuple[rules.RecordDraw, list[tuple[str, str, tuple[RecordField, ...]]]]:
    """The draw, and each record drawn: reference, stratum, and its fields with texts masked."""
    records = read_records(name, content, rule)
    draw = draw_records(rule, seed, records)
    cells = dict(records)
    return draw, [
        (record.reference, record.stratum, shown_fields(rule.shows, cells[record.reference]))
        for record in draw.records
    ]


def shown_fields(shows: rules.ShownFields, cells: dict[str, str]) -> tuple[RecordField, ...]:
    """What members see of a record: nothing that the rule does not name, texts masked."""
    texts = {
        column: cells.get(rules.comparable_word(column), "") for column in shown_columns(shows)
    }
    return (
        *(RecordField(column_label(column), month_words(texts[column])) for column in shows.months),
        *(RecordField(column_label(column), masked_cell(texts[column])) for column in shows.plain),
        *(RecordField(column_label(column), masked_text(texts[column])) for column in shows.texts),
    )


def column_label(column: str) -> str:
    """A heading as people read it: "SubjectAge" is "Subject age"."""
    return LETTERS.sub(lambda capital: f" {capital[0].lower()}", column)


def month_words(cell: str) -> str:
    """The month of a day, such as April 2026: the day would help to find the person."""
    day = rules.parse_record_day(cell)
    return f"{day:%B %Y}" if day else NO_MONTH


def masked_cell(cell: str) -> str:
    """A short cell without addresses, numbers and the like. A word alone is no name: "White"."""
    if len(cell) > LONGEST_PLAIN:
        return masked_text(cell)
    with import_lock("analysis.text.personal_data"):
        from analysis.text import personal_data  # slow to load

    spans = [span for span in personal_data.find_personal_data(cell) if span.kind != "name"]
    return redact(cell, spans).redacted


def masked_text(text: str) -> str:
    """A narrative with the personal data that the program finds replaced by marks."""
    with import_lock("analysis.text.personal_data"):
        from analysis.text import personal_data  # slow to load
        from analysis.text.personal_data import named_entities

    also = named_entities.find_persons if named_entities.is_installed() else None
    [(masked, _)] = personal_data.redact_texts([text], also)
    return masked


def published_draw(
    meeting: PanelMeeting, drawn: tuple[rules.DrawnReference, ...] = ()
) -> PublishedDraw | None:
    """What is published of a meeting's draw; None before its seed is fixed."""
    if meeting.seed is None or meeting.seeded_at is None or meeting.rule is None:
        return None
    facts = msgspec.structs.asdict(meeting) | {"panel": meeting.panel_name, "drawn": drawn}
    return msgspec.convert(facts, PublishedDraw)


def read_published_draw(name: str, content: bytes) -> PublishedDraw | rules.DrawRule:
    """The file that a meeting's page offers, or a rule alone, from JSON."""
    try:
        if b'"seeded_at"' in content:
            return msgspec.json.decode(content, type=PublishedDraw)
        return msgspec.json.decode(content, type=rules.DrawRule)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise unreadable_file(name, "a rule as JSON", str(wrong)[:200]) from wrong


class RepeatedDraw(msgspec.Struct, frozen=True):
    """A draw that was repeated, its differences from the published draw in sentences, and whether
    the force could have fitted its file to the seed (None if only a rule was given).
    """

    draw: rules.RecordDraw
    digest: str
    differences: tuple[str, ...]
    could_be_chosen: bool | None = None


def repeat_draw(
    seed: str, name: str, content: bytes, published: PublishedDraw | rules.DrawRule
) -> RepeatedDraw:
    """Draw again from a file, and compare with what was published, without asking any database."""
    rule = published if isinstance(published, rules.DrawRule) else published.rule
    draw = draw_records(rule, seed, read_records(name, content, rule))
    digest = drawn_digest(draw)
    told: list[str] = []
    chosen = None
    if isinstance(published, PublishedDraw):
        chosen = published.sealed_sha256 is None
        file = hashlib.sha256(content).hexdigest()
        told = [
            f"{what}: published {was or 'nothing yet'}, here {now}."
            for what, was, now in (
                ("The seed differs", published.seed, seed),
                ("The file differs (SHA-256)", published.file_sha256, file),
                ("The records drawn differ (SHA-256)", published.drawn_sha256, digest),
            )
            if was != now
        ]
        told += list_differences(published.drawn, draw) if published.drawn else []
    return RepeatedDraw(draw, digest, tuple(told), chosen)


def list_differences(drawn: tuple[rules.DrawnReference, ...], draw: rules.RecordDraw) -> list[str]:
    """The records that only one of two draws has."""
    was, now = set(drawn), set(draw.records)
    return [
        *(f"Published and not drawn here: {record.reference} ({record.stratum})."
          for record in drawn if record not in now),
        *(f"Drawn here and not published: {record.reference} ({record.stratum})."
          for record in draw.records if record not in was),
    ]  # fmt: skip


async def make_report(
    connection: Connection, meeting: PanelMeeting, as_of: datetime.date
) -> scrutiny.MeetingReport:
    """The full report of a closed meeting, for its panel; answers and actions are those of today.

    Raises for a meeting that is not closed.
    """
    with import_lock("analysis.scrutiny"):
        from analysis.scrutiny import MeetingFacts, meeting_report  # slow to load

    if meeting.stage != "closed" or meeting.draw is None:
        raise refusals.open_meeting()
    drawn = await meetings.load_records(connection, meeting.id)
    agreed = await marks.load_joint_marks(connection, meeting.id)
    own = await marks.load_marks(connection, meeting.id)
    since, raised = await load_raised(connection, meeting)
    facts = MeetingFacts(
        blank=blank_report(
            meeting,
            meeting.draw,
            as_of=as_of,
            triggers_from=since,
            synthetic=await places.is_synthetic(connection),
        ),
        stratum_of={record.id: record.stratum for record in drawn},
        joint={joint_mark.record: joint_mark.colour for joint_mark in agreed},
        alone=[(mark.record, mark.seat, mark.colour) for mark in own],
        scheme=meeting.scheme,
        reasons=meeting.reasons or (),
        said=agreed,
        own=own,
        answers=await marks.load_answers(connection, meeting.id),
        triggers=raised,
        actions=[
            action.as_action() for action in await actions.load_of_meeting(connection, meeting.id)
        ],
    )
    return await anyio.to_thread.run_sync(compute, meeting_report, facts)


def compute(function: Callable[..., Report], *arguments: object) -> Report:
    """Call the function in a thread, once scipy is loaded."""
    load_statistics()
    return function(*arguments)


async def load_raised(
    connection: Connection, meeting: PanelMeeting
) -> tuple[datetime.date | None, Sequence[TriggerEvent]]:
    """The first day that counts since the panel's previous meeting, and what set off its triggers
    from that day; None and no events for a panel without triggers.
    """
    events = await panels.load_events(connection, meeting.panel)
    held = await meetings.load_meetings(connection, meeting.panel)
    before = [
        held_meeting.held_on
        for held_meeting in held
        if held_meeting.closed_at and held_meeting.held_on < meeting.held_on
    ]
    known = [trigger.since for trigger in await panels.load_triggers(connection, meeting.panel)]
    if not known:
        return None, ()
    since = max(before) + datetime.timedelta(days=1) if before else min(known)
    return since, [event for event in events if since <= event.raised_on <= meeting.held_on]


def blank_report(
    meeting: PanelMeeting,
    draw: rules.DrawSummary,
    *,
    as_of: datetime.date,
    triggers_from: datetime.date | None,
    synthetic: bool,
) -> scrutiny.MeetingReport:
    """A report with the meeting and how its records were drawn, before its figures are filled
    in.
    """
    rule = meeting.rule or rules.DrawRule()
    return scrutiny.MeetingReport(
        meeting=meeting.id,
        panel=meeting.panel_name,
        number=meeting.number,
        held_on=meeting.held_on,
        as_of=as_of,
        areas=meeting.areas or (),
        kind=rule.kind,
        file_is_public=rule.file_is_public,
        rule=(
            *(
                scrutiny.RulePart(name=rule_part.name, part="left_out")
                for rule_part in rule.leave_out
            ),
            *(scrutiny.RulePart(name=rule_part.name, part="always") for rule_part in rule.always),
            *(
                scrutiny.RulePart(
                    name=stratum.name,
                    part="always" if stratum.take is None else "chance",
                    take=stratum.take,
                )
                for stratum in rule.strata
            ),
        ),
        seed=meeting.seed or "",
        seeded_on=clock.local_day(meeting.seeded_at) if meeting.seeded_at else None,
        sealed=meeting.is_sealed,
        file_sha256=meeting.file_sha256 or "",
        drawn_sha256=meeting.drawn_sha256 or "",
        first=draw.first,
        last=draw.last,
        rows=draw.rows,
        left_out=tuple(
            scrutiny.LeftOutRecords(exclusion.reason, exclusion.number)
            for exclusion in draw.left_out
        ),
        strata=tuple(
            scrutiny.StratumMarks(
                name=stratum.name, always=stratum.always, size=stratum.size, drawn=stratum.drawn
            )
            for stratum in draw.strata
        ),
        triggers_from=triggers_from,
        synthetic=synthetic,
    )


async def make_public_report(
    connection: Connection, full: scrutiny.MeetingReport
) -> scrutiny.SafeMeetingReport:
    """The report as the public may read it, checked together with all that was or may be
    published.
    """
    with import_lock("analysis.editions.gate", "analysis.scrutiny.gate"):
        from analysis.editions.gate import open_session  # slow to load
        from analysis.scrutiny import gate

    city = (await places.get_city(connection)).name
    before = await reports.load_reviewed(connection)
    earlier = [
        *await editions.load_for_gate(connection, full.first or full.held_on),
        # An earlier version of the same report is about the same events.
        *(edition_from_report(report, city) for report in before if report.meeting != full.meeting),
    ]

    def through_gate() -> scrutiny.SafeMeetingReport:
        return gate.safe_report(full, open_session(city, earlier))

    return await anyio.to_thread.run_sync(compute, through_gate)
