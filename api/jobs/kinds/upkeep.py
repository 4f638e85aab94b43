"""Jobs that keep cases moving and delete what is old."""

from api.jobs import calendar, retention
from api.jobs.cases import sealing, triggers
from api.jobs.mails import reminders
from api.jobs.registry import JobKind

JOBS = [
    JobKind(
        "nudge_cases",
        "Reminders of overdue cases, every working day",
        reminders.remind_overdue_cases,
        calendar.every_working_day,
    ),
    JobKind(
        sealing.KIND,
        "Encrypting what was stored of cases before",
        sealing.seal_cases,
        calendar.every_working_day,
    ),
    JobKind(
        "archive_months",
        "Writing closed months as files",
        "api.operations.archiving:archive_months",
        calendar.every_working_day,
    ),
    JobKind(
        "raise_triggers",
        "Community triggers of scrutiny panels, every working day",
        triggers.raise_triggers,
        calendar.every_working_day,
    ),
    JobKind(
        "retention", "Deleting old data, every hour", retention.delete_expired, calendar.hourly
    ),
]
