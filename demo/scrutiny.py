"""A made-up panel that marks by PLANTER: two meetings that are over, and one to mark in."""

import datetime
import hashlib
import random
from collections.abc import Mapping, Sequence
from typing import get_args

import msgspec

from api import clock
from api.operations import scrutiny
from api.operations.scrutiny import make_public_report, make_report
from demo.door import DEMO_PEOPLE
from demo.simulation.texts_and_subjects import stream
from survey.files.delimited import write_csv
from survey.scrutiny import (
    COLOURS,
    REASONS,
    CommunityTrigger,
    JointMark,
    MarkColour,
    MinorityView,
    OwnMark,
    PanelMeeting,
    PanelMember,
    Verdict,
)
from survey.scrutiny.rules import CHILD, FIRED, Condition, DrawPart, DrawRule, ShownFields
from survey.scrutiny.schemes import READY_SCHEMES, VIDEO, StepVerdict
from survey.store.accounts import people
from survey.store.database import Connection
from survey.store.editions import actions
from survey.store.scrutiny import marks as mark_store
from survey.store.scrutiny import meetings, panels, reports

HACKNEY, NEWHAM = "E09000012", "E09000025"
BOROUGHS = ("Hackney", "Newham")
MORE_MEMBERS = (
    ("tomasz@example.org", "Tomasz Nowak", "scrutineer"),
    ("grace@example.org", "Grace Mensah", "scrutineer"),
    ("hamza@example.org", "Hamza Iqbal", "scrutineer"),
)
RULE = DrawRule(
    kind="force",
    reference="Reference",
    day="IncidentDate",
    leave_out=(
        DrawPart(
            name="Under investigation",
            conditions=(Condition(columns=("Investigation",), values=("Yes",)),),
        ),
    ),
    always=(DrawPart(name="Fired at a child", conditions=(CHILD, FIRED)),),
    strata=(
        DrawPart(name="Under 18", conditions=(CHILD,), take=10),
        DrawPart(name="Fired", conditions=(FIRED,), take=10),
        DrawPart(
            name="Mental health",
            conditions=(Condition(columns=("Impact Factor: Mental Health",), values=("Yes",)),),
            take=10,
        ),
        DrawPart(name="All others", take=10),
    ),
    shows=ShownFields(
        plain=(
            *("Borough", "SubjectAge", "SubjectGender", "SubjectEthnicity", "PrimaryConduct"),
            *("Impact Factor: Mental Health", "CED Fired", "SubjectInjured"),
        ),
        texts=("Narrative",),
        months=("IncidentDate",),
    ),
)
COLUMNS = (
    *("Reference", "IncidentDate", "Borough", "SubjectAge", "SubjectGender", "SubjectEthnicity"),
    *("PrimaryConduct", "Impact Factor: Mental Health", "CED Fired", "CED2 Fired", "CED3 Fired"),
    *("CED4 Fired", "Firearms Fired", "SubjectInjured", "Investigation", "Narrative"),
)
FIRST_NAMES = ("Daniel", "Amir", "Sarah", "Priya", "Mark", "Leon", "Chloe", "David")
SURNAMES = ("Hughes", "Khan", "Walker", "Patel", "Thompson", "Roberts", "Evans", "Clarke")
SCENES = (
    "called to a dispute outside a shop",
    "asked to check on a person who had stopped taking medication",
    "stopping a car that failed to give way",
    "searching for a person seen with a knife",
    "helping staff at a hospital",
)
ACTS = {
    "Yes": "A Taser was drawn, aimed and fired once from about three metres.",
    "No": "Handcuffs were put on and checked for tightness.",
}
ENDS = (
    "An ambulance was called and the person was taken to hospital.",
    "The person was arrested and told why.",
    "Nothing was found and the person was allowed to go.",
)
SAID: dict[MarkColour, str] = {
    "green": "They explained each step and waited.",
    "amber": "They could have kept talking for longer before they used force.",
    "red": "We see no reason for this much force.",
    "unsure": "The record does not say what happened before.",
}
AGREE = 0.78  # how often a member says alone what the panel says later
PLANTER = READY_SCHEMES["planter"]
# In how many records of a meeting the panel finds a step not met: what is planted.
STEPS_NOT_MET = {"P": 9, "L": 6, "A": 5, "N": 11, "T": 7, "E": 5, "R": 14}
# And how many records lack body-worn video, by reason; those that are left have it.
WITHOUT_VIDEO = {"not_switched_on": 9, "not_kept": 6, "not_stated": 5}
ALL_MET: dict[str, StepVerdict] = dict.fromkeys(STEPS_NOT_MET, "met")
VERDICTS: tuple[StepVerdict, ...] = get_args(StepVerdict)
SERIOUS = ("amber", "red")
SCORES: dict[MarkColour, int] = {"green": 2, "amber": 5, "red": 8}
TASER = "use_of_force_taser"
WEEKS_OF_TRIGGER = 30
UNANSWERED = 2  # marks of the first meeting that the force has not answered, though they are due
FORCE_SAID: dict[Verdict, str] = {
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


def made_up_file(number: int, first: datetime.date, size: int = 600) -> bytes:
    """A file of records of three months from the day `first`, as a force would hand it over; nobody
    in it exists.
    """
    chance = stream(number, "records of a force")
    rows = [made_up_row(chance, f"UF{number}-{at:04}", first) for at in range(1, size + 1)]
    return write_csv([COLUMNS, *rows])


def made_up_row(chance: random.Random, reference: str, first: datetime.date) -> list[str]:
    fired = "Yes" if chance.random() < 0.05 else "No"
    officer, other, person = (
        f"{chance.choice(FIRST_NAMES)} {chance.choice(SURNAMES)}" for _ in range(3)
    )
    narrative = (
        f"PC {chance.randint(1000, 9999)} {officer} and PC {other} were "
        f"{chance.choice(SCENES)}. They spoke with Mr {person}, who did not answer at first.\n"
        f"{ACTS[fired]} {chance.choice(ENDS)}"
    )
    return [
        reference,
        str(first + datetime.timedelta(days=chance.randrange(90))),
        chance.choice(BOROUGHS),
        chance.choices(("11-17", "18-34", "35-49", "50-64"), (12, 48, 28, 12))[0],
        chance.choices(("Male", "Female"), (82, 18))[0],
        chance.choice(("White", "Black (or Black British)", "Asian (or Asian British)", "Mixed")),
        chance.choice(("Compliant", "Verbal resistance/gestures", "Active resistance")),
        "Yes" if chance.random() < 0.15 else "No",
        *(fired, "No", "No", "No", "No"),
        "Yes" if chance.random() < 0.1 else "No",
        "Yes" if chance.random() < 0.02 else "No",
        narrative,
    ]


async def hold_meetings(connection: Connection, seed: int) -> list[str]:
    """Set up the panel, hold its meetings and return the ids of those over."""
    demo = {role: (email, name, role) for email, name, role in DEMO_PEOPLE}
    accounts = [
        await ensure_member(connection, *person)
        for person in [demo["reviewer"], demo["scrutineer"], *MORE_MEMBERS]
    ]
    today = clock.today()
    areas = [HACKNEY, NEWHAM]
    about = "Looks at how force is used in the two boroughs, and at what the police learn from it."
    panel = await panels.insert_panel(
        connection, "Hackney and Newham scrutiny panel", about, areas, RULE, REASONS, scheme=PLANTER
    )
    for number, account in enumerate(accounts):
        await panels.save_member(connection, panel, member_of(account, number, today))
    # Fewer than ten: the page of the panel shows no shares of them.
    await panels.save_description(
        connection, panel, accounts[1], {"sex": "female", "age": "35-54", "ethnicity": "asian"}
    )
    over = []
    for number, weeks in enumerate((17, 4), 1):
        day = today - datetime.timedelta(weeks=weeks)
        meeting = await draw_meeting(connection, panel, day, seed + number)
        await hold_meeting(connection, meeting, accounts, seed + number)
        over.append(meeting.id)
    meeting_number = seed + 3
    chance = stream(meeting_number, "marks")
    meeting = await draw_meeting(connection, panel, clock.today(), meeting_number)
    await panels.insert_attendance(connection, meeting.id, accounts)
    await meetings.open_marking(connection, meeting.id)
    for at, record in enumerate(await meetings.load_records(connection, meeting.id)):
        for account in accounts:
            if account != accounts[1] or at < 2:
                await mark_store.save_mark(
                    connection, record.id, account, made_up_mark(chance, "green", ALL_MET)
                )
    return over


async def ensure_member(connection: Connection, email: str, name: str, role: str) -> str:
    account = await people.by_email(connection, email)
    return account.id if account else await people.insert(connection, email, name, role, None)


def member_of(account: str, number: int, today: datetime.date) -> PanelMember:
    start = today - datetime.timedelta(days=200)
    return PanelMember(
        account=account,
        name="",
        email="",
        chairs=number == 0,
        term_from=start,
        term_to=start + datetime.timedelta(days=730),
        trained_on=start + datetime.timedelta(days=7 + number),
        vetted_on=start - datetime.timedelta(days=30),
    )


async def draw_meeting(
    connection: Connection, panel: str, day: datetime.date, number: int
) -> PanelMeeting:
    """A meeting whose file was handed over and whose seed was fixed two weeks before it; its
    records were drawn one week before it.
    """
    ident = await meetings.insert_meeting(connection, panel, day)
    evening = clock.midnight(day) + datetime.timedelta(hours=18)
    at = evening - datetime.timedelta(days=14)
    content = made_up_file(number, (day - datetime.timedelta(days=110)).replace(day=1))
    sealed = hashlib.sha256(content).hexdigest()
    planned = await meetings.get_meeting(connection, ident)
    await scrutiny.fix_seed(connection, planned, sealed, at=at)
    meeting = await meetings.get_meeting(connection, ident)
    at = evening - datetime.timedelta(days=7)
    await scrutiny.open_file(connection, meeting, "use-of-force.csv", content, at=at)
    return await meetings.get_meeting(connection, ident)


async def hold_meeting(
    connection: Connection, meeting: PanelMeeting, accounts: list[str], number: int
) -> None:
    """Hold a meeting: all members mark alone, one of them steps aside for one record, and they mark
    together.
    """
    chance = stream(number, "marks")
    records = await meetings.load_records(connection, meeting.id)
    size = len(records)
    red: MarkColour = "red"
    amber: MarkColour = "amber"
    unsure: MarkColour = "unsure"
    green: MarkColour = "green"
    colours = [*[red] * 6, *[amber] * 12, *[unsure] * 2, *[green] * size][:size]
    chance.shuffle(colours)
    planted = stream(number, "steps and video")
    steps = {key: planted_steps(planted, colours, many) for key, many in STEPS_NOT_MET.items()}
    videos = [reason for reason, many in WITHOUT_VIDEO.items() for _ in range(many)]
    videos += [VIDEO] * (size - len(videos))
    planted.shuffle(videos)
    truth = {
        record.id: JointMark(
            record=record.id,
            colour=colour,
            score=SCORES.get(colour),
            steps={key: verdicts[at] for key, verdicts in steps.items()},
            video=videos[at],
        )
        for at, (record, colour) in enumerate(zip(records, colours, strict=True))
    }
    evening = clock.midnight(meeting.held_on) + datetime.timedelta(hours=18)
    await panels.insert_attendance(connection, meeting.id, accounts)
    await meetings.open_marking(connection, meeting.id, at=evening)
    await meetings.insert_conflict(connection, records[3].id, accounts[2])
    for account in accounts:
        for record in records:
            if (record.id, account) != (records[3].id, accounts[2]):
                mark = made_up_mark(chance, truth[record.id].colour, truth[record.id].steps)
                await mark_store.save_mark(connection, record.id, account, mark)
    later = evening + datetime.timedelta(hours=1)
    await meetings.close_alone(connection, meeting.id, at=later)
    for record in records:
        colour = truth[record.id].colour
        other = chance.random() < 0.15 and colour == "green"
        joint = msgspec.structs.replace(
            truth[record.id],
            words=SAID[colour] if colour != "green" else "",
            minority=(MinorityView("amber", SAID["amber"]),) if other else (),
        )
        await mark_store.save_joint_mark(connection, joint)
    await meetings.close_meeting(connection, meeting.id, at=later + datetime.timedelta(hours=1))


def planted_steps(
    chance: random.Random, colours: Sequence[MarkColour], many: int
) -> list[StepVerdict]:
    """The records in which a step is not met: amber and red ones first, then others."""
    order = sorted(range(len(colours)), key=lambda at: (colours[at] in SERIOUS, chance.random()))
    failed = set(order[-many:])
    return ["not_met" if at in failed else "met" for at in range(len(colours))]


def made_up_mark(
    chance: random.Random, truth: MarkColour, steps: Mapping[str, StepVerdict]
) -> OwnMark:
    colour = truth if chance.random() < AGREE else chance.choice(COLOURS)
    own: dict[str, StepVerdict] = {
        key: verdict if chance.random() < AGREE else chance.choice(VERDICTS)
        for key, verdict in steps.items()
    }
    return OwnMark(
        colour=colour,
        score=SCORES.get(colour),
        steps=own,
        words=SAID[colour] if colour in SERIOUS and chance.random() < 0.5 else "",
        watched_video=chance.random() < 0.6,
    )


async def answer_meetings(
    connection: Connection, ids: Sequence[str], *, by: str, publisher: str
) -> None:
    """Answer most of what is due from the force, add the panel's actions and a trigger, and have
    its reports reviewed by one person and published by another.
    """
    held = [await meetings.get_meeting(connection, ident) for ident in ids]
    await set_off_trigger(connection, held[0].panel, by=by)
    for number, meeting in enumerate(held):
        marks = await mark_store.load_answers(connection, meeting.id)
        # The last meeting's answers are due only now: half of them have come.
        answered = marks[: len(marks) // 2] if number else marks[:-UNANSWERED]
        chance = stream(meeting.number, "answers of a force")
        for i, mark in enumerate(answered):
            verdict = chance.choices(tuple(FORCE_SAID), (6, 3, 1))[0]
            late = i % 5 == 4
            day = min(mark.due + datetime.timedelta(days=6 if late else -5), clock.today())
            learning = LEARNING if verdict == "accepted" and i % 3 == 0 else ""
            given = verdict, FORCE_SAID[verdict], learning, day
            await mark_store.append_answer(connection, mark.record, 1, given, by=by)
        await agree_actions(connection, meeting, first=number == 0, by=by)
        full = await make_report(connection, meeting, clock.today())
        safe = await make_public_report(connection, full)
        version = await reports.insert_reviewed(connection, safe, by=by)
        await reports.insert_publication(connection, meeting.id, version, by=publisher)


async def agree_actions(
    connection: Connection, meeting: PanelMeeting, *, first: bool, by: str
) -> None:
    """Add the actions of a meeting; of the first meeting's actions, one is done and one is
    overdue.
    """
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
    """Add a trigger of the panel, the events that set it off so far, and an answer to the first
    event.
    """
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
    await panels.insert_trigger(connection, rule)
    # As the worker would have done each morning.
    for days in range(1, (today - since).days + 1):
        await panels.raise_numbers(connection, since + datetime.timedelta(days=days))
    raised = await panels.load_events(connection, panel)
    for event in raised[:1]:
        words = (
            "We looked at both complaints with the officers' sergeant. Both are being investigated."
        )
        day = min(event.due - datetime.timedelta(days=3), today)
        await panels.append_answer(connection, event.id, 1, words, day, by=by)
