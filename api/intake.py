"""What a resident does, once, the same by JSON, by page and by phone."""

import base64
import contextlib
import secrets
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread
import msgspec

from api import clock
from api.keys import Keyring
from survey import attachments, problems, responses
from survey.attachments import photos
from survey.attachments.reading import Unreadable
from survey.formats import expressions
from survey.instruments import File, Image, Instrument
from survey.places import Area, City
from survey.problems import Fault
from survey.receipts import ALPHABET
from survey.responses import Attached, Kept, Occasion, Submission
from survey.store import attachments as attachment_store
from survey.store import instruments as instrument_store
from survey.store import places as place_store
from survey.store import responses as response_store
from survey.store.database import Connection, Database
from survey.store.instruments import code_digest
from survey.store.responses import Arrival

# The one sampled survey that stands for the city. Others answer other questions, or speak for one
# estate: their answers are their organisers' to read, and never become part of the index.
PERCEPTION = "taser-trial"
# By these a request is known again: all but how to reach somebody, and who was drawn.
MARKED = ("answers", "borough", "postcode", "language", "may_quote")
CLEANING = anyio.CapacityLimiter(2)  # a film of 32 MB keeps a core busy for a moment
EVALUATING = anyio.CapacityLimiter(4)  # answers whose conditions are asked beside the event loop
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


async def beside(
    instrument: Instrument,
    act: Callable[Parameters, Result],
    *given: Parameters.args,
    **named: Parameters.kwargs,
) -> Result:
    """What `act` gives; in a thread where the survey has expressions, which may take a moment."""
    if not expressions.asks_anything(instrument):
        return act(*given, **named)
    return await anyio.to_thread.run_sync(partial(act, *given, **named), limiter=EVALUATING)


async def submit_response(
    database: Database,
    slug: str,
    submission: Submission,
    request: tuple[bytes, bytes] | None = None,
) -> Kept:
    """Keep an answered survey and give its receipt; the same request again gives the same one.

    `request` are the marks by which it is known again; without them nothing is.
    """
    async with database.connection() as connection:
        instrument = await open_instrument(connection, slug)
    if instrument.kind == "complaint":
        raise problems.complaint_elsewhere()
    city = await database.remembered(place_store.get_city)
    area = area_of(city, instrument, submission)
    now = occasion(instrument, city)
    response = await beside(instrument, responses.accept, instrument, submission, area.code, now)
    request_key, request_body = request or (secrets.token_bytes(32), secrets.token_bytes(32))
    arrival = Arrival(
        response=response,
        reference=new_reference(),
        request_key=request_key,
        request_body=request_body,
        code_digest=code_digest(submission.access_code or ""),
    )
    files = responses.attached_in(instrument, response.answers)
    if instrument.mode == "open" and not files:
        return await database.grouped(response_store.insert_many, arrival)
    return await submit_alone(database, arrival, files)


async def submit_alone(database: Database, arrival: Arrival, files: list[Attached]) -> Kept:
    """What uses up a code, or takes files: with the response or not at all."""
    async with database.connection() as connection:
        try:
            async with connection.transaction():
                if not files:
                    return await response_store.insert_sampled(connection, arrival)
                return await insert_with(connection, arrival, files)
        except (problems.Invalid, problems.Conflict):
            kept = await response_store.find_kept(connection, arrival)
            if kept is None:
                raise
            return kept


async def insert_with(connection: Connection, arrival: Arrival, files: list[Attached]) -> Kept:
    if arrival.response.mode == "open":
        [kept] = await response_store.insert_many(connection, [arrival])
    else:
        kept = await response_store.insert_sampled(connection, arrival)
    if kept.again:
        return kept
    wanted = {file.mark: file.item for file in files[: attachments.MOST_FILES]}
    taken = await attachment_store.take(
        connection, kept.reference, arrival.response.instrument, wanted
    )
    if faults := faults_of_files(files, taken):
        raise problems.bad_answers(tuple(faults))
    return kept


def faults_of_files(files: list[Attached], taken: set[str]) -> list[Fault]:
    """Each file may stand in one place of one answer."""
    left, faults = set(taken), []
    for number, file in enumerate(files, 1):
        if number > attachments.MOST_FILES:
            faults.append(Fault(file.where, attachments.TOO_MANY))
        elif file.mark not in left:
            faults.append(Fault(file.where, attachments.GONE))
        left.discard(file.mark)
    return faults


async def attach(database: Database, slug: str, name: str, body: bytes, *, quarantine: bool) -> str:
    """Keep a file for the question of this name; the mark is then the answer to it."""
    async with database.connection() as connection:
        instrument = await open_instrument(connection, slug)
    item = attachments.item_of(instrument, name)
    return await keep_file(database, instrument, item, body, quarantine=quarantine)


async def keep_file(
    database: Database, instrument: Instrument, item: Image | File, body: bytes, *, quarantine: bool
) -> str:
    """In quarantine a file is given to nobody before the scanner has looked at it."""
    found = await anyio.to_thread.run_sync(
        attachments.accept, item, body, instrument.kind, limiter=CLEANING
    )
    mark = base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()
    async with database.connection() as connection:
        kept = await attachment_store.insert(
            connection,
            mark,
            (instrument.slug, item.name),
            found,
            most=attachments.MOST_WAITING,
            quarantine=quarantine,
        )
    if not kept:
        raise attachments.no_room()
    return mark


async def small_picture(body: bytes) -> bytes | None:
    """A picture as large as a thumb; None where it cannot be read."""
    with contextlib.suppress(Unreadable):
        return await anyio.to_thread.run_sync(photos.thumbnail, body, limiter=CLEANING)
    return None


async def open_instrument(connection: Connection, slug: str) -> Instrument:
    instrument, closed = await instrument_store.get(connection, slug)
    if closed or not instrument.is_open(clock.today()):
        raise problems.closed_instrument(slug)
    return instrument


def occasion(instrument: Instrument, city: City) -> Occasion:
    """What answers to an instrument are taken under, now."""
    now = clock.now().replace(tzinfo=None)
    return Occasion(clock.today(), city, expressions.logic_of(instrument, now))


def area_of(city: City, instrument: Instrument, submission: Submission) -> Area:
    """The borough a person named, or the one of the postcode; the postcode goes no further.

    Where the instrument itself asks where everybody is from, that answer tells it.
    """
    asked = instrument.home()
    told = str(submission.answers.get(asked.name) or "") if asked else ""
    if borough := submission.borough or (told if is_borough(city, told) else ""):
        area = city.find(borough)
        if area not in city.boroughs():
            raise problems.unknown_area(borough[:60])
        return area
    if told:
        return city.at(told)
    if submission.postcode:
        return city.at(submission.postcode)
    raise problems.needs_borough()


def is_borough(city: City, told: str) -> bool:
    return any(told in (area.code, area.name) for area in city.boroughs())


def marks(
    keyring: Keyring, slug: str, submission: Submission, key: str | None
) -> tuple[bytes, bytes]:
    """What tells that a request is the same as one before: digests of its key and its answers.

    Contact and access code are left out: nothing in the database may help to try them out.
    """
    wanted = key or secrets.token_hex(16)
    answers = Submission(
        **{name: getattr(submission, name) for name in MARKED}  # nothing that a subclass adds
    )
    body = msgspec.json.encode(answers, order="sorted")
    return (
        keyring.request_mark(f"{slug}\0{wanted}".encode()),
        keyring.request_mark(body),
    )


def new_reference() -> str:
    letters = [secrets.choice(ALPHABET) for _ in range(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])
