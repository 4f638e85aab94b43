"""Uploaded files wait for a response, belong to one response only, and are deleted with it."""

import asyncio

import asyncpg
import msgspec
import pytest

from api.jobs import kinds
from api.operations.answers import submissions
from survey.media import accept_attachment
from survey.problems import Conflict, Invalid, Unavailable
from survey.store.answers import attachments, erasure
from survey.store.surveys import instruments
from survey.surveys.ready import load_ready_instruments
from survey.surveys.responses import Submission
from tests.api.pages.survey_of_files import FILE_SURVEY
from tests.files import uploads
from tests.stored.complaint_forms import KEYRING

LINE = {"line": "x"}
KEPT = accept_attachment(FILE_SURVEY.files()["paper"], uploads.PDF)
SAMPLED_CODE = "ABCD-2345"


@pytest.fixture
async def sending(db):
    await instruments.insert(db.the_connection, FILE_SURVEY)
    return db


def unknown_mark(number):
    return "abcdefghijklmnopqrstuvwxy" + "234567abcd"[number]


async def attach_file(db, name="photo", number=0):
    picture = uploads.gif() + bytes([number])
    return await submissions.save_attachment(db, "sending", name, picture, quarantine=False)


async def submit_answers(db, answers, key=None):
    submission = Submission(area="Hackney", answers=LINE | answers)
    request = submissions.request_marks(KEYRING, "sending", submission, key)
    return await submissions.submit_response(db, "sending", submission, request)


async def attachment_states(db):
    rows = await db.the_connection.fetch(
        "SELECT mark, expires_at IS NOT NULL AS waits FROM attachments"
    )
    return {row["mark"]: "waits" if row["waits"] else "taken" for row in rows}


async def test_a_file_is_taken_by_its_answer(sending):
    photo, seen, other = (
        await attach_file(sending),
        await attach_file(sending, "seen"),
        await attach_file(sending),
    )
    receipt = await submit_answers(sending, {"photo": photo, "scene": [{}, {"seen": seen}]})
    assert await attachment_states(sending) == {photo: "taken", seen: "taken", other: "waits"}
    owner = await sending.the_connection.fetchval(
        "SELECT DISTINCT r.reference FROM attachments a JOIN responses r ON r.id = a.response"
    )
    assert owner == receipt.reference


async def test_a_file_that_is_not_there_for_this_question_is_refused_and_nothing_is_kept(sending):
    photo, used, old = (
        await attach_file(sending),
        await attach_file(sending),
        await attach_file(sending),
    )
    await submit_answers(sending, {"photo": used})
    await sending.the_connection.execute(
        "UPDATE attachments SET expires_at = date_trunc('hour', now()) WHERE mark = $1", old
    )
    for name, mark in (
        ("photo", used),
        ("photo", old),
        ("photo", unknown_mark(0)),
        ("beside", photo),
    ):
        with pytest.raises(Invalid) as refused:
            await submit_answers(sending, {name: mark})
        (fault,) = refused.value.faults
        assert (refused.value.code, fault.where) == ("answers.invalid", name)
        assert fault.sentence == "needs a file that was sent in the last two hours"
    assert await sending.the_connection.fetchval("SELECT count(*) FROM responses") == 1
    assert (await attachment_states(sending))[photo] == "waits"


async def test_of_two_places_for_one_file_the_second_is_refused(sending):
    seen = await attach_file(sending, "seen")
    with pytest.raises(Invalid) as refused:
        await submit_answers(sending, {"scene": [{"seen": seen}, {"seen": seen}]})
    assert [fault.where for fault in refused.value.faults] == ["scene.2.seen"]
    assert await attachment_states(sending) == {seen: "waits"}


async def test_a_file_of_another_survey_is_refused(sending):
    connection = sending.the_connection
    await instruments.insert(connection, msgspec.structs.replace(FILE_SURVEY, slug="other"))
    elsewhere = await submissions.save_attachment(
        sending, "other", "photo", uploads.gif(), quarantine=False
    )
    with pytest.raises(Invalid, match="two hours"):
        await submit_answers(sending, {"photo": elsewhere})


async def test_ten_files_are_the_most_with_one_answer(sending):
    marks = [await attach_file(sending, "seen", number) for number in range(11)]
    rounds = [{"seen": mark} for mark in marks]
    with pytest.raises(Invalid) as refused:
        await submit_answers(sending, {"scene": rounds})
    assert [fault.where for fault in refused.value.faults] == ["scene.11.seen"]
    await submit_answers(sending, {"scene": rounds[:10]})
    assert list((await attachment_states(sending)).values()).count("taken") == 10


async def test_the_same_request_again_gives_the_same_receipt(sending):
    photo = await attach_file(sending)
    first = await submit_answers(sending, {"photo": photo}, "one")
    again = await submit_answers(sending, {"photo": photo}, "one")
    assert (again.reference, again.again) == (first.reference, True)
    with pytest.raises(Conflict):
        await submit_answers(sending, {"photo": await attach_file(sending)}, "one")


