"""Group commit: many rows in one commit, each caller gets its own answer, none lost or doubled."""

import asyncio
import contextlib
import signal
import uuid

import httpx
import msgspec
import pytest

from api.app import build
from api.operations import cases
from api.operations.answers import submissions
from api.operations.cases import ComplaintSubmission
from api.settings import Settings
from survey.problems import Conflict, Invalid, Problem, Unavailable
from survey.store import jobs
from survey.store.answers import responses
from survey.store.answers.responses import NewResponse
from survey.store.connections import memory
from survey.store.connections.memory import CommitGroup
from survey.store.surveys import instruments
from survey.surveys.ready import load_ready_instruments
from survey.surveys.responses import Response, Submission
from tests import alone
from tests.stored.complaint_forms import KEYRING
from tests.waiting import until

ANSWER = {"subject": "taser", "story": "They explained it."}
SENT = {"borough": "Hackney", "answers": ANSWER}
RESPONSES = "/api/v1/surveys/feedback/responses"
POISON = "poison"


class FakeCommit:
    """A fake connection that records every batch tried and refuses the poison."""

    def __init__(self):
        self.tried, self.kept, self.open = [], [], asyncio.Event()
        self.open.set()

    @contextlib.asynccontextmanager
    async def connect(self):
        await self.open.wait()
        yield self

    async def insert(self, _, rows):
        self.tried.append(list(rows))
        if POISON in rows:
            raise ValueError(POISON)
        self.kept += rows
        return [f"kept {row}" for row in rows]


@pytest.fixture
def commit():
    return FakeCommit()


@pytest.fixture
def group(commit):
    return CommitGroup(commit.connect, commit.insert)


async def add_all(group, rows):
    sent = [asyncio.create_task(group.add(row)) for row in rows]
    return await asyncio.gather(*sent, return_exceptions=True)


async def test_what_waits_during_a_commit_is_the_next_commit(group, commit):
    assert await add_all(group, "abc") == ["kept a", "kept b", "kept c"]
    assert commit.tried == [["a", "b", "c"]]


async def test_a_large_crowd_is_kept_in_batches(group, commit):
    rows = [str(number) for number in range(memory.MOST_IN_A_BATCH + 10)]
    assert await add_all(group, rows) == [f"kept {row}" for row in rows]
    assert [len(batch) for batch in commit.tried] == [memory.MOST_IN_A_BATCH, 10]


async def test_a_bad_row_fails_alone(group, commit):
    good, bad, other = await add_all(group, ["a", POISON, "b"])
    assert (good, other) == ("kept a", "kept b")
    assert isinstance(bad, ValueError)
    assert sorted(commit.kept) == ["a", "b"]


async def test_a_refused_batch_is_halved_and_not_walked(group, commit):
    rows = [POISON if number == 100 else str(number) for number in range(256)]
    outcomes = await add_all(group, rows)
    assert [type(one) for one in outcomes].count(ValueError) == 1
    assert len(commit.kept) == 255
    assert len(commit.tried) <= 2 * 8 + 1


async def test_a_row_that_is_refused_by_its_outcome_costs_no_further_statement(group, commit):
    async def insert(_, rows):
        commit.tried.append(rows)
        return [Conflict("idempotency.conflict", "No.") if row == "b" else row for row in rows]

    group.insert = insert
    first, refused, last = await add_all(group, "abc")
    assert (first, last) == ("a", "c")
    assert isinstance(refused, Conflict)
    assert len(commit.tried) == 1


async def test_large_rows_are_few_in_a_batch_and_few_may_wait(group, commit, monkeypatch):
    monkeypatch.setattr(memory, "MOST_BYTES_IN_A_BATCH", 10)
    monkeypatch.setattr(memory, "MOST_BYTES_WAITING", 16)
    sent = [
        asyncio.create_task(group.add(row, size))
        for row, size in zip("abcd", (12, 2, 2, 1), strict=True)
    ]
    *kept, refused = await asyncio.gather(*sent, return_exceptions=True)
    assert kept == ["kept a", "kept b", "kept c"]
    assert isinstance(refused, Unavailable)
    assert commit.tried == [["a"], ["b", "c"]]
    assert await group.add("e", 100) == "kept e"  # larger than all, but nobody waits


async def test_a_writer_that_is_cancelled_ends_the_wait_of_all(group, commit):
    commit.open.clear()
    sent = [asyncio.create_task(group.add(row)) for row in "ab"]
    await asyncio.sleep(0)
    group.flushing.cancel()
    outcomes = await asyncio.gather(*sent, return_exceptions=True)
    assert [one.code for one in outcomes] == ["intake.interrupted"] * 2
    commit.open.set()
    assert await group.add("c") == "kept c"


