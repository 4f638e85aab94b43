"""How many texts a second two workers code, and one alone, on one database.

`python -m tests.bench.workers [TEXTS [ROUNDS]]`: answers of 40 words wait, none the same as
another; one worker process codes them, then two, in turn. Each commit is a batch, so the rate is
that from the first commit on, when models are loaded, to the last. Prints medians, their ratio, and
the seconds for which any of them waited for a lock.
"""

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from pathlib import Path

from api import clock
from api.jobs.kinds import due_jobs
from api.jobs.texts.coding import BATCH
from survey.store.connections import embedded
from tests import alone
from tests.bench.text.speed import forty_words

TEXTS, ROUNDS, LOOK_S = 5_000, 2, 0.1

FILL = """
    WITH said AS (SELECT * FROM unnest($1::text[]) WITH ORDINALITY AS s (body, n)),
    answered AS (
        INSERT INTO responses (reference, instrument, version, mode, area, language, answers)
        SELECT n::text, 'feedback', (SELECT max(version) FROM instruments WHERE slug = 'feedback'),
               'open', 'E09000012', 'en', '{}' FROM said
        RETURNING id, reference
    ), asked AS (INSERT INTO jobs (kind) SELECT 'code_texts' FROM generate_series(1, 2))
    INSERT INTO texts (response, item, body, language)
    SELECT id, 'story', body, 'en' FROM answered JOIN said ON n::text = reference
"""
LOOK = """
    SELECT (SELECT count(*) FROM codings),
           (SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock')
"""


async def texts_a_second(server, folder, texts, workers):
    """The rate, and the seconds that a worker stood waiting for a lock."""
    async with alone.create_database(server, f"workers_{workers}") as dsn:
        connection = await alone.connect(dsn)
        await connection.execute(FILL, texts)
        # An edition that is due would be made first, and by one worker alone.
        for kind, key in due_jobs(clock.now()):
            await connection.execute("INSERT INTO calendar VALUES ($1)", f"{kind} {key}")
        commits, waited = [], 0.0
        with contextlib.ExitStack() as running:
            for _ in range(workers):
                running.enter_context(alone.run_command(dsn, folder, "worker"))
            while not commits or commits[-1][1] < len(texts):
                await asyncio.sleep(LOOK_S)
                coded, waiting = await connection.fetchrow(LOOK)
                waited += LOOK_S * waiting
                if coded and (not commits or coded > commits[-1][1]):
                    commits.append((time.perf_counter(), coded))
        await connection.close()
    (begun, first), (ended, last) = commits[0], commits[-1]
    return (last - first) / (ended - begun), waited


def say(line):
    sys.stdout.write(f"{line}\n")


async def main(texts=TEXTS, rounds=ROUNDS):
    if texts <= 2 * BATCH:
        sys.exit(f"Give more than {2 * BATCH} texts: the rate is that from commit to commit.")
    said = forty_words(texts)
    found = {1: [], 2: []}
    with (
        tempfile.TemporaryDirectory() as data,
        embedded.open_server(Path(data) / "pg", throwaway=True) as server,
    ):
        for _ in range(rounds):
            for workers, rates in found.items():
                rates.append(await texts_a_second(server, data, said, workers))
    for workers, rates in found.items():
        speed, waited = (statistics.median(one) for one in zip(*rates, strict=True))
        say(f"{workers} of {BATCH} texts a commit: {speed:.1f} a second, {waited:.1f} s of locks")
    one, two = (statistics.median(rate for rate, _ in rates) for rates in found.values())
    say(f"two of one: {two / one:.2f}")


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
