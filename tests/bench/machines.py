"""What a replica and a pooler cost and save, in turn with the primary alone in one run.

    PYTHONPATH=$PWD .venv/bin/python -m tests.bench.machines [ROUNDS]

Reads: a small statement and a sum over a million numbers, at the primary and at the replica that
is waited for, while another client commits all the time. Prints microseconds (median, 95th
percentile), how many were read on the replica, and the primary's processor time for each.

Transactions: 32 connections that store a row and read one, straight and through PgBouncer with 12.
Prints the rate, the processor time of PostgreSQL and of PgBouncer for each, how many connections
PostgreSQL has, and its memory (PSS). Both servers are durable.
"""

import asyncio
import contextlib
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

import asyncpg
import click

from survey.store.connections import embedded
from survey.store.connections.replica import open_read_database
from survey.store.database import open_database
from tests.bench.start import list_tree, megabytes, processor_seconds
from tests.campaigns.processes import list_processes
from tests.servers import place_of, run_pgbouncer, run_replica

READS = {"a small read": ("SELECT 1", 400), "a large read": (
    "SELECT sum(n) FROM generate_series(1, 1000000) n", 12)}  # fmt: skip
CLIENTS, POOLED, SECONDS = 32, 12, 3.0
TABLE = "CREATE TABLE bench (id bigserial PRIMARY KEY, answers jsonb NOT NULL)"
STORE = "INSERT INTO bench (answers) VALUES ($1) RETURNING id"
READ = "SELECT answers FROM bench WHERE id = $1"
ANSWERS = '{"trust": 4, "support": 2, "comment": "They explained what they did and why."}'


def postmaster_of(place):
    return int((place.data / "postmaster.pid").read_text().partition("\n")[0])


class Watch:
    """Wall and processor time of some processes since it was made."""

    def __init__(self, *roots):
        self.roots = roots
        self.began, self.used = time.perf_counter(), [self.seconds(one) for one in roots]

    @staticmethod
    def seconds(root):
        return processor_seconds(list_tree(root))

    def passed(self):
        used = [
            self.seconds(one) - before for one, before in zip(self.roots, self.used, strict=True)
        ]
        return time.perf_counter() - self.began, used


async def commit_until(stop, database):
    while not stop.is_set():
        async with database.connection() as connection:
            await connection.fetchval(STORE, {"trust": 4})


async def time_reads(database, statement, times, postmaster):
    """The microseconds of each read, and the primary's processor time for one."""
    taken, watch = [], Watch(postmaster)
    for _ in range(times):
        began = time.perf_counter()
        async with database.connection() as connection:
            await connection.fetchval(statement)
        taken.append(1e6 * (time.perf_counter() - began))
    _, [used] = watch.passed()
    return taken, 1e6 * used / times


async def bench_reads(first, reading, place, rounds):
    found = {(name, where): ([], []) for name in READS for where in ("primary", "replica")}
    stop = asyncio.Event()
    writing = asyncio.create_task(commit_until(stop, first))
    for _ in range(rounds):
        for name, (statement, times) in READS.items():
            for where, database in (("primary", first), ("replica", reading)):
                read = await time_reads(database, statement, times, postmaster_of(place))
                found[name, where][0].extend(read[0])
                found[name, where][1].append(read[1])
    stop.set()
    await writing
    click.echo("| read | where | median us | p95 us | CPU of the primary us |")
    for (name, where), (taken, used) in found.items():
        p95 = statistics.quantiles(taken, n=20)[-1]
        click.echo(f"| {name} | {where} | {statistics.median(taken):,.0f} | {p95:,.0f} |"
              f" {statistics.median(used):,.0f} |")  # fmt: skip
    click.echo(f"read on the replica {reading.reads['replica']}, on the primary"
          f" {reading.reads['primary']}; the primary's CPU includes the commits")  # fmt: skip


async def run_transactions(dsn, until):
    connection = await asyncpg.connect(dsn)
    done = 0
    while time.perf_counter() < until:
        async with connection.transaction():
            ident = await connection.fetchval(STORE, ANSWERS)
            await connection.fetchval(READ, ident)
        done += 1
    await connection.close()
    return done


async def bench_transactions(direct, pooled, place, rounds):
    pgbouncer = next(pid for pid, _, words in list_processes() if words[0].endswith(b"/pgbouncer"))
    click.echo("| connections | a second | CPU of PostgreSQL us | of PgBouncer us | server's"
          " connections | memory MB |")  # fmt: skip
    found = {"straight": [], "through PgBouncer": []}
    watching = await asyncpg.connect(direct)
    for _ in range(rounds):
        for name, dsn in (("straight", direct), ("through PgBouncer", pooled)):
            watch = Watch(postmaster_of(place), pgbouncer)
            until = time.perf_counter() + SECONDS
            tasks = [asyncio.create_task(run_transactions(dsn, until)) for _ in range(CLIENTS)]
            await asyncio.sleep(SECONDS / 2)
            open_ones = await watching.fetchval(
                "SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend'"
            )
            memory = sum(map(megabytes, list_tree(postmaster_of(place))))
            done = sum(await asyncio.gather(*tasks))
            wall, [server, between] = watch.passed()
            found[name].append(
                (done / wall, 1e6 * server / done, 1e6 * between / done, open_ones, memory)
            )
    await watching.close()
    for name, rows in found.items():
        middle = [statistics.median(column) for column in zip(*rows, strict=True)]
        click.echo(f"| {name} | " + " | ".join(f"{one:,.0f}" for one in middle) + " |")


async def main(rounds=3):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sm-", dir="/tmp"))
    folder.chmod(0o755)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        direct = stack.enter_context(embedded.open_server(folder / "postgres"))
        place = place_of(folder / "postgres", throwaway=False)
        replica = stack.enter_context(run_replica(place, throwaway=False))
        pooled = stack.enter_context(run_pgbouncer(direct, size=POOLED))
        async with (
            open_database(direct) as first,
            open_read_database(replica.dsn, first) as reading,
        ):
            async with first.connection() as connection:
                await connection.execute(TABLE)
            await bench_reads(first, reading, place, rounds)
            await bench_transactions(direct, pooled, place, rounds)


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