async def test_a_caller_that_goes_away_loses_only_its_answer(group, commit):
    commit.open.clear()
    gone, stays = (asyncio.create_task(group.add(row)) for row in "ab")
    await asyncio.sleep(0)
    gone.cancel()
    commit.open.set()
    assert await stays == "kept b"
    assert commit.kept == ["a", "b"]


async def test_a_full_queue_refuses_and_keeps_what_it_has(group, commit, monkeypatch):
    monkeypatch.setattr(memory, "MOST_WAITING", 3)
    *waiting, last = await add_all(group, "abcd")
    assert waiting == ["kept a", "kept b", "kept c"]
    assert isinstance(last, Unavailable)
    assert last.code == "intake.full"


async def test_draining_waits_for_all_that_were_taken(group, commit):
    commit.open.clear()
    sent = asyncio.create_task(group.add("a"))
    await asyncio.sleep(0)
    draining = asyncio.create_task(group.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    commit.open.set()
    await draining
    assert commit.kept == ["a"]
    assert await sent == "kept a"


async def test_whoever_gives_up_draining_leaves_the_batch_alone(group, commit):
    commit.open.clear()
    sent = asyncio.create_task(group.add("a"))
    await asyncio.sleep(0)
    draining = asyncio.create_task(group.drain())
    await asyncio.sleep(0)
    draining.cancel()
    await asyncio.wait({draining})
    commit.open.set()
    assert await sent == "kept a"


async def test_a_database_that_is_away_is_told_to_all_at_once(group, commit, monkeypatch):
    async def away(_, rows):
        commit.tried.append(rows)
        raise Unavailable("database.unreachable", "Away.")

    monkeypatch.setattr(group, "insert", away)
    assert [type(one) for one in await add_all(group, "abc")] == [Unavailable] * 3
    assert len(commit.tried) == 1


async def submit_with_key(database, slug, submission, key):
    request = submissions.request_marks(KEYRING, slug, submission, key)
    return await submissions.submit_response(database, slug, submission, request)


async def test_64_simultaneous_sends_under_one_key_are_one_row_and_64_equal_receipts(pool, asked):
    sends = [
        submit_with_key(pool, "feedback", msgspec.convert(SENT, Submission), "one key")
        for _ in range(64)
    ]
    receipts = await asyncio.gather(*sends)
    assert len({receipt.reference for receipt in receipts}) == 1
    assert sum(not receipt.again for receipt in receipts) == 1
    assert await asked("SELECT count(*) FROM responses") == 1
    assert await asked("SELECT count(*) FROM texts") == 1


async def test_16_simultaneous_complaints_under_one_key_are_one_case(pool, asked):
    answers = {"narrative": "A Taser was aimed.", "allegations": ["use_of_force_taser"]}
    sent = ComplaintSubmission(area="Hackney", answers=answers)
    receipts = await asyncio.gather(
        *(cases.submit_complaint(pool, KEYRING, sent, "one key") for _ in range(16))
    )
    assert len({(receipt.reference, receipt.passphrase) for receipt in receipts}) == 1
    assert await asked("SELECT count(*) FROM complaints") == 1
    assert await asked("SELECT count(*) FROM case_events") == 1


@pytest.fixture
async def letter(pool):
    """A submission to the sampled survey with the only access code."""
    sampled = next(one for one in load_ready_instruments() if one.mode == "sampled")
    async with pool.connection() as connection:
        await connection.execute("TRUNCATE invitations CASCADE")
        await instruments.insert_invitations(connection, sampled, [("ABCD-2345", "s", "u", 0.1)])
    return Submission(area="Hackney", access_code="ABCD-2345", answers={"listens": 4})


async def test_of_16_simultaneous_answers_with_one_access_code_one_is_kept(pool, asked, letter):
    sends = [submit_with_key(pool, "taser-trial", letter, f"key {n}") for n in range(16)]
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, Invalid)]
    assert [one.code for one in refused] == ["access_code.unknown"] * 15
    assert await asked("SELECT count(*) FROM responses") == 1


# How many transactions stored what is there; the server's own counter runs on for autovacuum too.
STORED_BY = "SELECT count(DISTINCT xmin::text) FROM responses"


