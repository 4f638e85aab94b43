"""Fills a database with a London: a synthetic one, or real files of police and surveys.

Whatever goes in passes the same checks as real answers and files.
"""

import datetime
import hashlib
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from analysis import residents
from api import clock
from api.jobs import kinds
from api.operations import foundations, imports
from api.operations.answers import submissions
from demo import complaints as demo_cases
from demo import simulation
from demo.complaints import DemoCase, DemoCaseStep
from demo.simulation.texts_and_subjects import stream
from survey.cases import Case, case_from_submission
from survey.deployments import DeploymentCount, Import, tally_deployments
from survey.editions.figures import SeriesMark
from survey.files import delimited
from survey.places import City, populations_in_year
from survey.problems import Conflict, Invalid, Problem
from survey.sources import formats
from survey.sources.met import MET_MONTHS
from survey.sources.mopac import MOPAC_COLUMNS, MOPAC_ROWS
from survey.sources.searches import SEARCHES_CSV
from survey.store import deployments as deployment_store
from survey.store import places
from survey.store.accounts import people
from survey.store.answers import responses as response_store
from survey.store.cases import complaints as complaint_store
from survey.store.database import Connection
from survey.store.editions import edition_work
from survey.store.surveys import instruments
from survey.surveys import responses
from survey.surveys.instruments import Instrument
from survey.surveys.item_types.answers import Answers
from survey.surveys.ready import COMPLAINT
from survey.surveys.responses import AnswerContext, Submission
from survey.surveys.samples import LetterOutcome

WEEKS = 40
QUOTABLE_EVERY = 3  # as many let their words be quoted
# Of a thousand letters without an answer, as many as somebody knows the reason of.
LETTERS_RETURNED: dict[LetterOutcome, int] = {
    "refused": 25,
    "not_reached": 10,
    "unable": 8,
    "undelivered": 40,
    "ineligible": 15,
}
# What readers of these years ask about first; the working group changes them at /work/events.
EVENTS = (
    SeriesMark(
        datetime.date(2020, 3, 23),
        "First lockdown",
        "The first stay-at-home order of the Covid-19 pandemic was announced.",
    ),
    SeriesMark(
        datetime.date(2023, 3, 21),
        "Casey review",
        "Baroness Casey's review of standards and culture in the Met was published.",
    ),
)
WANTED_FORMATS = (MET_MONTHS, SEARCHES_CSV, MOPAC_ROWS, MOPAC_COLUMNS)
REMEDY = (
    "Give the folder with the Met's use of force by borough and month (London Datastore) and "
    "MOPAC's Public Attitude Survey by borough; they may lie in folders below it."
)


async def seed_demo(
    connection: Connection, number: int, weeks: int = WEEKS
) -> simulation.SimulatedCity:
    """Fill an empty database with some weeks of a made-up city; the last week is still running."""
    # All or nothing: a start that is killed finds an empty database and begins again.
    async with connection.transaction():
        await foundations.load_foundations(connection)
        world = await simulate_city(connection, number, weeks)
        chance = stream(number, "answers and complaints")
        await save_responses(connection, world, chance)
        await save_invitations(connection, world)
        await save_complaints(connection, world, chance)
        today = clock.today()
        over = [
            deployment
            for deployment in world.deployments
            if deployment.day < kinds.this_week(today)
        ]
        counts = tally_deployments(over, "incidents")
        await deployment_store.save(connection, demo_import("the synthetic world", counts))
        if world.searches:
            source = "the synthetic world: stop and search"
            await deployment_store.save(connection, demo_import(source, world.searches))
        await response_store.set_demo_consent(connection, QUOTABLE_EVERY)
        await places.mark_synthetic(connection, simulation.GROUND_TRUTH)
    return world


async def simulate_city(
    connection: Connection, number: int, weeks: int
) -> simulation.SimulatedCity:
    city = await places.get_city(connection)
    codes = [area.code for area in city.local_areas()]
    now = clock.now()
    population = [
        population
        for dimension in ("total", "age_sex", "ethnicity")
        for population in populations_in_year(
            await places.load_populations(connection, dimension), now.year
        )
    ]
    maker = simulation.CitySimulator(
        number,
        codes,
        residents.adult_residents(population, codes),
        residents.total_residents(population, codes),
        residents.residents_by_kind(population, codes)["ethnicity"],
    )
    first = kinds.this_week(now.date()) - datetime.timedelta(weeks=weeks - 1)
    return maker.world(first, weeks, now)


