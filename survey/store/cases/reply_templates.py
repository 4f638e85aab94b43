"""SQL for reply templates: texts that staff often send, each under a name."""

import msgspec

from survey.store.statements import SQL, execute, many, value_or_none


class ReplyTemplate(msgspec.Struct, frozen=True):
    id: int
    name: str
    body: str


@many(ReplyTemplate)
def load_all() -> SQL:
    return "SELECT id, name, body FROM reply_templates ORDER BY lower(name), id"


@execute
def save(name: str, body: str) -> SQL:
    """Save a template; an existing name gets the new text."""
    return """
        INSERT INTO reply_templates (name, body) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET body = excluded.body
        """


@value_or_none(str)
def delete(number: int) -> SQL:
    """Delete a template; returns its name."""
    return "DELETE FROM reply_templates WHERE id = $1 RETURNING name"
