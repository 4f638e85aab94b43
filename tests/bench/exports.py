"""How long an export takes, beside PostgreSQL's own COPY of the same answers in the same order.

Run: python -m tests.bench.exports [answers ...] (100_000 and 1_000_000 where none is given), in a
throwaway database whose rows generate_series makes: eight closed questions, four versions of words.
In turn, three rounds; prints medians of the seconds until all bytes came and until the first one,
processor time of this process, and how far its memory rose. Then the same by `serve`, over HTTP,
with the median time of /health beside it.
"""

import asyncio
import pathlib
import resource
import statistics
import sys
import tempfile
import time

import httpx
import msgspec

from api.operations import exports
from api.operations.exports import WantedExport
from api.security import cookies
from api.security import people as people_room
from survey.store.accounts import people
from survey.store.connections import embedded
from survey.store.database import open_database
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument
from tests import alone
from tests.campaigns.processes import Service
from tests.people import JOAN

ROUNDS = 3
OPTIONS = tuple({"name": f"option_{n}", "text": {"en": f"Option {n}, in words"}} for n in range(6))
CHOICES = [
    {"type": "choice", "name": f"choice_{n}", "text": {"en": f"Choice {n}"}, "options": OPTIONS}
    for n in range(6)
]
BENCH = {
    "slug": "bench", "version": 1, "mode": "open", "kind": "survey",
    "title": {"en": "Bench"}, "summary": {"en": "For a bench."},
    "items": [
        *CHOICES,
        {"type": "choices", "name": "several", "text": {"en": "S"}, "options": OPTIONS},
        {"type": "scale", "name": "trust", "text": {"en": "Trust"}, "low": 0, "high": 10},
    ],
}  # fmt: skip
FILL = """
    INSERT INTO responses (reference, instrument, version, mode, area, language, answers,
                           received_at, summed)
    SELECT 'bench-' || n, 'bench', 1, 'open', a.codes[1 + n % cardinality(a.codes)], 'en',
           jsonb_build_object(
               'choice_0', 'option_' || n % 6, 'choice_1', 'option_' || n / 7 % 6,
               'choice_2', 'option_' || n / 11 % 6, 'choice_3', 'option_' || n / 13 % 6,
               'choice_4', 'option_' || n / 17 % 6, 'choice_5', 'option_' || n / 19 % 6,
               'several', jsonb_build_array('option_' || n % 3, 'option_' || 3 + n % 3),
               'trust', n % 11),
           date_trunc('hour', now() - interval '1 hour' - ($1 - n) * interval '1 year' / $1), true
      FROM generate_series(1, $1::int) n,
           (SELECT array_agg(area) AS codes FROM (SELECT code FROM areas) a (area)) a
"""
COPY = """
    SELECT version, mode, area, language, received_at, answers FROM responses
     WHERE instrument = 'bench' ORDER BY received_at, id
"""


async def fill_database(connection, answers):
    await instruments.insert(connection, msgspec.convert(BENCH, Instrument))
    await connection.execute(FILL, answers)
    await connection.execute("VACUUM ANALYZE responses")


async def copy_out(database):
    """The sizes of the parts that COPY gives, each with the moment it came."""
    came = []

    async def note(part):
        came.append((time.perf_counter(), len(part)))

    async with database.connection() as connection:
        await connection.copy_from_query(COPY, output=note, format="csv", header=True)
    return came


async def export_as(database, **asked):
    parts = exports.stream_export(database, WantedExport(slug="bench", **asked))
    return [(time.perf_counter(), len(part)) async for part in parts]


WAYS = {
    "COPY TO": copy_out,
    "CSV": export_as,
    "CSV in words": lambda database: export_as(database, words=True),
    "ZIP": lambda database: export_as(database, every_table=True),
    "Excel": lambda database: export_as(database, format="xlsx"),
    "JSON": lambda database: export_as(database, format="json"),
    "Parquet": lambda database: export_as(database, format="parquet"),
    "SPSS": lambda database: export_as(database, format="sav"),
    "Stata": lambda database: export_as(database, format="dta"),
}


