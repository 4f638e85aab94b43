"""Spoken complaints: heard by a machine in the background, corrected by the handler."""

import asyncio
import datetime
import json

import msgspec
import pytest

from analysis import speech
from api.commands import doctor
from api.jobs import attachments as transcribing
from api.jobs.attachments import CheckedGroup, TranscriptionCheck
from api.settings import Settings
from survey.files.isolation import IsolationError
from survey.store.accounts import people
from survey.store.answers import attachments
from survey.store.cases import complaints, transcripts
from survey.store.themes import codes
from tests.api.pages.forms import send
from tests.api.pages.resident.test_following import open_case
from tests.people import CINDY, JOAN
from tests.stored.complaint_forms import WORDS
from tests.stored.spoken import SAID, SOUND, attach_sound, create_spoken_case, save_heard

INSTALLED = pytest.mark.skipif(not speech.is_installed(), reason="the extra is not installed")
CHECK = TranscriptionCheck(
    datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC),
    speech.VERSION,
    (CheckedGroup("Scotland", 12, 400, 0.25, 0.2, 0.31),),
)


@pytest.fixture
async def cindy(signed_in):
    return await signed_in(CINDY)


@pytest.fixture
def counting(app, tmp_path):
    """An installation that measured the model and lets accepted words count."""
    before = app.state.settings
    (tmp_path / transcribing.RECORD_FILE).write_bytes(msgspec.json.encode(CHECK))
    app.state.settings = msgspec.structs.replace(before, transcription="count", data=tmp_path)
    yield app
    app.state.settings = before


@pytest.fixture
async def heard(db, cindy):
    """A case that Cindy handles, with a sound that a machine wrote down; its page and receipt."""
    receipt, sound = await create_spoken_case(db)
    await save_heard(db.the_connection, sound)
    case = f"/work/complaints/{receipt.reference}"
    await send(cindy, f"{case}/moves", {"kind": "assigned", "to": "me", "version": "1"})
    return case, sound, receipt


async def texts_of(db, receipt):
    rows = await db.the_connection.fetch(
        "SELECT t.item, t.body FROM texts t JOIN complaints c ON c.id = t.complaint"
        " WHERE c.reference = $1 ORDER BY t.item",
        receipt.reference,
    )
    return {row["item"]: row["body"] for row in rows}


async def test_the_handler_corrects_and_accepts_and_the_words_count(db, cindy, counting, heard):
    case, sound, receipt = heard
    page = (await cindy.get(f"{case}/spoken/{sound}")).text
    assert "Written down by a machine" in page
    assert "0:00 They shot a red dot" in page
    assert "0:03" not in page  # that stretch was heard clearly
    accepted = await send(cindy, f"{case}/spoken/{sound}/accept", {"words": SAID})
    assert accepted.status_code == 303
    item = f"spoken-{sound[:8]}"
    assert await texts_of(db, receipt) == {"narrative": WORDS, item: SAID}
    assert await db.the_connection.fetchval("SELECT count(*) FROM jobs WHERE kind = 'code_texts'")
    stored = await db.the_connection.fetchrow("SELECT words, heard, changed FROM transcripts")
    assert (stored["words"], stored["heard"]) == ("", None)
    assert stored["changed"] == pytest.approx(1 / 21)
    page = (await cindy.get(case)).text
    assert "Spoken: written down by a machine, then corrected" in page
    assert f"Checked and accepted by {CINDY[1]}" in page
    assert (await cindy.get(f"{case}/spoken/{sound}")).status_code == 404
    again = await send(cindy, f"{case}/spoken/{sound}/accept", {"words": SAID})
    assert again.status_code == 409


@pytest.mark.parametrize("mode", ["off", "read", "count"])
async def test_without_a_measurement_accepted_words_count_in_nothing(
    db, cindy, app, heard, mode, tmp_path
):
    case, sound, receipt = heard
    before = app.state.settings
    app.state.settings = msgspec.structs.replace(before, transcription=mode, data=tmp_path)
    await send(cindy, f"{case}/spoken/{sound}/accept", {"words": SAID})
    app.state.settings = before
    assert await texts_of(db, receipt) == {"narrative": WORDS}
    page = (await cindy.get(f"{case}/spoken/{sound}")).text
    assert "They are in no figure." in page
    assert SAID in page


