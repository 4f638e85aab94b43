"""JSON for the owner of a complaint: number and passphrase open the case, and a key goes on."""

import datetime
import secrets
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.spec import Example
from litestar.params import Body, BodyKwarg

from api import clock
from api.dependencies import FromDatabase, FromKeyring, FromSigner
from api.error_handlers import problem_responses
from api.operations import cases, own_cases
from api.operations.answers.submissions import random_key
from api.routes.responses import IdempotencyKey
from api.security.limits import request_guesser
from api.security.people import key_digest, sent_key
from api.security.requests import site_address
from api.security.sent_forms import require_json
from survey.cases import AllegationOutcome, CaseStatus, CaseTransition, refusals
from survey.cases.contacts import Contact
from survey.formats.foreign import printable_text
from survey.receipts import LONGEST, Receipt, parse_case_number, parse_receipt, passphrase_letters
from survey.store.answers.attachments import StoredFile
from survey.store.cases import case_owners
from survey.store.cases.case_owners import CaseOpening
from survey.store.database import Database
from survey.surveys.item_types.answers import Answers
from survey.surveys.responses import Language

AnyRequest = Request[Any, Any, Any]
Passphrase = Annotated[str, msgspec.Meta(max_length=own_cases.MOST_PASSPHRASE)]
CaseNumber = Annotated[str, msgspec.Meta(max_length=20)]
Words = Annotated[str, msgspec.Meta(max_length=5_000)]
OWNER = ["residents"]
# In the examples of the documentation.
NUMBER, PASSPHRASE = "AXJX-A5RE", "zoom heap creme chain silly slot"


class NumberAndPassphrase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What opens a case."""

    number: CaseNumber
    passphrase: Passphrase


class CaseKey(msgspec.Struct, frozen=True):
    """A key under which a case is open, and the hour in which it ends. Only a digest is stored."""

    key: str
    expires_at: datetime.datetime


class OwnCaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a case on a day; `ours` if the working group did it, with its message."""

    day: datetime.date
    kind: CaseTransition
    ours: bool
    allegation: str | None
    outcome: AllegationOutcome | None
    words: str | None
    language: str | None


class OwnCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case for its owner. `due` is the day of the next step: ours, or theirs while `status` is
    "waiting". `merged`: it is looked at together with another one, whose `due` this is. `possible`
    are the kinds of events that the owner can add now.
    """

    number: str
    received: datetime.date
    area: str = msgspec.field(name="borough")
    status: CaseStatus
    due: datetime.date | None
    overdue: bool
    disputable_until: datetime.date | None
    merged: bool
    allegations: dict[str, AllegationOutcome | None]
    answers: Answers
    events: list[OwnCaseEvent]
    files: list[StoredFile]
    openings: list[CaseOpening]
    possible: list[CaseTransition]
    contact: Contact | None


class OwnerMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the owner adds: a message, a dispute of the outcome, a withdrawal, or a reminder."""

    kind: Literal["answered", "appealed", "withdrawn", "nudged"]
    words: Words = ""
    language: Language = "en"


class OldPassphrase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The passphrase until now, and the language of the new one."""

    passphrase: Passphrase
    language: Language = "en"


class NumberOfCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number of the case that is open under the key."""

    number: CaseNumber


class ReceiptText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed receipt as the text that was downloaded."""

    receipt: Annotated[str, msgspec.Meta(max_length=LONGEST)]


class CheckedReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt says, and whether it was signed here and not changed since: weeks as ISO 8601
    has them, and the SHA-256 of the file that it is about.
    """

    genuine: bool
    site: str
    number: str
    received: str
    made: str
    digest: str


def example(summary: str, **value: str) -> BodyKwarg:
    """The body of a request with an example of it, for the documentation."""
    body: BodyKwarg = Body(examples=[Example(summary=summary, value=value)])
    return body


async def get_open_case(request: AnyRequest, database: Database) -> own_cases.OpenCase:
    """The case that the key of this request opens, or raise."""
    key = sent_key(request.headers.get("authorization", ""))
    async with database.connection() as connection:
        case = await case_owners.find_opened_case(connection, key_digest(key)) if key else None
    if case is None:
        raise refusals.case_key_needed()
    return own_cases.OpenCase(case, key)


