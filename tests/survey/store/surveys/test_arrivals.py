"""What the tables hold about the moment in which an answer came: its hour, and nothing finer."""

import asyncio
import datetime
import uuid

from api.operations.answers import submissions
from survey.store.answers import erasure, responses
from survey.store.surveys import instruments
from survey.surveys.responses import AnswerContext, Submission, accept_submission
from tests import alone
from tests.waiting import until

SENT = Submission(area="Hackney", answers={"subject": "taser", "story": "They were calm."})
HOUR = datetime.datetime(2026, 11, 27, 21, tzinfo=datetime.UTC)
LAST_MS_OF_HOUR = "2026-11-27 21:59:59.999Z"


async def make_ids(db, count=2_000):
    rows = await db.the_connection.fetch(
        "SELECT hour_id($1::text::timestamptz) AS id FROM generate_series(1, $2)",
        LAST_MS_OF_HOUR,
        count,
    )
    return [uuid.UUID(bytes=row["id"].bytes) for row in rows]


async def test_an_id_holds_the_hour_and_is_of_version_7(db):
    for one in await make_ids(db, 20):
        assert (one.version, one.variant) == (7, uuid.RFC_4122)
        assert one.int >> 80 == int(HOUR.timestamp() * 1000)


async def test_the_order_within_an_hour_is_not_in_the_ids(db):
    """Each random bit is set in about half of the ids, in the first half of them as in the last."""
    found = [one.int & (2**62 - 1) for one in await make_ids(db)]
    assert len(set(found)) == len(found)
    half = len(found) // 2
    for bit in range(62):
        for part in (found[:half], found[half:]):
            share = sum(one >> bit & 1 for one in part) / half
            assert 0.4 < share < 0.6  # six standard deviations of a fair coin


async def test_an_answer_and_its_words_have_ids_of_their_hour(db):
    await submissions.submit_response(db, "feedback", SENT)
    row = await db.the_connection.fetchrow(
        "SELECT r.id, t.id AS text, received_at FROM responses r JOIN texts t ON t.response = r.id"
    )
    hours = {uuid.UUID(bytes=row[name].bytes).int >> 80 for name in ("id", "text")}
    assert hours == {int(row["received_at"].timestamp() * 1000)}


async def test_erasing_an_answer_deletes_the_mark_of_its_request(db):
    marks = (b"key", b"body")
    receipt = await submissions.submit_response(db, "feedback", SENT, marks)
    assert await db.the_connection.fetchval("SELECT reference FROM request_marks") == (
        receipt.reference
    )
    await erasure.erase(db.the_connection, receipt.reference)
    assert await db.the_connection.fetchval("SELECT count(*) FROM request_marks") == 0


WAITING = (
    "SELECT count(*) = 2 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid = ANY($1)"
)


async def test_requests_that_come_to_two_processes_in_another_order_end_without_a_deadlock(server):
    async with alone.create_database(server, "arrivals") as dsn:
        first, second, between, watcher = [await alone.connect(dsn) for _ in range(4)]
        instrument, _ = await instruments.get(watcher, "feedback")
        response = accept_submission(instrument, SENT, "E09000012", AnswerContext(HOUR.date()))

        def arrivals(names, keys):
            return [
                responses.NewResponse(
                    response=response,
                    reference=f"AAAA-{name}",
                    request_key=key,
                    request_body=b"body",
                )
                for name, key in zip(names, keys, strict=True)
            ]

        held = between.transaction()
        await held.start()
        await responses.insert_many(between, arrivals("0", [b"between"]))
        both = [
            asyncio.create_task(responses.insert_many(connection, arrivals(names, keys)))
            for connection, names, keys in (
                (first, "123", [b"a", b"between", b"z"]),
                (second, "456", [b"z", b"between", b"a"]),
            )
        ]
        await until(watcher.fetchval, WAITING, [one.get_server_pid() for one in (first, second)])
        await held.rollback()
        found = [[one.reference for one in some] for some in await asyncio.gather(*both)]
        assert found[0] == found[1][::-1]
        for one in (first, second, between, watcher):
            await one.close()


async def test_an_arrival_that_is_inserted_again_is_stored_once(db):
    """Whoever lost the connection while it committed cannot know, and inserts the same rows."""
    instrument, _ = await instruments.get(db.the_connection, "feedback")
    arrival = responses.NewResponse(
        response=accept_submission(instrument, SENT, "E09000012", AnswerContext(HOUR.date())),
        reference="AAAA-2222",
        request_key=b"key",
        request_body=b"body",
    )
    first = await responses.insert_many(db.the_connection, [arrival])
    assert await responses.insert_many(db.the_connection, [arrival]) == first
    counts = "SELECT (SELECT count(*) FROM responses), (SELECT count(*) FROM texts)"
    assert tuple(await db.the_connection.fetchrow(counts)) == (1, 1)
