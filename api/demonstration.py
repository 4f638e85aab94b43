"""A synthetic London in the database, through the same rules that real answers pass."""

import datetime
import hashlib
import random
import uuid
from typing import Any

import msgspec

from analysis import residents
from analysis.world import Maker, Voice, World
from api import clock, intake, invented_cases, seeding
from api.invented_cases import Life, Step
from api.jobs import calendar
from survey import complaints, margins, responses
from survey.deployments import Count, Import, tally
from survey.instruments import Instrument
from survey.ready import COMPLAINT
from survey.responses import Occasion, Submission
from survey.store import complaints as complaint_store
from survey.store import deployments as deployment_store
from survey.store import instruments, people, places, quotes
from survey.store import responses as response_store
from survey.store.database import Connection

WEEKS = 40
EVERY_THIRD = 3  # as many let their words be quoted


async def seed(connection: Connection, number: int, weeks: int = WEEKS) -> World:
    """Fill an empty database with weeks of an invented city, the last one still running."""
    async with connection.transaction():
        await seeding.foundations(connection)
        world = await make_world(connection, number, weeks)
        chance = random.Random(number)  # noqa: S311 - a seed must give the same world
        await keep_responses(connection, world, chance)
        await keep_complaints(connection, world, chance)
        await keep_deployments(connection, world)
        await quotes.agree(connection, EVERY_THIRD)
        await places.mark_synthetic(connection)
    return world


async def make_world(connection: Connection, number: int, weeks: int) -> World:
    city = await places.get_city(connection)
    codes = [area.code for area in city.boroughs()]
    now = clock.now()
    population = [
        one
        for dimension in ("total", "age_sex", "ethnicity")
        for one in margins.at_year(await places.populations(connection, dimension), now.year)
    ]
    maker = Maker(
        number,
        codes,
        residents.adults(population, codes),
        residents.totals(population, codes),
        residents.kinds(population, codes)["ethnicity"],
    )
    first = calendar.this_week(now.date()) - datetime.timedelta(weeks=weeks - 1)
    return maker.world(first, weeks, now)


async def keep_responses(connection: Connection, world: World, chance: random.Random) -> None:
    survey, _ = await instruments.get(connection, "taser-trial")
    feedback, _ = await instruments.get(connection, "feedback")
    rows, texts = [], []
    for instrument, voices, item in (
        (survey, world.sampled, "why"),
        (feedback, world.volunteers, "story"),
    ):
        for voice in voices:
            ident = uuid.UUID(int=chance.getrandbits(128), version=4)
            response = responses.accept(
                instrument, submission(voice, item), voice.area, Occasion(voice.moment.date())
            )
            design = (voice.area, voice.psu, voice.probability) if voice.psu else (None,) * 3
            rows.append(
                (
                    ident,
                    intake.new_reference(),
                    instrument.slug,
                    instrument.version,
                    instrument.mode,
                    voice.area,
                    "en",
                    response.answers,
                    *design,
                    voice.moment,
                )
            )
            texts += [(ident, None, item, words, "en") for item, words in response.texts.items()]
    await response_store.copy_in(connection, rows)
    await response_store.copy_texts_in(connection, texts)


def submission(voice: Voice, item: str) -> Submission:
    answers: dict[str, Any] = dict(voice.answers)
    if voice.written.text:
        answers[item] = voice.written.text
    return Submission(answers=answers, access_code="drawn" if voice.psu else None)


async def keep_complaints(connection: Connection, world: World, chance: random.Random) -> None:
    form, _ = await instruments.get(connection, COMPLAINT)
    now = intake.occasion(form, await places.get_city(connection))
    cases = {
        uuid.UUID(int=chance.getrandbits(128), version=4): (voice, case_of(form, voice, now))
        for voice in world.complainants
    }
    lives = [
        Life(
            ident=ident,
            reference=invented_cases.number(chance),
            area=voice.area,
            allegations=case.allegations,
            steps=[Step(case.first, voice.moment)],
        )
        for ident, (voice, case) in cases.items()
    ]
    invented_cases.live(lives, await staff(connection), clock.now(), chance)
    states = invented_cases.states(lives)
    rows = [
        (ident, form.slug, form.version, voice.area, "en", case.happened_on, case.answers,
         voice.moment, *states[ident])
        for ident, (voice, case) in cases.items()
    ]  # fmt: skip
    await complaint_store.copy_in(connection, rows)
    await keep_steps(connection, lives)
    texts = [
        (None, ident, item, words, "en")
        for ident, (_, case) in cases.items()
        for item, words in case.texts.items()
    ]
    await response_store.copy_texts_in(connection, texts)


async def staff(connection: Connection) -> list[str]:
    """The accounts of those who may work on cases."""
    return [
        row["id"]
        for row in await people.everyone(connection)
        if row["active"] and row["role"] in ("reviewer", "administrator")
    ]


async def keep_steps(connection: Connection, lives: list[Life]) -> None:
    allegations = [(life.ident, kind) for life in lives for kind in life.allegations]
    steps = [(life.ident, *one) for life in lives for one in enumerate(life.steps, 1)]
    events = [(ident, version, one.event, one.at, one.by) for ident, version, one in steps]
    messages = [(ident, version, one.message, "en") for ident, version, one in steps if one.message]
    await complaint_store.copy_parts_in(connection, allegations, events, messages)


def case_of(form: Instrument, voice: Voice, now: Occasion) -> complaints.Case:
    answers: dict[str, Any] = {
        **voice.answers,
        "allegations": [voice.answers["allegations"]],
        "when_known": "exact",
        "happened_on": voice.moment.date().isoformat(),
        "concerning": "self",
        "narrative": voice.written.text,
    }
    occasion = msgspec.structs.replace(now, today=voice.moment.date())
    return complaints.open_case(form, Submission(answers=answers), voice.area, occasion)


async def keep_deployments(connection: Connection, world: World) -> None:
    """The weeks that are over, as incidents under their most severe use; and the searches."""
    today = clock.today()
    over = [one for one in world.deployments if one.day < calendar.this_week(today)]
    counts = tally(over, "incidents")
    await deployment_store.save(connection, invented("the synthetic world", counts))
    if world.searches:
        source = "the synthetic world: stop and search"
        await deployment_store.save(connection, invented(source, world.searches))


def invented(source: str, counts: list[Count]) -> Import:
    return Import(
        source=source,
        file="synthetic world",
        sha256=hashlib.sha256(repr(counts).encode()).hexdigest(),
        known_on=clock.today(),
        counts=tuple(counts),
        notes=("Invented for the demonstration.",),
        origin="demo",
    )
