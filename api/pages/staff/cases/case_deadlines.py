"""What is due in a case and by when, in one short sentence, and how late it is."""

import datetime

from survey.cases.complaints import CaseStatus

# The next step by status of the case.
NEXT_STEPS: dict[CaseStatus, str] = {
    "new": "Acknowledge",
    "open": "Decide",
    "waiting": "Waiting for the person",
    "decided": "Close",
    "disputed": "Look at it again",
}
DAYS_AS_WEEKS = 14  # from this many days on, lateness is given in weeks


def due_words(status: CaseStatus, due: datetime.date | None, today: datetime.date) -> str:
    """What is due and when, such as "Acknowledge by 16 September: 10 weeks late"; empty if nothing
    is due.
    """
    step = NEXT_STEPS.get(status)
    if step is None or due is None:
        return ""
    if status == "waiting":
        return f"{step} until {short_date(due, today)}"
    late = (today - due).days
    words = f"{step} by {short_date(due, today)}"
    return f"{words}: {late_words(late)}" if late > 0 else words


def late_words(days: int) -> str:
    if days < DAYS_AS_WEEKS:
        return "1 day late" if days == 1 else f"{days} days late"
    return f"{days // 7} weeks late"


def short_date(day: datetime.date, today: datetime.date) -> str:
    """A date; with its year only if that is not this year."""
    return f"{day:%-d %B}" if day.year == today.year else f"{day:%-d %B %Y}"