async def save_responses(
    connection: Connection, world: simulation.SimulatedCity, chance: random.Random
) -> None:
    survey, _ = await instruments.get(connection, "taser-trial")
    feedback, _ = await instruments.get(connection, "feedback")
    rows, texts = [], []
    for instrument, voices, item in (
        (survey, world.sampled, "why"),
        (feedback, world.volunteers, "story"),
    ):
        for voice in voices:
            # Drawn from the seed, so that the same seed gives the same ids.
            ident = uuid.UUID(int=chance.getrandbits(128), version=4)
            answers: Answers = {**voice.answers}
            if voice.written.text:
                answers[item] = voice.written.text
            response = responses.accept_submission(
                instrument,
                Submission(answers=answers, access_code="drawn" if voice.psu else None),
                voice.area,
                AnswerContext(voice.moment.date()),
            )
            # Volunteers were not drawn, so they have no place or chance in a design.
            design = (voice.area, voice.psu, voice.probability) if voice.psu else (None,) * 3
            rows.append(
                (
                    ident,
                    submissions.new_reference(),
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
            texts += [
                (text_id(ident, item), ident, None, item, words, "en")
                for item, words in response.texts.items()
            ]
    await response_store.copy_responses_in(connection, rows)
    await response_store.copy_texts_in(connection, texts)


async def save_invitations(connection: Connection, world: simulation.SimulatedCity) -> None:
    """Save whom the city invited week by week: the people who answered, and those who did not.

    In some boroughs one in three answers, in others one in six.
    """
    survey, _ = await instruments.get(connection, "taser-trial")
    draws = Counter(
        (person.area, person.psu, person.probability, kinds.this_week(person.moment.date()))
        for person in world.sampled
    )
    # Of no seed: nobody gets these codes.
    digits = stream(world.first.toordinal(), "letters")
    silent: Counter[str] = Counter()
    rows = []
    for (area, psu, probability, week), answered in sorted(draws.items()):
        asked = answered * (3 + world.codes.index(area) % 4)
        silent[area] += asked - answered
        rows += [
            (
                digits.getrandbits(256).to_bytes(32),
                survey.slug,
                survey.version,
                area,
                psu,
                probability,
                n < answered,
                week,
            )
            for n in range(asked)
        ]
    await instruments.copy_invitations_in(connection, rows)
    for area, letters in silent.items():
        outcomes = {name: letters * per // 1000 for name, per in LETTERS_RETURNED.items()}
        await instruments.save_letter_outcomes(connection, survey.slug, area, outcomes)


def text_id(ident: uuid.UUID, item: str) -> uuid.UUID:
    """The id of a text, made from the id of its answers, because the ids decide which texts are
    drawn for coding.
    """
    return uuid.uuid5(ident, item)


async def save_complaints(
    connection: Connection, world: simulation.SimulatedCity, chance: random.Random
) -> None:
    form, _ = await instruments.get(connection, COMPLAINT)
    now = submissions.answer_context(form, await places.get_city(connection))
    cases = {
        uuid.UUID(int=chance.getrandbits(128), version=4): (
            voice,
            case_from_voice(form, voice, now),
        )
        for voice in world.complainants
    }
    lives = [
        DemoCase(
            ident=ident,
            reference=demo_cases.demo_case_number(chance),
            area=voice.area,
            allegations=case.allegations,
            steps=[DemoCaseStep(case.first, voice.moment)],
        )
        for ident, (voice, case) in cases.items()
    ]
    demo_cases.simulate_cases(
        lives,
        [
            person.id
            for person in await people.load_all(connection)
            if person.active and person.may("reviewer")
        ],
        clock.now(),
        chance,
    )
    states = demo_cases.case_states(lives)
    rows = [
        (ident, form.slug, form.version, voice.area, "en", case.happened_on, case.answers,
         voice.moment, *states[ident])
        for ident, (voice, case) in cases.items()
    ]  # fmt: skip
    await complaint_store.copy_complaints_in(connection, rows)
    await save_case_events(connection, lives)
    texts = [
        (text_id(ident, item), None, ident, item, words, "en")
        for ident, (_, case) in cases.items()
        for item, words in case.texts.items()
    ]
    await response_store.copy_texts_in(connection, texts)
    await demo_cases.answer_closed_cases(connection, lives)


async def save_case_events(connection: Connection, lives: list[DemoCase]) -> None:
    allegations = [(life.ident, kind) for life in lives for kind in life.allegations]
    steps = [
        (life.ident, *numbered_step) for life in lives for numbered_step in enumerate(life.steps, 1)
    ]
    events = [(ident, version, step.event, step.at, step.by) for ident, version, step in steps]
    messages = [
        (ident, version, step.message, "en") for ident, version, step in steps if step.message
    ]
    await complaint_store.copy_parts_in(connection, allegations, events, messages)


def case_from_voice(
    form: Instrument, voice: simulation.SimulatedPerson, now: AnswerContext
) -> Case:
    answers: Answers = {
        **voice.answers,
        "allegations": [str(voice.answers["allegations"])],
        "when_known": "exact",
        "happened_on": voice.moment.date().isoformat(),
        "concerning": "self",
        "narrative": voice.written.text,
    }
    # Rules of the form that ask for today's date see the day of sending.
    occasion = msgspec.structs.replace(now, today=voice.moment.date())
    return case_from_submission(form, Submission(answers=answers), voice.area, occasion)


def demo_import(source: str, counts: list[DeploymentCount]) -> Import:
    return Import(
        source=source,
        file="synthetic world",
        sha256=hashlib.sha256(repr(counts).encode()).hexdigest(),
        known_on=clock.today(),
        counts=tuple(counts),
        notes=("Invented for the demonstration.",),
        origin="demo",
    )


demo_among_people = Conflict.of(
    "demo.real_data",
    "People have accounts in this database; the demonstration would let anyone in.",
    "Leave SOUNDINGS_DATABASE_URL unset, or point --data at a new folder.",
)
demo_among_answers = Conflict.of(
    "demo.real_data",
    "This database holds real answers; the demonstration would mix invented ones in.",
    "Leave SOUNDINGS_DATABASE_URL unset, or point --data at a new folder.",
)
figures_in_synthetic_city = Conflict.of(
    "demo.synthetic",
    "This database holds the synthetic city; real figures would be mixed with it.",
    "Leave out --data, or point it at another folder.",
)
unfinished_demo = Conflict.of(
    "demo.unfinished",
    "This demonstration was stopped before its first report was there.",
    "Delete its folder, or give a new one with --data, and start again.",
)
no_figures = Invalid.of("demo.no_figures", "{sentence}", REMEDY)


@dataclass(frozen=True, kw_only=True)
class PublishedFile:
    """A file that is in one of the formats, and what it holds."""

    file: Path
    kind: str
    figures: Import


def check_folder(folder: Path) -> None:
    """Raise unless the folder has a file in one of the wanted formats."""
    for file in folder.rglob("*.csv"):
        with file.open("rb") as opened:
            # A format is recognised by its first line, so no large file is read twice.
            start = opened.read(delimited.LONGEST_LINE)
        if any(form.recognises(start) for form in WANTED_FORMATS):
            return
    raise no_figures(f"{folder} has none of the published files.")


async def import_folder(connection: Connection, folder: Path) -> tuple[list[str], datetime.date]:
    """Import the files of a folder; returns sentences on what they hold, and the month to report.

    That month is the one in which the last quarter of perception with deployments ends.
    Errors: `demo.no_figures` if deployments or perception are missing.
    """
    city = await places.get_city(connection)
    lines: list[str] = []
    chosen = [*chosen_files(list(readable_files(folder, city, lines)))]
    # A month of stops and searches alone has no deployments to report.
    sentences = {
        deployment.end
        for read in chosen
        if read.kind == "deployments"
        for deployment in (count for count in read.figures.counts if count.tactic != "stop_search")
    }
    ends = {perception.quarter_end for read in chosen for perception in read.figures.perceptions}
    if not sentences & ends:
        raise no_figures(f"{folder} has no deployments and perception figures for the same period.")
    for read in chosen:
        content = read.file.read_bytes()
        known = read.figures.known_on
        lines += await imports.import_figures(connection, read.kind, read.file.name, content, known)
    for event in EVENTS:
        await edition_work.save_marked_event(connection, None, event)
    return lines, max(sentences & ends).replace(day=1)


def readable_files(folder: Path, city: City, lines: list[str]) -> Iterator[PublishedFile]:
    """The files in one of the wanted formats; why a file was left out is appended to `lines`."""
    today = clock.today()
    # Folders are listed in another order on other machines.
    for file in sorted(folder.rglob("*.csv")):
        content = file.read_bytes()
        form = next(
            (
                wanted_format
                for wanted_format in WANTED_FORMATS
                if wanted_format.recognises(content)
            ),
            None,
        )
        if form is None:
            continue
        try:
            figures = formats.read_import(
                file.name, content, city=city, known_on=today, kind=form.kind
            )
            yield PublishedFile(file=file, kind=form.kind, figures=figures)
        except Problem as refused:
            lines.append(f"Left out {file.name}: {refused.sentence} {refused.remedy}")


def chosen_files(files: Sequence[PublishedFile]) -> Iterator[PublishedFile]:
    """All files of deployments, but only the perception file that holds most, as the others would
    repeat its figures.
    """
    yield from (read for read in files if read.kind == "deployments")
    perception = [read for read in files if read.kind == "perception"]
    if perception:
        yield max(perception, key=lambda read: len(read.figures.perceptions))
