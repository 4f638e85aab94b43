"""The header with the password of a survey, for programs."""

from typing import Annotated, Any

from litestar import Request
from litestar.params import HeaderParameter

from api.operations.survey_rights import require_password
from api.security.attempts import guess_limiter
from api.security.limits import request_source
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


async def check_password(
    request: Request[Any, Any, Any], database: Database, slug: str, typed: str
) -> None:
    """Raise unless the survey has no password, or this is it."""
    tries, source = guess_limiter(request.app.state), request_source(request)
    await require_password(database, tries, source, slug, typed)
