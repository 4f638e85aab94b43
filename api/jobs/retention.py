"""The hourly forgetting: marks of old requests, drafts, sessions, files that came with no answer,
addresses that nobody confirmed, browsers that opened a case, and the log of old jobs and mails."""

from survey.store import (
    attachments,
    case_mails,
    case_owners,
    complaints,
    jobs,
    mails,
    responses,
    sessions,
    subscribers,
)
from survey.store.database import Connection


async def run(connection: Connection, _: str) -> None:
    await responses.forget_requests(connection)
    await complaints.forget_requests(connection)
    await sessions.forget_expired(connection)
    await attachments.forget_expired(connection)
    await subscribers.forget_unconfirmed(connection)
    await case_owners.forget_expired(connection)
    await mails.forget(connection)
    await case_mails.forget(connection)
    await jobs.forget_log(connection)
