"""What residents submit, handled in the same way by JSON, by page and by phone."""

import base64
import contextlib
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread
import msgspec

from api import clock
from api.security.keyring import Keyring
from api.security.limits import count_stored_bytes
from survey import media
from survey.cases.refusals import complaint_elsewhere
from survey.formats.expressions import logic as expressions
from survey.places import Area, City, unknown_area
from survey.problems import Fault, Problem
from survey.receipts import ALPHABET, tidy_code
from survey.store import places as place_store
from survey.store.answers import attachments as attachment_store
from survey.store.answers import entries, erasure, limited_responses
from survey.store.answers import responses as response_store
from survey.store.answers.entries import Suspicion
from survey.store.answers.responses import NewResponse
from survey.store.connections.refusals import LimitedMeanwhile, TakenReference
from survey.store.database import BatchInsert, Connection, Database
from survey.store.surveys import fieldwork
from survey.store.surveys import instruments as instrument_store
from survey.store.surveys import limits as limit_store
from survey.store.surveys.instruments import code_digest
from survey.surveys import refusals, responses
from survey.surveys.instruments import FileItem, Instrument
from survey.surveys.responses import (
    AnswerContext,
    AttachmentReference,
    Response,
    Submission,
    SubmissionReceipt,
)
from survey.surveys.sharing import SurveyLimits, respondent_of

# The one sampled survey that represents the city. Other surveys ask other questions, or represent
# one estate: only their organisers read the answers, and these never enter the index.
PERCEPTION_SURVEY = "taser-trial"
# The fields that identify a repeated request: all but the contact and the access code.
MARKED_FIELDS = ("answers", "area", "postcode", "language", "may_quote")
CLEANING_LIMIT = anyio.CapacityLimiter(2)  # a film of 32 MB keeps a core busy for a moment
EVALUATION_LIMIT = anyio.CapacityLimiter(4)  # answers whose conditions are evaluated in threads
MOST_DRAWS = 3  # of 29^7 references and more: whoever never draws a new one draws wrongly
LONGEST_KEY = 200  # of a request
FEWEST_CHARACTERS, FEWEST_DIFFERENT = 20, 10  # a counter or a date does not pass
LENGTH_OF_HEX, FEWEST_OF_HEX = 32, 7  # 1 of 10,000 UUIDs without dashes has 9 different digits
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Drawn = TypeVar("Drawn")


class Delivery(msgspec.Struct, frozen=True):
    """How a response arrives from a kiosk, a phone, a paper form or a sample point: it may answer
    an earlier version of its survey, and some of its files may come later.

    `begin` is called first in the transaction that stores the response, with its future reference.
    """

    instrument: Instrument
    files_to_come: frozenset[str]
    begin: Callable[[Connection, str], Awaitable[None]]


async def run_evaluation(
    instrument: Instrument,
    act: Callable[Parameters, Result],
    *given: Parameters.args,
    **named: Parameters.kwargs,
) -> Result:
    """Call `act` and return its result.

    It runs in a thread if the survey has expressions, because evaluating these may take a moment.
    """
    if not (instrument.has_expression or instrument.has_default):
        return act(*given, **named)
    # A limiter of its own: costly surveys must not take the threads that everything else needs.
    return await anyio.to_thread.run_sync(partial(act, *given, **named), limiter=EVALUATION_LIMIT)


async def submit_response(
    database: Database,
    slug: str,
    submission: Submission,
    request: tuple[bytes, bytes] | None = None,
    delivery: Delivery | None = None,
    suspicion: Suspicion | None = None,
    *,
    opens: bool = True,
) -> SubmissionReceipt:
    """Save a response and return its receipt; a repeated request gets the first receipt again.

    A repeated request is recognised by the marks in `request`. With a `suspicion` the response is
    held until an organiser has looked at it. `opens`: it counts toward the thresholds of live
    results.
    """
    instrument = await find_open_instrument(database, slug)
    delivery = delivery or await find_point_delivery(database, instrument, submission)
    instrument = delivery.instrument if delivery else instrument
    if instrument.kind == "complaint":
        raise complaint_elsewhere()
    limits = await find_limits(database, slug)
    city = await database.load_cached(place_store.get_city)
    now = answer_context(instrument, city)
    response = await run_evaluation(instrument, accept_sent, instrument, submission, city, now)
    arrival = new_arrival(instrument, limits, submission, response, request, opens=opens)
    files = responses.attachments_in(instrument, response.answers)
    if suspicion and can_be_held(instrument, limits) and not files:
        return await hold_arrival(database, arrival, suspicion, delivery)
    try:
        return await store_arrival(database, instrument, arrival, delivery)
    except LimitedMeanwhile:
        # It was checked before the first limit of its survey was known here.
        async with database.connection() as connection:
            limits = await limit_store.find(connection, slug)
        arrival = new_arrival(instrument, limits, submission, response, request, opens=opens)
        return await store_arrival(database, instrument, arrival, delivery)


