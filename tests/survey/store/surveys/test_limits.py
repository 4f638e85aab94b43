"""A survey with limits takes exactly so many answers, however many come at once."""

import asyncio
import random
import uuid

import httpx
import msgspec
import pytest

from api.operations.answers import phone_answers, submissions
from survey.formats.xform import names_on_phones
from survey.problems import Problem
from survey.store.answers import erasure, limited_responses, responses
from survey.store.database import open_database
from survey.store.surveys import fieldwork, instruments, limits
from survey.store.surveys.instruments import code_digest
from survey.surveys.instruments import Instrument, Option, SelectOne
from survey.surveys.ready import load_ready_instruments
from survey.surveys.responses import Submission
from survey.surveys.sharing import Quota, is_counted, respondent_of
from tests import alone
from tests.stored.complaint_forms import KEYRING
from tests.waiting import until

LAMBETH, HACKNEY = "E09000022", "E09000012"
AGE = SelectOne(
    name="years",
    text={"en": "How old are you?"},
    margin="age",
    options=(
        Option("young", {"en": "16 to 24"}, kind="16-24"),
        Option("older", {"en": "25 to 34"}, kind="25-34"),
    ),
)
SEX = SelectOne(
    name="sex",
    text={"en": "What is your sex?"},
    margin="sex",
    options=(Option("female", {"en": "Female"}), Option("male", {"en": "Male"})),
)
CLUB = Instrument(
    slug="the-club",
    version=1,
    mode="open",
    kind="survey",
    title={"en": "The club"},
    summary={"en": "About us."},
    items=(AGE, SEX),
)
YOUNG_MEN = Quota(area=LAMBETH, groups={"age": "16-24", "sex": "male"}, most=10)


def answer(area="Lambeth", years="young", sex="male", code=None):
    given = {name: one for name, one in (("years", years), ("sex", sex)) if one}
    return Submission(area=area, answers=given, access_code=code)


async def submit(database, sent, key=None, slug="the-club"):
    marks = submissions.request_marks(KEYRING, slug, sent, key or uuid.uuid4().hex)
    return await submissions.submit_response(database, slug, sent, marks)


async def limit_survey(connection, *, most=None, one_each="none", quota=None, slug="the-club"):
    """Limit a survey as the organiser's page does."""
    await limits.save(connection, slug, opens=None, closes=None, one_each=one_each)
    await limits.save_most(connection, slug, most)
    if quota:
        await limits.insert_quota(connection, slug, quota)
    await limited_responses.recount(
        connection, slug, await instruments.load_history(connection, slug)
    )


@pytest.fixture
async def club(db):
    await instruments.insert(db.the_connection, CLUB)
    return db


async def refusal_code(sending):
    with pytest.raises(Problem) as refused:
        await sending
    return refused.value.code


async def counted(connection, slug="the-club"):
    return [one.answers for one in await limits.load_quotas(connection, slug)]


async def test_the_answer_after_the_last_place_is_refused_and_nothing_of_it_is_stored(club):
    await limit_survey(club.the_connection, most=2)
    for _ in range(2):
        await submit(club, answer())
    assert await refusal_code(submit(club, answer())) == "survey.full"
    assert await club.the_connection.fetchval("SELECT count(*) FROM responses") == 2
    assert await counted(club.the_connection) == [2]


async def test_a_full_group_refuses_its_own_people_and_no_others(club):
    await limit_survey(club.the_connection, quota=msgspec.structs.replace(YOUNG_MEN, most=1))
    await submit(club, answer())
    assert await refusal_code(submit(club, answer())) == "survey.full_for_group"
    for other in (
        answer(area="Hackney"),
        answer(years="older"),
        answer(sex="female"),
        answer(sex=None),
    ):
        await submit(club, other)
    assert await counted(club.the_connection) == [1]


async def test_the_same_request_gets_its_receipt_when_everything_is_full(club):
    await limit_survey(club.the_connection, most=1)
    first = await submit(club, answer(), "the key")
    again = await submit(club, answer(), "the key")
    assert (again.reference, again.again) == (first.reference, True)
    other = submit(club, answer(years="older"), "the key")
    assert await refusal_code(other) == "idempotency.conflict"


