"""Words and files of cases are encrypted in the tables, and every reader still reads them."""

from uuid import UUID

import pytest

from api.commands import doctor, upkeep
from api.jobs import kinds
from api.operations import cases
from api.operations.answers import submissions
from api.pages.resident.my_case_acts import EVIDENCE_ITEM
from api.security.keyring import KEYS_FILE, Keyring, new_key, parse_keys, write_private_file
from api.settings import Settings
from survey.cases import CaseEvent
from survey.cases.transcripts import MachineTranscript, SpokenPart
from survey.problems import Unavailable
from survey.store.answers import attachments
from survey.store.cases import complaints, events, sealed_words, transcripts
from survey.store.database import open_database
from survey.store.surveys import instruments
from survey.store.themes import codes, quotes, texts
from survey.surveys.ready import COMPLAINT
from survey.surveys.responses import Submission
from survey.themes.codebooks import Coding
from tests import alone
from tests.files.uploads import PDF
from tests.leaks import find_in_tables
from tests.stored.complaint_forms import ANSWERS, KEYRING, create_case

FIRST, LATER = "It was a wombat.", "It was a numbat."
REPLY = "Thank you, says the bandicoot."
PLANTED = ("wombat", "numbat", "bandicoot", "%PDF-1")


@pytest.fixture
async def pool(dsn):
    """A pool that encrypts with the keys of the tests, emptied of submissions and jobs."""
    async with open_database(dsn, sealer=KEYRING) as database:
        async with database.connection() as connection:
            await connection.execute(f"TRUNCATE {alone.FILLED} CASCADE")
        yield database


async def fill_case(pool):
    """A case with a correction, a message and a file; its number."""
    reference = (await create_case(pool, narrative=FIRST)).reference
    answers = ANSWERS | {"narrative": LATER}
    await cases.correct_complaint(pool, reference, Submission(area="Hackney", answers=answers))
    async with pool.connection() as connection:
        form, _ = await instruments.get(connection, COMPLAINT)
    mark = await submissions.save_file(pool, form, EVIDENCE_ITEM, PDF, quarantine=False)
    async with pool.connection() as connection, connection.transaction():
        await cases.apply_to_latest(
            connection, reference, CaseEvent(kind="answered"), "person", message=REPLY
        )
        await attachments.attach(
            connection, reference, COMPLAINT, {mark: "evidence_file"}, to_case=True
        )
    return reference


async def read_case(pool, reference):
    """What readers get of a case: words now and before, what was read and said, the file."""
    async with pool.connection() as connection:
        case = await complaints.get(connection, reference)
        [text] = await codes.load_written_texts(connection, case.id)
        claimed = {str(one.id): one.body for one in await codes.claim_texts(connection, 9)}
        [earlier] = await events.load_earlier_records(connection, case.id)
        said = [one.body for one in await events.load_timeline(connection, case.id) if one.body]
        [file] = await attachments.load_for_case(connection, case.id)
        content = await attachments.find_for_case(connection, case.id, file.id)
        coded = Coding(
            coder="machine", coder_version="1", codebook=1, language="en", redacted="[masked]",
            spans=(), sentiment=None, themes=(),
        )  # fmt: skip
        await codes.save(connection, [UUID(text.id)], [coded])
        await connection.execute("UPDATE texts SET due = true")
        return {
            "quotes": (await quotes.get_source(connection, text.id)).body,
            "owner": await complaints.load_written_texts(connection, case.id),
            "staff": text.body,
            "reader": await texts.get_body(connection, text.id),
            "worker": claimed[text.id],
            "earlier": earlier.texts["narrative"],
            "said": said,
            "file": content.body[:5],
        }


READ = {
    "quotes": LATER,
    "owner": {"narrative": LATER},
    "staff": LATER,
    "reader": LATER,
    "worker": LATER,
    "earlier": FIRST,
    "said": [REPLY],
    "file": b"%PDF-",
}


async def test_no_table_holds_what_was_written_and_every_reader_reads_it(pool):
    reference = await fill_case(pool)
    async with pool.connection() as connection:
        assert await find_in_tables(connection, PLANTED) == set()
    assert await read_case(pool, reference) == READ


async def test_words_that_stay_keep_their_codes(pool):
    reference = (await create_case(pool)).reference
    async with pool.connection() as connection:
        before = await connection.fetchval("SELECT id FROM texts")
    answers = ANSWERS | {"allegations": ["incivility"]}
    await cases.correct_complaint(pool, reference, Submission(area="Hackney", answers=answers))
    async with pool.connection() as connection:
        assert await connection.fetchval("SELECT id FROM texts") == before


