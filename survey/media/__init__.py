"""The files that respondents may send: pictures, sound, film and documents, without metadata."""

import re
from collections.abc import Callable

import msgspec

from survey.media import isom, matroska, pdf, pictures, sound
from survey.media.parts import UnreadableFile
from survey.media.pictures import HEIC, LONGEST_SIDE, PHOTO, redraw_in_child
from survey.problems import Conflict, Gone, Invalid, NotFound, TooLarge, Unavailable
from survey.surveys.instruments import FileItem, Instrument

MOST_BYTES = 8_000_000
MOST_MEDIA_BYTES = 32_000_000  # of sound and film
MOST_TOGETHER = 38_000_000  # of the files that are sent with one page
MOST_PHOTO_BYTES = 32_000_000  # of a photo when it is sent; it is stored as a JPEG of at most 8 MB
MOST_FILES = 10
MOST_WAITING = 4_000_000_000  # bytes of all uploaded files that belong to no response yet
MOST_SAVED = MOST_WAITING // 2  # of those, with answers that were saved for days
GONE = "needs a file that was sent in the last two hours"
TOO_MANY = f"is one file too many: {MOST_FILES} is the most with one answer"
ASKS = "a picture (JPEG, HEIC, PNG, WebP or GIF)"
ASKS_MEDIA = (
    "a video (MP4, MOV, 3GP, WebM or Matroska), sound (M4A, MP3, WAV, Ogg, FLAC or AMR), a PDF or"
)