async def test_erasing_an_answer_frees_its_place(club):
    connection = club.the_connection
    await limit_survey(connection, most=2, quota=msgspec.structs.replace(YOUNG_MEN, most=1))
    gone = await submit(club, answer())
    await submit(club, answer(years="older"))
    assert await counted(connection) == [2, 1]
    await erasure.erase(connection, gone.reference)
    assert await counted(connection) == [1, 0]
    await submit(club, answer())
    assert await counted(connection) == [2, 1]


async def test_answers_from_before_a_limit_count_by_the_questions_of_their_version(club):
    """The second version asks the age under another name, with other options."""
    connection = club.the_connection
    for sent in (answer(), answer(years="older"), answer(area="Hackney")):
        await submit(club, sent)
    renamed = msgspec.structs.replace(
        AGE, name="age_now", options=(Option("under-25", {"en": "Under 25"}, kind="16-24"),)
    )
    second = msgspec.structs.replace(CLUB, version=2, items=(renamed, SEX))
    await instruments.insert(connection, second)
    now = Submission(area="Lambeth", answers={"age_now": "under-25", "sex": "male"})
    await submit(club, now)
    await limit_survey(connection, most=50, quota=YOUNG_MEN)
    assert await counted(connection) == [4, 2]


async def test_counting_in_the_database_and_in_the_program_agree(club):
    """What is counted as it arrives is what a recount finds."""
    connection = club.the_connection
    every = [
        Quota(area=area, groups=groups, most=500)
        for area in (None, LAMBETH, HACKNEY)
        for groups in ({}, {"age": "16-24"}, {"sex": "male"}, {"age": "25-34", "sex": "female"})
    ]
    await limit_survey(connection)
    for quota in every:
        await limits.insert_quota(connection, "the-club", quota)
    for place in ("Lambeth", "Hackney", "Brent"):
        for years in ("young", "older", None):
            for sex in ("male", "female", None):
                await submit(club, answer(place, years, sex))
    as_counted = await counted(connection)
    await limited_responses.recount(connection, "the-club", [CLUB])
    assert await counted(connection) == as_counted
    assert sum(as_counted) > 27


async def test_a_code_opens_an_open_survey_once_and_its_answer_stays_open(club):
    connection = club.the_connection
    await limit_survey(connection, one_each="code")
    await limits.insert_member_codes(connection, "the-club", [code_digest("ABCD-2345")])
    assert await refusal_code(submit(club, answer())) == "access_code.needed"
    assert await refusal_code(submit(club, answer(code="ABCD-9999"))) == "access_code.unknown"
    first = await submit(club, answer(code="abcd 2345"), "the key")
    assert (await submit(club, answer(code="abcd 2345"), "the key")).reference == first.reference
    assert await refusal_code(submit(club, answer(code="ABCD-2345"))) == "access_code.unknown"
    row = await connection.fetchrow("SELECT mode, stratum, probability FROM responses")
    assert tuple(row) == ("open", None, None)
    assert await limits.count_member_codes(connection, "the-club") == limits.CodeCount(1, 1)


async def test_a_code_of_another_survey_opens_nothing_and_stays_unused(club):
    connection = club.the_connection
    await instruments.insert(connection, msgspec.structs.replace(CLUB, slug="the-choir"))
    for slug in ("the-club", "the-choir"):
        await limit_survey(connection, one_each="code", slug=slug)
    await limits.insert_member_codes(connection, "the-choir", [code_digest("SING-2345")])
    assert await refusal_code(submit(club, answer(code="SING-2345"))) == "access_code.unknown"
    await submit(club, answer(code="SING-2345"), slug="the-choir")
    assert await limits.count_member_codes(connection, "the-choir") == limits.CodeCount(1, 1)


