"""The password of a survey: asked before anybody can read its questions or answer."""

from api.security import people
from api.security.attempts import GuessLimiter
from survey.store.database import Database
from survey.store.surveys import sharing
from survey.surveys.refusals import (
    missing_survey_password,
    too_many_survey_passwords,
    wrong_survey_password,
)
from survey.surveys.sharing import password_letters

MOST_PASSWORD = 200


async def require_password(
    database: Database, tries: GuessLimiter, source: bytes, slug: str, typed: str
) -> None:
    """Raise unless the survey has no password, or this is it. Guesses are slowed down."""
    known = (await database.load_noticed(sharing.get_settings, slug)).password_hash
    if not known:
        return
    letters = password_letters(typed[:MOST_PASSWORD])
    if not letters:
        raise missing_survey_password()
    guessed_at = f"survey {slug}"
    if not await tries.admit(guessed_at, source):
        raise too_many_survey_passwords()
    if not await people.verify_hash(known, letters):
        raise wrong_survey_password()
    tries.forget(guessed_at, source)
