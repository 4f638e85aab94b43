"""Uploads of answers: tried out first, stored whole or not at all, and withdrawn whole."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio.to_thread
import msgspec

from api.operations.answers import rows, submissions
from api.security.keyring import Keyring
from survey.cases.refusals import complaint_elsewhere
from survey.places import City
from survey.problems import Problem
from survey.store import places as place_store
from survey.store.answers import entries, erasure
from survey.store.answers.entries import AnswerUpload, HeldAnswer
from survey.store.answers.responses import NewResponse
from survey.store.database import Connection, Database
from survey.store.surveys import instruments
from survey.store.surveys import limits as limit_store
from survey.surveys.instruments import Instrument
from survey.surveys.refusals import changed_review, unknown_upload
from survey.surveys.responses import AnswerContext, SubmissionReceipt
from survey.surveys.sharing import SurveyLimits

MOST_ROWS = 2_000  # that are stored, and can be erased again, within one request


async def find_chosen(
    connection: Connection, slug: str, names: Sequence[str], most: int
) -> list[HeldAnswer]:
    """The answers that somebody chose on the page; raises if any of them is no longer waiting."""
    wanted = set(names)
    answers = [
        answer
        for answer in await entries.load_held(connection, slug, most)
        if answer.name in wanted
    ]
    if len(answers) != len(wanted):
        raise changed_review()
    return answers


async def count_answers(
    connection: Connection, slug: str, chosen: Sequence[HeldAnswer]
) -> list[Problem]:
    """Store answers that waited as the responses they would have been, in the caller's transaction.
    Answers that a limit has no place for go on waiting; returns the reason for each of them.
    """
    versions = await instruments.load_versions(connection, slug)
    limits = await limit_store.find(connection, slug)
    if limits:
        # They came before codes were asked for, or without one: a person has decided about them.
        limits = msgspec.structs.replace(limits, one_each="none")
    arrivals = [
        submissions.limited_arrival(
            NewResponse(
                response=answer.response(slug),
                reference=answer.reference,
                # The mark of the request stays as it is: sent again, it still gets its receipt.
                request_key=secrets.token_bytes(32),
                request_body=secrets.token_bytes(32),
                # They looked like the answers of one sender.
                opens_results=False,
            ),
            versions[slug, answer.version],
            limits,
        )
        for answer in chosen
    ]
    if not arrivals:
        return []
    outcomes = await submissions.file_insert(arrivals[0])(connection, arrivals)
    stored = [
        answer.reference
        for answer, outcome in zip(chosen, outcomes, strict=True)
        if not isinstance(outcome, Problem)
    ]
    await entries.delete_held(connection, stored)
    return [outcome for outcome in outcomes if isinstance(outcome, Problem)]


class ReadUpload(msgspec.Struct, frozen=True):
    """A table that was read and checked without the database: what each good row would store."""

    instrument: Instrument
    table: rows.AnswerTable
    arrivals: list[NewResponse]
    marks: list[bytes]
    faults: list[rows.RowFault]
    numbers: list[int]


class UploadOutcome(msgspec.Struct, frozen=True):
    """How many rows an upload stores, or would store, how many were stored before, and which rows
    are refused.
    """

    stored: int
    before: int
    faults: list[rows.RowFault]
    left: list[str]

    @property
    def refused_rows(self) -> int:
        """The number of rows that are refused; each may have several faults."""
        return len({fault.row for fault in self.faults})


class RefusedRows(Exception):
    """Raised to roll back an upload if other rows are refused than the person agreed to leave
    out.
    """

    def __init__(self, outcome: UploadOutcome) -> None:
        super().__init__()
        self.outcome = outcome


async def read_upload(
    database: Database, keyring: Keyring, slug: str, table: Sequence[Sequence[str]]
) -> ReadUpload:
    """The answers in a table for an open survey, checked as if residents had sent them."""
    instrument = await submissions.find_open_instrument(database, slug)
    if instrument.kind == "complaint":
        raise complaint_elsewhere()
    limits = await submissions.find_limits(database, slug)
    city = await database.load_cached(place_store.get_city)
    now = submissions.answer_context(instrument, city)
    # In a thread, where expressions may take their time.
    return await anyio.to_thread.run_sync(
        read_rows, keyring, instrument, limits, city, now, table,
        limiter=submissions.EVALUATION_LIMIT,
    )  # fmt: skip


def read_rows(
    keyring: Keyring,
    instrument: Instrument,
    limits: SurveyLimits | None,
    city: City,
    now: AnswerContext,
    table: Sequence[Sequence[str]],
) -> ReadUpload:
    areas = {area.code: area.name for area in city.local_areas()}
    answer_table = rows.TableReader(instrument, areas).read(table)
    if len(answer_table.rows) > MOST_ROWS:
        said = f"There are {len(answer_table.rows):,} rows: upload up to {MOST_ROWS:,} at a time"
        answer_table = rows.AnswerTable(
            faults=[rows.RowFault(1, "", "", said)], left=answer_table.left
        )
    faults = list(answer_table.faults)
    arrivals, marks, numbers = [], [], []
    for row in answer_table.rows:
        try:
            response = submissions.accept_sent(instrument, row.submission, city, now)
            arrival = submissions.new_arrival(instrument, limits, row.submission, response)
        except Problem as refused:
            wrong = rows.faults_in_row(row, answer_table, refused.faults)
            faults += wrong or [rows.fault_of_row(row, answer_table, refused)]
        else:
            arrivals.append(arrival)
            marks.append(row_mark(keyring, instrument.slug, row))
            numbers.append(row.number)
    faults.sort(key=lambda fault: fault.row)
    return ReadUpload(instrument, answer_table, arrivals, marks, faults, numbers)


def row_mark(keyring: Keyring, slug: str, row: rows.AnswerRow) -> bytes:
    """The mark by which a row is recognised if its file is sent again.

    It includes the row's number: in a short survey many people give the same answers.
    """
    content = msgspec.json.encode([slug, row.number, row.submission], order="sorted")
    return keyring.request_mark(b"upload " + content)


@asynccontextmanager
async def trial_transaction(connection: Connection) -> AsyncIterator[None]:
    """A transaction that is rolled back at its end, whatever was stored in it."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


