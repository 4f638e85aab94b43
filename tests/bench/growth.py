"""How each part grows with the number of answers, from ten thousand to ten million.

Run: python -m tests.bench.growth [--sizes 4 5 6 7] [--rounds 3] [--texts 0.02]. A size is a power
of ten; an answer is what one response says to one question, 12 a response, spread over a year, the
boroughs and kinds of people. A share of the people wrote a text, which is coded already. All sizes
are in one PostgreSQL that does not wait for its disk, measured in turn. Prints a table in Markdown
of medians and the slope: 0 does not grow, 1 grows as the answers do (least squares on logarithms).

Stored and coded are 192 new open answers with a text, by the job of the worker. Pages are rendered
in this process. At ten million the tables need 4 GB of disk and some minutes to fill.
"""

import argparse
import asyncio
import contextlib
import datetime
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

import msgspec
import numpy as np

from analysis.residents import AGES, ETHNICITIES, SEXES
from api import clock
from api.editions import files
from api.jobs.edition_inputs import editions
from api.jobs.kinds import last_month, last_week
from api.jobs.texts import coding
from api.operations import closed_months, foundations
from api.operations.answers import submissions
from survey.store import deployments, places
from survey.store.accounts import people
from survey.store.answers import archive_months, responses, sums
from survey.store.connections import embedded
from survey.store.database import open_database
from survey.store.surveys import instruments
from survey.surveys.responses import Submission
from survey.surveys.sums import AnswerCellKey, SumLayout, span_start, sum_cells
from tests.bench.editions import NamedDatabase, random_deployments
from tests.people import JOAN
from tests.populated import build_site, open_browser

ANSWERS_OF_ONE, WEEKS, WARDS, NEW, AT_ONCE, VISITS = 12, 52, 6, 192, 64, 5
START = last_week(clock.today())
FIRST = START - datetime.timedelta(weeks=WEEKS - 1)
MOST_FROM_ROWS = 1_000_000  # beyond, making sums from rows would take most of the run
PAGES = {
    "a survey's page for residents": "/surveys/feedback",
    "list of surveys": "/work/surveys",
    "one survey": "/work/surveys/taser-trial",
    "themes": "/work/themes",
    "answers by borough": "/work/answers",
    "the report": "/reports",
}
WORDS = (__doc__ or "").split()


def random_week(survey, codes, week, persons, random):
    """Random people of one week: a row for each response, and what they add to the sums."""
    layout = SumLayout(survey)
    margins = {name: one.name for name, one in survey.margins().items()}
    draw = lambda among: [among[at] for at in random.integers(0, len(among), persons)]  # noqa: E731
    kinds = zip(draw(AGES), draw(SEXES), draw(ETHNICITIES), strict=True)
    areas, days = draw(codes), random.integers(0, 7, persons).tolist()
    wards, idents = random.integers(0, WARDS, persons).tolist(), random.bytes(16 * persons)
    level = random.normal(3.4, 1, persons)[:, None] + random.normal(0, 0.6, (persons, 8))
    ticked = np.clip(level, 1, 5).round().astype(int).tolist()
    for n, (age, sex, group) in enumerate(kinds):
        day = FIRST + datetime.timedelta(weeks=week, days=days[n])
        ident = uuid.UUID(bytes=idents[16 * n : 16 * n + 16], version=4)
        given = dict(zip(layout.items, ticked[n], strict=False))
        said = (age, sex, group, "no")
        answers = given | dict(zip(margins.values(), said, strict=True))
        drawn = (areas[n], f"{areas[n]}-{wards[n]}", 0.01)
        head = (ident, ident.hex, survey.slug, survey.version, "sampled", areas[n], "en")
        key = AnswerCellKey(
            instrument=survey.slug,
            version=survey.version,
            mode="sampled",
            area=areas[n],
            since=span_start(day),
            stratum=drawn[0],
            psu=drawn[1],
            probability=drawn[2],
            kind=layout.kind(answers),
        )
        row = (*head, answers, *drawn, clock.midnight(day) + datetime.timedelta(hours=12))
        yield row, (key, layout.of(given))


def random_sentence(random):
    """Random words of the text above: no two sentences are alike."""
    return " ".join(WORDS[at] for at in random.integers(0, len(WORDS), 20)) + "."


