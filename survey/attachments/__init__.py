"""What may be sent as a file with an answer: pictures without what cameras write, and documents."""

import re
from collections.abc import Callable

import msgspec

from survey.attachments import gif, jpeg, pdf, png, webp
from survey.attachments.reading import Unreadable
from survey.instruments import File, Image, Instrument
from survey.problems import Invalid, TooLarge, Unavailable, complaint_elsewhere

MOST_BYTES = 8_000_000
MOST_FILES = 10
MOST_WAITING = 4_000_000_000  # bytes of all files together that no answer has taken yet
GONE = "needs a file that was sent in the last two hours"
TOO_MANY = f"is one file too many: {MOST_FILES} are the most with one answer"
ASKS = "a picture (JPEG, PNG, WebP or GIF)"

Cleaner = Callable[[bytes], bytes]
Kinds = dict[str, tuple[re.Pattern[bytes], Cleaner]]
PICTURES: Kinds = {
    "image/jpeg": (re.compile(rb"\xff\xd8\xff"), jpeg.cleaned),
    "image/png": (re.compile(re.escape(png.SIGNATURE)), png.cleaned),
    "image/gif": (re.compile(rb"GIF8[79]a"), gif.cleaned),
    "image/webp": (re.compile(rb"RIFF....WEBP", re.DOTALL), webp.cleaned),
}
DOCUMENTS: Kinds = {"application/pdf": (re.compile(rb"%PDF-"), pdf.checked)}
ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "application/pdf": "pdf",
}


class Attachment(msgspec.Struct, frozen=True):
    """A file as it is kept, with the type that its bytes have."""

    media_type: str
    body: bytes


def accept(item: Image | File, body: bytes) -> Attachment:
    """The only way to make an Attachment: the type is read from the bytes, metadata is gone."""
    if not body:
        raise Invalid("attachment.empty", "This file is empty.", "Choose another one.")
    if len(body) > MOST_BYTES:
        raise too_large()
    taken = PICTURES if isinstance(item, Image) else PICTURES | DOCUMENTS
    for media_type, (signature, cleaner) in taken.items():
        if signature.match(body):
            try:
                return Attachment(media_type, cleaner(body))
            except Unreadable as why:
                raise damaged(str(why)) from None
    asks = ASKS if isinstance(item, Image) else f"a PDF or {ASKS}"
    raise Invalid("attachment.type", "This kind of file is not taken here.", f"Send {asks}.")


def item_of(instrument: Instrument, name: str) -> Image | File:
    """The question that a file is sent for."""
    if instrument.kind == "complaint":
        raise complaint_elsewhere()
    found = instrument.files().get(name)
    if found is None:
        raise Invalid(
            "attachment.not_asked",
            f"No question called {name[:60]!r} of this survey asks for a file.",
            "Give in `item` the name of a question of the kind image or file.",
        )
    return found


def too_large() -> TooLarge:
    return TooLarge(
        "attachment.too_large",
        f"This file is larger than {MOST_BYTES // 1_000_000} MB.",
        "Make it smaller, or choose another one. Nothing was kept.",
    )


def too_many() -> Invalid:
    return Invalid(
        "attachment.too_many",
        f"{MOST_FILES} files are the most with one answer.",
        "Remove one first.",
    )


def damaged(why: str) -> Invalid:
    return Invalid(
        "attachment.damaged",
        f"This file cannot be read: {why}.",
        "Save it again with another program, or choose another one. Nothing was kept.",
    )


def no_room() -> Unavailable:
    return Unavailable(
        "attachments.full",
        "More files arrive than can be kept at this moment.",
        "Nothing was kept; try again in an hour, or send your answer without the file.",
    )