async def test_sampled_answers_are_committed_together(pool, asked, letter):
    """Each with its own code; one is repeated, one has no code, one has a code that is used."""
    sampled = next(one for one in load_ready_instruments() if one.mode == "sampled")
    drawn = [(f"ABCD-{n:04}", f"s{n}", "u", 0.1) for n in range(2222, 2242)]
    async with pool.connection() as connection:
        await instruments.insert_invitations(connection, sampled, drawn)
    codes = [code for code, *_ in drawn]
    sent = [(code, f"key {code}") for code in (*codes, codes[0], "WRONG-CODE")]
    sent.append((codes[1], "another key"))
    outcomes = await asyncio.gather(
        *(
            submit_with_key(
                pool, "taser-trial", msgspec.structs.replace(letter, access_code=code), key
            )
            for code, key in sent
        ),
        return_exceptions=True,
    )
    assert await asked(STORED_BY) <= 5
    refused = [one for one in outcomes if isinstance(one, Invalid)]
    assert [one.code for one in refused] == ["access_code.unknown"] * 2
    assert outcomes[0].reference == outcomes[20].reference
    strata = "SELECT count(DISTINCT stratum) FROM responses WHERE mode = 'sampled'"
    assert await asked(strata) == await asked("SELECT count(*) FROM responses") == 20
    assert await asked("SELECT count(*) FROM invitations WHERE used") == 20
    assert await asked(JOBS) == 1


async def test_a_sampled_key_that_another_process_used_meanwhile_is_its_receipt(
    pool, asked, letter
):
    """Neither process sees the other's row yet; the second is refused by the key and asks again."""
    async with pool.connection() as other, other.transaction():
        marks = submissions.request_marks(KEYRING, "taser-trial", letter, "one key")
        await other.execute(
            "INSERT INTO request_marks (request_key, request_body, reference)"
            " VALUES ($1, $2, 'AAAA-BBBB')",
            *marks,
        )
        sending = asyncio.create_task(submit_with_key(pool, "taser-trial", letter, "one key"))
        await until(asked, BLOCKED)
    assert (await sending).reference == "AAAA-BBBB"
    assert await asked("SELECT count(*) FROM responses") == 0
    assert not await asked("SELECT bool_or(used) FROM invitations")


BLOCKED = """
    SELECT count(*) FROM pg_stat_activity
     WHERE wait_event_type = 'Lock' AND query ~ 'request_marks' AND datname = current_database()
"""


async def test_complaints_are_committed_together_and_a_refused_one_alone(pool, asked):
    answers = {"narrative": "A Taser was aimed.", "allegations": ["use_of_force_taser"]}
    sent = ComplaintSubmission(area="Hackney", answers=answers)
    other = ComplaintSubmission(area="Barnet", answers=answers)
    lodge = cases.submit_complaint
    first = await lodge(pool, KEYRING, sent, "the first key")
    receipts = await asyncio.gather(
        lodge(pool, KEYRING, sent, "the first key"),
        lodge(pool, KEYRING, other, "the first key"),
        *(lodge(pool, KEYRING, sent, f"key {n}") for n in range(6)),
        return_exceptions=True,
    )
    assert (receipts[0].reference, receipts[0].passphrase) == (first.reference, first.passphrase)
    assert isinstance(receipts[1], Conflict)
    assert await asked("SELECT count(*) FROM complaints") == 7


async def test_the_words_of_a_complaint_count_towards_the_memory_of_those_that_wait(
    pool, monkeypatch
):
    sizes, insert = [], pool.insert_grouped

    async def noted(store, row, size=0):
        sizes.append(size)
        return await insert(store, row, size)

    monkeypatch.setattr(pool, "insert_grouped", noted)
    answers = {"narrative": "A Taser was aimed.", "allegations": ["use_of_force_taser"]}
    sent = ComplaintSubmission(area="Hackney", answers=answers)
    await cases.submit_complaint(pool, KEYRING, sent, "a key")
    assert sizes == [len(answers["narrative"])]


async def test_16_simultaneous_sends_of_one_sampled_answer_are_one_row(pool, asked, letter):
    sends = [submit_with_key(pool, "taser-trial", letter, "one key") for _ in range(16)]
    receipts = await asyncio.gather(*sends)
    assert len({receipt.reference for receipt in receipts}) == 1
    assert await asked("SELECT count(*) FROM responses") == 1


async def test_the_same_key_with_other_content_is_a_conflict_and_the_first_stays(pool, asked):
    first = await submit_with_key(pool, "feedback", msgspec.convert(SENT, Submission), "k")
    other = Submission(area="Barnet", answers=ANSWER)
    with pytest.raises(Conflict) as refused:
        await submit_with_key(pool, "feedback", other, "k")
    assert refused.value.code == "idempotency.conflict"
    assert await asked("SELECT area FROM responses") == "E09000012"
    assert await asked("SELECT reference FROM responses") == first.reference