async def fill_database(connection, answers, share):
    """Fill an empty database; returns how many people answered."""
    await foundations.load_foundations(connection)
    await people.insert(connection, *JOAN, None)
    survey, _ = await instruments.get(connection, "taser-trial")
    codes = [area.code for area in (await places.get_city(connection)).local_areas()]
    random = np.random.default_rng(13)
    persons = max(1, round(answers / ANSWERS_OF_ONE / WEEKS))
    for week in range(WEEKS):
        made = list(random_week(survey, codes, week, persons, random))
        rows = [row for row, _ in made]
        await responses.copy_responses_in(connection, rows)
        writers = rows[: round(share * persons)]
        await responses.copy_texts_in(
            connection,
            [
                (uuid.uuid4(), row[0], None, "comment", random_sentence(random), "en")
                for row in writers
            ],
        )
        await archive_months.copy_cells(connection, sum_cells(one for _, one in made))
    await connection.execute("UPDATE responses SET summed = true")
    await copy_codes(connection)
    await deployments.save(connection, random_deployments(codes, random))
    await connection.execute("VACUUM ANALYZE")
    return persons * WEEKS


async def copy_codes(connection):
    """Code the first 40 texts, and give all others the codes and vectors of one of them."""
    waiting = await connection.fetch("SELECT id, body FROM texts WHERE due ORDER BY id LIMIT 40")
    await connection.execute(
        "UPDATE texts SET due = (id = ANY($1))", [row["id"] for row in waiting]
    )
    while await coding.code_batch(connection):
        pass
    for table, columns in (
        ("codings", "coder, coder_version, codebook, language, spans, sentiment, themes"),
        ("passages", "reader, spans, vectors"),
    ):
        own = ", redacted" if table == "codings" else ""
        await connection.execute(
            f"""
            INSERT INTO {table} (text, {columns}{own})
            SELECT t.id, {columns}{", t.body" if own else ""}
              FROM (SELECT id, body, row_number() OVER (ORDER BY id) % 40 + 1 AS n FROM texts) t
              JOIN (SELECT *, row_number() OVER (ORDER BY text) AS n FROM {table}) c USING (n)
                ON CONFLICT DO NOTHING
            """
        )


async def time_intake(database, random):
    """Milliseconds to store one open answer with a text, of 64 at once."""
    begun = time.perf_counter()
    for _ in range(0, NEW, AT_ONCE):
        given = [{"subject": "taser", "story": random_sentence(random)} for _ in range(AT_ONCE)]
        await asyncio.gather(
            *(
                submissions.submit_response(
                    database, "feedback", Submission(area="Brent", answers=one)
                )
                for one in given
            )
        )
    return 1000 * (time.perf_counter() - begun) / NEW


async def time_coding(connection):
    """Milliseconds to sum and code one of the new answers."""
    begun = time.perf_counter()
    async with connection.transaction():
        await coding.code_texts(connection, "")
    return 1000 * (time.perf_counter() - begun) / NEW


async def time_edition(connection, kind, start):
    """Seconds for the job that makes an edition, and its PDF."""
    begun = time.perf_counter()
    made, sha256 = await editions.make_edition(connection, kind, start)
    files.render_edition_pdf(made, sha256)
    return time.perf_counter() - begun


def time_export(dsn, folder):
    """Seconds of `./soundings export` for all responses of the sampled survey."""
    settings = {"DATABASE_URL": dsn, "DATA": str(folder), "ALLOW_UNSAFE_DATABASE": "true"}
    environment = os.environ | {f"SOUNDINGS_{name}": value for name, value in settings.items()}
    begun = time.perf_counter()
    command = (sys.executable, "-m", "api", "export", "taser-trial", "--out", f"{folder}/all.csv")
    subprocess.run(command, env=environment, check=True, capture_output=True)
    took = time.perf_counter() - begun
    (folder / "all.csv").unlink()
    return took


async def time_pages(database, account):
    """Milliseconds for each page, the median of several visits after a first one."""
    found = {}
    async with open_browser(build_site(database), account) as client:
        for name, path in PAGES.items():
            times = []
            for _ in range(VISITS + 1):
                begun = time.perf_counter()
                answer = await client.get(path, follow_redirects=True)
                times.append(1000 * (time.perf_counter() - begun))
                assert answer.status_code == 200, path
            found[f"page: {name}, ms"] = statistics.median(times[1:])
    return found


