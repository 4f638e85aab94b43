"""How many open answers a second are saved: one commit for each, and commits in groups.

Run: python -m tests.bench.intake [answers]. Both ways in turn on one server with fsync on and
sixty-four senders at once; prints answers a second and the ratio, medians of five rounds.
"""

import asyncio
import pathlib
import statistics
import sys
import tempfile
import time

from api.operations import seeding, submissions
from survey.store import embedded
from survey.store.database import open_database
from survey.surveys.responses import Submission

SENDERS = 64
ROUNDS = 5
STORY = "The officer explained what it was and kept calm, so I was less afraid than I expected. "


async def insert_alone(database, insert, row):
    async with database.connection() as connection, connection.transaction():
        return (await insert(connection, [row]))[0]


async def time_sends(database, answers):
    waiting = iter(range(answers))

    async def sender():
        for number in waiting:
            answers = {"subject": "taser", "story": f"{STORY * 3}{number}"}
            submission = Submission(borough="Hackney", answers=answers)
            await submissions.submit_response(database, "feedback", submission)

    began = time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(SENDERS)))
    return answers / (time.perf_counter() - began)


async def main(dsn, answers):
    async with open_database(dsn, connections=16) as database:
        async with database.connection() as connection:
            await seeding.load_foundations(connection)
        grouped = type(database).insert_grouped
        ways = {"in groups": grouped, "one by one": insert_alone}
        rates = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                type(database).insert_grouped = way
                rates[name].append(await time_sends(database, answers))
        type(database).insert_grouped = grouped
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, rate in medians.items():
        print(f"{name:12} {rate:8.0f} answers a second")  # noqa: T201
    print(f"ratio        {medians['in groups'] / medians['one by one']:8.2f}")  # noqa: T201


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, embedded.open_server(pathlib.Path(folder)) as dsn:
        asyncio.run(main(dsn, int(sys.argv[1]) if len(sys.argv) > 1 else 2_000))