async def test_a_place_that_a_used_code_had_goes_to_the_next_in_line(club):
    connection = club.the_connection
    await limit_survey(connection, most=1, one_each="code")
    await limits.insert_member_codes(connection, "the-club", [code_digest("GOOD-2345")])
    batch = [
        submissions.limited_arrival(
            responses.NewResponse(
                response=submissions.responses.accept_submission(
                    CLUB, sent, LAMBETH, submissions.answer_context(CLUB, await city(club))
                ),
                reference=f"AAAA-222{number}",
                request_key=bytes([number]),
                request_body=b"body",
                code_digest=code_digest(sent.access_code),
            ),
            CLUB,
            await limits.find(connection, "the-club"),
        )
        for number, sent in enumerate((answer(code="USED-9999"), answer(code="GOOD-2345")), 2)
    ]
    used, good = await limited_responses.insert_limited_many(connection, batch)
    assert used.code == "access_code.unknown"
    assert good.reference == "AAAA-2223"
    assert await counted(connection) == [1]


async def city(db):
    return await db.load_cached(submissions.place_store.get_city)


async def test_a_sampled_survey_closes_at_a_number_and_keeps_the_code_of_who_was_late(db):
    connection = db.the_connection
    sampled = next(one for one in load_ready_instruments() if one.mode == "sampled")
    drawn = [(f"ABCD-234{n}", "s", "u", 0.1) for n in (2, 3)]
    await instruments.insert_invitations(connection, sampled, drawn)
    await limit_survey(connection, most=1, slug=sampled.slug)
    sent = [
        Submission(area="Hackney", access_code=code, answers={"listens": 4}) for code, *_ in drawn
    ]
    await submit(db, sent[0], slug=sampled.slug)
    assert await refusal_code(submit(db, sent[1], slug=sampled.slug)) == "survey.full"
    unused = "SELECT count(*) FROM invitations WHERE NOT used"
    assert await connection.fetchval(unused) == 1


async def test_days_of_the_limits_come_before_those_of_the_version(club):
    day = submissions.clock.today()
    connection = club.the_connection
    await limits.save(connection, "the-club", opens=None, closes=day, one_each="none")
    await submit(club, answer())
    before = day.replace(year=day.year - 1)
    await limits.save(connection, "the-club", opens=None, closes=before, one_each="none")
    assert await refusal_code(submit(club, answer())) == "survey.closed"
    listed = await instruments.load_open_on(connection, day, 0, 50, "complaint")
    assert "the-club" not in [one.slug for one in listed]


def test_groups_are_those_of_the_options_and_what_nobody_said_counts_nowhere():
    person = respondent_of(CLUB, LAMBETH, {"years": "young"})
    assert person.groups == {"age": "16-24"}
    assert is_counted(Quota(groups={"age": "16-24"}, most=10), person)
    assert not is_counted(YOUNG_MEN, person)


@pytest.fixture(scope="module")
async def dsn(server):
    async with alone.create_database(server, "alone_and_limited") as dsn:
        connection = await alone.connect(dsn)
        await instruments.insert(connection, CLUB)
        await connection.close()
        yield dsn


@pytest.fixture
async def limited(dsn):
    """The survey with twenty places, ten of them for young men of Lambeth."""
    connection = await alone.connect(dsn)
    await connection.execute("TRUNCATE responses, texts, request_marks, quotas CASCADE")
    await limit_survey(connection, most=20, quota=YOUNG_MEN)
    yield connection
    await connection.close()


async def stored(connection):
    return tuple(
        await connection.fetchrow(
            """
            SELECT count(*), count(*) FILTER (WHERE area = $1 AND answers ->> 'years' = 'young')
              FROM responses WHERE instrument = 'the-club'
            """,
            LAMBETH,
        )
    )


async def test_of_300_at_once_over_two_pools_exactly_so_many_are_stored(dsn, limited):
    async with open_database(dsn) as one, open_database(dsn) as two:
        sends = [submit((one, two)[n % 2], answer()) for n in range(150)]
        sends += [submit((one, two)[n % 2], answer("Hackney")) for n in range(150)]
        outcomes = await asyncio.gather(*sends, return_exceptions=True)
    refused = {one.code for one in outcomes if isinstance(one, Problem)}
    # On a busy machine somebody waits too long for a connection, and is told to try again.
    assert refused <= {"survey.full", "survey.full_for_group", "database.unreachable"}
    assert "survey.full" in refused
    receipts = [one for one in outcomes if not isinstance(one, Exception)]
    total, young_men = await stored(limited)
    assert total == len(receipts) == 20
    assert young_men <= 10
    assert await counted(limited) == [20, young_men]