async def time_way(way, database):
    """Seconds until the end and until the second part, which has the first rows; processor time."""
    began, cpu = time.perf_counter(), time.process_time()
    came = await way(database)
    spent = time.process_time() - cpu
    return came[-1][0] - began, came[min(1, len(came) - 1)][0] - began, spent


async def time_ways(dsn):
    found = {name: [] for name in WAYS}
    async with open_database(dsn, connections=2) as database:
        for _ in range(ROUNDS):
            for name, way in WAYS.items():
                found[name].append(await time_way(way, database))
    return {
        name: [statistics.median(one) for one in zip(*rounds, strict=True)]
        for name, rounds in found.items()
    }


def print_ways(answers, found, grown):
    for name, (seconds, first, cpu) in found.items():
        print(  # noqa: T201
            f"{answers:>9,} {name:12} {seconds:6.2f} s, first rows after {first:.3f} s, "
            f"CPU {cpu:5.2f} s, {seconds / found['COPY TO'][0]:.2f} of COPY"
        )
    print(f"{answers:>9,} memory of this process rose by {grown:.0f} MB")  # noqa: T201
    print(f"{answers:>9,} a child for SPSS or Stata took {child_mb():.0f} MB")  # noqa: T201


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child_mb():
    """The most memory that any child has taken; the server's processes are no children of ours."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


async def sign_in(dsn):
    """A session key of a person who may download every export."""
    connection = await alone.connect(dsn)
    await people.insert(connection, *JOAN, None)
    account = await people.by_email(connection, JOAN[0])
    session = await people_room.begin_session(connection, account.id)
    await connection.close()
    return session


async def time_download(client):
    """Seconds until the headers, until the first rows and until the end of a download."""
    began, first = time.perf_counter(), 0.0
    path = "/work/surveys/bench/answers.csv"
    async with client.stream("GET", path, headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.status_code == 200, answer.status_code
        headers = time.perf_counter() - began
        rows = 0
        async for part in answer.aiter_raw():
            rows += part.count(b"\n")
            first = first or (time.perf_counter() - began if rows > 1 else 0.0)
    return headers, first, time.perf_counter() - began, rows - 1


async def time_health(client, times, ended):
    while not ended.is_set():
        began = time.perf_counter()
        await client.get("/health")
        times.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)


async def time_page(dsn, folder):
    session = await sign_in(dsn)
    with Service(folder, "--no-worker", dsn=dsn) as service:
        cookie = {cookies.SESSION: session}
        limits = {"base_url": service.address, "cookies": cookie, "timeout": 300}
        async with httpx.AsyncClient(**limits) as client, httpx.AsyncClient(**limits) as other:
            idle, busy, ended = [], [], asyncio.Event()
            for _ in range(20):
                began = time.perf_counter()
                await other.get("/health")
                idle.append(time.perf_counter() - began)
            async with asyncio.TaskGroup() as group:
                group.create_task(time_health(other, busy, ended))
                found = [await time_download(client) for _ in range(ROUNDS)]
                ended.set()
    headers, first, seconds, rows = (statistics.median(one) for one in zip(*found, strict=True))
    print(  # noqa: T201
        f"{rows:>9,} by HTTP      {seconds:6.2f} s, headers after {headers:.3f} s, first rows "
        f"after {first:.3f} s; /health {1000 * statistics.median(idle):.0f} ms, meanwhile "
        f"{1000 * statistics.median(busy):.0f} (at most {1000 * max(busy):.0f})"
    )


async def main(server, folder, sizes):
    for answers in sizes:
        async with alone.create_database(server, f"exports_{answers}") as dsn:
            connection = await alone.connect(dsn)
            await fill_database(connection, answers)
            await connection.close()
            before = peak_mb()
            print_ways(answers, await time_ways(dsn), peak_mb() - before)
            await time_page(dsn, folder)


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]] or [100_000, 1_000_000]
    with tempfile.TemporaryDirectory(prefix="be-", dir="/tmp") as top:
        pathlib.Path(top).chmod(0o755)
        with embedded.open_server(pathlib.Path(top) / "pg", throwaway=True) as dsn:
            asyncio.run(main(dsn, pathlib.Path(top), given))
