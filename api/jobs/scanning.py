"""Scans files that wait in quarantine: nobody can open them before."""

import logging

from api.operations.answers.submissions import new_mark
from api.security.virus_scanner import Scanner
from survey.store.answers import attachments
from survey.store.answers.attachments import AttachmentScan
from survey.store.database import Database

log = logging.getLogger("soundings.scanner")


async def scan_next_file(database: Database, scanner: Scanner) -> bool:
    """Scan one waiting file; True if there was one and the scanner answered.

    No row is locked meanwhile, so whoever submits the answer with this file need not wait.
    """
    async with database.connection() as connection:
        file = await attachments.find_unscanned(connection, new_mark())
    if file is None:
        return False
    verdict = await scanner.scan(file.body)
    # As if none waited: asking again at once would never stop while the scanner is away.
    if verdict == "away":
        return False
    if verdict == "too_large":
        log.warning("a file is larger than the scanner takes: it is offered as not scanned")
    found: AttachmentScan = "not_scanned" if verdict == "too_large" else verdict
    async with database.connection() as connection:
        await attachments.save_scan(connection, file.mark, found)
    return True
