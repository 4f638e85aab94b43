"""Turns photos that are too large or in HEIC, as some phones write them, into JPEGs.

Pillow and libheif read files from strangers, so they run in a separate process with limits.
Only the picture itself is copied: no place, time or device.
"""

import io
import re
from typing import TYPE_CHECKING

from survey.isolation import IsolationError, run_limited
from survey.media.reading import UnreadableFile

if TYPE_CHECKING:  # only the child process needs a parser of strangers' files
    from PIL import Image

HEIC = re.compile(rb"....ftyp(?:heic|heix|heim|heis|mif1|msf1)", re.DOTALL)
PHOTO = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|RIFF....WEBP", re.DOTALL)
LONGEST_SIDE = 4_000  # pixels: enough to read a number plate across a street
QUALITIES = (85, 70, 50)
SMALL_SIDE, MOST_SMALL = 240, 100_000
LOGO_SIDE, MOST_LOGO = 320, 20_000
SMALL_TYPE = "image/jpeg"
MOST_PIXELS = 120_000_000
MEMORY, SECONDS = 1_500_000_000, 20.0


def needs_redrawing(body: bytes, most: int) -> bool:
    """Whether this is a photo that browsers cannot show, or one of more than `most` bytes."""
    return bool(HEIC.match(body) or (len(body) > most and PHOTO.match(body)))


def as_jpeg(body: bytes, most: int) -> bytes:
    """The photo as a JPEG of at most `most` bytes, its longer side at most LONGEST_SIDE pixels."""
    return redraw_in_child(body, LONGEST_SIDE, most)


def thumbnail(body: bytes) -> bytes:
    return redraw_in_child(body, SMALL_SIDE, len(body) + MOST_SMALL)


def logo(body: bytes) -> bytes:
    """The picture as a small JPEG, for the pages and posters of who asks."""
    if not (HEIC.match(body) or PHOTO.match(body)):
        raise UnreadableFile("it is not a PNG, JPEG, WebP or HEIC picture")
    return redraw_in_child(body, LOGO_SIDE, MOST_LOGO)


def redraw_in_child(body: bytes, side: int, most: int) -> bytes:
    try:
        return run_limited(redrawn_jpeg, (body, side, most), {}, memory=MEMORY, seconds=SECONDS)
    except IsolationError as why:
        raise UnreadableFile(str(why)) from None


def redrawn_jpeg(body: bytes, side: int, most: int) -> bytes:
    """The picture, turned upright and scaled down, as a new JPEG.

    Runs in the child process.
    """
    # Imported here, as only the child process needs a parser of strangers' files.
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow refuses twice as many
    if HEIC.match(body):
        enable_heic()
    with Image.open(io.BytesIO(body)) as opened:
        opened.draft("RGB", (side, side))  # a large JPEG is decoded at a reduced size
        # Turned before it is scaled: the new file has no orientation that a viewer could follow.
        seen: Image.Image = ImageOps.exif_transpose(opened)
        seen.thumbnail((side, side))
        picture = on_white(seen)
    for quality in QUALITIES:
        written = io.BytesIO()
        picture.save(written, "JPEG", quality=quality)
        if written.tell() <= most:
            return written.getvalue()
    raise ValueError("it has too much detail to be made smaller")


def enable_heic() -> None:
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False)


def on_white(picture: "Image.Image") -> "Image.Image":
    """The picture with transparent parts filled with white."""
    from PIL import Image

    # JPEG has no transparency: clear parts would show whatever colour lies under them.
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    page = Image.new("RGB", layer.size, "white")
    page.paste(layer, mask=layer.getchannel("A"))
    return page
