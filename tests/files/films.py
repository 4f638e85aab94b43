"""Films and sound as a real encoder (ffmpeg) writes them, with planted metadata."""

import json
import re
import subprocess

from tests.files.recordings import element

PLANTED = "PLANTED51.5074"
METADATA_NAMES = [
    "title", "artist", "comment", "location", "date", "make", "model", "creation_time",
    "com.apple.quicktime.location.ISO6709",
]  # fmt: skip
PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=1"]
SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=1"]
SPOKEN = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000:duration=1"]
COVERED = [*SOUND, "-f", "lavfi", "-i", "color=red:size=16x16:rate=1:duration=1", "-c:v", "mjpeg",
           "-disposition:v", "attached_pic", "-metadata:s:v", f"comment={PLANTED}"]  # fmt: skip
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
USER_DATA = "086f3693-b7b3-4f2c-9653-21492feee5b8+PLANTED51.5074"
H264_WITH_USER_DATA = [*H264, "-bsf:v", f"h264_metadata=sei_user_data={USER_DATA}"]
H265 = ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params",
        "log-level=none", "-c:a", "aac"]  # fmt: skip
MPEG4 = ["-c:v", "mpeg4", "-c:a", "aac"]
VP8 = ["-c:v", "libvpx", "-b:v", "100k"]
FRAGMENTS = ["-movflags", "+frag_keyframe+empty_moov+default_base_moof"]
IN_ORDER = ["-movflags", "+frag_keyframe+empty_moov+omit_tfhd_offset", "-frag_duration", "300000"]
FILMS = {
    "mp4": ("mp4", PICTURE + SOUND + H264, "video/mp4"),
    "mp4, played while it comes": (
        "mp4", PICTURE + SOUND + H264 + ["-movflags", "+faststart+use_metadata_tags"], "video/mp4",
    ),
    "mp4 in fragments": ("mp4", PICTURE + SOUND + H264 + FRAGMENTS, "video/mp4"),
    "mp4 in fragments, each track after the last": (
        "mp4", PICTURE + SOUND + H264_WITH_USER_DATA + IN_ORDER, "video/mp4",
    ),
    "mp4 in fragments, with tables for its first": (
        "mp4", PICTURE + SOUND + H264_WITH_USER_DATA + ["-g", "3", "-movflags", "+frag_keyframe"],
        "video/mp4",
    ),
    "mp4 with user data": ("mp4", PICTURE + SOUND + H264_WITH_USER_DATA, "video/mp4"),
    "mp4 in fragments with user data": (
        "mp4", PICTURE + SOUND + H264_WITH_USER_DATA + FRAGMENTS, "video/mp4",
    ),
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
    "m4a with a cover": ("m4a", COVERED, "audio/mp4"),
    "mp3": ("mp3", [*SOUND, "-id3v2_version", "3", "-write_id3v1", "1"], "audio/mpeg"),
    "mp3, varying": ("mp3", [*SOUND, "-q:a", "5", "-write_apetag", "1"], "audio/mpeg"),
    "mp3 with a cover": ("mp3", COVERED, "audio/mpeg"),
    "wav": ("wav", [*SOUND, "-write_bext", "1", "-write_id3v2", "1"], "audio/wav"),
    "opus": ("ogg", [*SOUND, "-c:a", "libopus"], "audio/ogg"),
    "vorbis": ("ogg", [*SOUND, "-c:a", "libvorbis"], "audio/ogg"),
    "speex": ("ogg", [*SPOKEN, "-c:a", "libspeex"], "audio/ogg"),
    "flac": ("flac", SOUND, "audio/flac"),
    "flac with a cover": ("flac", COVERED, "audio/flac"),
    "webm": ("webm", PICTURE + SOUND + VP8 + ["-c:a", "libvorbis"], "video/webm"),
    "webm, as browsers record": (
        "webm", PICTURE + SOUND + VP8 + ["-c:a", "libopus", "-live", "1"], "video/webm",
    ),
    "mkv": ("mkv", PICTURE + SOUND + [*H264, "-c:a", "flac"], "video/x-matroska"),
}  # fmt: skip
# Where ffmpeg writes its name within the data of MPEG-4 pictures and Vorbis sound.
OWN_NAMES = re.compile(rb"(?<=\x00\x00\x01\xb2)Lavc[\d.]+|(?<=encoder=)Lavc[\d.]+")
ENCODERS = (b"x264 - core", b"x265 (build")  # what encoders write between pictures
# Tags that belong to the format: its brands, languages, and the encoder named in the first frame of
# MP3, which players need to find the end.
FORMAT_TAGS = {
    "major_brand", "minor_version", "compatible_brands", "language", "encoder", "vendor_id",
}  # fmt: skip
SUBTITLES = f"1\n00:00:00,100 --> 00:00:00,900\n{PLANTED}\n"
CHAPTERS = f";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle={PLANTED}\n"