@post(
    "/api/v1/case/keys",
    summary="Open a case",
    responses=problem_responses(403, 413, 415, 422, 429),
    tags=OWNER,
    guards=[require_json],
)
async def open_case(
    request: AnyRequest,
    database: FromDatabase,
    data: Annotated[
        NumberAndPassphrase,
        example("Number and passphrase of a receipt", number=NUMBER, passphrase=PASSPHRASE),
    ],
) -> CaseKey:
    """Open a case with its number and passphrase. Send the key as a bearer token with whatever
    follows, until it ends.
    """
    number = parse_case_number(data.number)
    if number is None:
        raise refusals.mistyped_case_number()
    passphrase = await own_cases.check_passphrase(
        database, request_guesser(request), number, passphrase_letters(data.passphrase)
    )
    async with database.connection() as connection, connection.transaction():
        key = await own_cases.open_under_new_key(connection, passphrase.id)
        await case_owners.save_opening(connection, passphrase.id, clock.today(), "owner")
    return CaseKey(key, own_cases.key_end())


@get(
    "/api/v1/case",
    summary="Read one's case",
    responses=problem_responses(401),
    tags=OWNER,
)
async def read(request: AnyRequest, database: FromDatabase, keyring: FromKeyring) -> OwnCase:
    """Everything that the owner of the open case can see: its status, what they wrote and were
    told, and who opened it on which days.
    """
    opened = await get_open_case(request, database)
    return await load_case(database, keyring, opened)


async def load_case(
    database: Database, keyring: FromKeyring, opened: own_cases.OpenCase
) -> OwnCase:
    async with database.connection() as connection:
        return own_case(await own_cases.load_owner_view(connection, keyring, opened.reference))


def own_case(view: own_cases.OwnerView) -> OwnCase:
    outcomes, case = view.outcomes, view.case
    next_step = view.main or view.status
    return OwnCase(
        number=case.reference,
        received=clock.local_day(case.received_at),
        area=case.area,
        status=view.status.status,
        due=next_step.due,
        overdue=view.status.is_overdue(clock.today()),
        disputable_until=view.status.disputable_until,
        merged=view.status.merged_into is not None,
        allegations={allegation: outcomes.get(allegation) for allegation in case.allegations},
        answers=view.answers,
        events=[
            OwnCaseEvent(
                day=line.day,
                kind=line.event.kind,
                ours=line.ours,
                allegation=line.event.allegation,
                outcome=line.event.outcome,
                words=line.words,
                language=line.language,
            )
            for line in view.lines
            if line.event.kind in own_cases.EVENTS_SHOWN
        ],
        files=view.files,
        openings=view.openings,
        possible=view.possible,
        contact=view.contact,
    )


@get(
    "/api/v1/case/copy",
    summary="What one wrote",
    responses=problem_responses(401),
    tags=OWNER,
)
async def read_copy(
    request: AnyRequest, database: FromDatabase, signer: FromSigner
) -> Response[own_cases.WrittenCase]:
    """What the owner of the open case wrote, as the file whose SHA-256 is in the receipt."""
    opened = await get_open_case(request, database)
    written = await own_cases.load_written_case(database, signer, opened.reference)
    content: Any = written.content()
    return Response(content, media_type="application/json")


@get(
    "/api/v1/case/receipt",
    summary="A signed receipt",
    responses=problem_responses(401),
    tags=OWNER,
    media_type="text/plain",
)
async def read_receipt(request: AnyRequest, database: FromDatabase, signer: FromSigner) -> str:
    """A text that says in which week the complaint of the open case was received, with the SHA-256
    of what was written until now, signed. Anybody can check it.
    """
    opened = await get_open_case(request, database)
    written = await own_cases.load_written_case(database, signer, opened.reference)
    return own_cases.sign_receipt(signer, site_address(request), written, clock.today())


