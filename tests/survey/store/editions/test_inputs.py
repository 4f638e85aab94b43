"""Stored inputs rebuild an edition byte for byte, until a response among them is erased."""

import datetime

import msgspec
import pytest

from analysis import editions as edition
from analysis.editions import compress_inputs, deserialise, serialise
from api import clock
from api.commands import report
from api.jobs import kinds
from api.jobs.edition_inputs import all_inputs, editions
from api.jobs.edition_inputs.all_inputs import load_edition_inputs
from survey.problems import Conflict, Invalid
from survey.store import editions as reports
from survey.store.answers import erasure, sums
from survey.store.editions import edition_work

START = kinds.last_week(clock.today())


@pytest.mark.slow
async def test_an_edition_is_made_again_from_its_inputs(city):
    made, sha256 = await editions.make_edition(city, "weekly", START)
    row = await edition_work.get_inputs(city, "weekly", START, 1)
    again, hashed = report.rebuild_from_inputs(row.body)
    assert again == made
    assert hashed == sha256 == row.sha256
    assert made.code_version.startswith("0.")


@pytest.mark.slow
async def test_inputs_come_back_as_they_went(city):
    await sums.rebuild(city)
    material = await load_edition_inputs(
        city, "weekly", editions.edition_period("weekly", START), number=1, as_of=clock.today()
    )
    body = serialise(material)
    assert serialise(deserialise(body)) == body
    assert edition.make_edition(deserialise(body)) == edition.make_edition(material)


@pytest.mark.slow
async def test_an_answer_that_is_taken_back_takes_the_inputs_along(city):
    await editions.make_edition(city, "weekly", START)
    longest_ago, last = await city.fetchrow(
        "SELECT min(received_at), max(received_at) FROM responses WHERE received_at < $1",
        clock.midnight(START + datetime.timedelta(days=7)),
    )
    assert longest_ago < last
    reference = await city.fetchval(
        "SELECT reference FROM responses WHERE received_at = $1", longest_ago
    )
    await erasure.erase(city, reference)
    with pytest.raises(Conflict, match="inputs of this edition were deleted"):
        await edition_work.get_inputs(city, "weekly", START, 1)
    assert (await reports.get(city, "weekly", START, drafts=True)).number == 1


@pytest.mark.slow
async def test_an_answer_that_came_later_leaves_the_inputs_be(city):
    before = START - datetime.timedelta(weeks=2)
    await editions.make_edition(city, "weekly", before)
    reference = await city.fetchval(
        "SELECT reference FROM responses WHERE received_at >= $1 LIMIT 1", clock.midnight(START)
    )
    await erasure.erase(city, reference)
    assert (await edition_work.get_inputs(city, "weekly", before, 1)).body


@pytest.mark.slow
async def test_inputs_of_an_older_shape_are_passed_over(city):
    made, _ = await editions.make_edition(city, "weekly", START - datetime.timedelta(weeks=1))
    older = msgspec.structs.replace(made, code_version="0.0")
    assert await all_inputs.load_previous_inputs(city, older, made.population_basis)
    body = compress_inputs(msgspec.msgpack.encode({"kind": "weekly", "city": "Oldtown"}))
    await city.execute("UPDATE edition_inputs SET body = $1", body)
    assert await all_inputs.load_previous_inputs(city, older, made.population_basis) is None


def test_a_file_that_holds_no_inputs_is_refused():
    for body in (
        b"",
        b"words",
        compress_inputs(b"words"),
        compress_inputs(msgspec.msgpack.encode({})),
    ):
        with pytest.raises(Invalid, match="cannot read the inputs"):
            report.rebuild_from_inputs(body)


@pytest.mark.parametrize("name", ["weekly", "weekly/2007-13-01/1", "weekly/2007-12-10/x", ""])
def test_a_name_of_no_edition_is_refused(name):
    with pytest.raises(Invalid, match="is not an edition"):
        report.parse_edition_name(name)
