"""JSON for responses."""

from typing import Annotated

from litestar import post
from litestar.openapi.spec import Example
from litestar.params import Body, HeaderParameter

from api.dependencies import FromDatabase, FromKeyring, Slug
from api.error_handlers import problem_responses
from api.operations import submissions
from api.security.csrf import require_json
from survey.surveys.refusals import weak_key
from survey.surveys.responses import Submission, SubmissionReceipt

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=200,
        required=False,
        description=(
            "A new random one for each sending, such as a UUID: 20 characters or more, 10 of them "
            "different. Same key and same answers within 12 hours: same receipt, kept once. "
            "Other answers: 409."
        ),
    ),
]
EXAMPLE = Example(
    summary="An answer to the open feedback form",
    value={
        "borough": "Hackney",
        "language": "en",
        "answers": {"subject": "taser", "story": "I felt safer after the officers explained it."},
    },
)


FEWEST_CHARACTERS, FEWEST_DIFFERENT = 20, 10  # a UUID passes, a counter or a date does not


def random_key(key: str | None) -> str | None:
    """The key, or raise if it can be guessed: whoever knows it may be shown the receipt again."""
    if key and (len(key) < FEWEST_CHARACTERS or len(set(key)) < FEWEST_DIFFERENT):
        raise weak_key(FEWEST_CHARACTERS, FEWEST_DIFFERENT)
    return key


@post(
    "/api/v1/surveys/{slug:str}/responses",
    summary="Answer a survey",
    responses=problem_responses(404, 409, 410, 413, 415, 422, 429),
    tags=["residents"],
    guards=[require_json],
)
async def create(
    database: FromDatabase,
    keyring: FromKeyring,
    slug: Slug,
    data: Annotated[Submission, Body(examples=[EXAMPLE])],
    key: IdempotencyKey = None,
) -> SubmissionReceipt:
    """Save a response. Nothing that identifies a device or a person is stored."""
    request = submissions.request_marks(keyring, slug, data, random_key(key))
    return await submissions.submit_response(database, slug, data, request)
