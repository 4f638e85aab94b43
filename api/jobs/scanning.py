"""Files that wait for the scanner: given to nobody until it has looked at them."""

import logging

from api.scanning import Scanner
from survey.store import attachments
from survey.store.attachments import Scan
from survey.store.database import Database

log = logging.getLogger("soundings.scanner")


async def scan_one(database: Database, scanner: Scanner) -> bool:
    """Scan one file that waits; whether there was one and the scanner answered.

    No row is locked meanwhile: whoever sends the answer to which it belongs need not wait.
    """
    async with database.connection() as connection:
        file = await attachments.any_waiting(connection)
    if file is None:
        return False
    verdict = await scanner.scan(file["body"])
    if verdict == "away":
        return False
    if verdict == "too_large":
        log.warning("a file is larger than the scanner takes: it is offered as not scanned")
    found: Scan = "not_scanned" if verdict == "too_large" else verdict
    async with database.connection() as connection:
        await attachments.scanned(connection, file["mark"], found)
    return True
