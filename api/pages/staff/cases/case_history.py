"""What happened in a case, what is due, and what may be related: similar complaints and counts."""

import datetime
from collections.abc import Sequence

import anyio.to_thread
import msgspec

from api import clock, dependencies, locales
from api.pages.filters import moment, short_day
from api.process.installation import import_lock
from survey.cases import ACTIVE_STATUSES, CaseEvent, CaseStatus
from survey.deployments import COUNTED, USES, DeploymentCount, SourceCount
from survey.store.cases import complaints, events
from survey.store.cases.complaints import StoredCase
from survey.store.cases.events import SimilarCase
from survey.store.database import Connection
from survey.surveys.item_types.answers import Answers
from survey.words import in_local_words

# The next step by status of the case.
NEXT_STEPS: dict[CaseStatus, str] = {
    "new": "Acknowledge",
    "open": "Decide",
    "waiting": "Waiting for the person",
    "decided": "Close",
    "disputed": "Look at it again",
}
DAYS_AS_WEEKS = 14  # from this many days on, lateness is given in weeks
STAFF_MESSAGES = ("asked", "told", "outcome", "closed")
LEAST_ALIKE = 0.5
MOST_SHOWN = 10
FEW_EVENTS = 3  # a published count of more than this says nothing about one case
NEAR = datetime.timedelta(days=7)
DEVICE, FORCE, STOPS = ["ced", *USES], ["force"], ["stop_search"]
TACTICS = {
    "use_of_force_taser": DEVICE,
    "use_of_force_other": FORCE,
    "arrest": FORCE,
    "custody": FORCE,
    "stop_and_search": STOPS,
}


def due_words(status: CaseStatus, due: datetime.date | None, today: datetime.date) -> str:
    """What is due and when, such as "Acknowledge by 16 September: 10 weeks late"; empty if nothing
    is due.
    """
    step = NEXT_STEPS.get(status)
    if step is None or due is None:
        return ""
    if status == "waiting":
        return f"{step} until {short_date(due, today)}"
    late = (today - due).days
    words = f"{step} by {short_date(due, today)}"
    return f"{words}: {late_words(late)}" if late > 0 else words


def late_words(days: int) -> str:
    if days < DAYS_AS_WEEKS:
        return "1 day late" if days == 1 else f"{days} days late"
    return f"{days // 7} weeks late"


def short_date(day: datetime.date, today: datetime.date) -> str:
    """A date; with its year only if that is not this year."""
    return f"{day:%-d %B}" if day.year == today.year else f"{day:%-d %B %Y}"


class CaseTimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a case's history; `to` is the name of the person it was assigned to."""

    version: int
    event: CaseEvent
    at: str
    day: str
    name: str | None
    to: str = ""
    record: str = ""


class CaseMessage(msgspec.Struct, frozen=True):
    """What one side wrote to the other; `words` are None for people who may not read them."""

    at: str
    ours: bool
    name: str | None
    words: str | None
    language: str | None


class EarlierCaseRecord(msgspec.Struct, frozen=True):
    """The record before a correction; its free text is shown only with the original texts."""

    at: str
    area: str
    allegations: list[str]
    answers: Answers
    texts: dict[str, str]


async def load_timeline(
    connection: Connection, complaint: str, names: dict[str, str], *, mine: bool
) -> tuple[list[CaseTimelineEntry], list[CaseMessage]]:
    """Every event, and the messages, which are readable only if the case is `mine`."""
    happened, messages = [], []
    for row in await events.load_timeline(connection, complaint):
        event = row.event
        happened.append(
            CaseTimelineEntry(
                version=row.version,
                event=event,
                at=moment(row.at),
                day=short_day(row.at),
                name=row.name,
                to=names.get(event.to or "", "nobody"),
                record=linked_record_text(event),
            )
        )
        if row.body is not None:
            ours, words = event.kind in STAFF_MESSAGES, row.body if mine else None
            messages.append(CaseMessage(moment(row.at), ours, row.name, words, row.language))
    return happened, messages


def linked_record_text(event: CaseEvent) -> str:
    """The published count that a case was linked to, in words."""
    count = event.deployment
    return "" if count is None else deployment_count_text(count, event.source)


def deployment_count_text(count: DeploymentCount, source: str) -> str:
    when, what = (
        locales.format_dates(count.start, count.end),
        locales.tactic_name(count.tactic),
    )
    measure = count.measure.replace("_", " ")
    if count.count == 1:
        measure = {"searches": "search"}.get(measure, measure.removesuffix("s"))
    return (
        f"{what}: {locales.format_whole(count.count)} {measure}, {when} "
        f"({source.replace('_', ' ')})"
    )


