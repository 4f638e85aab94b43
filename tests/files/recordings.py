"""Sound and video files made by hand, with names and places wherever a device writes them."""

import struct

from tests.files.uploads import PLANTED, piece

DATE = b"\xc7\x86\x99\xaa"  # a day in QuickTime's seconds
FILM, SOUND, SENSOR = b"SEEN" * 16, b"HEARD" * 8, b"51.5074N" + PLANTED


def box(kind, *content, wide=False):
    body = b"".join(content)
    if wide:
        return b"\0\0\0\x01" + kind + struct.pack(">Q", len(body) + 16) + body
    return struct.pack(">I", len(body) + 8) + kind + body


def header_box(kind, *, version=0, number=600):
    two = DATE * 2 if version == 0 else (b"\0\0\0\0" + DATE) * 2
    return box(kind, bytes([version, 0, 0, 0]), two, struct.pack(">I", number), bytes(80))


def sample_description(kind):
    if kind == b"vide":
        name = bytes([31]) + (PLANTED * 2)[:31]
        inner = box(b"avcC", b"\x01codec") + box(b"uuid", PLANTED) + box(b"colr", b"prof" + PLANTED)
        return box(b"avc1", bytes(12), PLANTED[:4], bytes(26), name, bytes(4), inner)
    if kind == b"soun":
        wave = box(b"wave", box(b"frma", b"mp4a"), box(b"udta", PLANTED))
        return box(b"mp4a", bytes(12), PLANTED[:4], bytes(12), wave, bytes(4))
    return box(b"mebx", bytes(8), box(b"keys", PLANTED))


def mp4_track(kind, at, samples, *, version=0, constant=False, number=600):
    """A track box with one chunk for each sample."""
    sizes = [len(one) for one in samples]
    each = [sizes[0] if constant else 0, len(sizes), *([] if constant else sizes)]
    places = [at + sum(sizes[:n]) for n in range(len(sizes))]
    table = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), sample_description(kind)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
        box(b"stsz", struct.pack(f">I{len(each)}I", 0, *each)),
        box(b"stco", struct.pack(f">II{len(places)}I", 0, len(places), *places)),
    )
    places_of = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1),
                                 box(b"alis", b"\0\0\0\x01", PLANTED)))  # fmt: skip
    return box(
        b"trak",
        header_box(b"tkhd", version=version, number=number),
        box(b"tref", box(b"cdsc", PLANTED)),
        box(
            b"mdia",
            header_box(b"mdhd", version=version),
            box(b"hdlr", b"\0\0\0\0mhlr" + kind, PLANTED[:4], bytes(8), PLANTED),
            box(b"minf", box(b"hdlr", b"\0\0\0\0dhlralis", PLANTED), places_of, table),
        ),
        box(b"udta", box(b"\xa9xyz", b"+51.5074-000.1278/" + PLANTED)),
        box(b"meta", PLANTED),
    )


def mp4(*, brand=b"isom", wide=False, open_end=False, constant=False, version=0, sensor=True):
    """An MP4 with its media data first, so that offsets are known; unused bytes between samples.

    Not where the samples have one constant size: what is unused could not be recognised there.
    """
    between = b"" if constant else PLANTED
    head = box(b"ftyp", brand, DATE, b"GoPr", brand) + box(b"free", PLANTED)
    data = PLANTED + FILM + FILM + between + SOUND + SENSOR
    media = box(b"mdat", data, wide=wide)
    at = len(head) + len(media) - len(data) + len(PLANTED)
    tracks = [
        mp4_track(b"vide", at, [FILM, FILM], version=version, constant=constant),
        mp4_track(b"soun", at + 2 * len(FILM) + len(between), [SOUND], version=version),
    ]
    if sensor:
        start = at + 2 * len(FILM) + len(between) + len(SOUND)
        tracks.append(mp4_track(b"meta", start, [SENSOR], version=version))
    notes = box(b"udta", box(b"\xa9mod", PLANTED)) + box(b"meta", box(b"ilst", PLANTED))
    film = box(b"moov", header_box(b"mvhd", version=version), *tracks, notes, box(b"uuid", PLANTED))
    end = b"\0\0\0\0" + b"uuid" + PLANTED if open_end else box(b"sefd", PLANTED)
    return head + media + film + box(b"uuid", bytes(16) + PLANTED) + end


def fragment(samples, flags, offsets):
    """A fragment of one sample of each track, at these offsets."""
    parts = [
        box(b"traf", box(b"tfhd", struct.pack(">II", flags, number)),
            box(b"trun", struct.pack(">IIiI", 0x201, 1, at, len(one))), box(b"uuid", PLANTED))
        for number, (one, at) in enumerate(zip(samples, offsets, strict=True), 1)
    ]  # fmt: skip
    return box(b"moof", box(b"mfhd", bytes(8)), *parts)


