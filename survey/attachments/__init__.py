"""What may be sent as a file: pictures, sound and films without what devices write, documents."""

import re
from collections.abc import Callable

import msgspec

from survey.attachments import (
    amr,
    flac,
    gif,
    isom,
    jpeg,
    matroska,
    mp3,
    ogg,
    pdf,
    photos,
    png,
    wav,
    webp,
)
from survey.attachments.reading import Unreadable
from survey.instruments import File, Image, Instrument
from survey.problems import Invalid, TooLarge, Unavailable

MOST_BYTES = 8_000_000
MOST_MEDIA_BYTES = 32_000_000  # of sound and film
MOST_PHOTO_BYTES = 32_000_000  # of a photo as it comes; it is kept as a JPEG of 8 MB at most
MOST_FILES = 10
MOST_WAITING = 4_000_000_000  # bytes of all files together that no answer has taken yet
GONE = "needs a file that was sent in the last two hours"
TOO_MANY = f"is one file too many: {MOST_FILES} is the most with one answer"
ASKS = "a picture (JPEG, HEIC, PNG, WebP or GIF)"
ASKS_MEDIA = (
    "a video (MP4, MOV, 3GP, WebM or Matroska), sound (M4A, MP3, WAV, Ogg, FLAC or AMR), a PDF or"
)

Cleaner = Callable[[bytes], bytes]
Kinds = dict[str, tuple[re.Pattern[bytes], Cleaner]]
PICTURES: Kinds = {
    "image/jpeg": (re.compile(rb"\xff\xd8\xff"), jpeg.cleaned),
    "image/png": (re.compile(re.escape(png.SIGNATURE)), png.cleaned),
    "image/gif": (re.compile(rb"GIF8[79]a"), gif.cleaned),
    "image/webp": (re.compile(rb"RIFF....WEBP", re.DOTALL), webp.cleaned),
}
DOCUMENTS: Kinds = {"application/pdf": (re.compile(rb"%PDF-[12]\.\d\s"), pdf.cleaned)}
MEDIA: Kinds = {
    "audio/mp4": (re.compile(rb"....ftypM4[AB] ", re.DOTALL), isom.cleaned),
    "video/quicktime": (re.compile(rb"....ftypqt  ", re.DOTALL), isom.cleaned),
    "video/3gpp": (re.compile(rb"....ftyp3g", re.DOTALL), isom.cleaned),
    "video/mp4": (
        re.compile(rb"....ftyp(?:" + isom.BRAND.pattern + rb")", re.DOTALL),
        isom.cleaned,
    ),
    "audio/mpeg": (re.compile(rb"ID3|" + mp3.HEAD.pattern), mp3.cleaned),
    "audio/wav": (re.compile(rb"RIFF....WAVE", re.DOTALL), wav.cleaned),
    "audio/ogg": (re.compile(ogg.PAGE), ogg.cleaned),
    "audio/flac": (re.compile(flac.SIGNATURE), flac.cleaned),
    "audio/amr": (amr.HEAD, amr.checked),
    "video/webm": (matroska.WEBM, matroska.cleaned),
    "video/x-matroska": (matroska.OTHER, matroska.cleaned),
}
ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "audio/mp4": "m4a",
    "video/quicktime": "mov",
    "video/3gpp": "3gp",
    "video/mp4": "mp4",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/amr": "amr",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
}


class Attachment(msgspec.Struct, frozen=True):
    """A file as it is kept, with the type that its bytes have."""

    media_type: str
    body: bytes


def accept(item: Image | File, body: bytes, kind: str = "survey") -> Attachment:
    """The only way to make an Attachment: the type is read from the bytes, metadata is gone.

    `kind` is that of the instrument: a complaint takes sound and film as well.
    """
    if not body:
        raise Invalid("attachment.empty", "This file is empty.", "Choose another one.")
    if len(body) > (most := most_bytes(item, kind)):
        raise too_large(most)
    if photos.needs_redrawing(body, MOST_BYTES):
        body = redrawn(body)
    for media_type, (signature, cleaner) in taken(item, kind).items():
        if signature.match(body):
            if media_type not in MEDIA and len(body) > MOST_BYTES:
                raise too_large()
            try:
                return Attachment(media_type, cleaner(body))
            except Unreadable as why:
                raise damaged(str(why)) from None
    raise Invalid(
        "attachment.type", "This type of file is not accepted.", f"Send {asked(item, kind)}."
    )


def redrawn(body: bytes) -> bytes:
    try:
        return photos.as_jpeg(body, MOST_BYTES)
    except Unreadable as why:
        raise damaged(str(why)) from None


def taken(item: Image | File, kind: str) -> Kinds:
    """What a question takes, by an instrument of this kind."""
    if isinstance(item, Image):
        return PICTURES
    return PICTURES | DOCUMENTS | (MEDIA if kind == "complaint" else {})


def most_bytes(item: Image | File, kind: str) -> int:
    """How large a file may be as it comes; a document has MOST_BYTES everywhere."""
    return MOST_MEDIA_BYTES if MEDIA.keys() <= taken(item, kind).keys() else MOST_PHOTO_BYTES


def asked(item: Image | File, kind: str) -> str:
    if isinstance(item, Image):
        return ASKS
    return f"{ASKS_MEDIA} {ASKS}" if kind == "complaint" else f"a PDF or {ASKS}"


def item_of(instrument: Instrument, name: str) -> Image | File:
    """The question that a file is sent for."""
    found = instrument.files().get(name)
    if found is None:
        raise Invalid(
            "attachment.not_asked",
            f"No question called {name[:60]!r} of this survey asks for a file.",
            "Set `item` to the name of a question of type image or file.",
        )
    return found


def too_large(most: int = MOST_BYTES) -> TooLarge:
    return TooLarge(
        "attachment.too_large",
        f"This file is larger than {most // 1_000_000} MB.",
        "Make it smaller, or choose another one. Nothing was saved.",
    )


def too_many() -> Invalid:
    return Invalid(
        "attachment.too_many",
        f"You can send {MOST_FILES} files at most with one answer.",
        "Remove one first.",
    )


def damaged(why: str) -> Invalid:
    return Invalid(
        "attachment.damaged",
        f"This file cannot be read: {why}.",
        "Save it again with another program, or choose another one. Nothing was saved.",
    )


def no_room() -> Unavailable:
    return Unavailable(
        "attachments.full",
        "There is no room for more files at the moment.",
        "Nothing was saved; try again in an hour, or send your answer without the file.",
    )