@post(
    "/api/v1/case/events",
    summary="Write to the working group",
    responses=problem_responses(401, 409, 413, 415, 422, 429),
    tags=OWNER,
    guards=[require_json],
)
async def add_event(
    request: AnyRequest,
    database: FromDatabase,
    keyring: FromKeyring,
    data: Annotated[OwnerMove, example("A message", kind="answered", words="It was at night.")],
) -> OwnCase:
    """Add a message, a dispute, a withdrawal or a reminder to the open case, and return the case.

    What `possible` does not list is refused. The same words sent twice in a row are stored once.
    """
    opened = await get_open_case(request, database)
    words = printable_text(data.words).strip()
    if not words and data.kind in ("answered", "appealed"):
        raise refusals.empty_message()
    await own_cases.save_owner_move(database, opened.reference, data.kind, words, data.language)
    return await load_case(database, keyring, opened)


@post(
    "/api/v1/case/passphrase",
    summary="Change the passphrase",
    responses=problem_responses(401, 403, 413, 415, 422, 429),
    tags=OWNER,
    guards=[require_json],
)
async def create_passphrase(
    request: AnyRequest,
    database: FromDatabase,
    keyring: FromKeyring,
    data: Annotated[OldPassphrase, example("The old one", passphrase=PASSPHRASE)],
    key: IdempotencyKey = None,
) -> Receipt:
    """Replace the passphrase of the open case, for whoever knows the old one. The old one ends at
    once, and so does every other key. Save the new one: you see it only once.
    """
    opened = await get_open_case(request, database)
    asked = own_cases.PassphraseChange(
        data.passphrase, random_key(key) or secrets.token_hex(16), data.language
    )
    return await own_cases.change_passphrase(
        database, keyring, request_guesser(request), opened, asked
    )


@post(
    "/api/v1/case/closing",
    summary="Close the case again",
    responses=problem_responses(401, 413, 415, 422, 429),
    tags=OWNER,
    guards=[require_json],
)
async def close_case(
    request: AnyRequest,
    database: FromDatabase,
    data: Annotated[NumberOfCase, example("Its number", number=NUMBER)],
) -> NumberOfCase:
    """End the key. The case itself goes on."""
    opened = await get_open_case(request, database)
    require_number(opened, data)
    async with database.connection() as connection:
        await case_owners.delete_key(connection, key_digest(opened.key))
    return NumberOfCase(opened.reference)


@post(
    "/api/v1/case/erasure",
    summary="Erase the case",
    responses=problem_responses(401, 409, 413, 415, 422, 429),
    tags=OWNER,
    guards=[require_json],
)
async def erase_case(
    request: AnyRequest,
    database: FromDatabase,
    data: Annotated[NumberOfCase, example("Its number", number=NUMBER)],
) -> NumberOfCase:
    """Erase everything about the complaint of the open case. This cannot be undone."""
    opened = await get_open_case(request, database)
    require_number(opened, data)
    async with database.connection() as connection, connection.transaction():
        # Not audited: it would record the minute.
        await cases.erase_reference(connection, opened.reference)
    return NumberOfCase(opened.reference)


def require_number(opened: own_cases.OpenCase, sent: NumberOfCase) -> None:
    """Raise unless the number is that of the open case: a key alone could be that of another."""
    if parse_case_number(sent.number) != opened.reference:
        raise refusals.mistyped_case_number()


@post(
    "/api/v1/receipts",
    summary="Check a receipt",
    responses=problem_responses(413, 415, 422, 429),
    tags=OWNER,
    guards=[require_json],
)
async def check_receipt(
    signer: FromSigner,
    data: Annotated[
        ReceiptText,
        example(
            "A receipt",
            receipt="Soundings receipt 1\nSite: https://example.org\n"
            f"Number: {NUMBER}\nReceived: 2026-W48\nMade: 2026-W48\n"
            "Digest: 0123456789abcdef\nSignature: c2lnbmF0dXJl\n",
        ),
    ],
) -> CheckedReceipt:
    """Say whether a receipt was signed here. Nothing of it is stored or looked up."""
    signed_receipt = parse_receipt(data.receipt)
    if signed_receipt is None:
        raise refusals.unreadable_receipt()
    receipt, signature = signed_receipt
    return CheckedReceipt(
        genuine=signer.is_signed(receipt.message().encode(), signature),
        **msgspec.structs.asdict(receipt),
    )


READ = [read, read_copy, read_receipt]
WRITE = [open_case, add_event, create_passphrase, close_case, erase_case, check_receipt]