async def test_a_transcript_is_encrypted_as_well(pool):
    part = SpokenPart(start=0.0, end=2.0, words="A wombat.", confidence=1.0)
    heard = MachineTranscript(language="en", seconds=2.0, cut=False, parts=(part,))
    reference = await fill_case(pool)
    async with pool.connection() as connection:
        case = await complaints.get(connection, reference)
        [file] = await attachments.load_for_case(connection, case.id)
        await connection.execute("INSERT INTO transcripts (attachment) VALUES ($1)", file.id)
        await transcripts.save_heard(connection, file.id, heard)
        assert await find_in_tables(connection, PLANTED) == set()
        async with connection.transaction():
            await sealed_words.reseal_case(connection, case.id, KEYRING)
        found = await transcripts.get(connection, case.id, file.id)
    assert (found.words, found.heard.parts[0].words) == ("A wombat.", "A wombat.")


async def test_what_was_stored_before_is_read_and_encrypted_by_a_job_that_may_be_stopped(
    dsn, pool, monkeypatch
):
    async with open_database(dsn) as before:
        written = [await fill_case(before) for _ in range(3)]
    assert await read_case(pool, written[0]) == READ
    monkeypatch.setattr(kinds, "SEALED_AT_ONCE", 1)
    done, seal = [], sealed_words.seal_file

    async def dying_seal(*given):
        if done:
            raise InterruptedError
        done.append(given)
        await seal(*given)

    with monkeypatch.context() as patched:
        patched.setattr(sealed_words, "seal_file", dying_seal)
        await run_seal_job(pool)
        with pytest.raises(InterruptedError):
            await run_seal_job(pool)
    async with pool.connection() as connection:
        assert len(await sealed_words.load_unsealed_cases(connection, 9)) == 2
    for _ in range(3):
        await run_seal_job(pool)
    async with pool.connection() as connection:
        assert await sealed_words.load_unsealed_cases(connection, 9) == []
        assert await find_in_tables(connection, PLANTED) == set()
        # The last one found nothing left and asked for no other.
        asked = "SELECT count(*) FROM jobs WHERE kind = 'seal_cases'"
        assert await connection.fetchval(asked) == 3
    for reference in written:
        assert await read_case(pool, reference) == READ


async def run_seal_job(pool):
    async with pool.connection() as connection, connection.transaction():
        await kinds.seal_cases(connection, "")


async def test_a_new_key_reads_everything_and_the_old_one_nothing(dsn, pool, tmp_path, monkeypatch):
    async def nobody(_):
        return 0

    monkeypatch.setattr("survey.store.database.count_other_connections", nobody)
    reference = await fill_case(pool)
    write_private_file(tmp_path / KEYS_FILE, "\n".join(KEYRING.keys))
    settings = Settings(data=tmp_path)
    async with pool.connection() as connection:
        lines = await upkeep.reseal_under_new_key(connection, settings)
        assert "The words and files of 1 cases are encrypted with the new key." in lines
        assert await doctor.contact_key_findings(connection, settings) == []
    fresh = Keyring(parse_keys((tmp_path / KEYS_FILE).read_text()))
    async with open_database(dsn, sealer=fresh) as rotated:
        assert await read_case(rotated, reference) == READ
    with pytest.raises(Unavailable) as refused:
        await read_case(pool, reference)
    assert refused.value.code == "case.sealed"


async def test_without_the_key_words_are_refused_and_doctor_counts_them(dsn, pool, tmp_path):
    reference = await fill_case(pool)
    for sealer in (None, Keyring([new_key()])):
        async with open_database(dsn, sealer=sealer) as other:
            with pytest.raises(Unavailable) as refused:
                await read_case(other, reference)
            assert refused.value.code == "case.sealed"
    write_private_file(tmp_path / KEYS_FILE, new_key())
    async with pool.connection() as connection:
        [found] = await doctor.contact_key_findings(connection, Settings(data=tmp_path))
    assert "2 of 2 texts of cases cannot be decrypted" in found.what


async def test_a_file_that_waits_for_the_scanner_is_encrypted_and_scanned(pool):
    reference = await fill_case(pool)
    async with pool.connection() as connection:
        await connection.execute("UPDATE attachments SET scan = 'waiting'")
        found = await attachments.find_unscanned(connection)
        assert found.body.startswith(b"%PDF-")
        await attachments.save_scan(connection, found.mark, "infected")
        case = await complaints.get(connection, reference)
        [file] = await attachments.load_for_case(connection, case.id)
        content = await attachments.find_for_case(connection, case.id, file.id)
        assert content.scan == "infected"
        assert await sealed_words.load_unsealed_cases(connection, 9) == []


async def test_words_that_only_look_encrypted_are_read_as_they_are(pool):
    reference = (await create_case(pool, narrative="sealed:gAAAA and more")).reference
    async with pool.connection() as connection:
        case = await complaints.get(connection, reference)
        found = await complaints.load_written_texts(connection, case.id)
    assert found == {"narrative": "sealed:gAAAA and more"}