Cleaner = Callable[[bytes], bytes]
Kinds = dict[str, tuple[re.Pattern[bytes], Cleaner]]
PICTURES: Kinds = {
    "image/jpeg": (re.compile(rb"\xff\xd8\xff"), pictures.jpeg_without_metadata),
    "image/png": (re.compile(re.escape(pictures.PNG_SIGNATURE)), pictures.png_without_metadata),
    "image/gif": (re.compile(rb"GIF8[79]a"), pictures.gif_without_metadata),
    "image/webp": (re.compile(rb"RIFF....WEBP", re.DOTALL), pictures.webp_without_metadata),
}
# With its version, so that a web page after '%PDF-' is not taken for a PDF.
DOCUMENTS: Kinds = {"application/pdf": (re.compile(rb"%PDF-[12]\.\d\s"), pdf.without_metadata)}
# The first match counts: every brand of the first three is one that 'video/mp4' accepts too.
MEDIA: Kinds = {
    "audio/mp4": (re.compile(rb"....ftypM4[AB] ", re.DOTALL), isom.without_metadata),
    "video/quicktime": (re.compile(rb"....ftypqt  ", re.DOTALL), isom.without_metadata),
    "video/3gpp": (re.compile(rb"....ftyp3g", re.DOTALL), isom.without_metadata),
    "video/mp4": (
        re.compile(rb"....ftyp(?:" + isom.BRAND.pattern + rb")", re.DOTALL),
        isom.without_metadata,
    ),
    "audio/mpeg": (re.compile(rb"ID3|" + sound.MP3_HEAD.pattern), sound.mp3_without_metadata),
    "audio/wav": (re.compile(rb"RIFF....WAVE", re.DOTALL), sound.wav_without_metadata),
    "audio/ogg": (re.compile(sound.OGG_PAGE), sound.ogg_without_metadata),
    "audio/flac": (re.compile(sound.FLAC_SIGNATURE), sound.flac_without_metadata),
    "audio/amr": (sound.AMR_HEAD, sound.check_amr),
    "video/webm": (matroska.WEBM, matroska.without_metadata),
    "video/x-matroska": (matroska.OTHER, matroska.without_metadata),
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
    """A file as it is stored, with the type that its bytes have."""

    media_type: str
    body: bytes


def accept_attachment(item: FileItem, body: bytes, kind: str = "survey") -> Attachment:
    """The only function that makes an Attachment: it reads the type from the bytes and removes
    metadata.

    `kind` is the kind of instrument: complaints also accept sound and film.
    """
    if not body:
        raise empty_attachment()
    if len(body) > (most := most_bytes(item, kind)):
        raise attachment_too_large(most)
    # Before the types are compared: HEIC is in none of the lists, only the JPEG it becomes.
    if HEIC.match(body) or (len(body) > MOST_BYTES and PHOTO.match(body)):
        body = redrawn_photo(body)
    for media_type, (signature, cleaner) in accepted_types(item, kind).items():
        if signature.match(body):
            # The larger limit is for sound, film and photos, and photos are smaller by now.
            if media_type not in MEDIA and len(body) > MOST_BYTES:
                raise attachment_too_large()
            try:
                return Attachment(media_type, cleaner(body))
            except UnreadableFile as why:
                raise damaged_attachment(str(why)) from None
    raise unaccepted_attachment(accepted_types_phrase(item, kind))


def redrawn_photo(body: bytes) -> bytes:
    try:
        return redraw_in_child(body, LONGEST_SIDE, MOST_BYTES)
    except UnreadableFile as why:
        raise damaged_attachment(str(why)) from None


def accepted_types(item: FileItem, kind: str) -> Kinds:
    """The file types that a question accepts in an instrument of this kind."""
    if item.pictures_only:
        return PICTURES
    return PICTURES | DOCUMENTS | (MEDIA if kind == "complaint" else {})


def most_bytes(item: FileItem, kind: str) -> int:
    """How many bytes a file may have when it is sent; documents are limited to MOST_BYTES."""
    return (
        MOST_MEDIA_BYTES if MEDIA.keys() <= accepted_types(item, kind).keys() else MOST_PHOTO_BYTES
    )


def accepted_types_phrase(item: FileItem, kind: str) -> str:
    if item.pictures_only:
        return ASKS
    return f"{ASKS_MEDIA} {ASKS}" if kind == "complaint" else f"a PDF or {ASKS}"


def find_file_question(instrument: Instrument, name: str) -> FileItem:
    """The question that a file is sent for; raises if no file question has this name."""
    question = instrument.files().get(name)
    if question is None:
        raise unasked_attachment(name[:60])
    return question


def attachment_too_large(most: int = MOST_BYTES) -> TooLarge:
    return TooLarge(
        "attachment.too_large",
        f"This file is larger than {most // 1_000_000} MB.",
        "Make it smaller, or choose another one. Nothing was saved.",
    )


too_many_attachments = Invalid.of(
    "attachment.too_many",
    f"You can send {MOST_FILES} files at most with one answer.",
    "Remove one first.",
)
damaged_attachment = Invalid.of(
    "attachment.damaged",
    "This file cannot be read: {why}.",
    "Save it again with another program, or choose another one. Nothing was saved.",
)

attachments_full = Unavailable.of(
    "attachments.full",
    "There is no room for more files at the moment.",
    "Nothing was saved; try again in an hour, or send your answer without the file.",
)

empty_attachment = Invalid.of("attachment.empty", "This file is empty.", "Choose another one.")
unaccepted_attachment = Invalid.of(
    "attachment.type", "This type of file is not accepted.", "Send {accepted}."
)
unasked_attachment = Invalid.of(
    "attachment.not_asked",
    "No question called {item!r} of this survey asks for a file.",
    "Set `item` to the name of a question of type image or file.",
)
unknown_attachment = NotFound.of(
    "attachment.unknown", "There is no such file.", "Look at the list."
)
quarantined_attachment = Conflict.of(
    "attachment.quarantined",
    "This file is still being scanned for viruses.",
    "Try again in a minute; if this does not change, contact whoever runs this service.",
)
infected_attachment = Gone.of(
    "attachment.infected",
    "The scanner found a virus in this file. It was deleted.",
    "It cannot be recovered: ask the sender for another copy.",
)