def mp4_in_fragments(*, sensor=False, in_order=False):
    """A fragmented MP4 as browsers record it: its tables are empty, each fragment has its own.

    Offsets count from the start of the fragment or, `in_order`, from the end of the track before.
    """
    kinds = {b"vide": FILM * 2, **({b"meta": SENSOR} if sensor else {}), b"soun": SOUND}
    samples, numbers = [*kinds.values()], range(1, len(kinds) + 1)
    tracks = [mp4_track(kind, 0, [], number=n) for kind, n in zip(kinds, numbers, strict=True)]
    usual = box(b"mvex", *(box(b"trex", struct.pack(">6I", 0, n, 1, 0, 0, 0)) for n in numbers))
    film = box(b"moov", header_box(b"mvhd"), *tracks, usual)
    start = len(fragment(samples, 0, [0] * len(samples))) + 8 + len(PLANTED)
    places = [start + sum(map(len, samples[:n])) for n in range(len(samples))]
    if in_order:
        places = [start] + [0] * (len(samples) - 1)
    part = fragment(samples, 0 if in_order else 0x20000, places)
    media = box(b"mdat", PLANTED, *samples, PLANTED)
    ends = box(b"emsg", PLANTED) + box(b"prft", DATE * 2)
    return box(b"ftyp", b"iso5", bytes(4)) + film + part + media + ends


FRAME = b"\xff\xfb\x90\x00" + b"\x55" * 413  # 128 kbit/s at 44.1 kHz


def id3(content):
    size = len(content)
    seven = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + seven + content


def mp3():
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 32 + len(PLANTED), 1, 0) + bytes(8)
    lyrics = b"LYRICSBEGIN" + PLANTED + b"000036LYRICS200"
    return (id3(b"TIT2" + PLANTED) + id3(b"GEOB" + PLANTED + FRAME) + FRAME * 4 + id3(PLANTED)
            + FRAME * 3 + lyrics + PLANTED + ape + b"TAG" + PLANTED.ljust(125, b"\0"))  # fmt: skip


def wav():
    content = b"".join([
        piece(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)),
        piece(b"LIST", b"INFO" + PLANTED), piece(b"bext", PLANTED), piece(b"data", SOUND),
        piece(b"id3 ", PLANTED),
        piece(b"iXML", PLANTED),
    ])  # fmt: skip
    return b"RIFF" + struct.pack("<I", len(content) + 4) + b"WAVE" + content + PLANTED


def flac():
    blocks = [(0, bytes(34)), (4, PLANTED), (3, bytes(18)), (2, b"Sony" + PLANTED), (6, PLANTED),
              (5, PLANTED), (1, PLANTED)]  # fmt: skip
    head = b"".join(
        bytes([kind | (0x80 if kind == 1 else 0)]) + len(one).to_bytes(3) + one
        for kind, one in blocks
    )
    return b"fLaC" + head + b"\xff\xf8" + SOUND + b"TAG" + PLANTED.ljust(125, b"\0")


def amr():
    return b"#!AMR\n" + (b"\x3c" + b"\x55" * 31) * 20


def ogg_checksum(page):
    """Ogg's CRC-32 bit by bit, as the specification defines it."""
    found = 0
    for byte in page:
        found ^= byte << 24
        for _ in range(8):
            found = (found << 1 ^ (0x04C11DB7 if found & 1 << 31 else 0)) & 0xFFFFFFFF
    return struct.pack("<I", found)


def ogg_page(number, flags, lacing, content):
    head = b"OggS\0" + bytes([flags]) + bytes(8) + b"seri" + struct.pack("<I", number)
    rest = bytes([len(lacing), *lacing]) + content
    return head + ogg_checksum(head + bytes(4) + rest) + rest


def vorbis_comments(length=60):
    comment = PLANTED.ljust(length, b".")
    return struct.pack("<I", len(PLANTED)) + PLANTED + struct.pack("<II", 1, len(comment)) + comment


