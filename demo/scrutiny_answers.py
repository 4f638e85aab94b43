"""What the made-up force answered to the scrutiny panel, and what the panel did with it."""

import datetime
from collections.abc import Sequence

import msgspec

from api import clock
from api.operations.scrutiny import make_public_report, make_report
from demo.simulation.streams import stream
from survey.scrutiny.panels import CommunityTrigger, MarkAnswer, PanelMeeting, Verdict
from survey.store.database import Connection
from survey.store.editions import actions
from survey.store.scrutiny import answers, meetings, reports, triggers

TASER = "use_of_force_taser"
WEEKS_OF_TRIGGER = 30
UNANSWERED = 2  # marks of the first meeting that the force has not answered, though they are due
SAID: dict[Verdict, str] = {
    "accepted": "We agree. The officer's supervisor has gone through the record with them.",
    "partly": "We agree that more could have been said first. We think the force was needed.",
    "rejected": "The body-worn video shows a threat that the record leaves out. We stand by it.",
}
LEARNING = "De-escalation in the first minute is now part of the yearly refresher."
AGREED = (
    ("Show the panel the new refresher on de-escalation", "Chief inspector, training", 70, True),
    (
        "Say in each record how long officers talked before using force",
        "Panel chair",
        42,
        False,
    ),
)
LATER = ("Invite a mental health nurse to the next meeting", "Panel chair", 21)


async def answer_meetings(
    connection: Connection, ids: Sequence[str], *, by: str, publisher: str
) -> None:
    """The force answers most of what is due; the panel agrees on actions, sets a trigger, and its
    reports are reviewed by one person and published by another.
    """
    held = [await meetings.get_meeting(connection, one) for one in ids]
    await set_off_trigger(connection, held[0].panel, by=by)
    for number, meeting in enumerate(held):
        marks = await answers.load_answers(connection, meeting.id)
        # The last meeting's answers are due only now: half of them have come.
        answered = marks[: len(marks) // 2] if number else marks[:-UNANSWERED]
        await give_answers(connection, meeting, answered, by=by)
        await agree_actions(connection, meeting, first=number == 0, by=by)
        full = await make_report(connection, meeting, clock.today())
        safe = await make_public_report(connection, full)
        version = await reports.insert_reviewed(connection, safe, by=by)
        await reports.insert_publication(connection, meeting.id, version, by=publisher)


async def give_answers(
    connection: Connection, meeting: PanelMeeting, marks: Sequence[MarkAnswer], *, by: str
) -> None:
    """Answer these marks, one in five after its day."""
    chance = stream(meeting.number, "answers of a force")
    for i, one in enumerate(marks):
        verdict = chance.choices(tuple(SAID), (6, 3, 1))[0]
        late = i % 5 == 4
        day = min(one.due + datetime.timedelta(days=6 if late else -5), clock.today())
        learning = LEARNING if verdict == "accepted" and i % 3 == 0 else ""
        given = verdict, SAID[verdict], learning, day
        await answers.append_answer(connection, one.record, 1, given, by=by)


async def agree_actions(
    connection: Connection, meeting: PanelMeeting, *, first: bool, by: str
) -> None:
    """The actions of a meeting: of the first one is done and one is overdue."""
    if not first:
        what, owner, days = LATER
        due = clock.today() + datetime.timedelta(days=days)
        await actions.insert_at_meeting(connection, meeting.id, what, owner, due, by=by)
        return
    for what, owner, days, done in AGREED:
        due = meeting.held_on + datetime.timedelta(days=days)
        number = await actions.insert_at_meeting(connection, meeting.id, what, owner, due, by=by)
        if done:
            stored = await actions.get(connection, number)
            changed = msgspec.structs.replace(
                stored, status="done", outcome="The panel saw it and had two suggestions."
            )
            await actions.append(connection, changed, 2, by=by)


async def set_off_trigger(connection: Connection, panel: str, *, by: str) -> None:
    """A trigger of the panel, what set it off so far, and an answer to the first of it."""
    today = clock.today()
    since = today - datetime.timedelta(weeks=WEEKS_OF_TRIGGER)
    rule = CommunityTrigger(
        id="",
        panel=panel,
        kind="number",
        allegation=TASER,
        least=2,
        period="month",
        days=28,
        since=since,
    )
    await triggers.insert_trigger(connection, rule)
    # As the worker would have done each morning.
    for days in range(1, (today - since).days + 1):
        await triggers.raise_numbers(connection, since + datetime.timedelta(days=days))
    raised = await triggers.load_events(connection, panel)
    for one in raised[:1]:
        words = (
            "We looked at both complaints with the officers' sergeant. Both are being investigated."
        )
        day = min(one.due - datetime.timedelta(days=3), today)
        await triggers.append_answer(connection, one.id, 1, words, day, by=by)
