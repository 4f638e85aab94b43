"""An edition is the same, by its hash, if its sums come from rows, from Parquet or from Dask."""

import datetime
import hashlib

import msgspec
import pytest

from analysis.editions import serialise
from api import clock
from api.jobs import kinds
from api.jobs.edition_inputs import editions
from api.jobs.edition_inputs.all_inputs import load_edition_inputs
from api.jobs.texts import coding
from api.operations import closed_months
from api.process import installation
from survey.store.answers import archive_files, archive_months, sums
from tests.cluster import end, run_cluster

NEXT_MONTH = clock.today() + datetime.timedelta(days=31)


async def edition_hashes(connection, kind, start):
    """The hashes of what an edition is made from, and of the edition."""
    period = editions.edition_period(kind, start)
    material = await load_edition_inputs(connection, kind, period, number=1, as_of=clock.today())
    body = serialise(material)
    made = msgspec.json.encode(editions.edition_from_inputs(body))
    return [hashlib.sha256(one).hexdigest() for one in (body, made)]


async def both_hashes(connection):
    week, month = kinds.last_week(clock.today()), clock.today().replace(day=1)
    return [
        await edition_hashes(connection, "weekly", week),
        await edition_hashes(connection, "monthly", month),
    ]


async def lose_sums(connection):
    """Sums that are wrong everywhere, while the files of each month stay as they are."""
    await connection.execute("SET soundings.same_answers = 'on'")
    await connection.execute("UPDATE answer_sums SET persons = 2 * persons, sums = '{}'")
    await connection.execute("RESET soundings.same_answers")


@pytest.mark.slow
async def test_editions_from_rows_parquet_and_dask_have_one_hash(city, tmp_path, monkeypatch):
    place = str(tmp_path / "answers")
    monkeypatch.setattr(archive_files, "ROWS_OF_A_FILE", 100)
    monkeypatch.setattr(installation, "FEWEST_PERSONS", 1)
    await sums.rebuild(city)
    from_rows = await both_hashes(city)
    while await closed_months.archive_next_month(city, place, NEXT_MONTH):
        pass
    written = await archive_months.load_months(city)
    assert sum(len(one.files) for one in written) > 10
    await lose_sums(city)
    assert await both_hashes(city) != from_rows
    assert (await closed_months.rebuild_sums(city, place)).months == len(written)
    assert await both_hashes(city) == from_rows
    await lose_sums(city)
    with run_cluster(tmp_path) as (address, _):
        monkeypatch.setattr(installation.CHOSEN, "scheduler", address)
        assert (await closed_months.rebuild_sums(city, place)).months == len(written)
    assert await both_hashes(city) == from_rows


@pytest.mark.slow
async def test_texts_are_coded_once_each_though_a_worker_of_the_cluster_dies(
    city, tmp_path, monkeypatch
):
    """What is stored is what one process stored before, for each text, and once."""
    few = "text IN (SELECT id FROM texts ORDER BY id LIMIT 200)"
    before = await stored_codes(city)
    await city.execute(f"UPDATE texts SET due = true FROM codings WHERE text = texts.id AND {few}")
    await city.execute(f"DELETE FROM passages WHERE {few}")
    await city.execute(f"DELETE FROM codings WHERE {few}")
    monkeypatch.setattr(coding, "SLICE", 20)
    monkeypatch.setattr(installation, "FEWEST_TEXTS", 100)
    with run_cluster(tmp_path) as (address, processes):
        monkeypatch.setattr(installation.CHOSEN, "scheduler", address)
        monkeypatch.setattr(coding, "map_parts", killing(processes[0], coding.map_parts))
        assert await coding.code_batch(city) == 200
    assert await coding.code_batch(city) == 0
    assert await stored_codes(city) == before


async def stored_codes(connection):
    """Every coding and every vector, as stored."""
    return (
        [tuple(row) for row in await connection.fetch("SELECT * FROM codings ORDER BY text")],
        [tuple(row) for row in await connection.fetch("SELECT * FROM passages ORDER BY text")],
    )


def killing(worker, map_parts):
    """`map_parts`, but this worker is killed when the first part is done."""

    def map_and_kill(*given):
        found = map_parts(*given)
        yield next(found)
        end(worker)
        yield from found

    return map_and_kill