async def try_upload(database: Database, read: ReadUpload, *, again: bool) -> UploadOutcome:
    """What storing an upload would do. Its rows are stored and rolled back, so that codes and
    quotas are checked too.
    """
    async with database.connection() as connection, trial_transaction(connection):
        outcome, _ = await store_rows(connection, read, again=again)
    return outcome


async def store_upload(
    connection: Connection, read: ReadUpload, ident: str, *, again: bool, leave_out: int
) -> AnswerUpload | None:
    """Store an upload in the caller's transaction, and return it; None if it is stored already.

    Raises RefusedRows if not exactly `leave_out` rows are refused, or if none is left to store.
    """
    slug = read.instrument.slug
    await entries.lock_uploads(connection, slug)
    if await entries.find_upload(connection, slug, ident):
        return None
    outcome, stored = await store_rows(connection, read, again=again)
    if outcome.refused_rows != leave_out or not stored:
        raise RefusedRows(outcome)
    await entries.insert_upload(connection, slug, ident, len(stored))
    await entries.insert_uploaded(connection, ident, [*stored], [*stored.values()])
    return await entries.find_upload(connection, slug, ident)


async def store_rows(
    connection: Connection, read: ReadUpload, *, again: bool
) -> tuple[UploadOutcome, dict[str, bytes]]:
    """Store the good rows; rows stored before are stored again only if `again`. Returns the
    outcome, and the mark of each stored row by its answer's reference.
    """
    await entries.lock_uploads(connection, read.instrument.slug)
    before = set() if again else await entries.load_uploaded_marks(connection, read.marks)
    every = zip(read.arrivals, read.marks, read.numbers, strict=True)
    new = [row for row in every if row[1] not in before]
    outcomes = await submissions.insert_together(connection, [arrival for arrival, _, _ in new])
    stored: dict[str, bytes] = {}
    faults = list(read.faults)
    for (_, mark, number), outcome in zip(new, outcomes, strict=True):
        if isinstance(outcome, SubmissionReceipt):
            stored[outcome.reference] = mark
        else:
            faults.append(rows.RowFault(number, "", "", outcome.sentence))
    faults.sort(key=lambda fault: fault.row)
    known = len(read.arrivals) - len(new)
    return UploadOutcome(len(stored), known, faults, read.table.left), stored


async def undo_upload(connection: Connection, slug: str, ident: str) -> AnswerUpload:
    """Erase all answers of an upload in the caller's transaction; returns that upload."""
    await entries.lock_uploads(connection, slug)
    upload = await entries.find_upload(connection, slug, ident)
    if upload is None:
        raise unknown_upload()
    if upload.undone_on is None:
        for reference in await entries.load_uploaded_references(connection, ident):
            await erasure.erase(connection, reference)
        await entries.set_upload_undone(connection, ident)
    return upload
