"""Films and sound as a real encoder writes them: cleaned, they still play bit for bit."""

import shutil

import pytest

from survey.media import accept_attachment
from survey.surveys.instruments import File
from tests.files import films
from tests.files.films import ENCODERS, FILMS, FORMAT_TAGS, FRAGMENTS, PLANTED

pytestmark = pytest.mark.slow
FILE = File(name="recording", text={"en": "A recording?"})
EXTRAS = {
    "mkv": ("mkv", []),
    "mp4": ("mp4", []),
    "mp4 in fragments": ("mp4", FRAGMENTS),
    "mp4 in fragments, each track after the last": ("mp4", films.IN_ORDER),
}


def cleaned_bytes(body):
    return accept_attachment(FILE, body, "complaint").body


@pytest.fixture(scope="module")
def ffmpeg():
    found = shutil.which("ffmpeg")
    if found is None or shutil.which("ffprobe") is None:
        pytest.skip("ffmpeg is not on this machine: apt-get install ffmpeg")
    return found


@pytest.mark.parametrize("case", FILMS)
def test_it_still_plays_bit_for_bit_and_says_nothing(ffmpeg, tmp_path, case):
    before = films.encode_film(ffmpeg, tmp_path, case)
    body = before.read_bytes()
    file = accept_attachment(FILE, body, "complaint")
    assert file.media_type == FILMS[case][2]
    after = tmp_path / f"kept.{FILMS[case][0]}"
    after.write_bytes(file.body)
    assert films.frame_digests(ffmpeg, after) == films.frame_digests(ffmpeg, before)
    for trace in (PLANTED.encode(), b"2007-12", PLANTED.encode("utf-16-le"), *ENCODERS):
        assert trace not in file.body
    left = {
        (name, value)
        for name, value in films.metadata_tags(after)
        if value and name not in FORMAT_TAGS
    }
    assert left == set()
    assert accept_attachment(FILE, file.body, "complaint") == file


@pytest.mark.parametrize("case", EXTRAS)
def test_words_chapters_and_files_beside_a_film_go(ffmpeg, tmp_path, case):
    ending, arguments = EXTRAS[case]
    path = films.encode_film_with_extras(ffmpeg, tmp_path, ending, *arguments)
    after = tmp_path / f"kept.{ending}"
    assert path.read_bytes().count(PLANTED.encode()) > 3
    after.write_bytes(cleaned_bytes(path.read_bytes()))
    assert PLANTED.encode() not in after.read_bytes()
    assert films.frame_digests(ffmpeg, after) == films.frame_digests(ffmpeg, path)


@pytest.mark.parametrize(
    ("case", "pad"),
    [
        ("mp4 in fragments", films.pad_fragments),
        ("mp4 in fragments, each track after the last", films.pad_fragments),
        ("mp4 in H.265 in fragments", films.pad_fragments),
        ("mkv", films.pad_cues),
        ("webm", films.pad_cues),
    ],
)
def test_bytes_that_nothing_plays_go(ffmpeg, tmp_path, case, pad):
    path = films.encode_film(ffmpeg, tmp_path, case)
    path.write_bytes(pad(path.read_bytes()))
    after = tmp_path / f"kept{path.suffix}"
    after.write_bytes(cleaned_bytes(path.read_bytes()))
    assert PLANTED.encode() not in after.read_bytes()
    assert films.frame_digests(ffmpeg, after) == films.frame_digests(ffmpeg, path)


@pytest.mark.parametrize("case", FILMS)
def test_exiftool_reads_nothing_that_was_written_beside_it(ffmpeg, tmp_path, case):
    if (exiftool := shutil.which("exiftool")) is None:
        pytest.skip("exiftool is not on this machine: apt-get install libimage-exiftool-perl")
    before = films.encode_film(ffmpeg, tmp_path, case)
    after = tmp_path / f"kept.{FILMS[case][0]}"
    after.write_bytes(cleaned_bytes(before.read_bytes()))
    output = films.run_program(exiftool, "-ee", "-a", "-G", str(after))
    assert [line for line in output.splitlines() if PLANTED in line or "2007" in line] == []


def test_every_film_holds_the_planted_metadata_before_it_is_cleaned(ffmpeg, tmp_path):
    for case in FILMS:
        assert PLANTED.encode() in films.encode_film(ffmpeg, tmp_path, case).read_bytes(), case