async def send_from_phone(database, group, instance, earlier=""):
    """The answer of a young man of Lambeth, as a phone of a group sends it."""
    area = names_on_phones(CLUB).area
    xml = (
        f'<data id="the-club" version="1"><{area}>{LAMBETH}</{area}>'
        "<years>young</years><sex>male</sex><meta>"
        f"<instanceID>{instance}</instanceID><deprecatedID>{earlier}</deprecatedID></meta></data>"
    )

    async def read_file(name, most):
        return None

    return await phone_answers.receive_filled_form(
        database, group, xml.encode(), read_file, quarantine=False
    )


async def test_an_answer_is_corrected_and_erased_in_the_same_moment(dsn, limited):
    """Whoever comes second waits, and neither is ended by the database."""
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    number = await fieldwork.insert_group(limited, "the-club", "Tuesday", uuid.uuid4().bytes, "")
    group = await fieldwork.find_group(limited, "the-club", number)
    eraser = await alone.connect(dsn)
    async with open_database(dsn) as database:
        await send_from_phone(database, group, first)
        reference = await limited.fetchval("SELECT reference FROM responses")
        async with eraser.transaction():
            await limits.lock(eraser, {"the-club"})
            correcting = asyncio.create_task(send_from_phone(database, group, second, first))
            await until(is_anybody_waiting, limited)
            assert await erasure.erase(eraser, reference) == "response"
        assert await refusal_code(correcting) == "form.corrected"
    await eraser.close()
    assert await stored(limited) == (0, 0)
    assert await counted(limited) == [0, 0]


async def limit_at_once(dsn, **limit):
    """Set the first limit as the organiser's page does, in one transaction."""
    connection = await alone.connect(dsn)
    async with connection.transaction():
        await limit_survey(connection, **limit)
    await connection.close()


@pytest.fixture
async def unlimited(dsn):
    connection = await alone.connect(dsn)
    await connection.execute(
        "TRUNCATE responses, texts, request_marks, member_codes, quotas, survey_limits CASCADE"
    )
    await connection.execute("UPDATE instruments SET limited = false")
    yield connection
    await connection.close()


async def accepted(database, sent=None):
    """An answer that was checked while the survey had no limits, and is not stored yet."""
    now = submissions.answer_context(CLUB, await city(database))
    response = submissions.accept_sent(CLUB, sent or answer(), await city(database), now)
    arrival = submissions.new_arrival(CLUB, None, sent or answer(), response)
    return msgspec.structs.replace(arrival, reference=submissions.new_reference())


async def test_the_first_limit_counts_the_answers_that_are_being_stored(dsn, unlimited):
    async with open_database(dsn) as database:
        async with database.connection() as storing, storing.transaction():
            await responses.insert_many(storing, [await accepted(database)])
            limiting = asyncio.create_task(limit_at_once(dsn, most=50))

            async def is_on_its_way():
                return limiting.done() or await is_anybody_waiting(unlimited)

            await until(is_on_its_way)
        await limiting
    assert await counted(unlimited) == [1]


async def test_the_first_limit_does_not_count_an_answer_that_is_being_erased(dsn, unlimited):
    async with open_database(dsn) as database:
        gone = await submit(database, answer())
        async with database.connection() as erasing, erasing.transaction():
            await erasure.erase(erasing, gone.reference)
            limiting = asyncio.create_task(limit_at_once(dsn, most=50))

            async def is_on_its_way():
                return limiting.done() or await is_anybody_waiting(unlimited)

            await until(is_on_its_way)
        await limiting
    assert await counted(unlimited) == [0]


