"""Our readers of sound and film compared with FFmpeg's.

Run: `uv run --with av python -P -m tests.bench.media`.

Each file is cleaned twice, in the limited child of `survey.files.isolation`: by `survey/media`, and
by PyAV, which copies sound and pictures into a new file and leaves everything else behind. The
files are those of the tests: made by an encoder with planted metadata, broken, hostile and spoilt
ones. The figures of docs/decisions/0023-own-media-readers.md are from here. Needs ffmpeg; without
PyAV, which Soundings does not use, it says so and ends with exit status 2.
"""

import importlib.metadata
import importlib.util
import logging
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
import msgspec

from survey.files.isolation import IsolationError, run_limited
from survey.problems import Problem
from tests.bench.media_copies import WAYS, clean_and_measure
from tests.files import films, recordings
from tests.survey.media.test_attachments_media import STRANGE

MEMORY, SECONDS = 1_000_000_000, 20.0
ROUNDS, SPOILT = 5, 150
TRACES = {
    "planted": b"PLANTED", "day": b"2007-12", "x264": b"x264 - core",
    "x265": b"x265 (build", "Lavf": b"Lavf", "Lavc": b"Lavc",
}  # fmt: skip
LARGE = {
    "mp4": ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"],
    "mkv": ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"],
    "webm": ["-c:v", "libvpx", "-deadline", "realtime", "-b:v", "8M", "-c:a", "libopus"],
    "mp3": ["-vn", "-b:a", "320k"], "wav": ["-vn"], "flac": ["-vn"],
    "ogg": ["-vn", "-c:a", "libopus", "-b:a", "256k"],
}  # fmt: skip
NOISE = "nullsrc=size=640x360:rate=25,geq=random(1)*255:128:128"


class Cleaned(msgspec.Struct):
    """What came of one file: its new bytes, or why there are none; seconds, megabytes."""

    body: bytes = b""
    refused: str = ""
    seconds: float = 0
    megabytes: float = 0


def clean(way: str, body: bytes, ending: str) -> Cleaned:
    try:
        found = run_limited(clean_and_measure, (way, body, ending), {},
                            memory=MEMORY, seconds=SECONDS)  # fmt: skip
    except IsolationError as why:
        return Cleaned(refused=why.reason)
    except Problem as refused:
        return Cleaned(refused=refused.code)
    return Cleaned(found[0], "" if found[0] else "empty", found[1], found[2])


def made_files(ffmpeg: str, folder: Path) -> dict[str, bytes]:
    """Files from an encoder, by their ending and what they are."""
    found = {}
    for case, (ending, *_) in films.FILMS.items():
        found[f"{ending}: {case}"] = films.encode_film(ffmpeg, folder, case).read_bytes()
    for case, change, what in (
        ("mp4: mp4 in fragments", films.pad_fragments, "unused bytes"),
        ("mkv: mkv", films.pad_cues, "unknown bytes in its cues"),
        ("mp4: mp4 in MPEG-4", films.plant_in_codec, "a name between pictures"),
        ("webm: webm", films.plant_in_codec, "a name in its Vorbis data"),
    ):
        found[f"{case}, {what}"] = change(found[case])
    for ending in ("mkv", "mp4"):
        path = films.encode_film_with_extras(ffmpeg, folder, ending)
        found[f"{ending}: {ending} with subtitles and chapters"] = path.read_bytes()
    return found


def frames_of(ffmpeg: str, folder: Path, body: bytes, ending: str) -> tuple[list[str], list[str]]:
    """The digests of all frames of a file, by stream, and when each is played."""
    path = folder / f"played.{ending}"
    path.write_bytes(body)
    try:
        lines = films.frame_digests(ffmpeg, path).splitlines()
    except subprocess.CalledProcessError:
        return [], []
    rates = dict(line.split()[1:3] for line in lines if line.startswith("#tb"))
    rows = [line.replace(",", " ").split() for line in lines if not line.startswith("#")]
    digests = sorted(f"{row[0]} {row[-1]}" for row in rows)
    times = []
    for row in rows:
        up, down = rates[f"{row[0]}:"].split("/")
        times.append(f"{row[0]} {int(row[2]) * int(up) / int(down):.2f}")
    return digests, sorted(times)


def print_files(ffmpeg: str, folder: Path, made: dict[str, bytes]) -> None:
    """Print what of the planted metadata is left in each file, and whether it plays as before."""
    sums: dict[str, Counter[str]] = {way: Counter() for way in WAYS}
    for name, body in made.items():
        ending = name.partition(":")[0]
        frames, times = frames_of(ffmpeg, folder, body, ending)
        told = []
        for way in WAYS:
            found = clean(way, body, ending)
            left = [trace for trace, word in TRACES.items() if word in found.body]
            after = frames_of(ffmpeg, folder, found.body, ending) if found.body else ([], [])
            facts = [found.refused] if found.refused else [f"leaves {one}" for one in left]
            if found.body and after[0] != frames:
                facts.append("other frames")
            elif found.body and after[1] != times:
                facts.append("other times")
            sums[way].update(["files", *(facts or ["clean, the same frames and times"])])
            told.append(f"{way}: {', '.join(facts) or 'clean'}")
        click.echo(f"{name.partition(': ')[2]:<46}{told[0]:<34}{told[1]}")
    for way, counts in sums.items():
        click.echo(f"{way}: {dict(counts.most_common())}")


