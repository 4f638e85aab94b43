"""What is due in a case and by when, in one short sentence, and how late it is."""

import datetime

from survey.complaints import Status

# The next step, by where the case stands.
STEPS: dict[Status, str] = {
    "new": "Acknowledge",
    "open": "Decide",
    "waiting": "Waiting for the person",
    "decided": "Close",
    "disputed": "Look at it again",
}
DAYS_AS_WEEKS = 14  # from so many days on, lateness is told in weeks


def due_words(status: Status, due: datetime.date | None, today: datetime.date) -> str:
    """Such as "Acknowledge by 16 September: 10 weeks late"; nothing where nothing is due."""
    step = STEPS.get(status)
    if step is None or due is None:
        return ""
    if status == "waiting":
        return f"{step} until {short(due, today)}"
    late = (today - due).days
    words = f"{step} by {short(due, today)}"
    return f"{words}: {late_words(late)}" if late > 0 else words


def late_words(days: int) -> str:
    if days < DAYS_AS_WEEKS:
        return "1 day late" if days == 1 else f"{days} days late"
    return f"{days // 7} weeks late"


def short(day: datetime.date, today: datetime.date) -> str:
    """The year only where it is another one."""
    return f"{day:%-d %B}" if day.year == today.year else f"{day:%-d %B %Y}"
