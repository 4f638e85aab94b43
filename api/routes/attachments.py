"""JSON for files that are sent with an answer."""

from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.params import QueryParameter, RawBody

from api.dependencies import FromDatabase, FromQuarantine, Slug
from api.error_handlers import problem_responses
from api.operations.answers import submissions
from api.routes.responses import SurveyPassword, check_password
from api.security.sent_forms import require_file
from survey.media import MOST_BYTES, MOST_MEDIA_BYTES
from survey.surveys.ready import COMPLAINT

ItemName = Annotated[
    str,
    QueryParameter(
        name="item", max_length=60, description="the question of the kind image or file"
    ),
]


class AttachmentMark(msgspec.Struct, frozen=True):
    """What to give as the answer to the question."""

    mark: str


@post(
    "/api/v1/surveys/{slug:str}/attachments",
    summary="Send a file that belongs to an answer",
    responses=problem_responses(401, 403, 404, 409, 410, 413, 415, 422, 429),
    tags=["residents"],
    guards=[require_file],
    request_max_body_size=MOST_BYTES,
)
async def create(
    database: FromDatabase,
    quarantine: FromQuarantine,
    request: Request[Any, Any, Any],
    slug: Slug,
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
    summary="Send a file that belongs to a complaint",
    responses=problem_responses(404, 409, 410, 413, 415, 422, 429),
    tags=["residents"],
    guards=[require_file],
    request_max_body_size=MOST_MEDIA_BYTES,
)
async def create_for_complaint(
    database: FromDatabase, quarantine: FromQuarantine, item: ItemName, body: RawBody
) -> AttachmentMark:
    """Send a file for a complaint: as with an answer; for a question of the type `file` also video
    and sound, 32 MB at most.

    Video as MP4, MOV, 3GP, WebM or Matroska, sound as M4A, MP3, WAV, Ogg, FLAC or AMR. We remove
    the place, time, device and names that are written into them.
    """
    return AttachmentMark(
        await submissions.save_attachment(database, COMPLAINT, item, body, quarantine=quarantine)
    )
