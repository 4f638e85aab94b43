"""JSON for surveys and the complaint form: what can be asked, and files that go with an answer."""

import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter, RawBody

from api import clock, dependencies
from api.error_handlers import problem_responses
from api.operations import cases
from api.operations.answers import submissions
from api.operations.answers.submissions import random_key
from api.routes.responses import IdempotencyKey, SurveyPassword, check_password
from api.security.sent_forms import require_file, require_json
from survey.media import MOST_BYTES, MOST_MEDIA_BYTES
from survey.receipts import Receipt
from survey.store.surveys import instruments
from survey.surveys.instruments import Instrument, Mode, Wording
from survey.surveys.ready import COMPLAINT

EXAMPLE = Example(
    summary="A complaint about the use of a Taser",
    value={
        "postcode": "E8 1EA",
        "language": "en",
        "answers": {
            "narrative": "A Taser was aimed at my brother outside our home.",
            "allegations": ["use_of_force_taser"],
            "happened_on": "2007-12-14",
            "concerning": "other",
            "ground": "asked_me",
        },
    },
)
ItemName = Annotated[
    str,
    QueryParameter(
        name="item", max_length=60, description="the question of the kind image or file"
    ),
]


class SurveyListItem(msgspec.Struct, frozen=True):
    """A survey in the list; `open` says whether it takes answers today."""

    slug: str
    version: int
    mode: Mode
    kind: str
    title: Wording
    open: bool
    closes: datetime.date | None


def survey_list_item(row: tuple[Instrument, bool]) -> SurveyListItem:
    instrument, closed = row
    return SurveyListItem(
        slug=instrument.slug,
        version=instrument.version,
        mode=instrument.mode,
        kind=instrument.kind,
        title=instrument.title,
        open=not closed and instrument.is_open(clock.today()),
        closes=instrument.closes,
    )


@get("/api/v1/surveys", summary="List the surveys", responses=problem_responses(), tags=["surveys"])
async def list_surveys(
    database: dependencies.FromDatabase,
    after: dependencies.Cursor = None,
    limit: dependencies.PageLimit = 50,
) -> dependencies.ResultPage[SurveyListItem]:
    """The newest version of each survey, by name."""
    behind = dependencies.decode_cursor(after, str) or ""
    async with database.connection() as connection:
        rows = await instruments.load_newest(connection, behind, limit + 1)
    shown = [survey_list_item(row) for row in rows[:limit]]
    more = len(rows) > limit
    return dependencies.ResultPage(
        shown, dependencies.encode_cursor(shown[-1].slug) if more else None
    )


@get(
    "/api/v1/surveys/{slug:str}",
    summary="Read a survey's questions",
    responses=problem_responses(401, 403, 404, 429),
    tags=["surveys"],
)
async def read(
    request: Request[Any, Any, Any],
    database: dependencies.FromDatabase,
    slug: dependencies.Slug,
    password: SurveyPassword = "",
) -> Instrument:
    """The newest version, with every question and option in every language it has."""
    await check_password(request, database, slug, password)
    async with database.connection() as connection:
        instrument, _ = await instruments.get(connection, slug)
    return instrument


@post(
    "/api/v1/complaints",
    operation_id="ApiV1ComplaintsCreate",
    summary="Make a complaint",
    responses=problem_responses(409, 410, 413, 415, 422, 429),
    tags=["residents"],
    guards=[require_json],
)
async def lodge_complaint(
    database: dependencies.FromDatabase,
    keyring: dependencies.FromKeyring,
    data: Annotated[cases.ComplaintSubmission, Body(examples=[EXAMPLE])],
    key: IdempotencyKey = None,
) -> Receipt:
    """Open a case. No name is asked for. Save the number and the passphrase: you see it only
    once.
    """
    return await cases.submit_complaint(database, keyring, data, random_key(key))


class AttachmentMark(msgspec.Struct, frozen=True):
    """What to give as the answer to the question."""

    mark: str


@post(
    "/api/v1/surveys/{slug:str}/attachments",
    operation_id="ApiV1SurveysSlugAttachmentsCreate",
    summary="Send a file that belongs to an answer",
    responses=problem_responses(401, 403, 404, 409, 410, 413, 415, 422, 429),
    tags=["residents"],
    guards=[require_file],
    request_max_body_size=MOST_BYTES,
)
async def send_file(
    database: dependencies.FromDatabase,
    quarantine: dependencies.FromQuarantine,
    request: Request[Any, Any, Any],
    slug: dependencies.Slug,
    item: ItemName,
    body: RawBody,
    password: SurveyPassword = "",
) -> AttachmentMark:
    """Send a file for an answer. The body is the file: JPEG, PNG, WebP or GIF, for a question of
    the type `file` PDF too.

    8 MB at most. We remove the details that cameras write into pictures. Send the mark as the
    answer within two hours; a file that no answer has used by then is deleted.
    """
    await check_password(request, database, slug, password)
    return AttachmentMark(
        await submissions.save_attachment(database, slug, item, body, quarantine=quarantine)
    )


@post(
    f"/api/v1/surveys/{COMPLAINT}/attachments",
    operation_id="ApiV1SurveysComplaintAttachmentsCreateForComplaint",
    summary="Send a file that belongs to a complaint",
    responses=problem_responses(404, 409, 410, 413, 415, 422, 429),
    tags=["residents"],
    guards=[require_file],
    request_max_body_size=MOST_MEDIA_BYTES,
)
async def send_complaint_file(
    database: dependencies.FromDatabase,
    quarantine: dependencies.FromQuarantine,
    item: ItemName,
    body: RawBody,
) -> AttachmentMark:
    """Send a file for a complaint: as with an answer; for a question of the type `file` also video
    and sound, 32 MB at most.

    Video as MP4, MOV, 3GP, WebM or Matroska, sound as M4A, MP3, WAV, Ogg, FLAC or AMR. We remove
    the place, time, device and names that are written into them.
    """
    return AttachmentMark(
        await submissions.save_attachment(database, COMPLAINT, item, body, quarantine=quarantine)
    )
