"""Jobs that make editions and tell subscribers of them."""

from api.jobs import calendar
from api.jobs.registry import JobKind

JOBS = [
    JobKind(
        "weekly_edition",
        "Making a weekly edition",
        "api.jobs.edition_inputs.editions:make_weekly_edition",
        calendar.weekly,
    ),
    JobKind(
        "monthly_edition",
        "Making a monthly edition",
        "api.jobs.edition_inputs.editions:make_monthly_edition",
        calendar.monthly,
    ),
    JobKind(
        "digest",
        "Queueing emails on a published edition",
        "api.jobs.mails:queue_edition_mails",
    ),
]
