"""SQL for quarterly files of figures on cases; each is stored once and never changed."""

import datetime

from survey.editions.caseload import SafeCaseload
from survey.store.statements import SQL, execute, value_or_none, values


@execute
def insert(caseload: SafeCaseload, *, by: str) -> SQL:
    return """
        INSERT INTO case_figures (start_on, end_on, figures, by)
        VALUES ($caseload.start, $caseload.end, $caseload, $by::uuid)
        """


@value_or_none(SafeCaseload)
def find(start: datetime.date) -> SQL:
    """The figures of the quarter that begins on this day, None if they were never published."""
    return "SELECT figures FROM case_figures WHERE start_on = $1"


@values(list[SafeCaseload])
def load_from_day(first: datetime.date) -> SQL:
    """The figures of every file that covers days from `first` on."""
    return "SELECT figures FROM case_figures WHERE end_on >= $1 ORDER BY start_on"
