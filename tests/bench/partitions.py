"""What ids of the hour, a table of marks and partitions by month do to the answers' tables.

Run: python -m tests.bench.partitions [answers [shape ...]]. Each shape is a database of its own
with so many answers of two years, every third with a text: `now`, and two that were tried: `months`
has 27 partitions by month of the id, `years` 123, for ten years. Every measure is taken of each
shape in turn, five rounds; prints medians. Processor time is that of the connection's backend; WAL
is counted from a checkpoint on, as it is on a busy server.
"""

import asyncio
import contextlib
import datetime
import pathlib
import secrets
import statistics
import sys
import tempfile
import time

import msgspec

from api.operations import foundations
from api.operations.answers import submissions
from survey.store import database
from survey.store.answers import responses, sums
from survey.store.connections import embedded
from survey.surveys.responses import Response
from tests import alone

ROUNDS, BATCH, BATCHES, ALONE, AT_ONCE = 5, 64, 20, 150, 500
DAY = datetime.datetime.now(datetime.UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
OLD_MONTH = (DAY - datetime.timedelta(days=215)).replace(day=1)
STORY = "They were calm and explained what they were doing, so I was less afraid. " * 3
# Larger than those of the years before: smaller rows would go into gaps all over the table.
ANSWERS = {"subject": "taser"} | {f"question_{n}": n for n in range(8)}
# By id: a unique key has to contain what a table is partitioned by, and then `id` alone is one. The
# reference needs a table of its own to be unique over all months. A foreign key to a partitioned
# table is checked by a plan that looks at every partition (an insert took twice as long), so a
# trigger deletes an answer's texts with it.
PARTITION = """
    ALTER TABLE texts DROP CONSTRAINT texts_response_fkey;
    ALTER TABLE attachments DROP CONSTRAINT attachments_response_fkey;
    DROP TRIGGER responses_stay_as_summed ON responses;
    ALTER TABLE responses RENAME TO responses_other;
    ALTER TABLE responses_other DROP CONSTRAINT responses_reference_key;
    CREATE TABLE responses (LIKE responses_other INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
        PARTITION BY RANGE (id);
    ALTER TABLE responses ADD PRIMARY KEY (id), ADD FOREIGN KEY (area) REFERENCES areas,
        ADD FOREIGN KEY (instrument, version, mode) REFERENCES instruments (slug, version, mode);
    CREATE INDEX ON responses (instrument, version, mode);
    CREATE INDEX ON responses (received_at, id);
    CREATE INDEX ON responses (area);
    CREATE INDEX ON responses (id) WHERE NOT summed;
    ALTER TABLE responses ATTACH PARTITION responses_other DEFAULT;
    CREATE TABLE response_references (reference text PRIMARY KEY, response uuid NOT NULL);
    CREATE FUNCTION store_references() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO response_references SELECT reference, id FROM arrived;
        RETURN NULL;
    END $$;
    CREATE TRIGGER responses_have_references AFTER INSERT ON responses
        REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION store_references();
    CREATE FUNCTION delete_texts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM texts WHERE response = OLD.id;
        DELETE FROM attachments WHERE response = OLD.id;
        DELETE FROM response_references WHERE reference = OLD.reference;
        RETURN NULL;
    END $$;
    CREATE TRIGGER responses_take_their_texts AFTER DELETE ON responses
        FOR EACH ROW EXECUTE FUNCTION delete_texts();
    DO $$ DECLARE month timestamptz; next timestamptz; BEGIN
    FOR month IN SELECT generate_series(date_trunc('month', now()) - interval '{back} months',
                                        date_trunc('month', now()) + interval '2 months',
                                        interval '1 month') LOOP
        next := month + interval '1 month';
        EXECUTE format('CREATE TABLE %I PARTITION OF responses'
                       ' (CHECK (received_at >= %L AND received_at < %L))'
                       ' FOR VALUES FROM (%L) TO (%L)',
                       to_char(month, '"responses_"YYYY_MM'), month, next,
                       overlay(hour_id(month)::text PLACING '0000-0000-000000000000' FROM 15),
                       overlay(hour_id(next)::text PLACING '0000-0000-000000000000' FROM 15));
    END LOOP; END $$;
"""
SHAPES = {"now": "", "months": PARTITION.format(back=24)}
SHAPES |= {"years": PARTITION.format(back=120)}
FILL = """
    INSERT INTO responses (id, reference, instrument, version, mode, area, language, answers,
                           received_at, summed)
    SELECT hour_id(at), upper(left(md5(n::text), 12)), 'feedback',
           (SELECT max(version) FROM instruments WHERE slug = 'feedback'),
           'open', a.code, 'en', '{"subject": "taser", "a": 1, "b": 2, "c": 3, "d": 4}', at, true
      FROM (SELECT n, date_trunc('hour', now()) - ((1 - n / $1::float) * 17520)::int
                      * interval '1 hour' AS at FROM generate_series(1, $1::int) n) days
      JOIN (SELECT code, row_number() OVER () - 1 AS place FROM areas) a
        ON a.place = n % (SELECT count(*) FROM areas)
"""
FILL_TEXTS = """
    INSERT INTO texts (id, response, item, body, language, due)
    SELECT hour_id(at), id, 'story', 'words', 'en', false
      FROM (SELECT id, received_at AS at FROM responses
             WHERE get_byte(uuid_send(id), 15) % 3 = 0) written
"""
OF_MONTH = """
    SELECT area, count(*) FROM responses
     WHERE received_at >= $1 AND received_at < $2 GROUP BY area
"""
OF_TEXTS = """
    SELECT t.id, r.area, r.mode FROM texts t LEFT JOIN responses r ON r.id = t.response
     WHERE t.id = ANY($1::uuid[])
"""
SIZES = """
    SELECT sum(pg_indexes_size(oid))::float / 1e6, sum(pg_table_size(oid))::float / 1e6
      FROM pg_class
     WHERE relkind = 'r' AND relname ~ '^(responses|response_references|request_marks)'
"""


class Shape:
    """A database of one shape, and what was measured of it."""

    def __init__(self, name, connection):
        self.name, self.connection, self.found = name, connection, {}
        self.backend = pathlib.Path(f"/proc/{connection.get_server_pid()}/schedstat")

    def processor_us(self):
        return int(self.backend.read_text().split()[0]) / 1000

    def note(self, what, value):
        self.found.setdefault(what, []).append(value)

    async def fill(self, answers):
        for text in database.read_files(database.SCHEMA).values():
            await self.connection.execute(text)
        await foundations.load_foundations(self.connection)
        await self.connection.execute(SHAPES[self.name] or "SELECT")
        await self.connection.execute("SET max_parallel_workers_per_gather = 0")
        await self.connection.execute(FILL.replace("$1", str(answers)))
        await self.connection.execute(FILL_TEXTS)
        await self.connection.execute("VACUUM ANALYZE")

    def arrivals(self, size):
        response = Response(
            instrument="feedback", version=self.version, mode="open", area="E09000012",
            language="en", answers=ANSWERS, texts={"story": STORY},
        )  # fmt: skip
        return [
            responses.NewResponse(
                response=response,
                reference=submissions.new_reference(),
                request_key=secrets.token_bytes(32),
                request_body=secrets.token_bytes(32),
            )
            for _ in range(size)
        ]

    async def time_inserts(self, size, times):
        await self.connection.execute("CHECKPOINT")
        batches = [self.arrivals(size) for _ in range(times)]
        place = await self.connection.fetchval("SELECT pg_current_wal_insert_lsn()")
        began = self.processor_us()
        for batch in batches:
            await responses.insert_many(self.connection, batch)
        self.note(f"insert, {size} a commit: us", (self.processor_us() - began) / size / times)
        wal = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1)::float"
        written = await self.connection.fetchval(wal, place)
        self.note(f"insert, {size} a commit: WAL bytes", written / size / times)
        began = self.processor_us()
        again = [
            msgspec.structs.replace(one, reference=submissions.new_reference())
            for one in batches[0]
        ]
        for _ in range(5):
            await responses.insert_many(self.connection, again)
        self.note(f"the same again, {size} a commit: us", (self.processor_us() - began) / size / 5)

    async def time_statement(self, what, statement, *values):
        began = time.perf_counter()
        await self.connection.fetch(statement, *values)
        self.note(f"{what}: ms", (time.perf_counter() - began) * 1000)

    async def time_reads(self, texts, reference):
        await self.time_statement(
            "an old month by area", OF_MONTH, OLD_MONTH, next_month(OLD_MONTH)
        )
        await self.time_statement(f"{AT_ONCE} texts with their answers", OF_TEXTS, texts)
        found = "reference = $1"
        if SHAPES[self.name]:
            found = f"id = (SELECT response FROM response_references WHERE {found})"
        await self.time_statement(
            "an answer by reference", f"SELECT area FROM responses WHERE {found}", reference
        )
        began = time.perf_counter()
        await sums.sum_batch(self.connection, AT_ONCE)
        self.note(f"adding {AT_ONCE} to the sums: ms", (time.perf_counter() - began) * 1000)


