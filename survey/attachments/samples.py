"""How the samples of a film are packed: what a decoder needs, not who made them."""

from survey.attachments import flac
from survey.attachments.boxes import Box, Boxes
from survey.attachments.nals import Coding, coding_of_entry
from survey.attachments.reading import Unreadable

SINGLE = (b"jpeg", b"mjpa", b"mjpb", b"png ")  # each of them could hold what a camera writes
NAMED = (b"uuid", b"udta", b"meta", b"name", b"free", b"skip")
PROFILES = (b"prof", b"rICC")
PICTURE = 78  # bytes before the boxes within
SOUND = {0: 28, 1: 44, 2: 64}


def describe(boxes: Boxes, table: Box, kind: bytes) -> Coding | None:
    """Blank the names of makers and encoders in each description; say how pictures are packed."""
    coding = None
    boxes.need(table, 8)
    grown = boxes.body[table.inner] == 0  # in QuickTime a description has room of its own
    for entry in boxes.within(table.inner + 8, table.end):
        if entry.kind in SINGLE:
            raise Unreadable("it is made of single photographs")
        boxes.need(entry, SOUND[0])
        boxes.zero(entry.inner + 12, entry.inner + 16)
        if kind == b"vide":
            boxes.need(entry, PICTURE)
            boxes.zero(entry.inner + 42, entry.inner + 74)
            head = PICTURE
            found = coding_of_entry(boxes, entry.inner + head, entry.end, entry.kind)
            coding = coding or found
        else:
            head = SOUND.get(boxes.number(entry.inner + 8, 2) if grown else 0, SOUND[0])
            boxes.need(entry, head)
        within(boxes, entry.inner + head, entry.end)
    return coding


def within(boxes: Boxes, at: int, end: int, *, deeper: bool = True) -> None:
    """The boxes of codecs stay; four empty bytes may end them."""
    while end - at >= 8 and boxes.number(at, 4):
        one = boxes.box(at, end)
        profile = one.kind == b"colr" and bytes(boxes.body[one.inner : one.inner + 4]) in PROFILES
        if one.kind in NAMED or one.kind.startswith(b"\xa9") or profile:
            boxes.free(one)
        elif one.kind == b"wave" and deeper:
            within(boxes, one.inner, one.end, deeper=False)
        elif one.kind == b"dfLa":
            flac.blank(boxes.body, one.inner + 4, one.end)
        at = one.end
    boxes.zero(at, end)