async def test_a_conflict_in_a_batch_troubles_nobody_else(pool, asked):
    await submit_with_key(pool, "feedback", msgspec.convert(SENT, Submission), "k")
    other = Submission(area="Barnet", answers=ANSWER)
    sends = [submit_with_key(pool, "feedback", other, key) for key in ("a", "k", "b")]
    first, refused, last = await asyncio.gather(*sends, return_exceptions=True)
    assert isinstance(refused, Conflict)
    assert not first.again
    assert not last.again
    assert await asked("SELECT count(*) FROM responses") == 3


async def test_repeated_keys_in_a_batch_cost_no_further_transaction(pool, asked):
    """One key twice used to collapse the batch: 200 answers took some 150 transactions."""
    keys = [f"key {number}" for number in range(100)] * 2
    sends = [
        submit_with_key(pool, "feedback", msgspec.convert(SENT, Submission), key) for key in keys
    ]
    receipts = await asyncio.gather(*sends)
    assert await asked(STORED_BY) <= 5
    assert [one.reference for one in receipts[:100]] == [one.reference for one in receipts[100:]]
    assert sum(one.again for one in receipts) == 100
    assert await asked("SELECT count(*) FROM responses") == 100
    assert await asked("SELECT count(*) FROM texts") == 100


JOBS = "SELECT count(*) FROM jobs WHERE kind = 'code_texts'"


async def test_one_job_waits_for_however_many_answers(pool, asked):
    for _ in range(3):
        await submissions.submit_response(pool, "feedback", msgspec.convert(SENT, Submission))
    assert await asked(JOBS) == 1


async def test_a_job_that_runs_already_does_not_do_for_a_new_answer(pool, asked):
    await submissions.submit_response(pool, "feedback", msgspec.convert(SENT, Submission))
    async with pool.connection() as connection, connection.transaction():
        assert await jobs.claim(connection, ["code_texts"])
        await submissions.submit_response(pool, "feedback", msgspec.convert(SENT, Submission))
        assert await asked(JOBS) == 2


async def test_no_worker_takes_the_job_before_the_answers_are_committed(pool, asked):
    await submissions.submit_response(pool, "feedback", msgspec.convert(SENT, Submission))
    arrival = NewResponse(
        response=accepted_response(), reference="AAAA-AAAA", request_key=b"k", request_body=b"b"
    )
    async with pool.connection() as connection:
        async with connection.transaction():
            await responses.insert_many(connection, [arrival])
            async with pool.connection() as other, other.transaction():
                assert await jobs.claim(other, ["code_texts"]) is None
        assert await jobs.claim(connection, ["code_texts"])
    assert await asked(JOBS) == 1


def accepted_response():
    feedback = next(one for one in load_ready_instruments() if one.slug == "feedback")
    return Response(
        instrument="feedback", version=feedback.version, mode="open", area="E09000012",
        language="en", answers={"subject": "taser"}, texts={"story": "They explained it."},
    )  # fmt: skip


async def test_a_backend_that_is_killed_is_503_and_the_pool_recovers(pool, asked):
    others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    end = f"SELECT count(pg_terminate_backend(pid)) FROM ({others} AND pid <> pg_backend_pid()) o"

    async def cut_off():
        async with pool.connection() as connection, connection.transaction():
            await asked(end)
            await connection.fetchval("SELECT 1")

    with pytest.raises(Unavailable):
        await cut_off()
    receipt = await submissions.submit_response(pool, "feedback", msgspec.convert(SENT, Submission))
    assert await asked("SELECT reference FROM responses") == receipt.reference


async def test_what_was_taken_is_kept_when_the_application_closes(dsn, pool, asked):
    app = build(Settings(database_url=dsn, sends_per_minute=100_000))
    async with app.lifespan():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            sent = [asyncio.create_task(client.post(RESPONSES, json=SENT)) for _ in range(20)]
            while not app.state.database.groups:
                await asyncio.sleep(0)
    answers = [(await one).status_code for one in sent]
    assert {201} <= set(answers) <= {201, 503}
    assert await asked("SELECT count(*) FROM responses") == answers.count(201)


