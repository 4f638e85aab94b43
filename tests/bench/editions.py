"""How long a weekly edition takes over many answers and over few, until it can be read.

Run: python -m tests.bench.editions [many [few]]. An answer is what one response says to one
item; a year of them is spread over the boroughs, wards and kinds of people. The two databases
hold the sums, one response and a year of deployments; the newest week of the index is not
estimated yet, as on a Monday. In turn, five rounds; prints medians of reading, of computing, of
the whole job that reads, computes and saves, and of writing its PDF and data files, and the
ratios.
"""

import asyncio
import datetime
import hashlib
import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np

from analysis import editions as edition
from analysis.residents import AGES, ETHNICITIES, SEXES
from api import clock
from api.editions import files
from api.jobs import kinds
from api.jobs.edition_inputs import all_inputs, editions
from api.operations import foundations
from survey.deployments import SEVERITY, DeploymentCount, Import
from survey.store import deployments, places
from survey.store.answers import sums
from survey.store.connections import embedded
from survey.store.database import open_database
from survey.store.surveys import instruments
from survey.surveys.sums import AnswerCellKey, SumLayout, span_start, sum_cells

MANY, FEW, ROUNDS, WEEKS, WARDS, AT_ONCE = 10_000_000, 100_000, 5, 52, 6, 20_000
START = kinds.last_week(clock.today())
FIRST = START - datetime.timedelta(weeks=WEEKS - 1)


def random_people(survey, codes, answers, random):
    """Random people who give so many answers: each one's cell and what they add to its sums."""
    layout = SumLayout(survey)
    persons = round(answers / (len(layout.items) + len(layout.margins)))
    draw = lambda among: random.integers(0, len(among), persons)  # noqa: E731
    ages, sexes, groups = draw(AGES), draw(SEXES), draw(ETHNICITIES)
    areas, days = draw(codes), random.integers(0, 7 * WEEKS, persons)
    wards = random.integers(0, WARDS, persons)
    level = np.clip(
        random.normal(3.4, 1, persons)[:, None] + random.normal(0, 0.6, (persons, 8)), 1, 5
    )
    ticked = level.round().astype(int).tolist()
    for n in range(persons):
        given = dict(zip(layout.items, ticked[n], strict=False))
        yield (
            AnswerCellKey(
                instrument=survey.slug,
                version=survey.version,
                mode="sampled",
                area=codes[areas[n]],
                since=span_start(FIRST + datetime.timedelta(days=int(days[n]))),
                stratum=codes[areas[n]],
                psu=f"{codes[areas[n]]}-{wards[n]}",
                probability=0.01,
                kind=(AGES[ages[n]], SEXES[sexes[n]], ETHNICITIES[groups[n]], "no"),
            ),
            layout.of(given),
        )


async def fill_database(connection, answers):
    await foundations.load_foundations(connection)
    survey, _ = await instruments.get(connection, "taser-trial")
    codes = [area.code for area in (await places.get_city(connection)).local_areas()]
    random = np.random.default_rng(13)
    cells = sum_cells(random_people(survey, codes, answers, random))
    for at in range(0, len(cells), AT_ONCE):
        await sums.add_cells(connection, cells[at : at + AT_ONCE])
    await connection.execute(
        "INSERT INTO responses (reference, instrument, version, mode, area, language, answers,"
        " received_at, summed) VALUES ('FIRST', 'feedback', "
        " (SELECT max(version) FROM instruments WHERE slug = 'feedback'),"
        " 'open', $1, 'en', '{}', $2, true)",
        *(codes[0], clock.midnight(FIRST)),
    )
    await deployments.save(connection, random_deployments(codes, random))
    await connection.execute("ANALYZE")
    return len(cells), sum(cell.persons for cell in cells)


def random_deployments(codes, random):
    counts = tuple(
        DeploymentCount(
            area=code,
            start=FIRST + datetime.timedelta(weeks=week),
            end=FIRST + datetime.timedelta(weeks=week, days=6),
            measure="incidents",
            tactic=tactic,
            count=int(random.poisson(1)),
        )
        for code in codes
        for week in range(WEEKS)
        for tactic in SEVERITY
    )
    digest = hashlib.sha256(repr(counts).encode()).hexdigest()
    return Import(
        source="bench", file="bench", sha256=digest, known_on=clock.today(), counts=counts
    )


async def time_edition(connection):
    """Seconds for reading, computing, the whole job, and writing the files that people open."""
    await forget_newest_index(connection)
    began = time.perf_counter()
    material = await all_inputs.load_edition_inputs(
        connection,
        "weekly",
        editions.edition_period("weekly", START),
        number=1,
        as_of=clock.today(),
    )
    read = time.perf_counter()
    assert edition.make_edition(material).index[0].value is not None
    computed = time.perf_counter()
    await forget_newest_index(connection)
    asked = time.perf_counter()
    made, sha256 = await editions.make_edition(connection, "weekly", START)
    finish = time.perf_counter()
    files.render_edition_pdf.cache_clear()
    assert all(
        (
            files.render_edition_pdf(made, sha256),
            files.render_csv(made),
            files.render_parquet(made),
        )
    )
    return read - began, computed - read, finish - asked, time.perf_counter() - finish


async def forget_newest_index(connection):
    await connection.execute("DELETE FROM index_weeks WHERE week = $1", START)


async def main(dsn, sizes):
    async with open_database(dsn, connections=2) as database, database.connection() as first:
        for name in sizes:
            await first.execute(f"CREATE DATABASE {name}")
    found = {name: [] for name in sizes}
    for name, answers in sizes.items():
        async with open_named_database(dsn, name) as connection:
            cells, persons = await fill_database(connection, answers)
            await time_edition(connection)  # every week of the index is estimated once
        print(f"{name}: {answers:,} answers of {persons:,} people, {cells:,} cells")  # noqa: T201
    for _ in range(ROUNDS):
        for name in sizes:
            async with open_named_database(dsn, name) as connection:
                found[name].append(await time_edition(connection))
    medians = {
        name: [statistics.median(one) for one in zip(*rounds, strict=True)]
        for name, rounds in found.items()
    }
    for name, (read, computed, job, written) in medians.items():
        print(  # noqa: T201
            f"{name:5} read {read:.2f} s, computed {computed:.2f} s; the whole job {job:.2f} s, "
            f"with its files {job + written:.2f} s"
        )
    for what, of in (
        ("computing", lambda one: one[1]),
        ("reading and computing", lambda one: one[0] + one[1]),
        ("the whole job", lambda one: one[2]),
        ("until it can be read", lambda one: one[2] + one[3]),
    ):
        print(f"many over few: {what} {of(medians['many']) / of(medians['few']):.2f}")  # noqa: T201


def open_named_database(dsn, name):
    return NamedDatabase(dsn.replace("postgresql:///soundings?", f"postgresql:///{name}?"))


class NamedDatabase:
    def __init__(self, dsn):
        self.database = open_database(dsn, connections=2)

    async def __aenter__(self):
        self.connected = (await self.database.__aenter__()).connection()
        return await self.connected.__aenter__()

    async def __aexit__(self, *raised):
        await self.connected.__aexit__(*raised)
        await self.database.__aexit__(*raised)


if __name__ == "__main__":
    given = [int(one.replace("_", "")) for one in sys.argv[1:3]] + [MANY, FEW][len(sys.argv[1:3]) :]
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.open_server(pathlib.Path(folder) / "pg", throwaway=True) as dsn,
    ):
        asyncio.run(main(dsn, {"few": given[1], "many": given[0]}))
