"""What is stored of an uploaded file: the picture and which way up it is, and no other metadata."""

import contextlib
import io
import random
import struct
import zlib

import msgspec
import pikepdf
import pytest

from survey.media import (
    MOST_BYTES,
    MOST_MEDIA_BYTES,
    MOST_PHOTO_BYTES,
    accept_attachment,
    find_file_question,
    pictures,
)
from survey.problems import Invalid, Problem, TooLarge
from survey.surveys.instruments import File, Image, faults_of_instrument
from survey.surveys.ready import load_ready_instruments
from survey.surveys.responses import AttachmentReference, attachments_in
from tests.api.pages.survey_of_files import FILE_SURVEY
from tests.files import uploads

IMAGE = Image(name="photo", text={"en": "A picture?"})
FILE = File(name="paper", text={"en": "A file?"})
PICTURES = {
    "image/jpeg": uploads.jpeg,
    "image/png": uploads.png,
    "image/webp": uploads.webp,
    "image/gif": uploads.gif,
}
TURNED = ["image/jpeg", "image/png", "image/webp"]


@pytest.mark.parametrize("kind", PICTURES)
def test_nothing_that_was_planted_in_a_picture_is_kept(kind):
    made = PICTURES[kind]()
    assert made.count(uploads.PLANTED) >= 5
    for item in (IMAGE, FILE):
        file = accept_attachment(item, made)
        assert file.media_type == kind
        for trace in (b"PLANTED", b"Jane", b"51.5", b"ICC", b"XMP", b"xap", b"Exif", b"priv"):
            assert trace not in file.body


@pytest.mark.parametrize("kind", PICTURES)
def test_what_was_cleaned_once_stays_as_it_is(kind):
    body = accept_attachment(IMAGE, PICTURES[kind]()).body
    assert accept_attachment(IMAGE, body).body == body


def test_the_picture_itself_stays_byte_for_byte():
    plain = uploads.plain_jpeg()
    tables = plain[plain.index(b"\xff\xdb") :]
    assert accept_attachment(IMAGE, uploads.jpeg()).body.endswith(tables)
    plain = uploads.plain_png()
    assert plain[plain.index(b"IDAT") :] in accept_attachment(IMAGE, uploads.png()).body
    assert uploads.LOSSY_WEBP[12:] in accept_attachment(IMAGE, uploads.webp()).body
    assert uploads.GIF_FRAME in accept_attachment(IMAGE, uploads.gif()).body


def test_a_moving_picture_goes_on_moving():
    body = accept_attachment(IMAGE, uploads.gif()).body
    assert b"NETSCAPE2.0\x03\x01\0\0\0" in body
    assert b"\x21\xf9\x04\0\x0a\0\0\0" + uploads.GIF_FRAME in body
    assert b"ANIM" in accept_attachment(IMAGE, uploads.webp()).body


@pytest.mark.parametrize("turned", range(2, 9))
@pytest.mark.parametrize("kind", TURNED)
def test_a_picture_that_was_held_on_its_side_still_says_so_and_no_more(kind, turned):
    body = accept_attachment(IMAGE, PICTURES[kind](turned)).body
    assert pictures.orientation_exif(turned) in body
    assert len(pictures.orientation_exif(turned)) == 26
    assert pictures.orientation(pictures.orientation_exif(turned)) == turned
    assert uploads.PLANTED not in body
    assert accept_attachment(IMAGE, body).body == body


@pytest.mark.parametrize(
    "tiff",
    [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"XX*\0" + b"\0" * 30, uploads.exif_tiff(9),
     b"MM\0*\0\0\0\x08\xff\xff" + b"\0" * 11, b"II*\0" + struct.pack("<I", 8)],
)  # fmt: skip
def test_an_orientation_that_cannot_be_read_is_upright(tiff):
    assert pictures.orientation(tiff) == 1
    assert pictures.orientation_exif(1) == b""


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_cut_short_is_refused(kind):
    body = accept_attachment(IMAGE, PICTURES[kind]()).body
    for end in range(12, len(body) - 1):
        with pytest.raises(Problem):
            accept_attachment(IMAGE, body[:end])


