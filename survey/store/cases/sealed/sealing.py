"""Words and files of cases as they are stored: encrypted, if the connection has a `Sealer`.

Without one, as in most tests, they are stored as they are. What was stored so before encryption
can be read all the same, until a job has encrypted it.
"""

from survey.cases.contacts import Sealer
from survey.cases.refusals import sealed_case
from survey.store.database import Connection

PREFIX = "sealed:"
SEALED = PREFIX + "gAAAA"  # every token of Fernet begins so


def sealer_of(connection: Connection) -> Sealer | None:
    found: Sealer | None = getattr(connection, "sealer", None)
    return found


def is_sealed(stored: str) -> bool:
    return stored.startswith(SEALED)


def seal_words(connection: Connection, words: str) -> str:
    """The words as they are stored."""
    sealer = sealer_of(connection)
    return words if sealer is None or not words else PREFIX + sealer.seal_text(words)


def open_words(connection: Connection, stored: str) -> str:
    """The words that were stored."""
    if not is_sealed(stored):
        return stored
    sealer = sealer_of(connection)
    if sealer is None:
        raise sealed_case()
    return sealer.unseal_text(stored.removeprefix(PREFIX))


def open_file(connection: Connection, body: bytes, *, sealed: bool) -> bytes:
    """The content of a file that was stored."""
    if not sealed:
        return body
    sealer = sealer_of(connection)
    if sealer is None:
        raise sealed_case()
    return sealer.unseal_file(body)
