"""What is stored of sound and film: all that plays, in its place in the file, without metadata."""

import contextlib
import functools
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.media import Attachment, accept_attachment, isom, parts, sound
from survey.problems import Invalid
from survey.surveys.instruments import File, Image
from tests.files import recordings
from tests.files.recordings import FILES, FILM, FRAME, SENSOR, SOUND, box, element
from tests.files.uploads import PLANTED
from tests.waiting import allowance

FILE = File(name="recording", text={"en": "A recording?"})
IMAGE = Image(name="photo", text={"en": "A picture?"})
CLEANED_IN_PLACE = [
    name for name, (_, kind) in FILES.items()
    if kind.startswith(("video", "audio/mp4", "audio/ogg"))
]  # fmt: skip
TRACES = (b"PLANTED", b"Jane", b"51.5", b"GoPr", b"Sony", b"+51", recordings.DATE)


def accepted_file(body):
    return accept_attachment(FILE, body, "complaint")


@pytest.mark.parametrize("name", FILES)
def test_nothing_that_was_planted_is_kept_and_all_that_plays_is(name):
    make, media_type = FILES[name]
    made = make()
    found = accepted_file(made)
    assert found.media_type == media_type
    assert [trace for trace in TRACES if trace in found.body] == []
    for played in (FILM, SOUND):
        assert found.body.count(played) == made.count(played)
    assert found.body.count(FRAME) == (7 if name == "mp3" else 0)
    assert accepted_file(found.body) == found


@pytest.mark.parametrize("name", CLEANED_IN_PLACE)
def test_what_plays_stays_where_it_stood(name):
    made = FILES[name][0]()
    found = accepted_file(made).body
    behind = len(PLANTED) if made.startswith(b"OggS") else 0
    assert len(found) == len(made) - behind
    for played in (FILM, SOUND):
        at = made.find(played)
        while at >= 0:
            assert found[at : at + len(played)] == played
            at = made.find(played, at + 1)


@pytest.mark.parametrize("kind", ["survey", "complaint"])
@pytest.mark.parametrize("name", FILES)
def test_only_a_file_of_a_complaint_may_be_sound_or_film(name, kind):
    for item in (IMAGE, FILE) if kind == "survey" else (IMAGE,):
        with pytest.raises(Invalid) as refused:
            accept_attachment(item, FILES[name][0](), kind)
        assert refused.value.code == "attachment.type"


def test_a_track_of_a_sensor_goes_with_its_samples():
    made = recordings.mp4()
    assert made.count(b"mebx") == 1
    found = accepted_file(made).body
    assert b"mebx" not in found
    at = made.index(SENSOR)
    assert found[at : at + len(SENSOR)] == bytes(len(SENSOR))
    found = accepted_file(recordings.mp4_in_fragments(sensor=True)).body
    assert found.count(b"mebx") == found.count(b"PLANTED") == 0
    assert [found.count(kind) for kind in (b"traf", b"trex", FILM, SOUND)] == [2, 2, 2, 1]
    with pytest.raises(Invalid, match="a track of words or notes"):
        accepted_file(recordings.mp4_in_fragments(sensor=True, in_order=True))
    assert b"PLANTED" not in accepted_file(recordings.webm(kind=17)).body


def test_where_all_samples_are_of_one_size_a_chunk_reaches_to_the_next():
    found = accepted_file(recordings.mp4(constant=True)).body
    assert (found.count(FILM), found.count(SOUND)) == (2, 1)


def test_without_the_words_of_a_maker_it_is_still_an_mp4():
    found = accepted_file(recordings.mp4(brand=b"mp42")).body
    assert found.startswith(box(b"ftyp", b"mp42", bytes(4), b"isom", b"mp42"))


@pytest.mark.parametrize("name", ["opus with a cover", "vorbis with a cover", "speex"])
def test_every_page_keeps_a_true_checksum(name):
    found = accepted_file(FILES[name][0]()).body
    pages = list(sound.read_pages(found))
    assert len(pages) >= 3
    for one in pages:
        page = found[one.start : one.end]
        blank = page[:22] + bytes(4) + page[26:]
        assert page[22:26] == recordings.ogg_checksum(blank)


