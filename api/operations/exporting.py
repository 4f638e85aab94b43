"""A survey's answers as tables, for the people who ran it."""

import datetime
from collections.abc import Mapping

import anyio.to_thread

from api.operations.answer_tables import Table, Tables
from survey.store.database import Connection
from survey.store.surveys import instruments, responses
from survey.surveys.instruments import AsAnswered, HarmonisedVersions
from survey.surveys.refusals import unknown_instrument

BATCH = 5_000


async def tables_of(
    connection: Connection,
    slug: str,
    *,
    areas: Mapping[str, str] | None = None,
    as_answered: bool = False,
) -> list[Table]:
    """Every response in one snapshot: no free text, and no order within the hour.

    Under the questions and options of today, or `as_answered`. With the names of `areas` they are
    in words instead of codes. The first table has a row for each response, the others one for each
    round of a repeat.
    """
    versions = await instruments.load_history(connection, slug)
    if not versions:
        raise unknown_instrument(slug[:60])
    tables = Tables(AsAnswered(versions) if as_answered else HarmonisedVersions(versions), areas)
    after: tuple[datetime.datetime, str] | None = None
    # Ids are random within an hour: of what comes meanwhile, pages would show some and miss some.
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        while page := await responses.load_page(connection, slug, after, BATCH):
            after = (page[-1].received_at, page[-1].id)
            await anyio.to_thread.run_sync(tables.add_all, page)
    return tables.every()