def ogg(kind="opus", *, length=60):
    """An Ogg file; long comments continue on a second page."""
    head, before, after = {
        "opus": (b"OpusHead", b"OpusTags", b""),
        "vorbis": (b"\x01vorbis", b"\x03vorbis", b"\x01"),
        "speex": (b"Speex   ", b"", b""),
    }[kind]
    comments = before + vorbis_comments(length) + after
    lacing = [255] * (len(comments) // 255) + [len(comments) % 255]
    first, rest = lacing[:200], lacing[200:]
    cut = sum(first)
    found = ogg_page(0, 2, [len(head)], head) + ogg_page(1, 0, first, comments[:cut])
    if rest:
        found += ogg_page(2, 1, [*rest, len(SOUND)], comments[cut:] + SOUND)
    return found + ogg_page(3, 4, [len(SOUND)], SOUND) + PLANTED


def element(ident, *content, unknown=False):
    body = b"".join(content)
    size = b"\x01" + b"\xff" * 7 if unknown else b"\x01" + len(body).to_bytes(7)
    return bytes.fromhex(ident) + size + body


def vorbis_head():
    first, second = b"\x01vorbis" + bytes(23), b"\x03vorbis" + vorbis_comments(300) + b"\x01"
    lacing = bytes([len(first), *([255] * (len(second) // 255)), len(second) % 255])
    return b"\x02" + lacing + first + second + b"\x05vorbis-books"


def webm(*, live=False, kind=1, name=b"webm"):
    head = element("1a45dfa3", element("4282", name))
    sought = [element("4dbb", element("53ab", bytes.fromhex(ident)), element("53ac", b"\x09"),
                      element("4fff", PLANTED))
              for ident in ("1254c367", "1c53bb6b")]  # fmt: skip
    seeks = element("114d9b74", *sought)
    info = element("1549a966", element("2ad7b1", b"\x0f\x42\x40"), element("4d80", PLANTED),
                   element("5741", PLANTED), element("7ba9", PLANTED), element("4461", DATE * 2),
                   element("73a4", PLANTED[:16]), b"\xbf\x84abcd")  # fmt: skip
    tracks = element(
        "1654ae6b",
        element("ae", element("d7", b"\x01"), element("83", bytes([kind])), element("86", b"V_VP8"),
                element("536e", PLANTED),
                element("e0", b"\xb0\x81\x40", element("4fff", PLANTED), element("9a", PLANTED))),
        element("ae", element("d7", b"\x02"), element("83", b"\x02"), element("86", b"A_VORBIS"),
                element("63a2", vorbis_head())),
        element("ae", element("d7", b"\x03"), element("83", b"\x02"), element("86", b"A_FLAC"),
                element("63a2", flac()[: -len(SOUND) - 130])),
    )  # fmt: skip
    group = element("a0", element("a1", SOUND), element("9b", b"\x01"), element("4fff", PLANTED))
    cluster = element("1f43b675", element("e7", b"\0"), element("a3", FILM), group,
                      element("ec", PLANTED), unknown=live)  # fmt: skip
    place = element("b7", element("f7", b"\x01"), element("f1", PLANTED), element("4fff", PLANTED))
    cues = element(
        "1c53bb6b", element("bb", place, element("4fff", PLANTED)), element("4fff", PLANTED)
    )
    notes = (
        element("1254c367", PLANTED) + element("1941a469", PLANTED) + element("1043a770", PLANTED)
    )
    return head + element("18538067", seeks, info, tracks, cluster, cluster, cues, notes,
                          element("ec", PLANTED), unknown=live)  # fmt: skip


FILES = {
    "mp4": (mp4, "video/mp4"),
    "m4a": (lambda: mp4(brand=b"M4A ", wide=True), "audio/mp4"),
    "mov": (lambda: mp4(brand=b"qt  ", open_end=True, version=1), "video/quicktime"),
    "3gp": (lambda: mp4(brand=b"3gp5", constant=True), "video/3gpp"),
    "mp4 in fragments": (mp4_in_fragments, "video/mp4"),
    "mp4 in fragments, in order": (lambda: mp4_in_fragments(in_order=True), "video/mp4"),
    "mp4 in fragments with a sensor": (lambda: mp4_in_fragments(sensor=True), "video/mp4"),
    "mp3": (mp3, "audio/mpeg"),
    "wav": (wav, "audio/wav"),
    "flac": (flac, "audio/flac"),
    "amr": (amr, "audio/amr"),
    "opus": (ogg, "audio/ogg"),
    "vorbis": (lambda: ogg("vorbis"), "audio/ogg"),
    "speex": (lambda: ogg("speex"), "audio/ogg"),
    "opus with a cover": (lambda: ogg(length=90_000), "audio/ogg"),
    "vorbis with a cover": (lambda: ogg("vorbis", length=60_000), "audio/ogg"),
    "webm": (webm, "video/webm"),
    "webm as browsers record": (lambda: webm(live=True), "video/webm"),
    "mkv": (lambda: webm(name=b"matroska"), "video/x-matroska"),
}
