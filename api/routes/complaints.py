"""JSON for complaints."""

from typing import Annotated

from litestar import post
from litestar.openapi.spec import Example
from litestar.params import Body

from api.dependencies import FromDatabase, FromKeyring
from api.error_handlers import problem_responses
from api.operations import complaint_intake
from api.operations.submissions import random_key
from api.routes.responses import IdempotencyKey
from api.security.csrf import require_json
from survey.receipts import Receipt

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


@post(
    "/api/v1/complaints",
    summary="Lodge a complaint",
    responses=problem_responses(409, 410, 413, 415, 422, 429),
    tags=["residents"],
    guards=[require_json],
)
async def create(
    database: FromDatabase,
    keyring: FromKeyring,
    data: Annotated[complaint_intake.ComplaintSubmission, Body(examples=[EXAMPLE])],
    key: IdempotencyKey = None,
) -> Receipt:
    """Open a case. No name is asked for. Save the number and the passphrase: you see it only
    once.
    """
    return await complaint_intake.submit_complaint(database, keyring, data, random_key(key))
