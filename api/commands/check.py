"""`test`: all checks and tests of the project: the quick ones, with --slow or --long the others."""

import os
import secrets
import shutil
import subprocess
import sys

import click

from api.settings import ROOT

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
