"""Films and sound as a real encoder writes them: cleaned, they still play bit for bit."""

import json
import shutil
import subprocess

import pytest

from survey.media import accept_attachment
from survey.surveys.instruments import File

pytestmark = pytest.mark.slow
FILE = File(name="recording", text={"en": "A recording?"})
PLANTED = "PLANTED51.5074"
METADATA_NAMES = ["title", "artist", "comment", "location", "date", "make", "model",
"creation_time",
        "com.apple.quicktime.location.ISO6709"]  # fmt: skip
PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=1"]
SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=1"]
SPOKEN = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000:duration=1"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
USER_DATA = "086f3693-b7b3-4f2c-9653-21492feee5b8+PLANTED51.5074"
H264_WITH_USER_DATA = [*H264, "-bsf:v", f"h264_metadata=sei_user_data={USER_DATA}"]
H265 = ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params",
        "log-level=none", "-c:a", "aac"]  # fmt: skip
MPEG4 = ["-c:v", "mpeg4", "-c:a", "aac"]
VP8 = ["-c:v", "libvpx", "-b:v", "100k"]
FRAGMENTS = ["-movflags", "+frag_keyframe+empty_moov+default_base_moof"]
FILMS = {
    "mp4": ("mp4", PICTURE + SOUND + H264, "video/mp4"),
    "mp4, played while it comes": (
        "mp4", PICTURE + SOUND + H264 + ["-movflags", "+faststart+use_metadata_tags"], "video/mp4",
    ),
    "mp4 in fragments": ("mp4", PICTURE + SOUND + H264 + FRAGMENTS, "video/mp4"),
    "mp4 with user data": ("mp4", PICTURE + SOUND + H264_WITH_USER_DATA, "video/mp4"),
    "mp4 in fragments with user data": ("mp4", PICTURE + SOUND + H264_WITH_USER_DATA + FRAGMENTS,
    "video/mp4"),
    "mkv with user data": ("mkv", PICTURE + SOUND + H264_WITH_USER_DATA, "video/x-matroska"),
    "mp4 in H.265": ("mp4", PICTURE + SOUND + H265, "video/mp4"),
    "mp4 in H.265 in fragments": ("mp4", PICTURE + SOUND + H265 + FRAGMENTS, "video/mp4"),
    "mkv in H.265": ("mkv", PICTURE + SOUND + H265, "video/x-matroska"),
    "mp4 in MPEG-4": ("mp4", PICTURE + SOUND + MPEG4, "video/mp4"),
    "mov": ("mov", PICTURE + SOUND + H264 + ["-timecode", "01:02:03:04"], "video/quicktime"),
    "mov, sound without loss": (
        "mov", PICTURE + SOUND + H264 + ["-c:a", "pcm_s16le"], "video/quicktime",
    ),
    "3gp": ("3gp", PICTURE + SOUND + [*H264, "-ar", "44100"], "video/3gpp"),
    "m4a": ("m4a", SOUND, "audio/mp4"),
    "mp3": ("mp3", [*SOUND, "-id3v2_version", "3", "-write_id3v1", "1"], "audio/mpeg"),
    "mp3, varying": ("mp3", [*SOUND, "-q:a", "5", "-write_apetag", "1"], "audio/mpeg"),
    "wav": ("wav", [*SOUND, "-write_bext", "1", "-write_id3v2", "1"], "audio/wav"),
    "opus": ("ogg", [*SOUND, "-c:a", "libopus"], "audio/ogg"),
    "vorbis": ("ogg", [*SOUND, "-c:a", "libvorbis"], "audio/ogg"),
    "speex": ("ogg", [*SPOKEN, "-c:a", "libspeex"], "audio/ogg"),
    "flac": ("flac", SOUND, "audio/flac"),
    "webm": ("webm", PICTURE + SOUND + VP8 + ["-c:a", "libvorbis"], "video/webm"),
    "webm, as browsers record": (
        "webm", PICTURE + SOUND + VP8 + ["-c:a", "libopus", "-live", "1"], "video/webm",
    ),
    "mkv": ("mkv", PICTURE + SOUND + [*H264, "-c:a", "flac"], "video/x-matroska"),
}  # fmt: skip