async def test_nobody_but_the_handler_reads_them(db, cindy, heard, signed_in):
    case, sound, _ = heard
    joan = await signed_in(JOAN)
    page = (await joan.get(case)).text
    assert "Written down by a machine, and not checked" in page
    assert f"/spoken/{sound}" not in page
    assert (await joan.get(f"{case}/spoken/{sound}")).status_code == 403
    for act in ("accept", "discard"):
        assert (await send(joan, f"{case}/spoken/{sound}/{act}", {"words": "x"})).status_code == 403
    assert "shot a red dot" not in (await cindy.get(case)).text


async def test_reading_and_deciding_are_noted(db, cindy, heard):
    case, sound, receipt = heard
    await cindy.get(f"{case}/spoken/{sound}")
    await send(cindy, f"{case}/spoken/{sound}/discard", {})
    lines = await people.load_audit(db.the_connection, 2**62, 2)
    assert [(one.act, one.subject) for one in lines] == [
        ("spoken words discarded", receipt.reference),
        ("spoken words read", receipt.reference),
    ]
    assert await db.the_connection.fetchval("SELECT words FROM transcripts") == ""


@pytest.mark.parametrize("words", ["", "x" * 20_001])
async def test_a_refusal_keeps_what_was_typed(cindy, heard, words):
    case, sound, _ = heard
    refused = await send(cindy, f"{case}/spoken/{sound}/accept", {"words": words})
    assert refused.status_code == 422
    assert "Write what is said" in refused.text
    assert words in refused.text
    assert "shot a red dot" not in refused.text.split("<textarea")[1]


async def test_a_sound_that_was_deleted_takes_its_words_with_it(db, cindy, counting, heard):
    case, sound, receipt = heard
    await send(cindy, f"{case}/spoken/{sound}/accept", {"words": SAID})
    stored = await complaints.get(db.the_connection, receipt.reference)
    await attachments.delete_from_case(db.the_connection, stored.id, sound)
    assert await texts_of(db, receipt) == {"narrative": WORDS}
    assert not await db.the_connection.fetchval("SELECT count(*) FROM transcripts")


async def test_correcting_the_form_leaves_spoken_words_alone(db, client, cindy, counting, heard):
    case, sound, receipt = heard
    await send(cindy, f"{case}/spoken/{sound}/accept", {"words": SAID})
    await open_case(client, receipt)
    page = await send(client, "/case/correct", {}, page="/case")
    assert page.status_code == 303
    stored = await complaints.get(db.the_connection, receipt.reference)
    written = await complaints.load_written_texts(db.the_connection, stored.id)
    assert written == {"narrative": WORDS}


async def test_spoken_words_are_redacted_like_others(db, cindy, counting, heard):
    case, sound, receipt = heard
    await send(cindy, f"{case}/spoken/{sound}/accept", {"words": SAID})
    stored = await complaints.get(db.the_connection, receipt.reference)
    found = await codes.load_written_texts(db.the_connection, stored.id)
    assert {one.item for one in found} == {"narrative", f"spoken-{sound[:8]}"}
    await send(cindy, f"{case}/words", {"reason": "To redact what he said"})
    masked = {
        "item": f"spoken-{sound[:8]}",
        "more": "bakery",
        "written": "yes",
        "version": str(stored.version),
    }
    assert (await send(cindy, f"{case}/redactions", masked)).status_code == 303
    shown = await codes.load_masked_texts(db.the_connection, stored.id)
    [spoken] = [one for one in shown if one.item.startswith("spoken-")]
    assert "bakery" not in spoken.redacted
    assert "[masked]" in spoken.redacted


async def test_only_sounds_of_complaints_out_of_quarantine_are_claimed(db):
    receipt, _ = await create_spoken_case(db)
    connection = db.the_connection
    await connection.execute("UPDATE attachments SET scan = 'waiting'")
    assert await transcripts.claim(connection) is None
    await connection.execute("UPDATE attachments SET scan = 'infected'")
    assert await transcripts.claim(connection) is None
    await connection.execute("UPDATE attachments SET scan = 'clean', media_type = 'video/mp4'")
    assert await transcripts.claim(connection) is None
    await connection.execute("UPDATE attachments SET media_type = 'audio/ogg'")
    first = await transcripts.claim(connection)
    assert first.body[:4] == b"OggS"
    assert await transcripts.claim(connection) is None
    await attach_sound(db, receipt.reference)
    assert (await transcripts.claim(connection)).attachment != first.attachment


