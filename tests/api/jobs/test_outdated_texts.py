"""After an upgrade that reads texts otherwise, what was read before is read again."""

from analysis.text.codes import CODER, CODER_VERSION
from api.jobs.texts import coding, second_readings
from survey.store import jobs
from survey.store.themes import codes
from tests.stored.taught_tones import connection, in_the_year_of_the_texts, tones

__all__ = ["connection", "in_the_year_of_the_texts", "tones"]  # fixtures


async def read_before(connection, version, coder=CODER):
    await connection.execute("UPDATE codings SET coder = $1, coder_version = $2", coder, version)


async def versions(connection):
    rows = await connection.fetch("SELECT DISTINCT coder_version FROM current_codings")
    return {row["coder_version"] for row in rows}


async def test_texts_that_an_older_version_read_are_read_again(connection, tones):
    await read_before(connection, "5+names+h0001")
    await second_readings.read_outdated_texts(connection, "2026-12-01 06")
    assert await codes.count_waiting(connection) == len(tones)
    assert [one.kind for one in await jobs.load_pending(connection, ["code_texts"])]
    await coding.code_all(connection)
    read = await versions(connection)
    assert {one.partition("+")[0] for one in read} == {CODER_VERSION}
    # The old codes stay, and nothing is read a third time.
    older = await connection.fetchval("SELECT count(*) FROM codings WHERE coder_version LIKE '5%'")
    assert older == len(tones)
    assert await second_readings.queue_outdated_batch(connection) == 0


async def test_what_was_read_with_extras_or_by_a_tone_head_is_not_outdated(connection, tones):
    await read_before(connection, f"{CODER_VERSION}+names+h0002")
    await second_readings.read_outdated_texts(connection, "2026-12-01 06")
    assert await codes.count_waiting(connection) == 0
    assert not await jobs.load_pending(connection, ["code_texts"])


async def test_what_another_program_coded_is_left_alone(connection, tones):
    await read_before(connection, "1", "by hand")
    await second_readings.queue_outdated(connection)
    assert await codes.count_waiting(connection) == 0


async def test_batches_follow_each_other_until_all_are_queued(connection, tones, monkeypatch):
    monkeypatch.setattr(second_readings, "BATCH", 7)
    await read_before(connection, "5")
    await second_readings.read_outdated_texts(connection, "2026-12-01 06")
    assert await codes.count_waiting(connection) == 7
    assert [one.kind for one in await jobs.load_pending(connection, ["read_outdated_texts"])]
    await second_readings.queue_outdated(connection)
    assert await codes.count_waiting(connection) == len(tones)
