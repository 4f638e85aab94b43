"""SQL for the pages of published editions, each rendered once and stored compressed."""

from survey.editions.actions import EditionKey
from survey.store.database import Connection


async def find_page(
    connection: Connection, which: EditionKey, language: str, tag: str, *, by_number: bool
) -> bytes | None:
    """The stored page of this tag; None if there is none, or only an earlier one."""
    found: bytes | None = await connection.fetchval(
        """
        SELECT body FROM edition_pages
         WHERE (kind, start_on, number, language, by_number) = ($1, $2, $3, $4, $5) AND tag = $6
        """,
        *which,
        language,
        by_number,
        tag,
    )
    return found


async def save_page(
    connection: Connection,
    which: EditionKey,
    language: str,
    tag: str,
    body: bytes,
    *,
    by_number: bool,
) -> None:
    """Store the page of a published edition in the place of an earlier one; of a draft nothing."""
    await connection.execute(
        """
        INSERT INTO edition_pages (kind, start_on, number, language, by_number, tag, body)
        SELECT $1, $2, $3, $4, $5, $6, $7
         WHERE EXISTS (SELECT FROM edition_marks
                        WHERE (kind, start_on, number, mark) = ($1, $2, $3, 'published'))
        ON CONFLICT (kind, start_on, number, language, by_number)
        DO UPDATE SET tag = excluded.tag, body = excluded.body
        """,
        *which,
        language,
        by_number,
        tag,
        body,
    )