@pytest.mark.parametrize("kind", PICTURES)
def test_whatever_bytes_are_spoilt_it_is_refused_or_kept_and_never_a_mistake(kind):
    chance, made = random.Random(7), PICTURES[kind]()
    for _ in range(400):
        spoilt = bytearray(made)
        for _ in range(chance.randint(1, 4)):
            spoilt[chance.randrange(3, len(spoilt))] = chance.randrange(256)
        with contextlib.suppress(Problem):
            assert accept_attachment(IMAGE, bytes(spoilt)).body


HUGE = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
BOMBS = {
    "a PNG of 50,000 by 50,000": b"\x89PNG\r\n\x1a\n" + uploads.png_chunk(b"IHDR", HUGE),
    "a PNG of 196 megapixels": b"\x89PNG\r\n\x1a\n"
    + uploads.png_chunk(b"IHDR", struct.pack(">II", 14_000, 14_000) + b"\x01\0\0\0\0"),
    "a GIF without a width": b"GIF89a" + b"\0\0\x01\0\0\0\0" + uploads.GIF_FRAME + b";",
    "a JPEG of nothing but marks": b"\xff\xd8" + b"\xff" * 1_000_000,
    "a JPEG of empty parts": b"\xff\xd8" + b"\xff\xfe\0\x02" * 500_000,
    "a GIF of empty parts": b"GIF89a\x01\0\x01\0\0\0\0" + b"\x21\xfe\x01a\0" * 500_000,
    "a PNG of empty parts": uploads.plain_png()[:33] + uploads.png_chunk(b"tEXt", b"") * 100_000,
    "a part that nobody knows": uploads.plain_png()[:33] + uploads.png_chunk(b"ABCD", b""),
    "a WebP that says it is longer": b"RIFF\xff\xff\xff\x7fWEBP" + uploads.LOSSY_WEBP[12:],
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_before_it_is_opened(bomb):
    with pytest.raises(Invalid) as refused:
        accept_attachment(IMAGE, BOMBS[bomb])
    assert refused.value.code == "attachment.damaged"


STRANGE = {
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "HTML before a picture": b"<script>alert(1)</script>" + uploads.plain_png(),
    "a program": b"MZ\x90\0" + b"\0" * 100,
    "a zip": b"PK\x03\x04" + b"\0" * 100,
    "sound": b"RIFF\x04\0\0\0WAVE",
    "words": b"Hello",
}


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("item", [IMAGE, FILE], ids=["image", "file"])
def test_other_kinds_are_refused(item, kind):
    with pytest.raises(Invalid) as refused:
        accept_attachment(item, STRANGE[kind])
    assert refused.value.code == "attachment.type"


def test_a_pdf_keeps_its_pages_and_says_nothing_of_its_maker():
    made = uploads.pdf(b"Dear sir", author=b"PLANTED", picture=uploads.plain_jpeg())
    assert made.count(b"PLANTED") == 3
    file = accept_attachment(FILE, made)
    assert file.media_type == "application/pdf"
    assert b"(Dear sir) Tj" in file.body
    for trace in (b"PLANTED", b"20071214", b"OpenAction"):
        assert trace not in file.body
    assert accept_attachment(FILE, file.body) == file
    with pytest.raises(Invalid, match="type of file"):
        accept_attachment(IMAGE, uploads.PDF)
    with pytest.raises(Invalid, match="ends too early"):
        accept_attachment(FILE, uploads.PDF[:-7])


def test_a_photo_on_a_page_loses_what_its_camera_wrote():
    assert uploads.PLANTED in uploads.jpeg()
    body = accept_attachment(FILE, uploads.pdf(picture=uploads.jpeg())).body
    assert uploads.PLANTED not in body
    assert b"/DCTDecode" in body


PACKED = {
    b"[/DCTDecode]": lambda photo: photo,
    b"[/DCT]": lambda photo: photo,
    b"[/FlateDecode /DCTDecode]": zlib.compress,
    b"[/ASCIIHexDecode /FlateDecode /DCTDecode] /DecodeParms [null null null]": lambda photo: (
        zlib.compress(photo).hex().encode() + b">"
    ),
    b"[/FlateDecode /DCTDecode] /DecodeParms [null << /ColorTransform 0 >>]": zlib.compress,
}


@pytest.mark.parametrize("filters", PACKED)
def test_a_photo_that_is_packed_twice_loses_it_too(filters):
    made = uploads.pdf(picture=PACKED[filters](uploads.jpeg()), filters=filters)
    body = accept_attachment(FILE, made).body
    with pikepdf.open(io.BytesIO(body)) as file:
        (photo,) = (one for one in file.objects if isinstance(one, pikepdf.Stream)
                    and one.get("/Subtype") == "/Image")  # fmt: skip
        assert str(photo.Filter) in ("/DCTDecode", "/DCT")
        assert str(photo.get("/DecodeParms", {}).get("/ColorTransform", "")) == (
            "0" if b"Color" in filters else ""
        )
        assert photo.read_raw_bytes() == accept_attachment(IMAGE, uploads.jpeg()).body
    assert accept_attachment(FILE, body).body == body


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"%PDF-1.7\n" + b"x" * 100 + b"%%EOF", "it is damaged"),
        (b"%PDF-1.7\n%%EOF", "it is damaged"),
    ],
)
def test_a_pdf_that_cannot_be_opened_is_refused_with_its_cause(body, why):
    with pytest.raises(Invalid, match=why) as refused:
        accept_attachment(FILE, body)
    assert refused.value.code == "attachment.damaged"