async def test_a_sampled_answer_takes_its_files_or_leaves_code_and_files(sending):
    connection = sending.the_connection
    drawn = msgspec.structs.replace(FILE_SURVEY, slug="drawn", mode="sampled")
    await instruments.insert(connection, drawn)
    await instruments.insert_invitations(connection, drawn, [(SAMPLED_CODE, "inner", "u1", 0.01)])
    photo = await submissions.save_attachment(
        sending, "drawn", "photo", uploads.gif(), quarantine=False
    )

    async def submitted(mark, code=SAMPLED_CODE):
        submission = Submission(area="Hackney", access_code=code, answers=LINE | {"photo": mark})
        request = submissions.request_marks(KEYRING, "drawn", submission, "one")
        return await submissions.submit_response(sending, "drawn", submission, request)

    with pytest.raises(Invalid, match="two hours"):
        await submitted(unknown_mark(1))
    assert await instruments.is_code_unused(connection, drawn, SAMPLED_CODE)
    with pytest.raises(Invalid, match="access code"):
        await submitted(photo, "WRONG")
    assert await attachment_states(sending) == {photo: "waits"}
    receipt = await submitted(photo)
    assert await attachment_states(sending) == {photo: "taken"}
    assert (await submitted(photo)).reference == receipt.reference


async def test_what_no_answer_took_is_forgotten(sending):
    photo, old, young = (
        await attach_file(sending),
        await attach_file(sending),
        await attach_file(sending),
    )
    await submit_answers(sending, {"photo": photo})
    await sending.the_connection.execute(
        "UPDATE attachments SET expires_at = date_trunc('hour', now()) WHERE mark = $1", old
    )
    await attachments.extend_expiry(sending.the_connection, [old])
    await kinds.delete_expired(sending.the_connection, "")
    assert await attachment_states(sending) == {photo: "taken", young: "waits"}


async def test_erasing_an_answer_takes_its_files_along(sending):
    reference = (await submit_answers(sending, {"photo": await attach_file(sending)})).reference
    await submit_answers(sending, {"photo": (other := await attach_file(sending))})
    assert await erasure.erase(sending.the_connection, reference) == "response"
    assert await attachment_states(sending) == {other: "taken"}


async def test_discarding_and_holding_leave_what_was_taken(sending):
    photo, dropped = await attach_file(sending), await attach_file(sending)
    await submit_answers(sending, {"photo": photo})
    await attachments.extend_expiry(sending.the_connection, [photo, dropped])
    await attachments.delete_waiting(sending.the_connection, [photo, dropped])
    assert await attachment_states(sending) == {photo: "taken"}


async def test_no_more_wait_than_there_is_room_for(sending, monkeypatch):
    monkeypatch.setattr("survey.media.MOST_WAITING", 100)
    await attach_file(sending)
    with pytest.raises(Unavailable) as refused:
        await attach_file(sending)
    assert refused.value.code == "attachments.full"
    assert len(await attachment_states(sending)) == 1


@pytest.mark.parametrize(
    "wrong",
    ["mark = 'short'", "expires_at = now() + interval '1 second'", "expires_at = NULL",
     "media_type = 'text/html'", "body = ''", "instrument = 'nothing'"],
)  # fmt: skip
async def test_the_table_itself_refuses_what_cannot_be(sending, wrong):
    await attach_file(sending)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with sending.the_connection.transaction():
            await sending.the_connection.execute(f"UPDATE attachments SET {wrong}")


async def test_of_two_answers_at_once_one_takes_the_file(pool, asked):
    async with pool.connection() as connection:
        await instruments.insert(connection, msgspec.structs.replace(FILE_SURVEY, slug="at-once"))
    marks = [
        await submissions.save_attachment(pool, "at-once", "seen", uploads.gif(), quarantine=False)
        for _ in range(2)
    ]

    async def submitted(order):
        answers = {"scene": [{"seen": mark} for mark in order]}
        submission = Submission(area="Hackney", answers=LINE | answers)
        return await submissions.submit_response(pool, "at-once", submission)

    found = await asyncio.gather(
        *(submitted(marks[:: 1 - 2 * (n % 2)]) for n in range(8)), return_exceptions=True
    )
    assert [isinstance(one, Invalid) for one in found].count(True) == 7, found
    assert await asked("SELECT count(*) FROM responses WHERE instrument = 'at-once'") == 1
    assert await asked("SELECT count(*) FROM attachments WHERE response IS NOT NULL") == 2


async def test_an_answer_without_files_never_asks_for_any(sending, monkeypatch):
    async def broken(*_):
        raise AssertionError

    monkeypatch.setattr(attachments, "attach", broken)
    await submit_answers(sending, {})
    feedback = next(one for one in load_ready_instruments() if one.slug == "feedback")
    assert feedback.files() == {}