async def find_point_delivery(
    database: Database, instrument: Instrument, submission: Submission
) -> Delivery | None:
    """How an interview at a sample point arrives; it replaces an interview that was sent back. None
    for any other answer.
    """
    code = submission.access_code
    if instrument.mode != "sampled" or not code:
        return None
    digest = code_digest(code)
    async with database.connection() as connection:
        if not await fieldwork.is_point(connection, digest):
            return None

    async def begin(connection: Connection, reference: str) -> None:
        await save_interview(connection, instrument.slug, code, reference)

    return Delivery(instrument, frozenset(), begin)


async def save_interview(connection: Connection, slug: str, code: str, reference: str) -> None:
    """Save that the answer with this reference is from the sample point of a code; if its interview
    was sent back, erase the earlier answer.
    """
    # In the order of whoever erases an answer meanwhile.
    await limit_store.lock(connection, {slug})
    digest = code_digest(code)
    state = await fieldwork.lock_point(connection, digest)
    # Not the digest that is stored: nobody can work the mark out without the code.
    mark = hashlib.sha256(b"answer of " + tidy_code(code).encode()).digest()
    earlier = await fieldwork.find_answer_of_point(connection, mark)
    if state and state.is_sent_back and earlier:
        await erasure.erase(connection, earlier)
    await fieldwork.save_answer_of_point(connection, digest, mark, reference)


def can_be_held(instrument: Instrument, limits: SurveyLimits | None) -> bool:
    """Whether answers to a survey may wait for an organiser. Answers given with a code may not: a
    code belongs to one person.
    """
    by_code = limits is not None and limits.one_each == "code"
    return instrument.mode == "open" and instrument.kind != "complaint" and not by_code


async def hold_arrival(
    database: Database, arrival: NewResponse, suspicion: Suspicion, delivery: Delivery | None
) -> SubmissionReceipt:
    """Hold a checked response for an organiser and return its receipt."""

    async def store_as(reference: str) -> SubmissionReceipt:
        named = msgspec.structs.replace(arrival, reference=reference)
        async with database.connection() as connection, connection.transaction():
            if delivery:
                await delivery.begin(connection, reference)
            outcome = await entries.hold(connection, named, suspicion)
        if isinstance(outcome, Problem):
            raise outcome
        return outcome

    return await store_under_new_reference(new_reference, store_as)


async def store_arrival(
    database: Database, instrument: Instrument, arrival: NewResponse, delivery: Delivery | None
) -> SubmissionReceipt:
    """Save a checked response under a reference that is drawn for it, and return its receipt."""
    files = responses.attachments_in(instrument, arrival.response.answers)

    async def store_as(reference: str) -> SubmissionReceipt:
        named = msgspec.structs.replace(arrival, reference=reference)
        # Files can still be refused, so a response with files has a transaction of its own.
        if files or delivery:
            return await insert_with_files(database, named, files, delivery)
        size = text_size(arrival.response.texts)
        return await database.insert_grouped(batch_insert(named), named, size)

    return await store_under_new_reference(new_reference, store_as)


def accept_sent(
    instrument: Instrument, submission: Submission, city: City, now: AnswerContext
) -> Response:
    """The response that a submission becomes; raises one error with all faults of the
    submission.
    """
    area = submission_area(city, instrument, submission)
    return responses.accept_submission(instrument, submission, area.code, now)


def new_arrival(
    instrument: Instrument,
    limits: SurveyLimits | None,
    submission: Submission,
    response: Response,
    request: tuple[bytes, bytes] | None = None,
    *,
    opens: bool = True,
) -> NewResponse:
    """A response to be stored; its reference is drawn only when the response is stored."""
    # Random marks match no other request, so everything sent without a key is stored.
    request_key, request_body = request or (secrets.token_bytes(32), secrets.token_bytes(32))
    arrival = NewResponse(
        response=response,
        reference="",
        request_key=request_key,
        request_body=request_body,
        code_digest=code_digest(submission.access_code) if submission.access_code else None,
        opens_results=opens,
    )
    return limited_arrival(arrival, instrument, limits)