def test_a_page_that_begins_like_a_pdf_is_none():
    with pytest.raises(Invalid) as refused:
        accept_attachment(FILE, b"%PDF-<html><script>alert(1)</script></html>\n%%EOF\n")
    assert refused.value.code == "attachment.type"


def test_an_empty_file_and_one_too_large_are_refused():
    with pytest.raises(Invalid, match="empty"):
        accept_attachment(IMAGE, b"")
    for kind in ("survey", "complaint"):
        with pytest.raises(TooLarge, match="larger than 8 MB"):
            accept_attachment(FILE, b"%PDF-1.7\n" + b"\0" * MOST_BYTES, kind)
        with pytest.raises(TooLarge, match="larger than 8 MB"):
            accept_attachment(FILE, b"GIF89a" + b"\0" * MOST_BYTES, kind)
    with pytest.raises(TooLarge, match="larger than 32 MB"):
        accept_attachment(IMAGE, b"\xff\xd8\xff" + b"\0" * MOST_PHOTO_BYTES)
    with pytest.raises(Invalid, match="cannot be read"):
        accept_attachment(IMAGE, b"\xff\xd8\xff" + b"\0" * MOST_BYTES)
    with pytest.raises(TooLarge, match="larger than 32 MB"):
        accept_attachment(FILE, b"#!AMR\n" + b"\0" * MOST_MEDIA_BYTES, "complaint")


def test_files_are_found_wherever_they_stand():
    photo, paper, inner = "a" * 26, "b" * 26, "c" * 26
    answers = {
        "photo": photo,
        "paper": "prefer_not_to_say",
        "scene": [{"seen": inner}, {"told": "x"}, {"seen": paper}],
    }
    assert attachments_in(FILE_SURVEY, answers) == [
        AttachmentReference("photo", "photo", photo),
        AttachmentReference("scene.1.seen", "seen", inner),
        AttachmentReference("scene.3.seen", "seen", paper),
    ]
    assert list(FILE_SURVEY.files()) == ["photo", "paper", "beside", "seen"]


def test_only_a_question_for_a_file_takes_one():
    assert find_file_question(FILE_SURVEY, "seen").name == "seen"
    for name in ("told", "scene", "nothing", ""):
        with pytest.raises(Invalid) as refused:
            find_file_question(FILE_SURVEY, name)
        assert refused.value.code == "attachment.not_asked"


def test_a_complaint_may_ask_for_files():
    complaint = next(one for one in load_ready_instruments() if one.kind == "complaint")
    asking = msgspec.structs.replace(complaint, items=(*complaint.items, IMAGE))
    assert faults_of_instrument(asking) == []
    assert find_file_question(asking, "photo") == IMAGE
