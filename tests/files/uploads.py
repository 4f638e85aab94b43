"""Pictures and PDFs with names and places hidden wherever a camera or a program writes them."""

import base64
import io
import struct
import zlib

import numpy
import vl_convert

PLANTED = b"PLANTED-51.5074N-Jane-Doe"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="4"><path d="M0 0h4v4"/></svg>'
LOSSY_WEBP = base64.b64decode("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=")
GIF_FRAME = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\x02\x02\x44\x01\0"


def pdf(words=b"A letter", author=b"Somebody", picture=b"", content=b"", filters=b"/DCTDecode"):
    """A PDF of one page with words, an author, XMP metadata and a comment, as programs write."""
    image = b""
    if picture:
        image = b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray"
        image += b" /BitsPerComponent 8 /Filter %s /Length %d >> stream\n" % (filters, len(picture))
        image += picture + b"\nendstream"
    content = content or b"BT (" + words + b") Tj ET"
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R /Metadata 5 0 R /OpenAction 4 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Annots [7 0 R]"
        b" /Resources << /XObject << /I 8 0 R >> >> >>",
        b"<< /Length %d >> stream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Metadata /Subtype /XML /Length %d >> stream\n%s\nendstream"
        % (len(author), author),
        b"<< /Author (%s) /CreationDate (D:20071214) >>" % author,
        b"<< /Type /Annot /Subtype /Text /Rect [0 0 1 1] /T (%s) /Contents (See) >>" % author,
        image or b"null",
    ]
    body, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(body))
        body += b"%d 0 obj %s endobj\n" % (number, part)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"trailer << /Size %d /Root 1 0 R /Info 6 0 R >>\n" % (len(parts) + 1)
    return body + b"startxref\n%d\n%%%%EOF\n" % start


PDF = pdf()


def exif_tiff(turned=1):
    """EXIF as phones write it: the maker, the orientation and a pointer to the GPS data."""
    packed = struct.pack("<H", 3)
    packed += struct.pack("<HHII", 0x010F, 2, len(PLANTED), 64)
    packed += struct.pack("<HHIHH", 0x0112, 3, 1, turned, 0)
    packed += struct.pack("<HHII", 0x8825, 4, 1, 64)
    return (b"II*\0" + struct.pack("<I", 8) + packed).ljust(64, b"\0") + PLANTED


def jpeg_segment(mark, content):
    return bytes([0xFF, mark]) + (len(content) + 2).to_bytes(2) + content


def plain_jpeg():
    return vl_convert.svg_to_jpeg(SVG)


def jpeg(turned=1):
    plain = plain_jpeg()
    segments = [
        jpeg_segment(0xE0, b"JFXX\0\x10" + PLANTED),
        jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLANTED),
        jpeg_segment(0xE1, b"Exif\0\0" + exif_tiff(turned)),
        jpeg_segment(0xE2, b"ICC_PROFILE\0\x01\x01" + PLANTED),
        jpeg_segment(0xED, b"Photoshop 3.0\0" + PLANTED),
        jpeg_segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01" + PLANTED),
        jpeg_segment(0xFE, PLANTED),
    ]
    return plain[:2] + b"".join(segments) + plain[2:] + PLANTED + plain


def png_chunk(kind, content):
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def plain_png():
    return vl_convert.svg_to_png(SVG)


def png(turned=1):
    plain = plain_png()
    chunks = [
        png_chunk(b"tEXt", b"Author\0" + PLANTED),
        png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(PLANTED) + PLANTED),
        png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PLANTED),
        png_chunk(b"eXIf", exif_tiff(turned)),
        png_chunk(b"iCCP", PLANTED + b"\0\0"),
        png_chunk(b"tIME", b"\x07\xd7\x0c\x0a\x0d\x0e\x0f"),
        png_chunk(b"priv", PLANTED),
    ]
    return plain[:33] + b"".join(chunks) + plain[33:] + PLANTED


def piece(kind, content):
    return kind + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)


def riff_file(*pieces):
    content = b"WEBP" + b"".join(pieces)
    return b"RIFF" + len(content).to_bytes(4, "little") + content


def webp(turned=1):
    frame = struct.pack("<I", 0)[:3] * 2 + b"\0\0\0" * 2 + b"\0\0\0\0" + LOSSY_WEBP[12:]
    return (
        riff_file(
            piece(b"VP8X", b"\x2e\0\0\0" + b"\0\0\0" * 2),
            piece(b"ICCP", PLANTED),
            piece(b"ANIM", b"\0" * 6),
            piece(b"ANMF", frame + piece(b"priv", PLANTED)),
            piece(b"EXIF", b"Exif\0\0" + exif_tiff(turned)),
            piece(b"XMP ", PLANTED),
            piece(b"priv", PLANTED),
        )
        + PLANTED
    )


def gif():
    extension = b"\x21\xff\x0b"
    words = bytes([len(PLANTED)]) + PLANTED + b"\0"
    return (
        b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
        + extension + b"NETSCAPE2.0\x03\x01\0\0\0"
        + extension + b"XMP DataXMP" + words
        + extension + b"NETSCAPE2.0" + words
        + b"\x21\xfe" + words
        + b"\x21\xf9\x04\0\x0a\0\0\0" + GIF_FRAME
        + b"\x21\x01\x0c" + b"\0" * 12 + words + b";" + PLANTED
    )  # fmt: skip


def heic():
    """A HEIC picture of 64 by 32 pixels from an iPhone, red on the left; its maker is PLANTED."""
    return base64.b64decode(HEIC)


HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAA"
    "AAAAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB4gABAAAAAAAAACUAAgAAAAACBwABAAAAAAAAAD4AAAA4aWlu"
    "ZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA"
    "/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA"
    "AAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAIAAAAAEAAAAA"
    "AAAAAv///+AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAA"
    "AA5jZHNjAAIAAQABAAAAa21kYXQAAAAhKAGvGYDvSaW//+rfn/flr/l+yF4X82uR3ZtH+8gg21vAAAAABkV4aWYA"
    "AE1NACoAAAAIAAEBDwACAAAAGgAAABoAAAAAUExBTlRFRC01MS41MDc0Ti1KYW5lLURvZQA="
)


def large_photo():
    """A JPEG of more than 8 MB, as detailed as a photo from a phone, with EXIF data."""
    from PIL import Image

    random = Image.frombytes("RGB", (3000, 2200), numpy.random.default_rng(16).bytes(19_800_000))
    written = io.BytesIO()
    random.save(written, "JPEG", quality=97, exif=b"Exif\0\0" + exif_tiff(turned=6))
    return written.getvalue()