async def insert_together(
    connection: Connection, arrivals: list[NewResponse]
) -> list[SubmissionReceipt | Problem]:
    """Store responses to one survey in the caller's transaction; returns each result in order."""

    async def store_as(references: list[str]) -> list[SubmissionReceipt | Problem]:
        named = [
            msgspec.structs.replace(arrival, reference=reference)
            for arrival, reference in zip(arrivals, references, strict=True)
        ]
        async with connection.transaction():
            outcomes = [*await file_insert(named[0])(connection, named)]
        # No row of a file is stored under other limits than those that it was checked with.
        for outcome in outcomes:
            if isinstance(outcome, LimitedMeanwhile):
                raise outcome
        return outcomes

    if not arrivals:
        return []
    return await store_under_new_reference(lambda: [new_reference() for _ in arrivals], store_as)


async def store_under_new_reference(
    draw: Callable[[], Drawn], store_as: Callable[[Drawn], Awaitable[Result]]
) -> Result:
    """Store something under what `draw` gives, one reference or several; returns the result of
    `store_as`.

    If a reference is taken, nothing is stored and another is drawn.
    """
    for _ in range(MOST_DRAWS - 1):
        with contextlib.suppress(TakenReference):
            return await store_as(draw())
    return await store_as(draw())


async def find_limits(database: Database, slug: str) -> SurveyLimits | None:
    """The limits of a survey, from memory until they change."""
    return await database.load_noticed(limit_store.find, slug)


def limited_arrival(
    arrival: NewResponse, instrument: Instrument, limits: SurveyLimits | None
) -> NewResponse:
    """A response with what the limits of its survey are checked by, if it has limits; raises if the
    access code is missing.
    """
    met = instrument.mode == "met"
    # Before the first wave of asking there is no code, and nobody to answer.
    if met and (limits is None or arrival.code_digest is None):
        raise refusals.missing_access_code()
    if limits is None:
        return arrival
    by_code = met or (limits.one_each == "code" and instrument.mode == "open")
    if by_code and arrival.code_digest is None:
        raise refusals.missing_access_code()
    response = arrival.response
    person = respondent_of(instrument, response.area, response.answers)
    return limited_responses.LimitedResponse(
        **msgspec.structs.asdict(arrival), person=person, by_code=by_code
    )


def batch_insert(arrival: NewResponse) -> BatchInsert:
    """The function that stores responses of this kind."""
    if isinstance(arrival, limited_responses.LimitedResponse):
        return limited_responses.insert_limited_many
    if arrival.response.mode == "open":
        return response_store.insert_many
    return response_store.insert_sampled_many


def file_insert(arrival: NewResponse) -> BatchInsert:
    """The function that stores responses of this kind if they are the rows of one file."""
    if isinstance(arrival, limited_responses.LimitedResponse):
        return limited_responses.insert_whole_file
    return batch_insert(arrival)


async def insert_with_files(
    database: Database,
    arrival: NewResponse,
    files: list[AttachmentReference],
    delivery: Delivery | None = None,
) -> SubmissionReceipt:
    """Save a response with its files: all of it or nothing."""
    later = delivery.files_to_come if delivery else frozenset()
    async with database.connection() as connection, connection.transaction():
        if delivery:
            await delivery.begin(connection, arrival.reference)
        [outcome] = await batch_insert(arrival)(connection, [arrival])
        if isinstance(outcome, Exception):
            raise outcome
        receipt: SubmissionReceipt = outcome
        # A repeated request has its files already; they are no longer there to be attached.
        if receipt.again:
            return receipt
        wanted = {file.mark: file.item for file in files[: media.MOST_FILES]}
        taken = await attachment_store.attach(
            connection, receipt.reference, arrival.response.instrument, wanted
        )
        if faults := file_faults(files, taken | later):
            raise refusals.bad_answers(tuple(faults))
    return receipt


def file_faults(files: list[AttachmentReference], taken: set[str]) -> list[Fault]:
    """What is wrong with the files of a response; each file may be used only once."""
    left, faults = set(taken), []
    for number, file in enumerate(files, 1):
        if number > media.MOST_FILES:
            faults.append(Fault(file.where, media.TOO_MANY))
        elif file.mark not in left:
            faults.append(Fault(file.where, media.GONE))
        left.discard(file.mark)
    return faults


