"""How long each page of staff takes in a large database, by `serve`, over HTTP.

Run: python -m tests.bench.staff_pages [answers [words in a path]] (1_000_000 without), in a
throwaway database that generate_series fills: answers of a year to a survey of eight closed
questions, one in eight to the survey of residents with a coded text, and one complaint for fifty
answers. Each page is asked for six times as an administrator; prints the first time, the median of
the others, and how many pages took more than 100 ms.
"""

import asyncio
import pathlib
import statistics
import sys
import tempfile
import time

import httpx

from api.security import cookies
from api.security import people as people_room
from survey.store.accounts import people
from survey.store.connections import embedded
from survey.store.themes import codebooks
from tests import alone
from tests.api.security.test_roles import ALLOWED
from tests.bench import exports
from tests.campaigns.processes import Service
from tests.people import JOAN

TIMES, LIMIT_MS = 6, 100
FILL = """
    INSERT INTO responses (reference, instrument, version, mode, area, language, answers,
                           received_at, summed)
    SELECT 'text-' || n, 'feedback', v.version, 'open', a.codes[1 + n % cardinality(a.codes)], 'en',
           jsonb_build_object('subject', (ARRAY['taser', 'search', 'other'])[1 + n % 3]),
           date_trunc('hour', now() - ($1 - n) * interval '1 year' / $1), true
      FROM generate_series(1, $1::int) n,
           (SELECT array_agg(code) AS codes FROM areas) a,
           (SELECT max(version) AS version FROM instruments WHERE slug = 'feedback') v
"""
FILL_TEXTS = """
    INSERT INTO texts (response, item, body, language, due)
    SELECT id, 'story', 'They stopped me and one of them was rude. ' || reference, 'en', false
      FROM responses WHERE instrument = 'feedback'
"""
FILL_CODINGS = """
    INSERT INTO codings (text, coder, coder_version, codebook, language, redacted, spans,
                         sentiment, themes, comment_type)
    SELECT id, 'machine', '4', $2, 'en', body, '[]',
           jsonb_build_object('label', (ARRAY['positive', 'neutral', 'negative'])[1 + n % 3],
                              'polarity', 0, 'subjectivity', 0, 'words', '[]'::jsonb),
           jsonb_build_array(
               jsonb_build_object('theme', k.ids[1 + n % cardinality(k.ids)], 'strength', 0.5,
                                  'start', 0, 'end', 20),
               jsonb_build_object('theme', k.ids[1 + (n / 7) % cardinality(k.ids)],
                                  'strength', 0.4, 'start', 20, 'end', 40)),
           'experience'
      FROM (SELECT id, body, row_number() OVER ()::int AS n FROM texts) t,
           (SELECT $1::text[] AS ids) k
"""
FILL_CASES = """
    INSERT INTO complaints (reference, instrument, version, area, language, answers, received_at)
    SELECT 'case-' || n, 'complaint', v.version, a.codes[1 + n % cardinality(a.codes)], 'en', '{}',
           date_trunc('hour', now() - ($1 - n) * interval '1 year' / $1)
      FROM generate_series(1, $1::int) n,
           (SELECT array_agg(code) AS codes FROM areas) a,
           (SELECT max(version) AS version FROM instruments WHERE slug = 'complaint') v
"""
# As the schema file does for the responses that are there: these were never added one by one.
FILL_COUNTS = """
    WITH asked AS MATERIALIZED (
        SELECT slug, version, counted_questions(definition) AS questions FROM instruments
    )
    INSERT INTO answer_counts
    SELECT r.instrument, r.version, c.item, c.answer, count(*)
      FROM responses r JOIN asked i ON (i.slug, i.version) = (r.instrument, r.version)
     CROSS JOIN LATERAL counted_answers(r.answers, i.questions) c
     GROUP BY 1, 2, 3, 4;
    INSERT INTO week_counts
    SELECT instrument, week_of(received_at), count(*) FROM responses GROUP BY 1, 2
"""
FILL_EVENTS = """
    INSERT INTO case_events (complaint, version, event)
    SELECT id, 1, '{"kind": "received"}' FROM complaints;
    INSERT INTO allegations (complaint, kind) SELECT id, 'incivility' FROM complaints;
    VACUUM ANALYZE
"""
ARGUMENTS = {
    "{slug:str}": "bench",
    "{version:int}": "1",
    "{theme:str}": "",  # the first theme of the codebook
    "{reference:str}": "case-7",
}


async def fill_database(connection, answers):
    await exports.fill_database(connection, answers - answers // 8)
    await connection.execute(FILL, answers // 8)
    await connection.execute(FILL_TEXTS)
    book = await codebooks.get_newest(connection)
    await connection.execute(FILL_CODINGS, [one.id for one in book.themes], book.version)
    await connection.execute(FILL_CASES, answers // 50)
    if await connection.fetchval("SELECT to_regclass('answer_counts') IS NOT NULL"):
        await connection.execute(FILL_COUNTS)
    for statement in FILL_EVENTS.split(";"):
        await connection.execute(statement)
    return book.themes[0].id


def page_paths(theme):
    """The path of each page that can be asked for without making something first."""
    found = {"/work/surveys/feedback": None}
    for route in ALLOWED:
        method, _, path = route.partition(" ")
        for name, value in (ARGUMENTS | {"{theme:str}": theme}).items():
            path = path.replace(name, value)
        if method == "GET" and path.startswith("/work") and "{" not in path:
            found[path] = None
    return [one for one in found if not one.endswith((".csv", ".zip", ".json", ".qdc"))]


async def time_pages(service, session, paths):
    """For each path its status and its times in ms, the first one first."""
    found = {}
    cookie = {cookies.SESSION: session}
    async with httpx.AsyncClient(base_url=service.address, cookies=cookie, timeout=120) as client:
        for path in paths:
            times = []
            for _ in range(TIMES):
                began = time.perf_counter()
                answer = await client.get(path)
                times.append(1000 * (time.perf_counter() - began))
                if not answer.is_success:
                    break
            found[path] = answer.status_code, times
    return found


def print_times(found):
    slow = 0
    for path, (status, times) in sorted(found.items(), key=lambda one: -max(one[1][1][1:] or [0])):
        if status != 200:
            continue
        later = statistics.median(times[1:])
        slow += later > LIMIT_MS
        print(f"{later:8.1f} ms, the first {times[0]:8.1f}  {path}")  # noqa: T201
    print(f"{slow} pages took more than {LIMIT_MS} ms")  # noqa: T201


async def main(server, folder, answers, words):
    async with alone.create_database(server, "staff_pages") as dsn:
        connection = await alone.connect(dsn)
        theme = await fill_database(connection, answers)
        await people.insert(connection, *JOAN, None)
        account = await people.by_email(connection, JOAN[0])
        session = await people_room.begin_session(connection, account.id)
        await connection.close()
        paths = [one for one in page_paths(theme) if words in one]
        with Service(folder, "--no-worker", dsn=dsn) as service:
            print_times(await time_pages(service, session, paths))


if __name__ == "__main__":
    answers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    words = sys.argv[2] if len(sys.argv) > 2 else ""
    with tempfile.TemporaryDirectory(prefix="bs-", dir="/tmp") as top:
        pathlib.Path(top).chmod(0o755)
        with embedded.open_server(pathlib.Path(top) / "pg", throwaway=True) as dsn:
            asyncio.run(main(dsn, pathlib.Path(top), answers, words))
