"""The daily forgetting: marks of old requests, drafts and sessions that have run out."""

from survey.store import complaints, responses, sessions
from survey.store.database import Connection


async def run(connection: Connection, _: str) -> None:
    await responses.forget_requests(connection)
    await complaints.forget_requests(connection)
    await sessions.forget_expired(connection)
