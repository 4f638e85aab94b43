"""Files that strangers uploaded: listed, and served so that they can do nothing in the browser."""

import datetime

import msgspec
from litestar import Response

from api.security.requests import INERT_HEADERS
from survey import media
from survey.store.answers.attachments import AnswerFile, FileContent, StoredFile

SCAN_LABELS = {
    "not_scanned": "Not scanned",
    "clean": "Scanned, nothing found",
    "waiting": "Being scanned",
    "infected": "Refused by the scanner",
}
MEDIA_LABELS = {"application": "PDF", "image": "picture", "audio": "sound", "video": "film"}


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file in a list; we name it, because the sender's own name can identify a person."""

    address: str
    name: str
    question: str
    kind: str
    kilobytes: int
    scan: str
    is_offered: bool
    day: datetime.date | None = None


def file_row(owner: str, folder: str, file: StoredFile, question: str) -> FileRow:
    """A file of a case or survey in the list, with its address below `folder`."""
    return FileRow(
        address=f"{folder}/{file.id}",
        name=file_name(owner, file.id, file.media_type),
        question=question,
        kind=media_label(file.media_type),
        # A file of a few bytes would otherwise be listed as 0 KB.
        kilobytes=max(1, round(file.size / 1_000)),
        scan=SCAN_LABELS[file.scan],
        # Without a scanner nothing is ever scanned, so such files have to be offered too.
        is_offered=file.scan in ("clean", "not_scanned"),
        day=file.day if isinstance(file, AnswerFile) else None,
    )


def file_name(owner: str, ident: str, media_type: str) -> str:
    return f"{owner}-{ident[:8]}.{media.ENDINGS[media_type]}"


def download_response(owner: str, ident: str, content: FileContent | None) -> Response[bytes]:
    """The response that downloads an uploaded file of a case or survey.

    Never shown inside one of our pages. Refused while the virus scanner has not checked it, and for
    good if the scanner found something.
    """
    if content is None:
        raise media.unknown_attachment()
    require_scanned(content.scan)
    name = file_name(owner, ident, content.media_type)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(
        content.body or b"", media_type=content.media_type, headers=INERT_HEADERS | headers
    )


def require_scanned(scan: str) -> None:
    if scan == "waiting":
        raise media.quarantined_attachment()
    if scan == "infected":
        raise media.infected_attachment()


def media_label(media_type: str) -> str:
    """What people call a file of this media type."""
    return MEDIA_LABELS[media_type.partition("/")[0]]
