"""A PDF without metadata: author, dates, device and attached files.

qpdf reads files from strangers, so it runs in a separate process with limits.
"""

import contextlib
import io
from typing import Any

from survey.files.isolation import IsolationError, run_limited
from survey.media import pictures
from survey.media.parts import UnreadableFile

TAIL = 2_048  # where readers look for the end
MEMORY, SECONDS = 1_000_000_000, 20.0
MOST_OBJECTS = 300_000
# Keys of the document and its parts: who made it, with what, when, and earlier states.
METADATA_KEYS = ("/Metadata", "/PieceInfo", "/LastModified")
# What runs when the file is opened, and the files that are attached to it.
ROOT_KEYS = ("/OpenAction", "/AA", "/Collection", "/AF")
NAME_TREES = ("/EmbeddedFiles", "/JavaScript")
JPEG_FILTERS = ("/DCTDecode", "/DCT")
ANNOTATION_KEYS = ("/T", "/M", "/CreationDate", "/NM", "/RC")  # who wrote an annotation, and when


def without_metadata(body: bytes) -> bytes:
    """The PDF with the same pages, without anything about who made it."""
    if b"%%EOF" not in body[-TAIL:]:
        raise UnreadableFile("it ends too early")
    try:
        return run_limited(rewritten_pdf, (body,), {}, memory=MEMORY, seconds=SECONDS)
    except IsolationError as why:
        raise UnreadableFile(str(why)) from None


def rewritten_pdf(body: bytes) -> bytes:
    """The PDF written anew without metadata, so that earlier versions kept inside the file are gone
    too.

    Runs in the child process.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(body)) as file:
            if len(file.objects) > MOST_OBJECTS:
                raise UnreadableFile("it is made of too many parts")
            forget_maker(file)
            written = io.BytesIO()
            file.save(
                # An id from the clock would differ each time, and say when the file was sent.
                written, deterministic_id=True, encryption=False, compress_streams=False,
                object_stream_mode=pikepdf.ObjectStreamMode.disable,
            )  # fmt: skip
    except pikepdf.PasswordError:
        raise UnreadableFile("it can only be opened with a password") from None
    except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, TypeError, KeyError):
        raise UnreadableFile("it is damaged") from None
    return written.getvalue()


def forget_maker(file: Any) -> None:
    import pikepdf

    del file.docinfo
    delete_keys(file.Root, ROOT_KEYS)
    names = file.Root.get("/Names")
    if isinstance(names, pikepdf.Dictionary):
        delete_keys(names, NAME_TREES)
    # All objects, as a picture or a note can have metadata wherever it is in the file.
    for pdf_object in list(file.objects):
        if isinstance(pdf_object, pikepdf.Dictionary | pikepdf.Stream):
            delete_keys(pdf_object, METADATA_KEYS)
            # Annotations may leave out their type, but each has a subtype and a rectangle.
            if pdf_object.get("/Type") == "/Annot" or (
                "/Subtype" in pdf_object and "/Rect" in pdf_object
            ):
                forget_writer(pdf_object)
        if isinstance(pdf_object, pikepdf.Stream):
            forget_camera(pdf_object)


def forget_camera(stream: Any) -> None:
    """Clean a photo on a page, which is a whole JPEG with all its camera metadata."""
    import pikepdf

    filters, parms = (entries(stream.get(key)) for key in ("/Filter", "/DecodeParms"))
    if not filters or filters[-1] not in JPEG_FILTERS:
        return
    photo = stream.read_raw_bytes()
    if len(filters) > 1:
        # The JPEG is packed once more: it is unpacked to be read, and stays so.
        stream["/Filter"] = pikepdf.Array(filters[:-1])
        stream["/DecodeParms"] = pikepdf.Array(parms[: len(filters) - 1])
        photo = stream.read_bytes(pikepdf.StreamDecodeLevel.specialized)
    with contextlib.suppress(UnreadableFile):
        photo = pictures.jpeg_without_metadata(photo)
    own = parms[-1] if len(parms) == len(filters) else None
    stream.write(photo, filter=filters[-1], decode_parms=own)


def entries(value: Any) -> list[Any]:
    """The filters or parameters of a stream as a list; the PDF may hold a single value or an
    array.
    """
    import pikepdf

    if isinstance(value, pikepdf.Array):
        return list(value)
    return [] if value is None else [value]


def forget_writer(note: Any) -> None:
    """Delete from a note on a page who wrote it and when; form fields keep their names."""
    if note.get("/Subtype") != "/Widget":
        delete_keys(note, ANNOTATION_KEYS)


def delete_keys(part: Any, names: tuple[str, ...]) -> None:
    for name in names:
        if name in part:
            del part[name]
