"""A file that a stranger sent, handed to a browser so that it does nothing there."""

from litestar import Response

from survey.attachments import ENDINGS
from survey.problems import Conflict, Gone
from survey.store.attachments import FileContent

# Whoever opens it opens something that a stranger made.
SHUT = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
SCANS = {
    "not_scanned": "Not scanned",
    "clean": "Scanned, nothing found",
    "waiting": "Being scanned",
    "infected": "Refused by the scanner",
}
KINDS = {"application": "PDF", "image": "picture", "audio": "sound", "video": "film"}


def handed_out(stem: str, found: FileContent) -> Response[bytes]:
    """`stem` is a name of ours, without ending.

    Never shown in a page of ours; refused while the scanner has not looked at it, and for good
    where it found something.
    """
    refuse(found.scan)
    name = f"{stem}.{ENDINGS[found.media_type]}"
    told = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(found.body or b"", media_type=found.media_type, headers=SHUT | told)


def refuse(scan: str) -> None:
    if scan == "waiting":
        raise Conflict(
            "attachment.quarantined",
            "This file is still being scanned for viruses.",
            "Try again in a minute; if this does not change, contact whoever runs this service.",
        )
    if scan == "infected":
        raise Gone(
            "attachment.infected",
            "The scanner found a virus in this file. It was deleted.",
            "It cannot be recovered: ask the sender for another copy.",
        )


def kind_of(media_type: str) -> str:
    """A word for people."""
    return KINDS[media_type.partition("/")[0]]
