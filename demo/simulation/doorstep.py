"""A made-up survey that interviewers carry: its sample points, visits and interviews.

What comes of a point is drawn by the shares of `ADDRESSES`, `REACHED` and `IF_REACHED`, which do
not depend on who goes there or on the borough. So the rates should be near those that they give.
"""

import datetime
import random
import secrets
import uuid

import msgspec

from api import clock
from api.operations.answers import submissions
from api.security.keyring import Keyring
from api.security.people import key_digest
from demo.simulation.encounters import choose_one, option_name, options_of
from demo.simulation.texts_and_subjects import stream
from survey.store.answers import responses as response_store
from survey.store.database import Connection
from survey.store.surveys import fieldwork, instruments
from survey.store.surveys.fieldwork import NewPoint
from survey.store.surveys.instruments import code_digest
from survey.surveys import responses
from survey.surveys.fieldwork import DayPart, Outcome, Visit
from survey.surveys.instruments import Instrument, SelectOne
from survey.surveys.item_types.answers import Answers
from survey.surveys.responses import AnswerContext, Response, Submission

SLUG = "your-street"
# What a point is that no household of the survey lives at, by its share of the points.
ADDRESSES: dict[Outcome, float] = {"not_a_home": 0.04, "vacant": 0.05, "no_access": 0.03}
# How likely a visit reaches the person who was chosen, and that it finds them out.
REACHED: dict[DayPart, float] = {"morning": 0.2, "afternoon": 0.3, "evening": 0.45}
PERSON_OUT = 0.1
# What comes of it when somebody is reached.
IF_REACHED: dict[Outcome, float] = {
    "interview": 0.57,
    "partial": 0.05,
    "refused": 0.25,
    "broke_off": 0.03,
    "unable": 0.03,
    "language": 0.04,
    "nobody_eligible": 0.03,
}
# A household is visited up to four times, in these parts of the day.
ROUNDS: tuple[DayPart, ...] = ("evening", "afternoon", "morning", "evening")
# By question: its text, and the share of people who would give each answer.
ANSWERS: dict[str, tuple[str, dict[str, float]]] = {
    "safe": (
        "How safe do you feel in your street after dark?",
        {"Very safe": 0.22, "Fairly safe": 0.46, "A bit unsafe": 0.22, "Very unsafe": 0.1},
    ),
    "seen": (
        "How often do you see police officers on foot here?",
        {"Every week": 0.3, "Every month": 0.3, "Less often": 0.4},
    ),
    "good": (
        "How good a job do the police do here?",
        {"Good": 0.48, "Neither good nor poor": 0.3, "Poor": 0.22},
    ),
}
# The neighbourhoods of Hackney and Newham, each with who goes there; nobody has the last one yet.
NEIGHBOURHOODS = {
    "Hackney 1": "Ife and Sam",
    "Hackney 2": "Ife and Sam",
    "Hackney 3": "Marta",
    "Newham 1": "Marta",
    "Newham 2": "Yusuf",
    "Newham 3": "",
}
BOROUGHS = {"Hackney": "E09000012", "Newham": "E09000025"}
POINTS_EACH, PROBABILITY = 40, 0.0005
WEEKS_AGO, LATEST_START, BETWEEN = 5, 12, (2, 6)  # weeks, and days
# Interviews whose answers never came, and that were sent back: one was done again, one was not.
AWAITED, SENT_BACK = 2, 2
HOURS: dict[DayPart, int] = {"morning": 10, "afternoon": 15, "evening": 19}
SURVEY = Instrument(
    slug=SLUG,
    version=1,
    mode="sampled",
    kind="survey",
    title={"en": "Your street and the police"},
    summary={"en": "Interviewers ask people who were chosen at random, at their doors."},
    organisation="Hackney and Newham scrutiny panel",
    items=tuple(
        SelectOne(name=name, text={"en": text}, options=options_of(shares))
        for name, (text, shares) in ANSWERS.items()
    ),
)


class DoorstepPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A made-up sample point, and what came of the visits to it."""

    reference: str
    psu: str
    area: str
    team: str
    visits: tuple[Visit, ...]

    @property
    def code(self) -> str:
        """The access code: easy to guess, so that any visitor can do an interview."""
        return f"DEMO-{self.reference}"

    @property
    def is_interview(self) -> bool:
        return bool(self.visits) and self.visits[-1].outcome in ("interview", "partial")


async def carry_survey(connection: Connection, seed: int, keys: Keyring, *, by: str) -> None:
    """Publish the survey, and store its points, the visits to them and what people answered."""
    chance = stream(seed, "doorstep")
    begun = clock.today() - datetime.timedelta(weeks=WEEKS_AGO)
    points = made_up_points(chance, begun)
    answered = [point for point in points if point.is_interview][AWAITED:]
    await instruments.insert(connection, SURVEY, by=by)
    await save_points(
        connection, points, {interview.reference for interview in answered}, begun, keys
    )
    await save_answers(connection, chance, answered)
    for interview in answered[:SENT_BACK]:
        await fieldwork.send_back(
            connection, SLUG, interview.reference, "wrong_person", clock.today()
        )
    await replace_interview(connection, answered[0], made_up_answers(chance, "interview"))


def made_up_points(chance: random.Random, begun: datetime.date) -> list[DoorstepPoint]:
    """The points in the order of their references; a point whose neighbourhood has no interviewer
    was never visited.
    """
    return [
        DoorstepPoint(
            reference=f"{letter}{number:03}",
            psu=psu,
            area=BOROUGHS[psu.split()[0]],
            team=team,
            visits=made_up_visits(chance, begun) if team else (),
        )
        for letter, (psu, team) in zip("ABCDEF", NEIGHBOURHOODS.items(), strict=True)
        for number in range(1, POINTS_EACH + 1)
    ]


def made_up_visits(chance: random.Random, begun: datetime.date) -> tuple[Visit, ...]:
    """The visits to a point, up to the one that settles it."""
    day = begun + datetime.timedelta(days=chance.randint(1, LATEST_START))
    shares = *ADDRESSES.values(), 1 - sum(ADDRESSES.values())
    [nobody] = chance.choices([*ADDRESSES, None], shares)
    visits: list[Visit] = []
    for part in ROUNDS:
        outcome = nobody or visit_outcome(chance, part)
        visits.append(Visit(day, part, outcome))
        if outcome not in ("away", "nobody_home"):
            break
        day += datetime.timedelta(days=chance.randint(*BETWEEN))
    return tuple(visits)


def visit_outcome(chance: random.Random, part: DayPart) -> Outcome:
    """What comes of a visit to a household."""
    luck = chance.random()
    if luck < REACHED[part]:
        return choose_one(chance, IF_REACHED)
    return "away" if luck < REACHED[part] + PERSON_OUT else "nobody_home"


async def save_points(
    connection: Connection,
    points: list[DoorstepPoint],
    answered: set[str],
    begun: datetime.date,
    keys: Keyring,
) -> None:
    """Store the sample, its points, who goes there, and the visits."""
    digests = {point.reference: code_digest(point.code) for point in points}
    await instruments.copy_invitations_in(
        connection,
        [
            (
                digests[point.reference],
                *(SLUG, SURVEY.version, point.area, point.psu, PROBABILITY),
                *(point.reference in answered, begun),
            )
            for point in points
        ],
    )
    teams = {
        team: await add_team(connection, team, keys)
        for team in [team for team in dict.fromkeys(NEIGHBOURHOODS.values()) if team]
    }
    new = [
        NewPoint(point.reference, digests[point.reference], teams.get(point.team))
        for point in points
    ]
    await fieldwork.save_points(connection, SLUG, new)
    ids = {point.reference: point.id for point in await fieldwork.load_points(connection, SLUG)}
    visits = [(ids[point.reference], visit) for point in points for visit in point.visits]
    await fieldwork.save_visits(connection, visits)


async def add_team(connection: Connection, name: str, keys: Keyring) -> str:
    """Add an interviewer and their own address; returns an id."""
    key = secrets.token_urlsafe(32)
    sealed = keys.seal_text(key)
    return await fieldwork.insert_group(connection, SLUG, name, key_digest(key), sealed)


async def save_answers(
    connection: Connection, chance: random.Random, answered: list[DoorstepPoint]
) -> None:
    """Store what people said at these points, each answer linked to its point by the code."""
    rows, references = [], []
    for point in answered:
        last = point.visits[-1]
        accepted = accept_interview(point, made_up_answers(chance, last.outcome))
        reference = submissions.new_reference()
        moment = clock.midnight(last.day) + datetime.timedelta(hours=HOURS[last.part])
        references.append(reference)
        rows.append(
            (
                uuid.UUID(int=chance.getrandbits(128), version=4),
                *(reference, SLUG, SURVEY.version, SURVEY.mode, point.area, "en"),
                *(accepted.answers, point.area, point.psu, PROBABILITY, moment),
            )
        )
    await response_store.copy_responses_in(connection, rows)
    for point, reference in zip(answered, references, strict=True):
        await submissions.save_interview(connection, SLUG, point.code, reference)


def made_up_answers(chance: random.Random, outcome: Outcome) -> Answers:
    """What somebody says; a partial interview lacks its last answer."""
    answers: Answers = {
        name: option_name(choose_one(chance, shares)) for name, (_, shares) in ANSWERS.items()
    }
    if outcome == "partial":
        answers.pop(list(ANSWERS)[-1])
    return answers


def accept_interview(point: DoorstepPoint, given: Answers) -> Response:
    """The answers of a point, through the same checks that real ones pass."""
    submission = Submission(answers=given, access_code=point.code)
    return responses.accept_submission(
        SURVEY, submission, point.area, AnswerContext(point.visits[-1].day)
    )


async def replace_interview(
    connection: Connection, interview: DoorstepPoint, given: Answers
) -> None:
    """Replace an interview that was sent back; the new one is from today."""
    arrival = submissions.new_arrival(
        SURVEY,
        None,
        Submission(answers=given, access_code=interview.code),
        accept_interview(interview, given),
    )
    arrival = msgspec.structs.replace(arrival, reference=submissions.new_reference())
    await submissions.save_interview(connection, SLUG, interview.code, arrival.reference)
    [receipt] = await response_store.insert_sampled_many(connection, [arrival])
    if isinstance(receipt, Exception):
        raise receipt
    points = await fieldwork.load_points(connection, SLUG)
    [ident] = [point.id for point in points if point.reference == interview.reference]
    visit = Visit(clock.today(), "morning", "interview")
    await fieldwork.save_visits(connection, [(ident, visit)])
