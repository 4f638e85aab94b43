"""Cleans the sample descriptions of a film: what a decoder needs stays, names of makers go."""

from survey.media.film.boxes import IsoBox, IsoFile
from survey.media.film.nals import VideoCoding, clean_sample_entry
from survey.media.reading import UnreadableFile
from survey.media.sound import flac

SINGLE = (b"jpeg", b"mjpa", b"mjpb", b"png ")  # each frame could hold camera metadata
NAMED = (b"uuid", b"udta", b"meta", b"name", b"free", b"skip")
PROFILES = (b"prof", b"rICC")
PICTURE = 78  # bytes before the inner boxes
SOUND = {0: 28, 1: 44, 2: 64}


def clean_sample_descriptions(boxes: IsoFile, table: IsoBox, kind: bytes) -> VideoCoding | None:
    """Blank the names of makers in each description; returns how pictures are coded."""
    coding = None
    boxes.need(table, 8)
    grown = boxes.body[table.inner] == 0  # QuickTime version 1 and 2 descriptions are longer
    for entry in boxes.within(table.inner + 8, table.end):
        if entry.kind in SINGLE:
            raise UnreadableFile("it is made of single photographs")
        boxes.need(entry, SOUND[0])
        boxes.zero(entry.inner + 12, entry.inner + 16)
        if kind == b"vide":
            boxes.need(entry, PICTURE)
            boxes.zero(entry.inner + 42, entry.inner + 74)
            head = PICTURE
            found = clean_sample_entry(boxes, entry.inner + head, entry.end, entry.kind)
            coding = coding or found
        else:
            head = SOUND.get(boxes.number(entry.inner + 8, 2) if grown else 0, SOUND[0])
            boxes.need(entry, head)
        clean_inner_boxes(boxes, entry.inner + head, entry.end)
    return coding


def clean_inner_boxes(boxes: IsoFile, at: int, end: int, *, deeper: bool = True) -> None:
    """Free the boxes that can hold metadata within a sample description.

    Boxes of codecs stay; whatever follows the last box is zeroed.
    """
    while end - at >= 8 and boxes.number(at, 4):
        one = boxes.box(at, end)
        profile = one.kind == b"colr" and bytes(boxes.body[one.inner : one.inner + 4]) in PROFILES
        if one.kind in NAMED or one.kind.startswith(b"\xa9") or profile:
            boxes.free(one)
        elif one.kind == b"wave" and deeper:
            clean_inner_boxes(boxes, one.inner, one.end, deeper=False)
        elif one.kind == b"dfLa":
            flac.blank_metadata(boxes.body, one.inner + 4, one.end)
        at = one.end
    boxes.zero(at, end)
