"""Jobs that notify other programs what happened."""

from api.jobs.registry import JobKind
from api.operations import webhooks

JOBS = [
    JobKind(
        "read_webhook_events",
        "Noting events for other programs, every hour",
        webhooks.read_events,
        webhooks.after_each_hour,
    ),
    JobKind(webhooks.SEND_JOB, "Sending messages to another program", webhooks.send_messages),
]
