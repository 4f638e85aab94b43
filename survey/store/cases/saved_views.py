"""SQL for saved views: searches of the inbox that a person saved under a name."""

import msgspec

from survey.store.statements import SQL, execute, many


class SavedView(msgspec.Struct, frozen=True):
    """A search of the inbox, as the query string of its address."""

    name: str
    query: str


@many(SavedView)
def load_all(account: str) -> SQL:
    return "SELECT name, query FROM saved_views WHERE account = $1::uuid ORDER BY lower(name), name"


@execute
def save(account: str, name: str, query: str) -> SQL:
    """Save a search; an existing name gets the new search."""
    return """
        INSERT INTO saved_views (account, name, query) VALUES ($1::uuid, $2, $3)
            ON CONFLICT (account, name) DO UPDATE SET query = excluded.query
        """


@execute
def delete(account: str, name: str) -> SQL:
    return "DELETE FROM saved_views WHERE account = $1::uuid AND name = $2"
