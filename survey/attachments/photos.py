"""Photos that are too large, or as some phones write them (HEIC), made into a JPEG that we keep.

Pillow and libheif read what a stranger sent, so they run in a process of its own with limits.
Nothing but the picture itself is copied: no place, time or device.
"""

import io
import re
from typing import Any

from survey.attachments.reading import Unreadable
from survey.isolation import IsolationError, run_limited

HEIC = re.compile(rb"....ftyp(?:heic|heix|heim|heis|mif1|msf1)", re.DOTALL)
PHOTO = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|RIFF....WEBP", re.DOTALL)
LONGEST_SIDE = 4_000  # pixels: enough to read a number plate across a street
QUALITIES = (85, 70, 50)
SMALL_SIDE, MOST_SMALL = 240, 100_000
SMALL_TYPE = "image/jpeg"
MOST_PIXELS = 120_000_000
MEMORY, SECONDS = 1_500_000_000, 20.0


def needs_redrawing(body: bytes, most: int) -> bool:
    """Whether this is a photo that browsers do not show, or one of more bytes than that."""
    return bool(HEIC.match(body) or (len(body) > most and PHOTO.match(body)))


def as_jpeg(body: bytes, most: int) -> bytes:
    """The photo as a JPEG of so many bytes at most, its longer side at most LONGEST_SIDE."""
    return read_in_child(body, LONGEST_SIDE, most)


def thumbnail(body: bytes) -> bytes:
    return read_in_child(body, SMALL_SIDE, len(body) + MOST_SMALL)


def read_in_child(body: bytes, side: int, most: int) -> bytes:
    try:
        return run_limited(redrawn, (body, side, most), {}, memory=MEMORY, seconds=SECONDS)
    except IsolationError as why:
        raise Unreadable(str(why)) from None


def redrawn(body: bytes, side: int, most: int) -> bytes:
    """In the child: the pixels, turned as they are meant to be seen, in a new file."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow refuses twice as many
    if HEIC.match(body):
        read_heic()
    with Image.open(io.BytesIO(body)) as opened:
        opened.draft("RGB", (side, side))  # a large JPEG is read at the size that is needed
        seen: Any = ImageOps.exif_transpose(opened)
        seen.thumbnail((side, side))
        picture = on_white(seen)
    for quality in QUALITIES:
        written = io.BytesIO()
        picture.save(written, "JPEG", quality=quality)
        if written.tell() <= most:
            return written.getvalue()
    raise ValueError("it has too much detail to be made smaller")


def read_heic() -> None:
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False)


def on_white(picture: Any) -> Any:
    """What is see-through, as a page would show it."""
    from PIL import Image

    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    page = Image.new("RGB", layer.size, "white")
    page.paste(layer, mask=layer.getchannel("A"))
    return page