async def test_a_sound_is_given_up_after_three_workers_died(db):
    await create_spoken_case(db)
    connection = db.the_connection
    ago = "UPDATE transcripts SET started_at = started_at - interval '2 hours'"
    for _ in range(3):
        assert await transcripts.claim(connection)
        await connection.execute(ago)
    assert not await transcribing.transcribe_next_sound(db)
    row = await connection.fetchrow("SELECT state, failure FROM transcripts")
    assert tuple(row) == ("failed", transcribing.ABANDONED)


async def test_what_a_machine_could_not_hear_a_person_may_write_down(db, cindy, counting):
    receipt, sound = await create_spoken_case(db)
    await transcripts.claim(db.the_connection)
    await transcripts.save_failure(db.the_connection, sound, transcribing.FAILURES["failed"])
    case = f"/work/complaints/{receipt.reference}"
    await send(cindy, f"{case}/moves", {"kind": "assigned", "to": "me", "version": "1"})
    assert "This sound cannot be read." in (await cindy.get(f"{case}/spoken/{sound}")).text
    await send(cindy, f"{case}/spoken/{sound}/accept", {"words": SAID})
    assert SAID in (await texts_of(db, receipt)).values()
    assert await db.the_connection.fetchval("SELECT changed FROM transcripts") is None


async def test_off_listens_to_nothing(db):
    await create_spoken_case(db)
    await transcribing.transcribe_until_stopped(db, asyncio.Event(), Settings())
    assert not await db.the_connection.fetchval("SELECT count(*) FROM transcripts")


@pytest.mark.parametrize("mode", ["read", "count"])
async def test_doctor_asks_for_a_measurement(tmp_path, mode, monkeypatch):
    settings = Settings(transcription=mode, data=tmp_path)
    monkeypatch.setattr(speech, "is_installed", lambda: True)
    [finding] = await doctor.transcription_findings(None, settings)
    assert finding.mark == "CHECK"
    assert ("in no figure" in finding.what) == (mode == "count")
    (tmp_path / transcribing.RECORD_FILE).write_bytes(msgspec.json.encode(CHECK))
    [finding] = await doctor.transcription_findings(None, settings)
    assert (finding.mark, "Scotland 25%" in finding.what) == ("OK", True)
    monkeypatch.setattr(speech, "VERSION", "another")
    assert not transcribing.transcripts_count(settings)
    monkeypatch.setattr(speech, "is_installed", lambda: False)
    [finding] = await doctor.transcription_findings(None, settings)
    assert finding.mark == "FAIL"
    assert await doctor.transcription_findings(None, Settings()) == []


@INSTALLED
@pytest.mark.slow
async def test_a_sound_is_heard_in_a_process_of_its_own(db, monkeypatch):
    """The real model on a voice of espeak-ng, from the worker's loop to what the handler reads."""
    await create_spoken_case(db)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    hear_sound = transcribing.hear_sound

    def hear_and_stop(body):
        loop.call_soon_threadsafe(stop.set)
        return hear_sound(body)

    monkeypatch.setattr(transcribing, "hear_sound", hear_and_stop)
    await transcribing.transcribe_until_stopped(db, stop, Settings(transcription="read"))
    row = await db.the_connection.fetchrow("SELECT state, words, heard FROM transcripts")
    assert row["state"] == "ready"
    assert "red dot on my brother" in row["words"]
    assert json.loads(row["heard"])["language"] == "en"


@INSTALLED
@pytest.mark.slow
@pytest.mark.parametrize("body", [b"nothing", SOUND[:400], SOUND[:4_000] + bytes(400)])
def test_a_broken_sound_ends_its_own_process_at_most(body):
    reason, seconds = "", 0.0
    try:
        seconds = transcribing.hear_sound(body).seconds
    except IsolationError as failure:
        reason = failure.reason
    assert reason in {"", *transcribing.FAILURES}
    assert seconds < 8


def test_what_is_said_of_a_failure_never_quotes_the_file():
    assert all(one.endswith(".") and "{" not in one for one in transcribing.FAILURES.values())
