"""Reviewed, published, withdrawn: each is done once, and published is told to subscribers."""

from survey.actions import Done, Which, not_to_be
from survey.store import edition_work, jobs, people
from survey.store.database import Connection


async def mark(
    connection: Connection, which: Which, done: Done, *, by: str | None, reason: str = ""
) -> None:
    """The bytes of the edition stay as they are; who may read them changes."""
    if not await edition_work.mark(connection, which, done, by=by, reason=reason):
        raise not_to_be(done)
    if done == "published":
        await jobs.ask(connection, "digest", str(which))


async def publish_at_once(connection: Connection, which: Which) -> None:
    """What a command does: both steps, each in the audit, where it has no name."""
    standing = await edition_work.get(connection, which)
    steps: tuple[Done, ...] = ("reviewed", "published")
    for done in steps[bool(standing.reviewed_at) :]:
        await mark(connection, which, done, by=None)
        await people.note(connection, f"edition {done}", str(which), by=None)
