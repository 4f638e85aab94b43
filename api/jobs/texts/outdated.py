"""Has the texts of the last year read again that an earlier version of the reader read."""

from api import clock
from api.jobs.texts.recoding import BATCH, SINCE
from api.jobs.threads import run_in_thread
from api.process.loading import import_lock
from survey.store import jobs
from survey.store.coding import recodings
from survey.store.database import Connection


async def read_outdated_texts(connection: Connection, key: str) -> None:
    """Queue one batch to be read; queue another job as long as there may be more."""
    queued = await queue_batch(connection)
    if queued:
        await jobs.enqueue(connection, "code_texts")
    if queued == BATCH:
        await jobs.enqueue(connection, "read_outdated_texts", key)


async def queue_all(connection: Connection) -> None:
    """Queue all of them, so that an edition reads its texts in one way throughout."""
    while await queue_batch(connection) == BATCH:
        pass


async def queue_batch(connection: Connection) -> int:
    coder = await run_in_thread(current_coder)
    return await recodings.mark_outdated_due(connection, coder, clock.now() - SINCE, BATCH)


def current_coder() -> tuple[str, str]:
    """The reader and its version, without marks of what else was installed."""
    with import_lock("analysis.text.coding"):
        from analysis.text import coding

    return coding.CODER, coding.CODER_VERSION
