"""A PDF without what its program wrote beside its pages: author, dates, device, attached files.

qpdf reads what a stranger sent, so it runs in a process of its own with limits.
"""

import contextlib
import io
from typing import Any

from survey.attachments import jpeg
from survey.attachments.reading import Unreadable
from survey.isolation import IsolationError, run_limited

TAIL = 2_048  # where readers look for the end
MEMORY, SECONDS = 1_000_000_000, 20.0
MOST_OBJECTS = 300_000
# Said of the whole and of its parts: who made it, with what, when, and what it was before.
TOLD = ("/Metadata", "/PieceInfo", "/LastModified")
OF_THE_WHOLE = ("/OpenAction", "/AA", "/Collection", "/AF")
NAMED = ("/EmbeddedFiles", "/JavaScript")
OF_NOTES = ("/T", "/M", "/CreationDate", "/NM", "/RC")  # who wrote a note on a page, and when


def cleaned(body: bytes) -> bytes:
    """The same pages and nothing about who made them."""
    if b"%%EOF" not in body[-TAIL:]:
        raise Unreadable("it ends too early")
    try:
        return run_limited(rewritten, (body,), {}, memory=MEMORY, seconds=SECONDS)
    except IsolationError as why:
        raise Unreadable(str(why)) from None


def rewritten(body: bytes) -> bytes:
    """In the child: the file anew, so that earlier versions within it go too."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(body)) as file:
            if len(file.objects) > MOST_OBJECTS:
                raise Unreadable("it is made of too many parts")
            forget_maker(file)
            written = io.BytesIO()
            file.save(
                written, deterministic_id=True, encryption=False, compress_streams=False,
                object_stream_mode=pikepdf.ObjectStreamMode.disable,
            )  # fmt: skip
    except pikepdf.PasswordError:
        raise Unreadable("it can only be opened with a password") from None
    except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, TypeError, KeyError):
        raise Unreadable("it is damaged") from None
    return written.getvalue()


def forget_maker(file: Any) -> None:
    import pikepdf

    del file.docinfo
    forget(file.Root, OF_THE_WHOLE)
    names = file.Root.get("/Names")
    if isinstance(names, pikepdf.Dictionary):
        forget(names, NAMED)
    for one in file.objects:
        if isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            forget(one, TOLD)
            if one.get("/Type") == "/Annot" or ("/Subtype" in one and "/Rect" in one):
                forget_writer(one)
        if isinstance(one, pikepdf.Stream):
            forget_camera(one)


def forget_camera(stream: Any) -> None:
    """A photo on a page is a whole JPEG, with all that a camera wrote into it."""
    import pikepdf

    filters = stream.get("/Filter")
    names = list(filters) if isinstance(filters, pikepdf.Array) else [filters]
    if names != [pikepdf.Name.DCTDecode]:
        return
    with contextlib.suppress(Unreadable):
        photo = jpeg.cleaned(stream.read_raw_bytes())
        parms = stream.get("/DecodeParms")
        stream.write(photo, filter=filters, decode_parms=parms)


def forget_writer(note: Any) -> None:
    """Who wrote a note; the name of a field in a form is no person and stays."""
    if note.get("/Subtype") != "/Widget":
        forget(note, OF_NOTES)


def forget(part: Any, names: tuple[str, ...]) -> None:
    for name in names:
        if name in part:
            del part[name]