async def load_earlier_records(
    connection: Connection, complaint: str, areas: dict[str, str], names: dict[str, str]
) -> list[EarlierCaseRecord]:
    return [
        EarlierCaseRecord(
            at=short_day(row.at),
            area=areas.get(row.area, row.area),
            allegations=[names.get(allegation, allegation) for allegation in row.allegations],
            answers=row.answers,
            texts=row.texts,
        )
        for row in await events.load_earlier_records(connection, complaint)
    ]


class CaseDuplicate(msgspec.Struct, frozen=True):
    """A case that may be about the same event, and the reasons."""

    reference: str
    area: str
    received: str
    status: CaseStatus
    why: list[str]

    @property
    def can_take(self) -> bool:
        return self.status in ACTIVE_STATUSES


class CaseDeploymentRecord(msgspec.Struct, frozen=True):
    """A published deployment count, its key in a form, and its source."""

    key: str
    words: str
    count: DeploymentCount
    source: str


class CaseDeploymentLink(msgspec.Struct, frozen=True):
    """A count that a case is linked to, who said so and why."""

    key: str
    words: str
    happened: CaseTimelineEntry


async def load_duplicates(
    connection: Connection, case: StoredCase, areas: dict[str, str]
) -> list[CaseDuplicate]:
    likeness = await load_similarities(connection, case)
    rows = await events.load_similar_cases(connection, case.id, [*likeness], MOST_SHOWN)
    return [
        CaseDuplicate(
            reference=row.reference,
            area=areas.get(row.area, row.area),
            received=short_day(row.received_at),
            status=row.status,
            why=duplicate_reasons(row, likeness.get(row.id, 0.0)),
        )
        for row in rows
    ]


def duplicate_reasons(row: SimilarCase, likeness: float) -> list[str]:
    why = []
    if row.alike:
        why.append(f"its words are {100 * likeness:.0f}% alike")
    if row.campaign:
        why.append("its words are of the same campaign")
    if row.event:
        said = "same borough, within three days, and an allegation of the same kind"
        why.append(in_local_words(said))
    return why


async def load_similarities(connection: Connection, case: StoredCase) -> dict[str, float]:
    """The similarity of each nearby case's texts to this case's, by case, where it is high
    enough.
    """
    with import_lock("analysis.text.copies"):
        from analysis.text.copies import jaccard_with_others as compared  # slow to load

    # Compared as redacted, so that a score says nothing about what is masked.
    shown = await complaints.load_redacted_texts(connection, case.id)
    mine = " ".join(words for words in shown.values() if words)
    others = await events.load_nearby(connection, case.id)
    scores = await anyio.to_thread.run_sync(compared, mine, [row.words for row in others])
    pairs = zip((row.id for row in others), scores, strict=True)
    return {ident: likeness for ident, likeness in pairs if likeness >= LEAST_ALIKE}


async def load_deployment_records(
    connection: Connection, case: StoredCase
) -> list[CaseDeploymentRecord]:
    """Counts that cover the day of the event, else those within a week of it."""
    # Without a day of the event the complaint cannot have come before it.
    event_day = case.happened_on or clock.local_day(case.received_at)
    # A day may be remembered wrongly, so a week around it is the second attempt.
    for days in ((event_day, event_day), (event_day - NEAR, event_day + NEAR)):
        tactics = [
            tactic for allegation in case.allegations for tactic in TACTICS.get(allegation, [])
        ]
        tactics = tactics or [*DEVICE, *FORCE, *STOPS]
        measures: list[str] = [*COUNTED] if {*tactics} - {*STOPS} else []
        rows = await events.load_possible_counts(
            connection,
            case.area,
            days,
            ([*measures, *(["searches"] if {*STOPS} & {*tactics} else [])], tactics),
            as_of=clock.today(),
            most=FEW_EVENTS,
            limit=MOST_SHOWN,
        )
        if rows:
            return [deployment_record(row) for row in rows]
    return []


def deployment_record(source_count: SourceCount) -> CaseDeploymentRecord:
    count, source = source_count.count, source_count.source
    return CaseDeploymentRecord(
        record_key(count, source), deployment_count_text(count, source), count, source
    )


def record_key(count: DeploymentCount, source: str) -> str:
    """The key of a count in a form. It encodes the whole count, so a restated count has another
    key.
    """
    # A count that was restated meanwhile has another key, so no link goes to a figure nobody saw.
    return dependencies.encode_cursor([source, msgspec.to_builtins(count)])


def linked_records(happened: Sequence[CaseTimelineEntry]) -> list[CaseDeploymentLink]:
    """The counts that a case is linked to now."""
    links: dict[str, CaseDeploymentLink] = {}
    for entry in happened:
        if entry.event.deployment is None:
            continue
        key = record_key(entry.event.deployment, entry.event.source)
        if entry.event.kind == "linked":
            links[key] = CaseDeploymentLink(key, entry.record, entry)
        else:
            # Events only ever add up: a link is in force until a later event undoes it.
            links.pop(key, None)
    return [*links.values()]
