"""SQL for kiosks: the link of a survey's kiosk, and marks of answers that came from kiosks."""

import msgspec

from survey.store.statements import SQL, boolean, execute, first


class Kiosk(msgspec.Struct, frozen=True):
    """The link of a survey's kiosk, and the code that opens what waits on the device."""

    survey: str
    token: str
    code: str


@execute
def insert(kiosk: Kiosk) -> SQL:
    """Save the link of a kiosk, unless the survey has one."""
    return """
        INSERT INTO kiosks (survey, token, code) VALUES ($kiosk.survey, $kiosk.token, $kiosk.code)
            ON CONFLICT DO NOTHING
        """


@execute
def delete(survey: str) -> SQL:
    return "DELETE FROM kiosks WHERE survey = $1"


@first(Kiosk)
def find_by_survey(survey: str) -> SQL:
    return "SELECT survey, token, code FROM kiosks WHERE survey = $1"


@first(Kiosk)
def find_by_token(token: str) -> SQL:
    return "SELECT survey, token, code FROM kiosks WHERE token = $1"


@execute
def insert_mark(mark: bytes) -> SQL:
    return "INSERT INTO kiosk_marks (mark) VALUES ($1) ON CONFLICT DO NOTHING"


@boolean
def has_mark(mark: bytes) -> SQL:
    """Whether the answer with this mark was stored before."""
    return "SELECT EXISTS (SELECT FROM kiosk_marks WHERE mark = $1)"


@execute
def delete_old_marks() -> SQL:
    return "DELETE FROM kiosk_marks WHERE received_on < current_date - 365"
