"""How a program shows that it may answer a survey: with its password, or with an API key."""

from typing import Annotated, Any

from litestar import Request
from litestar.params import HeaderParameter

from api.operations.survey_rights import require_password, require_right
from api.security.limits import request_guesser
from api.security.people import sent_key, use_key
from survey.store.database import Database

SurveyPassword = Annotated[
    str,
    HeaderParameter(
        name="Survey-Password",
        max_length=200,
        required=False,
        description="Only for a survey that its organiser has given a password.",
    ),
]


def has_key(request: Request[Any, Any, Any]) -> bool:
    """Whether an API key was sent; `check_password` checks it."""
    # No other scheme: a proxy in front may ask for a password of its own.
    return request.headers.get("authorization", "").lower().startswith("bearer ")


async def check_password(
    request: Request[Any, Any, Any], database: Database, slug: str, typed: str
) -> None:
    """Raise unless the survey has no password, or this is it, or a key of the survey is sent."""
    if has_key(request):
        header = request.headers["authorization"]
        async with database.connection() as connection:
            owner = await use_key(connection, sent_key(header), "send answers", slug)
            # As the owner's rights are now: what they may not collect, their program may not send.
            await require_right(connection, owner, "collect", slug)
        return
    tries, source = request_guesser(request)
    await require_password(database, tries, source, slug, typed)
