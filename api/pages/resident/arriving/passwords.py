"""The password of a survey, asked on its first page."""

from typing import TYPE_CHECKING

from api.operations.survey_rights import require_password
from api.pages.forms import first_value
from api.pages.resident.questionnaire.walking import Walk
from api.pages.templating import AnyRequest
from api.security.attempts import request_guesser
from api.translating import gettext
from survey.problems import Forbidden, Limited, Problem
from survey.store.database import Database

if TYPE_CHECKING:
    from api.pages.resident.questionnaire.starting import StartForm

FIELD = "password"


async def is_refused(
    request: AnyRequest, database: Database, walk: Walk, given: "StartForm"
) -> bool:
    """Whether the survey has a password that was not given; the form then says what is wrong.

    A letter with an access code that works needs no password.
    """
    typed = first_value(given.asked.values, FIELD)
    # Shown again nowhere and kept nowhere, whatever else is wrong with the form.
    given.asked.values = {at: one for at, one in given.asked.values.items() if at != FIELD}
    wrong_code = any(at == "code" for at, _ in given.asked.errors)
    if not walk.asks_password or (given.draft.access_code and not wrong_code):
        given.draft.admitted = True
        return False
    tries, source = request_guesser(request)
    try:
        await require_password(database, tries, source, walk.instrument.slug, typed)
    except (Forbidden, Limited) as refused:
        given.asked.errors = [(FIELD, sentence_of(refused)), *given.asked.errors]
        given.asked.status = 429 if isinstance(refused, Limited) else 422
        return True
    given.draft.admitted = True
    return False


def sentence_of(refused: Problem) -> str:
    if refused.code == "survey.password_missing":
        return gettext("Enter the password of this survey")
    if refused.code == "survey.password_tries":
        return gettext("There were too many wrong passwords. Wait an hour, then try again")
    return gettext("This is not the password of this survey. Ask who sent you the link")
