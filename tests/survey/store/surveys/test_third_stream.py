"""What people whom the police met say is a stream of its own: no statement pools it with others."""

import datetime

import asyncpg
import msgspec
import pytest

from api.operations.answers import submissions
from survey.store.surveys import encounters, instruments, limits
from survey.store.surveys.encounters import NewlyAsked, NewWave
from survey.store.surveys.instruments import code_digest
from survey.store.themes import campaigns, codes
from survey.surveys.encounters import AskingRules
from survey.surveys.instruments import Instrument, Text
from survey.surveys.responses import Submission
from tests.jobs import run_all_jobs

MET = Instrument(
    slug="after-a-stop",
    version=1,
    mode="met",
    kind="survey",
    title={"en": "After a stop"},
    summary={"en": "What happened."},
    items=(Text(name="story", text={"en": "What happened?"}),),
)
ALWAYS = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
LATER = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
TODAY = datetime.date(2026, 11, 28)


async def ask(connection, code):
    await limits.ensure(connection, MET.slug, None, None)
    new = NewWave(survey=MET.slug, first_day=TODAY, last_day=TODAY, rules=AskingRules())
    person = NewlyAsked(code_digest=code_digest(code), kind="Stop", area="E09000022")
    return await encounters.insert(connection, new, [person], TODAY)


@pytest.fixture
async def written(db):
    """A text by somebody the police met, coded as every text is."""
    connection = db.the_connection
    await instruments.insert(connection, MET)
    await ask(connection, "ABCD-2345")
    sent = Submission(
        area="Lambeth",
        answers={"story": "They stopped me and one of them was very rude to my brother."},
        access_code="ABCD-2345",
    )
    receipt = await submissions.submit_response(db, MET.slug, sent)
    await run_all_jobs(db)
    return receipt

    connection = db.the_connection
    streams = await connection.fetch("SELECT stream FROM current_codings")
    assert [row["stream"] for row in streams] == ["met"]
    assert await codes.load_coded_texts(connection, ALWAYS, LATER, 10_000, MET.slug + "x") == []
    assert await campaigns.count_texts(connection, ALWAYS.date(), LATER.date()) == 0


async def test_a_response_of_this_kind_has_no_chance_of_being_drawn(db, written):
    row = await db.the_connection.fetchrow("SELECT mode, stratum, probability FROM responses")
    assert tuple(row) == ("met", None, None)
    with pytest.raises(asyncpg.CheckViolationError):
        await db.the_connection.execute(
            """
            INSERT INTO responses (reference, instrument, version, mode, area, language, answers,
                                   stratum, psu, probability)
            SELECT 'another', instrument, version, mode, area, language, answers, 'a', 'b', 0.5
              FROM responses
            """
        )


async def test_a_survey_keeps_its_kind(db, written):
    changed = msgspec.structs.replace(MET, version=2, mode="open")
    with pytest.raises(Exception, match="never mixed"):
        await instruments.insert(db.the_connection, changed)


async def test_a_wave_of_half_a_year_ago_ends_and_its_sums_stay(db, written):
    connection = db.the_connection
    await connection.execute("UPDATE encounter_waves SET made_on = made_on - 200")
    await connection.execute("UPDATE asked_encounters SET asked_on = asked_on - 400")
    await encounters.end_overdue(connection)
    [found] = await encounters.load_all(connection, MET.slug)
    assert found.is_over
    assert (found.sums.everybody.asked, found.sums.everybody.answered) == (1, 1)
    for table in ("encounters", "member_codes", "asked_encounters"):
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