WEBM = element("1a45dfa3", element("4282", b"webm"))
CODED = element("86", b"V_MPEG4/ISO/AVC") + element("63a2", b"\1\1\1\1\xff") + element("6d80")
PICTURE_TRACK = element("ae", element("d7", b"\x01"), element("83", b"\x01"), CODED)
STRANGE = {
    "a video of tables without an end": recordings.mp4(sensor=False).replace(
        b"stsc" + struct.pack(">II", 0, 1), b"stsc" + struct.pack(">II", 0, 0xFFFFFFFF)
    ),
    "samples outside of media data": recordings.mp4_in_fragments().replace(
        b"mdat" + PLANTED, b"free" + PLANTED
    ),
    "a fragment of no track": recordings.mp4_in_fragments().replace(b"tfhd", b"free"),
    "compressed pictures": WEBM + element("18538067", element("1654ae6b", PICTURE_TRACK)),
    "samples behind the end": recordings.mp4().replace(
        struct.pack(">I", len(FILM)) * 2, struct.pack(">II", len(FILM), 0xFFFFFFFF)
    ),
    "a video of words alone": box(b"ftyp", b"isom", bytes(4)) + box(b"moov", b""),
    "single photographs": recordings.mp4().replace(b"avc1", b"jpeg"),
    "parts in other files": recordings.mp4().replace(b"alis\0\0\0\x01", b"alis\0\0\0\0"),
    "a box larger than all": box(b"ftyp", b"isom", bytes(4)) + b"\0\0\0\x01moov" + b"\xff" * 8,
    "a box smaller than itself": box(b"ftyp", b"isom", bytes(4)) + b"\0\0\0\x04moov",
    "millions of boxes": box(b"ftyp", b"isom", bytes(4)) + box(b"free") * 1_000_000,
    "tags alone": recordings.id3(PLANTED),
    "a tag without an end": b"ID3\x03\0\0\x7f\x7f\x7f\x7f" + PLANTED,
    "words that look like frames": b"\xff\xfb\x90\0" * 4_000_000,
    "sound without a format": b"RIFF\x10\0\0\0WAVEdata\x04\0\0\0abcd",
    "a page with another sum": recordings.ogg().replace(SOUND, SOUND[::-1]),
    "moving pictures in Ogg": recordings.ogg_page(0, 2, [8], b"\x80theora\0"),
    "a sound without comments": recordings.ogg_page(0, 2, [8], b"OpusHead"),
    "an element without a size": WEBM + b"\x18\x53\x80\x67\0",
    "a head that holds a segment without a size": bytes.fromhex(
        "1a45dfa393 4282847765626d 18538067ff ec85 0000000000"
    ),
    "a cluster without a size among the tracks": WEBM
    + element("18538067", element("1654ae6b", b"\x1f\x43\xb6\x75\xff")),
    "no track": WEBM + element("18538067"),
    "FLAC without its head": b"fLaC\x84\0\0\x04abcd\xff\xf8",
    "speech cut short": recordings.amr()[:-1],
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_hostile_or_broken_is_refused_with_little_work(name):
    with allowance(), pytest.raises(Invalid) as refused:
        accepted_file(STRANGE[name])
    assert refused.value.code == "attachment.damaged"


def test_tables_and_elements_without_end_are_refused(monkeypatch):
    monkeypatch.setattr(isom, "MOST_CHUNKS", 1)
    with pytest.raises(Invalid, match="too many parts"):
        accepted_file(recordings.mp4())
    monkeypatch.setattr("survey.media.matroska.MOST_ELEMENTS", 10)
    with pytest.raises(Invalid, match="too many parts"):
        accepted_file(recordings.webm())


def check_kept_or_refused(body):
    with contextlib.suppress(Invalid):
        assert isinstance(accepted_file(body), Attachment)


@functools.cache
def file_of(name):
    make, _ = FILES[name]
    return make()


@given(st.sampled_from(sorted(FILES)), st.data())
@settings(max_examples=300, deadline=None)
def test_whatever_is_cut_or_spoilt_it_is_kept_or_refused(name, data):
    body = bytearray(file_of(name))
    places = st.integers(4, len(body) - 1)
    for at, to in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        body[at] = to
    check_kept_or_refused(bytes(body[: data.draw(st.integers(4, len(body)))]))


@given(st.sampled_from(sorted(FILES)), st.binary(max_size=60), st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_is_put_between_it_is_kept_or_refused(name, more, data):
    body = file_of(name)
    at = data.draw(st.integers(4, len(body)))
    check_kept_or_refused(body[:at] + more + body[at:])


@pytest.mark.parametrize("name", ["mp4", "mov", "m4a", "webm", "mkv", "wav", "flac", "opus", "amr"])
def test_what_is_cut_short_is_never_a_mistake(name):
    body = file_of(name)
    for end in range(4, len(body), max(1, len(body) // 200)):
        check_kept_or_refused(body[:end])


def nal_unit(head, content):
    return (len(head) + len(content)).to_bytes(4) + head + content


PLANTED_MESSAGE = b"\x05\x20" + bytes(16) + b"PLANTED51.5074 -" + b"\x80"
NEEDED_MESSAGE = b"\x06\x01\xc4\x80"


@pytest.mark.parametrize(
    ("coding", "picture", "messages", "needed"),
    [
        (parts.VideoCoding(4), b"\x65", [b"\x06", b"\x0c", b"\x1f"], b"\x06"),
        (parts.VideoCoding(4, is_hevc=True),
         b"\x26\x01", [b"\x4e\x01", b"\x50\x01", b"\x4c\x01"],
         b"\x4e\x01"),
    ],
)  # fmt: skip
def test_what_a_camera_wrote_between_pictures_is_blanked(coding, picture, messages, needed):
    seen = nal_unit(picture, FILM)
    kept_message = nal_unit(needed, NEEDED_MESSAGE)
    body = bytearray(
        kept_message + b"".join(nal_unit(head, PLANTED_MESSAGE) for head in messages) + seen
    )
    whole = len(body)
    coding.blank(body, 0, whole)
    assert len(body) == whole
    assert b"PLANTED" not in body
    assert bytes(body).startswith(kept_message)
    assert bytes(body).endswith(seen)


def test_user_data_of_mpeg4_is_blanked():
    body = bytearray(b"\x00\x00\x01\xb2PLANTED\x00\x00\x01\xb6" + FILM)
    parts.VideoCoding(0, is_mpeg4=True).blank(body, 0, len(body))
    assert bytes(body) == b"\x00\x00\x01\xb2" + b" " * 7 + b"\x00\x00\x01\xb6" + FILM


@given(st.binary(max_size=200), st.sampled_from([1, 2, 4]), st.booleans())
def test_whatever_units_there_are_the_length_stays(body, width, is_hevc):
    given_to = bytearray(body)
    parts.VideoCoding(width, is_hevc=is_hevc).blank(given_to, 0, len(body))
    parts.blank_decoder_record(given_to, 0, len(body), parts.VideoCoding(width, is_hevc=is_hevc))
    assert len(given_to) == len(body)