ENCODERS = (b"x264 - core", b"x265 (build")  # what encoders write between pictures


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def ffmpeg():
    found = shutil.which("ffmpeg")
    if found is None or shutil.which("ffprobe") is None:
        pytest.skip("ffmpeg is not on this machine: apt-get install ffmpeg")
    return found


def encode_film(ffmpeg, folder, case):
    ending, how, _ = FILMS[case]
    path = folder / f"made.{ending}"
    told = [
        part
        for name in METADATA_NAMES
        for part in (
            "-metadata",
            f"{name}={PLANTED}" if "time" not in name else f"{name}=2007-12-14",
        )
    ]
    named = ["-metadata:s:0", f"title={PLANTED}", "-metadata:s:0", f"handler_name={PLANTED}"]
    run(ffmpeg, "-nostdin", "-loglevel", "error", *how, *told, *named, "-y", str(path))
    return path


def frame_digests(ffmpeg, path):
    """A digest of every picture and piece of sound, with when it is played."""
    streams = ["-map", "0:v?", "-map", "0:a?"]
    return run(ffmpeg, "-nostdin", "-loglevel", "error", "-i", str(path), *streams,
               "-f", "framemd5", "-")  # fmt: skip


def metadata_tags(path):
    told = json.loads(run("ffprobe", "-loglevel", "error", "-show_format", "-show_streams",
                          "-show_chapters", "-of", "json", str(path)))  # fmt: skip
    parts = [told["format"], *told["streams"], *told["chapters"]]
    return {(name, value) for part in parts for name, value in part.get("tags", {}).items()}


# Tags that belong to the format: its brands, languages, and the encoder named in the first frame of
# MP3, which players need to find the end.
FORMAT_TAGS = {
    "major_brand", "minor_version", "compatible_brands", "language", "encoder", "vendor_id",
}  # fmt: skip


@pytest.mark.parametrize("case", FILMS)
def test_it_still_plays_bit_for_bit_and_says_nothing(ffmpeg, tmp_path, case):
    before = encode_film(ffmpeg, tmp_path, case)
    body = before.read_bytes()
    kept = accept_attachment(FILE, body, "complaint")
    assert kept.media_type == FILMS[case][2]
    after = tmp_path / f"kept.{FILMS[case][0]}"
    after.write_bytes(kept.body)
    assert frame_digests(ffmpeg, after) == frame_digests(ffmpeg, before)
    for trace in (PLANTED.encode(), b"2007-12", PLANTED.encode("utf-16-le"), *ENCODERS):
        assert trace not in kept.body
    left = {
        (name, value) for name, value in metadata_tags(after) if value and name not in FORMAT_TAGS
    }
    assert left == set()
    assert accept_attachment(FILE, kept.body, "complaint") == kept


def test_words_that_run_beside_a_film_go_with_their_track(ffmpeg, tmp_path):
    words, path, after = (tmp_path / name for name in ("words.srt", "made.mkv", "kept.mkv"))
    words.write_text(f"1\n00:00:00,100 --> 00:00:00,900\n{PLANTED}\n")
    run(ffmpeg, "-nostdin", "-loglevel", "error", *PICTURE, *SOUND, "-i", str(words), *H264,
        "-c:s", "srt", "-y", str(path))  # fmt: skip
    assert PLANTED.encode() in path.read_bytes()
    after.write_bytes(accept_attachment(FILE, path.read_bytes(), "complaint").body)
    assert PLANTED.encode() not in after.read_bytes()
    assert frame_digests(ffmpeg, after) == frame_digests(ffmpeg, path)


@pytest.mark.parametrize("case", FILMS)
def test_exiftool_reads_nothing_that_was_written_beside_it(ffmpeg, tmp_path, case):
    if (exiftool := shutil.which("exiftool")) is None:
        pytest.skip("exiftool is not on this machine: apt-get install libimage-exiftool-perl")
    before, after = encode_film(ffmpeg, tmp_path, case), tmp_path / f"kept.{FILMS[case][0]}"
    after.write_bytes(accept_attachment(FILE, before.read_bytes(), "complaint").body)
    told = run(exiftool, "-ee", "-a", "-G", str(after))
    assert [line for line in told.splitlines() if PLANTED in line or "2007" in line] == []


def test_every_film_holds_the_planted_metadata_before_it_is_cleaned(ffmpeg, tmp_path):
    for case in FILMS:
        assert PLANTED.encode() in encode_film(ffmpeg, tmp_path, case).read_bytes(), case