async def save_attachment(
    database: Database, slug: str, name: str, body: bytes, *, quarantine: bool
) -> str:
    """Save a file for the question of this name; the mark returned is the answer to it."""
    instrument = await find_open_instrument(database, slug)
    item = media.find_file_question(instrument, name)
    return await save_file(database, instrument, item, body, quarantine=quarantine)


def new_mark() -> str:
    """A random mark, by which only its sender can name a file."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


async def save_file(
    database: Database, instrument: Instrument, item: FileItem, body: bytes, *, quarantine: bool
) -> str:
    """Save a file. In quarantine nobody can open it until the scanner has checked it."""
    file = await clean_file(instrument, item, body)
    mark = new_mark()
    async with database.connection() as connection:
        stored = await attachment_store.insert(
            connection,
            mark,
            instrument.slug,
            item.name,
            file,
            most=media.MOST_WAITING,
            quarantine=quarantine,
        )
    if not stored:
        raise media.attachments_full()
    count_stored_bytes(len(file.body))
    return mark


async def clean_file(instrument: Instrument, item: FileItem, body: bytes) -> media.Attachment:
    """A file without what a device writes into it; raises if the question does not accept it."""
    return await anyio.to_thread.run_sync(
        media.accept_attachment, item, body, instrument.kind, limiter=CLEANING_LIMIT
    )


async def find_open_instrument(database: Database, slug: str) -> Instrument:
    """The newest version of an open survey, from memory until a survey changes."""
    return open_instrument(slug, *await database.load_noticed(instrument_store.get, slug))


async def load_open_instrument(connection: Connection, slug: str) -> Instrument:
    return open_instrument(slug, *await instrument_store.get(connection, slug))


def open_instrument(slug: str, instrument: Instrument, closed: bool) -> Instrument:
    """The instrument itself, or raise if its survey takes no answers today."""
    if closed or not instrument.is_open(clock.today()):
        raise refusals.closed_instrument(slug)
    return instrument


def text_size(texts: Mapping[str, str]) -> int:
    """The bytes of the texts of a row, roughly: its other answers are short."""
    return sum(len(text) for text in texts.values())


def answer_context(instrument: Instrument, city: City) -> AnswerContext:
    """What answers to an instrument are checked against, as of now."""
    now = clock.now().replace(tzinfo=None)
    return AnswerContext(clock.today(), city, expressions.evaluator_for(instrument, now))


def submission_area(city: City, instrument: Instrument, submission: Submission) -> Area:
    """The borough that a person named, or that of their postcode; the postcode is not stored.

    If the instrument itself asks where people live, the answer to that question is used.
    """
    asked = instrument.home()
    named = str(submission.answers.get(asked.name) or "") if asked else ""
    if place := submission.area or (
        named if any(named in (area.code, area.name) for area in city.local_areas()) else ""
    ):
        area = city.find(place)
        if not area.is_local:
            raise unknown_area(place[:60])
        return area
    if named:
        return city.at(named)
    if submission.postcode:
        return city.at(submission.postcode)
    raise refusals.missing_area()


def random_key(key: str | None) -> str | None:
    """The key, or raise if it is easy to guess: whoever has the key may be shown the receipt
    again.
    """
    fewest = FEWEST_OF_HEX if key and len(key) >= LENGTH_OF_HEX else FEWEST_DIFFERENT
    if key and (len(key) < FEWEST_CHARACTERS or len(set(key)) < fewest):
        raise refusals.weak_key(FEWEST_CHARACTERS, FEWEST_DIFFERENT)
    return key


def request_marks(
    keyring: Keyring, slug: str, submission: Submission, key: str | None
) -> tuple[bytes, bytes]:
    """Digests of a request's key and of its answers, by which a repeated request is recognised.

    Contact and access code are left out, so that the database cannot help anyone to guess them.
    """
    wanted = key or secrets.token_hex(16)
    # Nothing that a subclass adds.
    answers = Submission(**{name: getattr(submission, name) for name in MARKED_FIELDS})
    # Sorted: the same answers in another order are the same request.
    body = msgspec.json.encode(answers, order="sorted")
    return keyring.request_mark(f"{slug}\0{wanted}".encode()), keyring.request_mark(body)


def new_reference() -> str:
    letters = random_letters(8)
    return f"{letters[:4]}-{letters[4:]}"


def random_letters(number: int) -> str:
    """`number` random letters for references, from one system call, because each call takes a
    while.
    """
    # Eight bytes more than needed: what is left over favours no letter by as much as 2^-64.
    rest, letters = int.from_bytes(secrets.token_bytes(number + 8)), []
    for _ in range(number):
        rest, place = divmod(rest, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)
