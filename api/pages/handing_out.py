"""Serve a file that a stranger uploaded, so that it can do nothing in the browser."""

from litestar import Response

from api.security.headers import INERT_HEADERS
from survey.media import ENDINGS
from survey.problems import Conflict, Gone
from survey.store.surveys.attachments import FileContent

SCAN_LABELS = {
    "not_scanned": "Not scanned",
    "clean": "Scanned, nothing found",
    "waiting": "Being scanned",
    "infected": "Refused by the scanner",
}
MEDIA_LABELS = {"application": "PDF", "image": "picture", "audio": "sound", "video": "film"}


def download_response(stem: str, found: FileContent) -> Response[bytes]:
    """The response that downloads an uploaded file as `stem` with the ending of its type.

    Never shown inside one of our pages. Refused while the virus scanner has not checked it, and for
    good if the scanner found something.
    """
    require_scanned(found.scan)
    name = f"{stem}.{ENDINGS[found.media_type]}"
    told = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(found.body or b"", media_type=found.media_type, headers=INERT_HEADERS | told)


def require_scanned(scan: str) -> None:
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


def media_label(media_type: str) -> str:
    """What people call a file of this media type."""
    return MEDIA_LABELS[media_type.partition("/")[0]]