def next_month(day):
    return (day + datetime.timedelta(days=32)).replace(day=1)


async def measure(server, answers, names):
    async with alone_databases(server, names) as shapes:
        for shape in shapes:
            await shape.fill(answers)
            shape.version = await shape.connection.fetchval(
                "SELECT max(version) FROM instruments WHERE slug = 'feedback'"
            )
        for _ in range(ROUNDS):
            for shape in shapes:
                await shape.time_inserts(BATCH, BATCHES)
                await shape.time_inserts(1, ALONE)
                texts = await shape.connection.fetch(
                    f"SELECT id FROM texts TABLESAMPLE system (1) LIMIT {AT_ONCE}"
                )
                row = "SELECT reference FROM responses TABLESAMPLE system (0.1) LIMIT 1"
                reference = await shape.connection.fetchval(row)
                await shape.time_reads([row["id"] for row in texts], reference)
        for shape in shapes:
            index, table = await shape.connection.fetchrow(SIZES)
            shape.note("indexes of answers and marks: MB", index)
            shape.note("tables of answers and marks: MB", table)
        show(shapes)


def show(shapes):
    print(f"{'':42}" + "".join(f"{shape.name:>10}" for shape in shapes))  # noqa: T201
    for what in shapes[0].found:
        values = [statistics.median(shape.found[what]) for shape in shapes]
        print(f"{what:42}" + "".join(f"{value:10.1f}" for value in values))  # noqa: T201


@contextlib.asynccontextmanager
async def alone_databases(server, names):
    async with contextlib.AsyncExitStack() as stack:
        shapes = []
        for name in names:
            create = alone.create_database(server, f"bench_{name}", seeded=False)
            connection = await alone.connect(await stack.enter_async_context(create))
            stack.push_async_callback(connection.close)
            shapes.append(Shape(name, connection))
        yield shapes


if __name__ == "__main__":
    answers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder, embedded.open_server(pathlib.Path(folder)) as dsn:
        asyncio.run(measure(dsn, answers, sys.argv[2:] or list(SHAPES)))