async def test_an_answer_from_before_the_first_limit_is_checked_again(dsn, unlimited, monkeypatch):
    """A process that has not heard of the limit yet stores nothing without it."""

    async def find_none(database, slug):
        return None

    async with open_database(dsn) as database:
        await submit(database, answer())
        late = await accepted(database)
        await limit_at_once(dsn, most=2)
        async with database.connection() as connection:
            [refused] = await responses.insert_many(connection, [late])
        assert refused.code == "survey.limited_meanwhile"
        monkeypatch.setattr(submissions, "find_limits", find_none)
        key = uuid.uuid4().hex
        stored = await submit(database, answer(), key)
        assert (await submit(database, answer(), key)).reference == stored.reference
        assert await refusal_code(submit(database, answer())) == "survey.full"
        assert await counted(unlimited) == [2]
        # The next version is under the limits as well.
        second = msgspec.structs.replace(CLUB, version=2)
        async with unlimited.transaction():
            await instruments.insert(unlimited, second)
            flag = "SELECT limited FROM instruments WHERE version = 2"
            assert await unlimited.fetchval(flag)
            await unlimited.execute("DELETE FROM instruments WHERE version = 2")


async def test_others_send_while_many_rows_of_a_file_are_stored(dsn, unlimited):
    """The limits are held when the places are taken, not while the rows are stored."""
    await limit_at_once(dsn, most=3, one_each="code")
    codes = ["ABCD-2345", "ABCD-2346", "ABCD-2347", "ABCD-2348"]
    await limits.insert_member_codes(unlimited, "the-club", [code_digest(one) for one in codes])
    holder = await alone.connect(dsn)
    async with open_database(dsn) as database, open_database(dsn) as other:
        limited = await limits.find(unlimited, "the-club")
        rows = [await accepted(database, answer(code=one)) for one in codes[:3]]
        rows = [
            submissions.limited_arrival(
                msgspec.structs.replace(one, code_digest=code_digest(code)), CLUB, limited
            )
            for one, code in zip(rows, codes, strict=False)
        ]

        async def store_file():
            async with database.connection() as connection, connection.transaction():
                return await submissions.insert_together(connection, rows)

        async with holder.transaction():
            await holder.execute(
                "SELECT FROM member_codes WHERE code_digest = $1 FOR UPDATE", code_digest(codes[0])
            )
            storing = asyncio.create_task(store_file())
            await until(is_anybody_waiting, unlimited)
            free = "SELECT count(*) FROM (SELECT FROM survey_limits FOR UPDATE SKIP LOCKED) s"
            assert await unlimited.fetchval(free) == 1
            await submit(other, answer(code=codes[3]))
        outcomes = await storing
    assert [getattr(one, "code", "stored") for one in outcomes] == [
        "stored",
        "stored",
        "survey.full",
    ]
    assert await counted(unlimited) == [3]
    assert await limits.count_member_codes(unlimited, "the-club") == limits.CodeCount(4, 3)
    await holder.close()


async def is_anybody_waiting(connection):
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return await connection.fetchval(waiting)


@pytest.mark.slow
async def test_of_400_at_once_through_two_applications_exactly_so_many_are_stored(
    dsn, limited, tmp_path
):
    """Each request is sent twice, to both: the same receipt, or the same refusal."""
    address = "/api/v1/surveys/the-club/responses"
    with (
        alone.run_server(dsn, tmp_path / "one") as (_, first),
        alone.run_server(dsn, tmp_path / "one") as (_, second),
    ):
        async with httpx.AsyncClient(timeout=120) as client:

            async def send(base, body, key):
                return await client.post(base + address, json=body, headers=key)

            sends, drawn = [], random.Random(7)
            for number in range(200):
                area = ("Lambeth", "Hackney")[number % 2]
                body = {"borough": area, "answers": {"years": "young", "sex": "male"}}
                key = {"Idempotency-Key": str(uuid.UUID(int=drawn.getrandbits(128)))}
                sends += [send(base, body, key) for base in (first, second)]
            answers = await asyncio.gather(*sends)
    assert {one.status_code for one in answers} <= {201, 409, 410}
    receipts = {one.json()["reference"] for one in answers if one.status_code == 201}
    total, young_men = await stored(limited)
    assert total == len(receipts) == 20
    assert young_men <= 10
    for one, other in zip(answers[::2], answers[1::2], strict=True):
        assert one.json().get("reference") == other.json().get("reference")
