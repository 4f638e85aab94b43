"""The hourly forgetting: marks of old requests, drafts, sessions and the log of old jobs."""

from survey.store import complaints, jobs, responses, sessions
from survey.store.database import Connection


async def run(connection: Connection, _: str) -> None:
    await responses.forget_requests(connection)
    await complaints.forget_requests(connection)
    await sessions.forget_expired(connection)
    await jobs.forget_log(connection)
