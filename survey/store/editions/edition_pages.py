"""SQL for the pages of published editions, each rendered once and stored compressed."""

from survey.editions.actions import EditionKey
from survey.store.statements import SQL, execute, value_or_none


@value_or_none(bytes)
def find_page(which: EditionKey, language: str, tag: str, *, by_number: bool) -> SQL:
    """The stored page of this tag; None if there is none, or only an earlier one."""
    return """
        SELECT body FROM edition_pages
         WHERE (kind, start_on, number, language, by_number)
             = ($which.kind, $which.start, $which.number, $language, $by_number) AND tag = $tag
        """


@execute
def save_page(which: EditionKey, language: str, tag: str, body: bytes, *, by_number: bool) -> SQL:
    """Store the page of a published edition in the place of an earlier one; of a draft nothing."""
    return """
        INSERT INTO edition_pages (kind, start_on, number, language, by_number, tag, body)
        SELECT $which.kind, $which.start, $which.number, $language, $by_number, $tag, $body
         WHERE EXISTS (SELECT FROM edition_marks
                        WHERE (kind, start_on, number, mark)
                            = ($which.kind, $which.start, $which.number, 'published'))
        ON CONFLICT (kind, start_on, number, language, by_number)
        DO UPDATE SET tag = excluded.tag, body = excluded.body
        """
