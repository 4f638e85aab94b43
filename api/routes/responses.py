"""JSON for responses."""

from typing import Annotated

from litestar import post
from litestar.openapi.spec import Example
from litestar.params import Body, HeaderParameter

from api import intake
from api.refusals import json_only, refusals
from api.wiring import FromDatabase, Slug
from survey.responses import Kept, Submission

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=200,
        required=False,
        description="Same key and same body: same receipt, kept once. Other body: 409.",
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


@post(
    "/api/v1/surveys/{slug:str}/responses",
    summary="Answer a survey",
    responses=refusals(404, 409, 410, 413, 415, 422, 429),
    tags=["residents"],
    guards=[json_only],
)
async def create(
    database: FromDatabase,
    slug: Slug,
    data: Annotated[Submission, Body(examples=[EXAMPLE])],
    key: IdempotencyKey = None,
) -> Kept:
    """Keep an answered survey. Nothing that identifies a device or a person is stored."""
    return await intake.submit_response(database, slug, data, key)
