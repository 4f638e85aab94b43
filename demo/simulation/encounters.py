"""A made-up survey of people whom the police met: a wave that has ended, and one that is open.

What each of those asked would say is drawn by the shares of `TRUTH`, and does not depend on who
answers: young people answer less often, and think the same. So an edition should hold these shares.
"""

import datetime
import random
import uuid
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from api import clock
from api.operations.answers import submissions
from demo.simulation.texts_and_subjects import stream
from survey.store.answers import responses as response_store
from survey.store.database import Connection
from survey.store.surveys import encounters, instruments, limits
from survey.store.surveys.encounters import NewlyAsked, NewWave
from survey.surveys import responses
from survey.surveys.encounter_files import choose_people
from survey.surveys.encounters import AskingRules, Encounter, Rule
from survey.surveys.instruments import Instrument, Option, SelectMultiple, SelectOne
from survey.surveys.item_types.answers import Answers
from survey.surveys.responses import AnswerContext, Submission

Name = TypeVar("Name", bound=str)
SLUG = "after-the-police"
# By question: its text, and the share of people who would give each answer.
TRUTH: dict[str, tuple[str, dict[str, float]]] = {
    "respect": (
        "Did the officers treat you with respect?",
        {"Yes, fully": 0.46, "Partly": 0.3, "No": 0.24},
    ),
    "reason": ("Did an officer tell you why?", {"Yes": 0.62, "No": 0.38}),
    "fair": (
        "How fair was what they did?",
        {"Fair": 0.5, "Neither fair nor unfair": 0.2, "Unfair": 0.3},
    ),
}
DONE_TEXT = "What did the officers do? Select all that happened."
# Each of them may have happened or not, whatever else did.
DONE: dict[str, float] = {
    "They listened to me": 0.42,
    "They said who they were": 0.66,
    "They gave me a record": 0.35,
}
RULES = AskingRules()
# Of a thousand people in a file, as many are not asked, by why; a file may lack an age.
AGAINST: dict[Rule, int] = {
    "domestic_abuse": 30,
    "medical": 20,
    "open_complaint": 25,
    "unwilling": 15,
}
UNDER_16 = 0.04
AREAS = ("E09000012", "E09000025", "E09000022", "E09000028")
KINDS = {"Stop and search": 0.6, "Use of force": 0.15, "Victim of crime": 0.25}
AGES = {"16-24": 0.34, "25-34": 0.3, "35-44": 0.18, "45-54": 0.12, "55-64": 0.06}
SEXES = {"male": 0.76, "female": 0.24}
# How likely somebody answers, by age: the youngest least.
ANSWERS = {"16-24": 0.26, "25-34": 0.4, "35-44": 0.5, "45-54": 0.52, "55-64": 0.55}
PEOPLE_IN_FILE = 480
WEEKS_AGO = (12, 5)
REMINDED_AFTER, MEAN_DAYS, LATEST_DAY = 21, 13, 45
OUTCOMES: dict[str, int] = {"refused": 14, "undelivered": 21, "ineligible": 9}


class UsedCode(msgspec.Struct, frozen=True):
    """Somebody's used access code: its digest, and the key of the request that sent the answer."""

    code_digest: bytes
    request_key: bytes = b""


def option_name(words: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in words.lower())


def options_of(words: dict[str, float]) -> tuple[Option, ...]:
    return tuple(Option(option_name(word), {"en": word}) for word in words)


SURVEY = Instrument(
    slug=SLUG,
    version=1,
    mode="met",
    kind="survey",
    title={"en": "After the police met you"},
    summary={"en": "How it was when the police stopped you, helped you or used force."},
    organisation="Hackney and Newham scrutiny panel",
    items=(
        *(
            SelectOne(name=name, text={"en": text}, options=options_of(shares), required=True)
            for name, (text, shares) in TRUTH.items()
        ),
        SelectMultiple(name="done", text={"en": DONE_TEXT}, options=options_of(DONE)),
    ),
)


