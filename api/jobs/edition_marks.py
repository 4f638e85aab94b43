"""Marks editions as reviewed, published or withdrawn, each once, and emails subscribers."""

from survey.editions.actions import EditionKey, EditionMark
from survey.editions.refusals import illegal_mark, unexplained_edition
from survey.store import editions, jobs
from survey.store.accounts import people
from survey.store.database import Connection
from survey.store.editions import edition_work


async def mark_edition(
    connection: Connection,
    which: EditionKey,
    done: EditionMark,
    *,
    by: str | None,
    reason: str = "",
) -> None:
    """Take an edition's next step, such as publishing it; raises if `done` is not its next step.

    The edition's bytes stay as they are; only who may read it changes.
    """
    if done == "published":
        publication = await editions.find_published(connection, which.kind, which.start)
        if publication is not None and publication[0] != which.number:
            mine = await editions.get(
                connection, which.kind, which.start, which.number, drafts=True
            )
            if mine.correction is not None and not mine.correction.number:
                raise unexplained_edition(kind=which.kind, start=which.start, number=publication[0])
    if not await edition_work.insert_mark(connection, which, done, by=by, reason=reason):
        raise illegal_mark(done)
    # In the same transaction, so that nobody gets an email on an edition that is not public.
    if done == "published":
        await jobs.enqueue(connection, "digest", str(which))


async def publish_at_once(connection: Connection, which: EditionKey) -> None:
    """Review and publish an edition from the command line; the audit log records both, with no
    name.
    """
    state = await edition_work.get(connection, which)
    steps: tuple[EditionMark, ...] = ("reviewed", "published")
    for done in steps[bool(state.reviewed_at) :]:
        await mark_edition(connection, which, done, by=None)
        await people.append_audit(connection, f"edition {done}", str(which), by=None)