async def keep_sending(address, acknowledged, sent):
    """Send until the server is gone; record every key sent and every receipt."""
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        while True:
            key = str(uuid.uuid4())
            sent.append(key)
            try:
                answer = await client.post(RESPONSES, json=SENT, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                return
            if answer.status_code == 201:
                acknowledged[key] = answer.json()["reference"]


async def send_again(address, sent):
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        for key in sent:
            answer = await client.post(RESPONSES, json=SENT, headers={"Idempotency-Key": key})
            yield key, answer.json()["reference"]


@pytest.mark.slow
async def test_after_kill_9_every_acknowledged_answer_is_there_exactly_once(
    dsn, pool, asked, tmp_path
):
    """Whoever got no receipt may send again: no response is stored twice."""
    acknowledged, sent = {}, []
    with alone.run_server(dsn, tmp_path) as (process, address):
        clients = [
            asyncio.create_task(keep_sending(address, acknowledged, sent)) for _ in range(16)
        ]

        async def a_hundred():
            return len(acknowledged) >= 100

        await until(a_hundred)
        process.send_signal(signal.SIGKILL)
        await asyncio.gather(*clients)
    query = "SELECT count(*) FROM responses WHERE reference = ANY($1)"
    assert await asked(query, list(acknowledged.values())) == len(acknowledged)
    with alone.run_server(dsn, tmp_path) as (_, address):
        doubtful = [key for key in sent if key not in acknowledged]
        again = dict([pair async for pair in send_again(address, [*doubtful, *sent[:20]])])
    assert all(again[key] == acknowledged.get(key, again[key]) for key in again)
    assert await asked("SELECT count(*) FROM responses") == len(sent)


@pytest.fixture
def draws(monkeypatch):
    """The letters of the next references, before they are random again."""
    drawn, random_letters = [], submissions.random_letters
    monkeypatch.setattr(
        submissions,
        "random_letters",
        lambda number: drawn.pop(0) if drawn else random_letters(number),
    )
    return drawn


async def test_an_answer_whose_reference_is_taken_gets_another_one(pool, asked, draws):
    draws += ["AAAAAAAA", "AAAAAAAA", "AAAAAAAA"]
    sends = [
        submit_with_key(pool, "feedback", msgspec.convert(SENT, Submission), key) for key in "abc"
    ]
    receipts = await asyncio.gather(*sends)
    assert "AAAA-AAAA" in {one.reference for one in receipts}
    again = await submit_with_key(pool, "feedback", msgspec.convert(SENT, Submission), "c")
    assert (again.reference, again.again) == (receipts[2].reference, True)
    assert await asked("SELECT count(DISTINCT reference) FROM responses") == 3
    assert await asked("SELECT count(*) FROM texts") == 3
    assert await asked("SELECT count(*) FROM request_marks") == 3


async def test_a_sampled_answer_whose_reference_is_taken_uses_its_code_once(
    pool, asked, letter, draws
):
    draws += ["AAAAAAAA", "AAAAAAAA"]
    first = await submit_with_key(pool, "feedback", msgspec.convert(SENT, Submission), "a")
    second = await submit_with_key(pool, "taser-trial", letter, "b")
    assert first.reference == "AAAA-AAAA" != second.reference
    assert await submit_with_key(pool, "taser-trial", letter, "b") == msgspec.structs.replace(
        second, again=True
    )
    assert await asked("SELECT count(*) FROM responses WHERE mode = 'sampled'") == 1
    assert await asked("SELECT count(*) FROM invitations WHERE used") == 1


async def test_a_complaint_whose_number_is_taken_troubles_nobody_and_gets_another(
    pool, asked, draws
):
    answers = {"narrative": "A Taser was aimed.", "allegations": ["use_of_force_taser"]}
    sent = ComplaintSubmission(area="Hackney", answers=answers)
    draws += ["AAAAAAA", "AAAAAAA"]
    lodge = cases.submit_complaint
    receipts = await asyncio.gather(*(lodge(pool, KEYRING, sent, f"key {n}") for n in range(4)))
    assert len({one.reference for one in receipts}) == 4
    again = await lodge(pool, KEYRING, sent, "key 1")
    assert (again.reference, again.passphrase) == (receipts[1].reference, receipts[1].passphrase)
    assert await asked("SELECT count(*) FROM complaints") == 4
    assert await asked("SELECT count(*) FROM case_events") == 4


async def test_references_that_are_always_taken_are_a_refusal(pool, asked, draws):
    draws += ["AAAAAAAA"] * 4
    await submit_with_key(pool, "feedback", msgspec.convert(SENT, Submission), "a")
    with pytest.raises(Problem) as refused:
        await submit_with_key(pool, "feedback", msgspec.convert(SENT, Submission), "b")
    assert refused.value.code == "reference.taken"
    assert await asked("SELECT count(*) FROM request_marks") == 1