async def time_archive(connection, folder):
    """Seconds to write all closed months, and to make their sums from the files and from rows."""
    place, found = str(folder / "answers"), {}
    transaction = connection.transaction()
    await transaction.start()
    begun = time.perf_counter()
    while await closed_months.archive_next_month(connection, place, clock.today()):
        pass
    found["writing closed months, s"] = time.perf_counter() - begun
    begun = time.perf_counter()
    await closed_months.rebuild_sums(connection, place)
    found["all sums from files, s"] = time.perf_counter() - begun
    await transaction.rollback()
    await closed_months.delete_stale(connection, place)
    return found


async def time_sums(connection):
    """Seconds to make all sums from the rows."""
    transaction = connection.transaction()
    await transaction.start()
    begun = time.perf_counter()
    await sums.rebuild(connection)
    took = time.perf_counter() - begun
    await transaction.rollback()
    return took


async def measure(database, connection, dsn, folder, random, with_sums):
    """One round at one size: every measure by its name."""
    account = await connection.fetchval("SELECT id::text FROM accounts LIMIT 1")
    month = last_month(START)
    return {
        "storing an answer, ms": await time_intake(database, random),
        "summing and coding it, ms": await time_coding(connection),
        "weekly edition with PDF, s": await time_edition(connection, "weekly", START),
        "monthly edition with PDF, s": await time_edition(connection, "monthly", month),
        "export of all, s": time_export(dsn, folder),
        **await time_pages(database, account),
        **await time_archive(connection, folder),
        **({"all sums from rows, s": await time_sums(connection)} if with_sums else {}),
    }


def slope(sizes, values):
    """The slope of the least-squares line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0]) if len(sizes) > 1 else 0.0


def print_table(sizes, found):
    print("\n| | " + " | ".join(f"{size:,}" for size in sizes) + " | slope |")  # noqa: T201
    print("| --- |" + " ---: |" * (len(sizes) + 1))  # noqa: T201
    for name in found[sizes[0]][0]:
        held = [size for size in sizes if name in found[size][0]]
        values = [statistics.median(one[name] for one in found[size]) for size in held]
        row = " | ".join([f"{value:.3g}" for value in values] + ["-"] * (len(sizes) - len(held)))
        print(f"| {name} | {row} | {slope(held, values):.2f} |")  # noqa: T201


async def main(server, folder, wanted):
    random, sizes = np.random.default_rng(29), [10**power for power in wanted.sizes]
    found = {size: [] for size in sizes}
    addresses = {size: server.replace("/soundings?", f"/growth_{size}?") for size in sizes}
    async with open_database(server, connections=2) as first, first.connection() as connection:
        for size in sizes:
            await connection.execute(f"CREATE DATABASE growth_{size}")
    for size in sizes:
        begun = time.perf_counter()
        async with NamedDatabase(addresses[size]) as connection:
            persons = await fill_database(connection, size, wanted.texts)
        took = time.perf_counter() - begun
        print(f"{size:,} answers of {persons:,} people, filled in {took:.0f} s")  # noqa: T201
    for turn in range(-1, wanted.rounds):
        # Once at the smallest size for nothing: the first to do something loads the libraries.
        for size in sizes if turn >= 0 else sizes[:1]:
            async with open_database(addresses[size]) as database, database.connection() as one:
                with_sums = size <= MOST_FROM_ROWS
                this = await measure(database, one, addresses[size], folder, random, with_sums)
            if turn >= 0:
                found[size].append(this)
                print(turn, size, msgspec.json.encode(this).decode(), flush=True)  # noqa: T201
    print_table(sizes, found)
    print(f"\n{clock.today()}, {platform.machine()}, {os.cpu_count()} processors")  # noqa: T201


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("--sizes", type=int, nargs="+", default=[4, 5, 6, 7])
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument("--texts", type=float, default=0.02, help="the share of people who wrote")
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(embedded.open_server(folder / "pg", throwaway=True))
        asyncio.run(main(server, folder, given.parse_args()))