def run_program(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def run_ffmpeg(ffmpeg, *arguments):
    return run_program(ffmpeg, "-nostdin", "-loglevel", "error", *arguments)


def metadata_arguments():
    """Every name of METADATA_NAMES with the planted text, or a planted day."""
    arguments = []
    for name in METADATA_NAMES:
        arguments += ["-metadata", f"{name}={'2007-12-14' if 'time' in name else PLANTED}"]
    named = ["-metadata:s:0", f"title={PLANTED}", "-metadata:s:0", f"handler_name={PLANTED}"]
    return [*arguments, *named]


def encode_film(ffmpeg, folder, case):
    ending, how, _ = FILMS[case]
    path = folder / f"made.{ending}"
    run_ffmpeg(ffmpeg, *how, *metadata_arguments(), "-y", str(path))
    return path


def encode_film_with_extras(ffmpeg, folder, ending, *arguments):
    """A film with subtitles and chapters; a Matroska film also with an attached file."""
    words, chapters = folder / "words.srt", folder / "chapters.txt"
    words.write_text(SUBTITLES)
    chapters.write_text(CHAPTERS)
    path = folder / f"extras.{ending}"
    more = ["-c:s", "mov_text"]
    if ending == "mkv":
        more = ["-c:s", "srt", "-attach", str(words), "-metadata:s:t", "mimetype=text/plain"]
    run_ffmpeg(ffmpeg, *PICTURE, *SOUND, "-i", str(words), "-i", str(chapters), *H264, *more,
               "-map_chapters", "3", *metadata_arguments(), *arguments, "-y",
               str(path))  # fmt: skip
    return path


def frame_digests(ffmpeg, path):
    """A digest of every picture and piece of sound, with when it is played; covers are left out."""
    return run_ffmpeg(
        ffmpeg, "-i", str(path), "-map", "0:V?", "-map", "0:a?", "-f", "framemd5", "-"
    )


def metadata_tags(path):
    probe = json.loads(run_program("ffprobe", "-loglevel", "error", "-show_format", "-show_streams",
                                  "-show_chapters", "-of", "json", str(path)))  # fmt: skip
    parts = [probe["format"], *probe["streams"], *probe["chapters"]]
    return {(name, value) for part in parts for name, value in part.get("tags", {}).items()}


def pad_fragments(body):
    """A fragmented MP4 with planted bytes after the samples of each fragment."""
    found, at = b"", 0
    while at < len(body):
        size = int.from_bytes(body[at : at + 4])
        one = body[at : at + size]
        if one[4:8] == b"mdat":
            one = (size + len(PLANTED)).to_bytes(4) + one[4:] + PLANTED.encode()
        found, at = found + one, at + size
    return found


def pad_cues(body):
    """A Matroska film with an element in its cues that no reader knows."""
    cues, segment = bytes.fromhex("1c53bb6b"), bytes.fromhex("18538067")
    at = body.rindex(cues)
    width = 9 - body[at + 4].bit_length()
    size = int.from_bytes(body[at + 4 : at + 4 + width]) & (1 << 7 * width) - 1
    end = at + 4 + width + size
    padded = element("1c53bb6b", body[at + 4 + width : end], element("4fff", PLANTED.encode()))
    found = body[:at] + padded + body[end:]
    place = body.index(segment) + 4
    whole = int.from_bytes(body[place + 1 : place + 8]) + len(found) - len(body)
    return found[: place + 1] + whole.to_bytes(7) + found[place + 8 :]


def plant_in_codec(body):
    """A film with planted text in the data of MPEG-4 pictures or Vorbis sound."""
    return OWN_NAMES.sub(lambda name: PLANTED.encode().ljust(len(name[0]))[: len(name[0])], body)