def print_strange(made: dict[str, bytes]) -> None:
    """Print what becomes of hostile and spoilt files."""
    chance = random.Random(6107)
    names = list(made)
    spoilt = [spoilt_bytes(chance, chance.choice(names), made) for _ in range(SPOILT)]
    hostile = [(kind_of(body), body) for body in STRANGE.values()]
    for what, files in (("hostile", hostile), ("spoilt", spoilt)):
        for way in WAYS:
            outcomes = Counter[str]()
            for ending, body in files:
                found = clean(way, body, ending)
                leaks = ", leaks" if films.PLANTED.encode() in found.body else ""
                outcomes[found.refused or f"accepted{leaks}"] += 1
            click.echo(f"{what}, {way}: {dict(outcomes.most_common())}")


def kind_of(body: bytes) -> str:
    """The kind that a hostile file claims to be."""
    heads = {b"OggS": "ogg", b"fLaC": "flac", b"#!AM": "amr", b"RIFF": "wav",
             b"\x1a\x45\xdf\xa3": "webm", b"ID3\x03": "mp3", b"\xff\xfb\x90\0": "mp3"}  # fmt: skip
    return heads.get(body[:4], "mp4")


def spoilt_bytes(chance: random.Random, name: str, made: dict[str, bytes]) -> tuple[str, bytes]:
    """One of the files with some bytes changed, every other one also cut short."""
    found = bytearray(made[name])
    for _ in range(chance.randint(1, 8)):
        found[chance.randrange(12, len(found))] = chance.randrange(256)
    return name.partition(":")[0], bytes(found[: chance.choice([len(found), len(found) * 3 // 4])])


def large_file(ffmpeg: str, folder: Path, ending: str, megabytes: int) -> bytes:
    """A file of at least this size: a short one is looped, without being encoded again."""
    path, long = folder / f"short.{ending}", folder / f"long.{ending}"
    films.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", NOISE, "-f", "lavfi", "-i",
                     "anoisesrc=sample_rate=48000", "-t", "2", *LARGE[ending], "-y",
                     str(path))  # fmt: skip
    loops = max(megabytes * 1_000_000 // path.stat().st_size, 0)
    films.run_ffmpeg(ffmpeg, "-stream_loop", str(loops), "-i", str(path), "-c", "copy",
                     "-fs", f"{megabytes}M", "-y", str(long))  # fmt: skip
    return long.read_bytes()


def print_costs(ffmpeg: str, folder: Path) -> None:
    """Print seconds in the child and the child's peak of memory, medians in turn."""
    for ending in LARGE:
        for megabytes in (1, 20):
            body = large_file(ffmpeg, folder, ending, megabytes)
            runs: dict[str, list[Cleaned]] = {way: [] for way in WAYS}
            for _ in range(ROUNDS):
                for way in WAYS:
                    runs[way].append(clean(way, body, ending))
            figures = [f"{way}: {costs_of(found)}" for way, found in runs.items()]
            click.echo(f"{ending:<6}{len(body) / 1e6:>5.1f} MB   {'   '.join(figures)}")
    empty = [clean("ours", recordings.amr(), "amr").megabytes for _ in range(ROUNDS)]
    click.echo(f"the child alone: {statistics.median(empty):.0f} MB")


def costs_of(found: list[Cleaned]) -> str:
    if found[0].refused:
        return f"refused ({found[0].refused})"
    seconds = statistics.median(one.seconds for one in found)
    return f"{seconds:.3f} s, {statistics.median(one.megabytes for one in found):.0f} MB"


def print_library() -> None:
    """Print the size of PyAV as installed, and how long it takes to import."""
    files = importlib.metadata.files("av") or []
    size = sum(
        Path(str(one.locate())).stat().st_size for one in files if Path(str(one.locate())).is_file()
    )
    times = []
    for _ in range(ROUNDS):
        before = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import av"], check=True)
        between = time.perf_counter()
        subprocess.run([sys.executable, "-c", ""], check=True)
        times.append(between - before - (time.perf_counter() - between))
    version = importlib.metadata.version("av")
    median = statistics.median(times)
    click.echo(f"av {version}: {size / 1e6:.0f} MB installed, imported in {median:.2f} s")


@click.command(help=__doc__)
def main() -> None:
    ffmpeg = shutil.which("ffmpeg")
    if importlib.util.find_spec("av") is None or ffmpeg is None:
        click.echo(
            "PyAV or ffmpeg is not here: uv run --with av python -P -m tests.bench.media", err=True
        )
        sys.exit(2)
    print_library()
    logging.getLogger("soundings").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as place:
        made = made_files(ffmpeg, Path(place))
        print_files(ffmpeg, Path(place), made)
        print_strange(made)
        print_costs(ffmpeg, Path(place))


if __name__ == "__main__":
    main()