async def ask_people(connection: Connection, seed: int, *, by: str) -> None:
    """Publish the survey, ask people in two waves and store what they answered so far."""
    chance = stream(seed, "people met")
    await instruments.insert(connection, SURVEY, by=by)
    await limits.ensure(connection, SLUG, None, None)
    for weeks in WEEKS_AGO:
        made_on = clock.today() - datetime.timedelta(weeks=weeks)
        wave, people = await make_wave(connection, chance, made_on)
        if weeks == WEEKS_AGO[0]:
            await encounters.set_reminded(
                connection, wave, made_on + datetime.timedelta(days=REMINDED_AFTER)
            )
            await encounters.save_outcomes(connection, wave, OUTCOMES)
        await answer_wave(connection, chance, made_on, people)
        if weeks == WEEKS_AGO[0]:
            await encounters.end(connection, SLUG, wave)


async def make_wave(
    connection: Connection, chance: random.Random, made_on: datetime.date
) -> tuple[uuid.UUID, list[NewlyAsked]]:
    """Store one wave from one made-up file; returns its id and the people who are asked."""
    people_met = [made_up_encounter(chance, n, made_on) for n in range(PEOPLE_IN_FILE)]
    choice = choose_people(people_met, RULES, made_on, ())
    asked = [people_met[place] for place in choice.asked]
    people = [
        NewlyAsked(
            code_digest=chance.randbytes(32),
            kind=encounter.kind,
            area=encounter.area,
            groups=encounter.groups,
            mark=chance.randbytes(32),
        )
        for encounter in asked
    ]
    days = [encounter.day for encounter in asked]
    new = NewWave(
        survey=SLUG,
        first_day=min(days),
        last_day=max(days),
        rules=RULES,
        left_out=choice.left_out,
    )
    return await encounters.insert(connection, new, people, made_on), people


def made_up_encounter(chance: random.Random, number: int, made_on: datetime.date) -> Encounter:
    """Somebody whom the police met in the six weeks before a wave, most of them long enough ago."""
    against = {rule for rule, per in AGAINST.items() if chance.random() < per / 1000}
    if chance.random() < UNDER_16:
        against.add("under_16")
    groups = {"age": choose_one(chance, AGES), "sex": choose_one(chance, SEXES)}
    return Encounter(
        reference=f"CAD{made_on:%m%d}-{number:04}",
        day=made_on - datetime.timedelta(days=chance.randint(10, 52)),
        kind=choose_one(chance, KINDS),
        area=chance.choice(AREAS),
        groups={"age": groups["age"], "sex": groups["sex"]},
        against=frozenset(against),
    )


def choose_one(chance: random.Random, shares: Mapping[Name, float]) -> Name:
    return chance.choices(list(shares), list(shares.values()))[0]


async def answer_wave(
    connection: Connection,
    chance: random.Random,
    made_on: datetime.date,
    people: list[NewlyAsked],
) -> None:
    """Store the answers that have come by now: most came within some weeks of the letter."""
    used: list[UsedCode] = []
    rows: list[tuple[object, ...]] = []
    now, sent = clock.now(), clock.midnight(made_on)
    for person in people:
        days = min(2 + chance.expovariate(1 / MEAN_DAYS), LATEST_DAY)
        moment = sent + datetime.timedelta(hours=int(24 * days))
        given: Answers = {
            name: option_name(choose_one(chance, shares)) for name, (_, shares) in TRUTH.items()
        }
        done = [option_name(words) for words, share in DONE.items() if chance.random() < share]
        if done:
            given["done"] = [*done]
        # Everybody's answers are drawn, so that who answers changes nobody else's.
        if chance.random() < ANSWERS[person.groups["age"]] and moment < now:
            used.append(UsedCode(person.code_digest, person.code_digest))
            accepted = responses.accept_submission(
                SURVEY,
                Submission(answers=given, access_code="asked"),
                person.area,
                AnswerContext(moment.date()),
            )
            ident = uuid.UUID(int=chance.getrandbits(128), version=4)
            reference = submissions.new_reference()
            key = ident, reference, SURVEY.slug, SURVEY.version, SURVEY.mode, person.area, "en"
            rows.append((*key, accepted.answers, None, None, None, moment))
    await response_store.copy_responses_in(connection, rows)
    await limits.use_codes(connection, SLUG, used)
